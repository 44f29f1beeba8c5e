import type { ArgumentRef, ObjectFunction } from './model.ts'
import { objectErrors } from './object-errors.ts'

/** The section for what only tscc knows; every other loader steps over it. */
export const TSCC_SECTION = '.tscc'

/** What ELF and BTF have no place for, about one function. */
export interface TsccFunction {
  readonly section: string
  readonly name: string
  /** Loads of arguments that are bound to where the target kernel passes them. */
  readonly arguments: readonly { readonly at: number; readonly argument: ArgumentRef }[]
  /** Addends of CO-RE relocations, by slot. */
  readonly addends: readonly { readonly at: number; readonly kind: string; readonly addend: number }[]
  /** Linking may leave out what the target kernel does not need. */
  readonly prunable?: true
}

/** The rows of an object; none where other formats say it all. */
export function tsccFunctions(functions: readonly ObjectFunction[]): readonly TsccFunction[] {
  return functions.flatMap((f) => {
    const bound = f.relocations.flatMap(({ at, ...r }) =>
      r.kind === 'argument' ? [{ at, argument: argumentRow(r.argument) }] : [],
    )
    const addends = f.coreRelocations.flatMap(({ at, kind, addend = 0 }) =>
      addend === 0 ? [] : [{ at, kind, addend }],
    )
    if (bound.length + addends.length === 0 && f.prunable !== true) return []
    const prunable = f.prunable === true ? { prunable: f.prunable } : {}
    return [{ section: f.section, name: f.name, arguments: bound, addends, ...prunable }]
  })
}

/** Keys in one order, whoever made the object. */
const argumentRow = ({ name, pointee, index, arity }: ArgumentRef): ArgumentRef => ({
  name,
  ...(pointee === undefined ? {} : { pointee }),
  index,
  ...(arity === undefined ? {} : { arity }),
})

/**
 * The section's content: a line of JSON, `{"version":1,"functions":[…]}`. Linkers that put sections of one name behind each
 * other make several lines of it, which is why functions go by name. Who does not know a key steps over it.
 */
export function encodeTsccSection(functions: readonly TsccFunction[]): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ version: 1, functions })}\n`)
}

/** Largest section that is read, bytes. */
const MAX_SIZE = 1 << 24

/**
 * The rows of a section, of all its lines; throws `object/bad-tscc-section`. Whether functions and slots exist is for the
 * reader to see.
 */
export function parseTsccSection(bytes: Uint8Array): readonly TsccFunction[] {
  if (bytes.length > MAX_SIZE) throw bad(0, `has ${bytes.length} bytes, at most ${MAX_SIZE}`)
  const lines = new TextDecoder().decode(bytes).split('\n')
  return lines.flatMap((line, i) => (line === '' ? [] : parseLine(line, i + 1)))
}

const bad = (line: number, why: string): Error => objectErrors.make('bad-tscc-section', { line, why })

function parseLine(text: string, line: number): readonly TsccFunction[] {
  const root = fields(parseJson(text, line), line, 'it')
  if (root.version !== 1) throw bad(line, `version ${JSON.stringify(root.version)} is not known, 1 is`)
  const numberOf = (value: unknown, what: string): number => {
    if (typeof value !== 'number' || !Number.isInteger(value)) throw bad(line, `${what} is no whole number`)
    return value
  }
  const slotOf = (value: unknown): number => {
    const slot = numberOf(value, 'at')
    if (slot < 0) throw bad(line, `at is ${slot}`)
    return slot
  }
  const textOf = (value: unknown, what: string): string => {
    if (typeof value !== 'string') throw bad(line, `${what} is no text`)
    return value
  }
  const argumentOf = (value: unknown): ArgumentRef => {
    const { name, pointee, index, arity } = fields(value, line, 'argument')
    return argumentRow({
      name: textOf(name, 'name'),
      ...(pointee === undefined ? {} : { pointee: textOf(pointee, 'pointee') }),
      index: numberOf(index, 'index'),
      ...(arity === undefined ? {} : { arity: numberOf(arity, 'arity') }),
    })
  }
  return rows(root.functions, line, 'functions').map((value) => {
    const row = fields(value, line, 'function')
    return {
      section: textOf(row.section, 'section'),
      name: textOf(row.name, 'name'),
      arguments: rows(row.arguments, line, 'arguments').map((one) => {
        const { at, argument } = fields(one, line, 'argument')
        return { at: slotOf(at), argument: argumentOf(argument) }
      }),
      addends: rows(row.addends, line, 'addends').map((one) => {
        const { at, kind, addend } = fields(one, line, 'addend')
        return { at: slotOf(at), kind: textOf(kind, 'kind'), addend: numberOf(addend, 'addend') }
      }),
      // A key that came later: where it is not there, linking leaves the code alone.
      ...(row.prunable === true ? { prunable: true } : {}),
    }
  })
}

function parseJson(text: string, line: number): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw objectErrors.make('bad-tscc-section', { line, why: 'is no JSON' }, error)
  }
}

function fields(value: unknown, line: number, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(line, `${what} is no object`)
  return value as Readonly<Record<string, unknown>> // every object is one
}

function rows(value: unknown, line: number, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw bad(line, `${what} is no array`)
  return value
}
