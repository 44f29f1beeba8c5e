import { R_BPF } from '../elf-format.ts'
import type { BpfObject, ObjectFunction, Relocation } from '../model.ts'
import { objectErrors } from '../object-errors.ts'
import type { ElfSymbol } from './symbols.ts'

/** One entry of a `.rel` section. */
export interface ElfRelocation {
  /** Byte in the section that is relocated. */
  readonly offset: number
  readonly type: number
  readonly symbol: ElfSymbol
}

/** Where the parts of an object ended up. */
export interface SymbolsOf {
  /** The function's own symbol, its section's, and its byte in that. */
  function(index: number): { readonly own: ElfSymbol; readonly section: ElfSymbol; readonly at: number }
  map(index: number): ElfSymbol
  /** The section of a data map, and those of its variables. */
  data(index: number): { readonly section: ElfSymbol; readonly variables: readonly ElfSymbol[] }
  extern(index: number): ElfSymbol
}

/** A function's code with the addends that ELF keeps in it, and its relocations. */
export function relocatedCode(
  object: BpfObject,
  f: ObjectFunction,
  at: number,
  symbols: SymbolsOf,
): { readonly code: Uint8Array; readonly relocations: readonly ElfRelocation[] } {
  if (f.code.length === 0 || f.code.length % 8 !== 0)
    throw objectErrors.make('bad-object', { what: f.name, why: `its code has ${f.code.length} bytes` })
  const code = f.code.slice()
  const view = new DataView(code.buffer)
  const little = object.endian === 'little'
  const relocations: ElfRelocation[] = []
  for (const relocation of f.relocations) {
    checkSlot(f, relocation)
    const place = 8 * relocation.at
    const wide = (code[place] ?? 0) === LD_IMM64
    if (relocation.kind === 'argument') continue
    if (relocation.kind !== 'extern' && wide === (relocation.kind === 'call'))
      throw objectErrors.make('bad-object', {
        what: `${f.name}, slot ${relocation.at}`,
        why: `a relocation ${relocation.kind} does not go with opcode ${code[place]}`,
      })
    const aim = aimOf(relocation, view.getInt32(place + 4, little), symbols)
    view.setInt32(place + 4, aim.addend, little)
    relocations.push({ offset: at + place, type: wide ? R_BPF.B64_64 : R_BPF.B64_32, symbol: aim.symbol })
  }
  relocations.sort((a, b) => a.offset - b.offset)
  return { code, relocations }
}

/** BPF_LD | BPF_IMM | BPF_DW. */
const LD_IMM64 = 0x18

/** The symbol, and what the instruction's immediate holds beside it. */
function aimOf(
  relocation: Exclude<Relocation, { kind: 'argument' }>,
  present: number,
  symbols: SymbolsOf,
): { readonly symbol: ElfSymbol; readonly addend: number } {
  switch (relocation.kind) {
    case 'map':
      return { symbol: symbols.map(relocation.map), addend: present }
    case 'extern':
      return { symbol: symbols.extern(relocation.extern), addend: present }
    case 'mapValue': {
      const { section, variables } = symbols.data(relocation.map)
      // As compilers have it where that is right already: a variable and the rest, else the section and everything.
      const variable = variables.find((symbol) => symbol.value + present === relocation.offset)
      return variable === undefined || present === relocation.offset
        ? { symbol: section, addend: relocation.offset }
        : { symbol: variable, addend: present }
    }
    case 'call':
    case 'function': {
      const { own, section, at } = symbols.function(relocation.function)
      // Static functions are reached through their section: calls count slots from the one behind, addresses bytes.
      const call = relocation.kind === 'call'
      if (own.bind !== 0) return { symbol: own, addend: call ? -1 : 0 }
      return { symbol: section, addend: call ? at / 8 - 1 : at }
    }
  }
}

function checkSlot(f: ObjectFunction, { at, kind }: Relocation): void {
  if (!Number.isInteger(at) || at < 0 || 8 * at >= f.code.length)
    throw objectErrors.make('bad-object', {
      what: f.name,
      why: `a relocation ${kind} is at slot ${at} of ${f.code.length / 8}`,
    })
}
