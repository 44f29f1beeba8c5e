import type { ArgumentRef, BpfObject } from '../model.ts'
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
  const { object, placed } = parts
  const littleEndian = object.endian === 'little'
  const codes = placed.map(({ index }) => parts.patched.get(index)?.code ?? new Uint8Array(0))
  const code = new Uint8Array(codes.reduce((size, part) => size + part.length, 0))
  const view = new DataView(code.buffer)
  const starts = new Map(placed.map(({ index, start }) => [index, start]))
  const maps: { at: number; map: number }[] = []
  const modules: string[] = []
  const kconfig = object.maps.findIndex((map) => map.kind === 'kconfig')
  for (const [i, { function: f, start }] of placed.entries()) {
    code.set(codes[i] ?? [], 8 * start)
    const slots = f.code.length / 8
    for (const relocation of f.relocations) {
      const at = start + relocation.at
      const fail = (why: string): Error =>
        objectErrors.make('bad-relocation', { function: f.name, at: relocation.at, why })
      if (!Number.isInteger(relocation.at) || relocation.at < 0 || relocation.at >= slots)
        throw fail(`lies behind the end, ${slots}`)
      const insn = instruction(view, littleEndian, at)
      const wide = (source: number, low: number, high: number): void => {
        if (insn.opcode !== LD_IMM64 || relocation.at + 1 >= slots) throw fail('is no wide load')
        insn.source(source)
        insn.immediate(low)
        instruction(view, littleEndian, at + 1).immediate(high)
      }
      switch (relocation.kind) {
        case 'map':
          mapAt(object, relocation.map, fail)
          wide(PSEUDO.mapFd, 0, 0)
          maps.push({ at, map: relocation.map })
          break
        case 'mapValue':
          mapAt(object, relocation.map, fail)
          wide(PSEUDO.mapValue, 0, relocation.offset)
          maps.push({ at, map: relocation.map })
          break
        case 'call':
        case 'function': {
          const distance = (starts.get(relocation.function) ?? 0) - at - 1
          if (relocation.kind === 'function') wide(PSEUDO.func, distance, 0)
          else {
            if (insn.opcode !== CALL) throw fail('is no call')
            insn.source(PSEUDO.call)
            insn.immediate(distance)
          }
          break
        }
        case 'argument': {
          if ((insn.opcode & 7) !== LDX) throw fail('is no load of an argument')
          insn.offset(8 * parts.argumentIndex(relocation.argument))
          break
        }
        case 'extern': {
          const resolved = parts.externs[relocation.extern]
          const extern = object.externs[relocation.extern]
          if (resolved === undefined || extern === undefined) throw fail(`there is no extern ${relocation.extern}`)
          if (insn.opcode === CALL) {
            insn.clear()
            insn.immediate(ABSENT_KFUNC + relocation.extern)
            if (resolved.kind === 'absent') break
            if (resolved.kind !== 'kfunc') throw fail(`calls ${extern.name}, which is no function`)
            insn.source(PSEUDO.kfuncCall)
            insn.immediate(resolved.id)
            insn.offset(moduleIndex(modules, resolved.module))
            break
          }
          switch (resolved.kind) {
            case 'config':
              wide(PSEUDO.mapValue, 0, extern.offset ?? 0)
              maps.push({ at, map: kconfig })
              break
            case 'absent':
            case 'unknown':
              if (extern.kind === 'kconfig') {
                wide(PSEUDO.mapValue, 0, extern.offset ?? 0)
                maps.push({ at, map: kconfig })
              } else wide(0, 0, 0)
              break
            case 'address':
              wide(0, Number(BigInt.asIntN(32, resolved.address)), Number(BigInt.asIntN(32, resolved.address >> 32n)))
              break
            default:
              // The module's BTF is told by a descriptor in the second half, which only a process has.
              if (resolved.kind === 'kfunc' && (!parts.loadsKfuncs() || resolved.module !== undefined)) wide(0, 1, 0)
              else if (resolved.module !== undefined) throw fail(`${extern.name} is a variable of a module`)
              else wide(PSEUDO.btfId, resolved.id, 0)
          }
        }
      }
    }
  }
  return { code, maps, modules }
}

function mapAt(object: BpfObject, index: number, fail: (why: string) => Error): void {
  if (object.maps[index] === undefined) throw fail(`there is no map ${index}`)
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
