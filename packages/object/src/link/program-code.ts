import type { ArgumentRef, BpfObject, ObjectExtern, ObjectFunction, Relocation } from '../model.ts'
import { objectErrors } from '../object-errors.ts'
import type { ResolvedExtern } from './link-externs.ts'
import type { PatchedFunction } from './patch-function.ts'
import type { PlacedFunction } from './place-program.ts'

const CALL = 0x85
const LD_IMM64 = 0x18
const LDX = 1

/** What the source register of a call or a wide load says (BPF_PSEUDO_* of include/uapi/linux/bpf.h). */
const PSEUDO = { mapFd: 1, mapValue: 2, btfId: 3, func: 4, call: 1, kfuncCall: 2 } as const

/** Helper number of a call of a kfunc that is not there; plus the extern's index, as libbpf has it. */
const ABSENT_KFUNC = 2_002_000_000

/** What goes into the code of a program. */
export interface ProgramParts {
  readonly object: BpfObject
  readonly placed: readonly PlacedFunction[]
  readonly patched: ReadonlyMap<number, PatchedFunction>
  readonly externs: readonly (ResolvedExtern | undefined)[]
  /** May the address of a kfunc be loaded? Where not, a number that is not 0 stands for it. */
  loadsKfuncs(): boolean
  /** Where the kernel passes an argument. */
  argumentIndex(argument: ArgumentRef): number
}

/** Code of a program and of what it calls, and what the loader has to fill in. */
export interface ProgramCode {
  readonly code: Uint8Array
  readonly maps: readonly { readonly at: number; readonly map: number }[]
  readonly modules: readonly string[]
}

/** Put a program's functions behind each other and apply their relocations; throws `object/bad-relocation`. */
export function programCode(parts: ProgramParts): ProgramCode {
  const { object, placed, patched } = parts
  const codes = placed.map(({ index }) => patched.get(index)?.code ?? new Uint8Array(0))
  const code = new Uint8Array(codes.reduce((size, part) => size + part.length, 0))
  const made: Made = {
    view: new DataView(code.buffer),
    littleEndian: object.endian === 'little',
    starts: new Map(placed.map(({ index, start }) => [index, start])),
    maps: [],
    modules: [],
  }
  for (const [i, { function: f, start }] of placed.entries()) {
    code.set(codes[i] ?? [], 8 * start)
    for (const relocation of f.relocations) relocate(parts, made, placeOf(made, f, start, relocation.at), relocation)
  }
  return { code, maps: made.maps, modules: made.modules }
}

/** A program in the making. */
interface Made {
  readonly view: DataView
  readonly littleEndian: boolean
  /** First slot of each function. */
  readonly starts: ReadonlyMap<number, number>
  readonly maps: { at: number; map: number }[]
  readonly modules: string[]
}

/** Where a relocation applies. */
interface Place {
  /** Slot in the program. */
  readonly at: number
  readonly insn: InstructionAt
  /** Write a wide load: what it loads, and its two halves. */
  wide(source: number, low: number, high: number): void
  fail(why: string): Error
}

function placeOf(made: Made, f: ObjectFunction, start: number, slot: number): Place {
  const slots = f.code.length / 8
  const fail = (why: string): Error => objectErrors.make('bad-relocation', { function: f.name, at: slot, why })
  if (!Number.isInteger(slot) || slot < 0 || slot >= slots) throw fail(`lies behind the end, ${slots}`)
  const at = start + slot
  const insn = instruction(made.view, made.littleEndian, at)
  return {
    at,
    insn,
    fail,
    wide(source, low, high) {
      if (insn.opcode !== LD_IMM64 || slot + 1 >= slots) throw fail('is no wide load')
      insn.source(source)
      insn.immediate(low)
      instruction(made.view, made.littleEndian, at + 1).immediate(high)
    },
  }
}

