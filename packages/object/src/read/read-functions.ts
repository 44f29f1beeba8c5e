import type { Endian } from '@tscc/insn'
import { R_BPF, SHN_UNDEF, STB, STT, STV } from '../elf-format.ts'
import type { CoreRelocation, LineInfo, ObjectFunction, Relocation } from '../model.ts'
import { objectErrors } from '../object-errors.ts'
import type { TsccFunction } from '../tscc-section.ts'
import type { BtfExt } from './btf-ext.ts'
import { isCode } from './code-sections.ts'
import type { ElfFile, ElfRelocation, ElfSection, ElfSymbol } from './elf-file.ts'

/** A function where it lies in its section. */
export interface PlacedFunction {
  readonly section: ElfSection
  readonly symbol: ElfSymbol
  /** Bytes from the section's start. */
  readonly start: number
  readonly end: number
}

/** What a relocation may lead to, by section. */
export interface Targets {
  readonly functions: readonly PlacedFunction[]
  /** Index of the map whose variable lies there in `.maps`. */
  declaredMapAt(offset: number): number | undefined
  /** Index of the map of a data section. */
  dataMapOf(section: number): number | undefined
  readonly mapsSection: number | undefined
  externOf(name: string): number
}

const bad = (what: string, why: string): Error => objectErrors.make('bad-file', { what, why })
/** The functions of all sections of code, in the order of sections and places. */
export function placedFunctions(file: ElfFile): readonly PlacedFunction[] {
  return file.sections.filter(isCode).flatMap((section) => {
    const symbols = file.symbols
      .filter((symbol) => symbol.section === section.index && symbol.type === STT.FUNC)
      .toSorted((a, b) => a.value - b.value)
    let end = 0
    return symbols.map((symbol): PlacedFunction => {
      const where = `function ${symbol.name}`
      if (symbol.size === 0 || symbol.size % 8 !== 0 || symbol.value % 8 !== 0)
        throw bad(where, `has ${symbol.size} bytes at ${symbol.value}, not whole instructions`)
      if (symbol.value < end) throw bad(where, 'overlaps another')
      end = symbol.value + symbol.size
      if (end > section.data.length) throw bad(where, `ends behind its section ${section.name}`)
      if (symbol.bind === STB.LOCAL && section.name !== '.text')
        throw bad(where, `is static in ${section.name}: programs are global`)
      return { section, symbol, start: symbol.value, end }
    })
  })
}

/** Functions with what relocations and `.BTF.ext` say of them. */
export function readFunctions(
  file: ElfFile,
  targets: Targets,
  ext: BtfExt | undefined,
  text: (offset: number) => string,
  ours: readonly TsccFunction[],
): readonly ObjectFunction[] {
  const endian: Endian = file.littleEndian ? 'little' : 'big'
  const bySection = new Map<number, readonly ElfRelocation[]>()
  return targets.functions.map(({ section, symbol, start, end }): ObjectFunction => {
    const all = bySection.get(section.index) ?? file.relocationsOf(section.index)
    bySection.set(section.index, all)
    const mine = <T extends { readonly offset: number }>(records: readonly T[]): readonly T[] =>
      records.filter((record) => record.offset >= start && record.offset < end)
    const recordsOf = <T extends { readonly offset: number }>(part: ReadonlyMap<number, readonly T[]> | undefined) =>
      mine([...(part ?? [])].flatMap(([name, records]) => (text(name) === section.name ? records : [])))
    const slot = (offset: number, what: string): number => {
      if ((offset - start) % 8 !== 0) throw bad(`${symbol.name}.${what}`, `is at byte ${offset}, inside an instruction`)
      return (offset - start) / 8
    }
    const extra = ours.find((one) => one.section === section.name && one.name === symbol.name)
    const slots = (end - start) / 8
    for (const { at } of [...(extra?.arguments ?? []), ...(extra?.addends ?? [])])
      if (at >= slots) throw bad(`${symbol.name}, .tscc`, `names slot ${at} of ${slots}`)
    const code = section.data.slice(start, end)
    const relocations: Relocation[] = mine(all).flatMap((relocation) =>
      relocation.type === R_BPF.NONE
        ? []
        : [relocationOf(file, targets, symbol.name, code, slot(relocation.offset, 'relocation'), relocation, endian)],
    )
    relocations.push(...unrelocatedCalls(targets, section, start, code, relocations, endian))
    for (const { at, argument } of extra?.arguments ?? []) relocations.push({ kind: 'argument', at, argument })
    const func = recordsOf(ext?.funcs).find((record) => record.offset === start)
    return {
      name: symbol.name,
      section: section.name,
      linkage: symbol.bind === STB.LOCAL ? 'static' : symbol.bind === STB.WEAK ? 'weak' : 'global',
      hidden: symbol.visibility === STV.HIDDEN || symbol.visibility === STV.INTERNAL,
      code,
      relocations: relocations.toSorted((a, b) => a.at - b.at),
      coreRelocations: recordsOf(ext?.core).map((record): CoreRelocation => {
        const at = slot(record.offset, 'CO-RE relocation')
        const addend = extra?.addends.find((one) => one.at === at && one.kind === record.kind)?.addend
        return {
          at,
          kind: record.kind,
          typeId: record.typeId,
          access: text(record.access),
          ...(addend === undefined ? {} : { addend }),
        }
      }),
      ...(func === undefined ? {} : { typeId: func.typeId }),
      lines: recordsOf(ext?.lines)
        .map(
          (record): LineInfo => ({
            at: slot(record.offset, 'line'),
            file: text(record.file),
            text: text(record.text),
            line: record.line,
            column: record.column,
          }),
        )
        .toSorted((a, b) => a.at - b.at),
      ...(extra?.prunable === true ? { prunable: true } : {}),
    }
  })
}