function relocate(parts: ProgramParts, made: Made, place: Place, relocation: Relocation): void {
  const { at, insn, wide, fail } = place
  const loadMap = (map: number, source: number, offset: number): void => {
    if (parts.object.maps[map] === undefined) throw fail(`there is no map ${map}`)
    wide(source, 0, offset)
    made.maps.push({ at, map })
  }
  const distanceTo = (callee: number): number => (made.starts.get(callee) ?? 0) - at - 1
  switch (relocation.kind) {
    case 'map':
      loadMap(relocation.map, PSEUDO.mapFd, 0)
      return
    case 'mapValue':
      loadMap(relocation.map, PSEUDO.mapValue, relocation.offset)
      return
    case 'call':
      if (insn.opcode !== CALL) throw fail('is no call')
      insn.source(PSEUDO.call)
      insn.immediate(distanceTo(relocation.function))
      return
    case 'function':
      wide(PSEUDO.func, distanceTo(relocation.function), 0)
      return
    case 'argument':
      if ((insn.opcode & 7) !== LDX) throw fail('is no load of an argument')
      insn.offset(8 * parts.argumentIndex(relocation.argument))
      return
    case 'extern': {
      const resolved = parts.externs[relocation.extern]
      const extern = parts.object.externs[relocation.extern]
      if (resolved === undefined || extern === undefined) throw fail(`there is no extern ${relocation.extern}`)
      if (insn.opcode === CALL) callExtern(made, place, relocation.extern, extern, resolved)
      else if (extern.kind === 'kconfig') {
        const kconfig = parts.object.maps.findIndex((map) => map.kind === 'kconfig')
        loadMap(kconfig, PSEUDO.mapValue, extern.offset ?? 0)
      } else loadExtern(parts, place, extern, resolved)
    }
  }
}

function callExtern(made: Made, { insn, fail }: Place, index: number, extern: ObjectExtern, resolved: ResolvedExtern) {
  insn.clear()
  insn.immediate(ABSENT_KFUNC + index)
  if (resolved.kind === 'absent') return
  if (resolved.kind !== 'kfunc') throw fail(`calls ${extern.name}, which is no function`)
  insn.source(PSEUDO.kfuncCall)
  insn.immediate(resolved.id)
  insn.offset(moduleIndex(made.modules, resolved.module))
}

/** The address of a kernel function or variable; 0 where the kernel lacks it. */
function loadExtern(parts: ProgramParts, { wide, fail }: Place, extern: ObjectExtern, resolved: ResolvedExtern): void {
  switch (resolved.kind) {
    case 'absent':
    case 'unknown':
    case 'config':
      wide(0, 0, 0)
      return
    case 'address':
      wide(0, Number(BigInt.asIntN(32, resolved.address)), Number(BigInt.asIntN(32, resolved.address >> 32n)))
      return
    case 'kfunc':
      // A module's BTF is told by a descriptor in the second half, which only a process has.
      if (!parts.loadsKfuncs() || resolved.module !== undefined) wide(0, 1, 0)
      else wide(PSEUDO.btfId, resolved.id, 0)
      return
    case 'variable':
      if (resolved.module !== undefined) throw fail(`${extern.name} is a variable of a module`)
      wide(PSEUDO.btfId, resolved.id, 0)
  }
}

/** Index of a module's descriptor in the array that goes along with the program; 0 stands for vmlinux. */
function moduleIndex(modules: string[], module: string | undefined): number {
  if (module === undefined) return 0
  const known = modules.indexOf(module)
  return known >= 0 ? known + 1 : modules.push(module)
}

interface InstructionAt {
  readonly opcode: number
  source(register: number): void
  offset(value: number): void
  immediate(value: number): void
  /** Both registers and the offset zero. */
  clear(): void
}

function instruction(view: DataView, littleEndian: boolean, slot: number): InstructionAt {
  const byte = 8 * slot
  return {
    opcode: view.getUint8(byte),
    source(register) {
      const registers = view.getUint8(byte + 1)
      view.setUint8(byte + 1, littleEndian ? (registers & 0x0f) | (register << 4) : (registers & 0xf0) | register)
    },
    offset: (value) => view.setInt16(byte + 2, value, littleEndian),
    immediate: (value) => view.setInt32(byte + 4, value, littleEndian),
    clear() {
      view.setUint8(byte + 1, 0)
      view.setInt16(byte + 2, 0)
    },
  }
}