const CALL = 0x85
const LD_IMM64 = 0x18
/** In the source register: a call of a function, the address of one (BPF_PSEUDO_CALL, BPF_PSEUDO_FUNC). */
const PSEUDO_CALL = 1
const PSEUDO_FUNC = 4

/** Within a section compilers may leave the distance to a function as the whole story. */
function unrelocatedCalls(
  targets: Targets,
  section: ElfSection,
  start: number,
  code: Uint8Array,
  relocations: readonly Relocation[],
  endian: Endian,
): readonly Relocation[] {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength)
  const known = new Set(relocations.map(({ at }) => at))
  const found: Relocation[] = []
  for (let at = 0; at < code.length / 8; at++) {
    const opcode = code[8 * at]
    const registers = code[8 * at + 1] ?? 0
    const source = endian === 'little' ? registers >> 4 : registers & 15
    const calls = opcode === CALL && source === PSEUDO_CALL
    const takes = opcode === LD_IMM64 && source === PSEUDO_FUNC
    if ((calls || takes) && !known.has(at)) {
      const offset = start + 8 * (at + view.getInt32(8 * at + 4, endian === 'little') + 1)
      const index = targets.functions.findIndex((one) => one.section === section && one.start === offset)
      if (index < 0) throw bad(`slot ${at}`, `no function starts at byte ${offset} of ${section.name}`)
      found.push({ kind: calls ? 'call' : 'function', at, function: index })
    }
    if (opcode === LD_IMM64) at++
  }
  return found
}

function relocationOf(
  file: ElfFile,
  targets: Targets,
  name: string,
  code: Uint8Array,
  at: number,
  relocation: ElfRelocation,
  endian: Endian,
): Relocation {
  const what = `${name}, slot ${at}`
  const { symbol, addend } = relocation
  const opcode = code[8 * at]
  const present = addend ?? new DataView(code.buffer).getInt32(8 * at + 4, endian === 'little')
  if (opcode !== CALL && opcode !== LD_IMM64) throw bad(what, `opcode ${opcode} cannot be relocated`)
  if (symbol.section === SHN_UNDEF) return { kind: 'extern', at, extern: targets.externOf(symbol.name) }
  const section = file.sections[symbol.section]
  if (section === undefined) throw bad(what, `refers to ${symbol.name || 'a symbol'} of no section`)
  const function_ = (offset: number): number => {
    const index = targets.functions.findIndex((one) => one.section === section && one.start === offset)
    if (index < 0) throw bad(what, `no function starts at byte ${offset} of ${section.name}`)
    return index
  }
  if (isCode(section)) {
    return opcode === CALL
      ? { kind: 'call', at, function: function_(symbol.value + 8 * (present + 1)) }
      : { kind: 'function', at, function: function_(symbol.value + present) }
  }
  if (opcode === CALL) throw bad(what, `calls ${symbol.name} of ${section.name}, which is no code`)
  const offset = symbol.value + present
  if (section.index === targets.mapsSection) {
    const map = targets.declaredMapAt(offset)
    if (map === undefined) throw bad(what, `no map is at byte ${offset} of .maps`)
    return { kind: 'map', at, map }
  }
  const map = targets.dataMapOf(section.index)
  if (map === undefined) throw bad(what, `refers to section ${section.name}`)
  if (offset < 0 || offset > section.size) throw bad(what, `refers to byte ${offset} of ${section.name}`)
  return { kind: 'mapValue', at, map, offset }
}
