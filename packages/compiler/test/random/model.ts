// What a random program works on: memory, scopes, and the pieces that it is put together from.
import type { IntName, Random, ScalarName } from './values.ts'

/** A record or array of the reference: its numbers by path, `p.hi` or `list.3`. */
export type MemoryObject = Map<string, bigint>
/** A record within an object. */
export interface Ref {
  readonly object: MemoryObject
  readonly prefix: string
}

/** Everything that a run of the reference changes. */
export interface State {
  readonly variables: Map<string, bigint>
  /** Records by the names that they have in scopes; a parameter may be another name of one. */
  readonly records: Map<string, Ref>
  /** Maps of the module: values by key. */
  readonly maps: Map<string, Map<string, MemoryObject>>
  returned: bigint
}

/** How a statement was left. */
export type Left = 'break' | 'continue' | 'return' | undefined

export interface Expr {
  readonly text: string
  readonly type: IntName
  /** The compiler knows its value from the source alone. */
  readonly isNumber?: boolean
  value(s: State): bigint
}
export interface Cond {
  readonly text: string
  holds(s: State): boolean
}
export interface Stmt {
  readonly text: string
  run(s: State): Left
}
/** Something that can be assigned to; the index of an array is computed once. */
export interface Place<T extends ScalarName = ScalarName> {
  readonly text: string
  readonly type: T
  readonly constant?: boolean
  readonly isNumber?: boolean
  resolve(s: State): { get(): bigint; set(value: bigint): void }
}

/** A member of an interface, or what an array is made of. */
export type Shape =
  | { readonly kind: 'scalar'; readonly type: ScalarName }
  | { readonly kind: 'record'; readonly name: string; readonly fields: Readonly<Record<string, Shape>> }
  | { readonly kind: 'array'; readonly element: Shape; readonly length: number }

const scalar = (type: ScalarName): Shape => ({ kind: 'scalar', type })
export const pair: Shape = {
  kind: 'record',
  name: 'Pair',
  fields: { lo: scalar('u16'), hi: scalar('s32'), on: scalar('bool') },
}
export const rec: Shape = {
  kind: 'record',
  name: 'Rec',
  fields: {
    a: scalar('u8'),
    p: pair,
    b: scalar('u64'),
    list: { kind: 'array', element: scalar('s16'), length: 4 },
    c: scalar('s8'),
  },
}
export const key: Shape = {
  kind: 'record',
  name: 'Key',
  fields: { x: scalar('u32'), y: scalar('u16'), z: scalar('s16') },
}
/** Private state; `which` says which of a module's programs is run, `result` is what it gave. */
export const stateShape: Shape = {
  kind: 'record',
  name: 'S',
  fields: {
    which: scalar('u32'),
    flag: scalar('bool'),
    result: scalar('u64'),
    ...Object.fromEntries(
      (['u8', 'u16', 'u32', 'u64', 's8', 's16', 's32', 's64'] as const).flatMap((type) => [
        [`${type}_0`, scalar(type)],
        [`${type}_1`, scalar(type)],
      ]),
    ),
    pair,
  },
}

/** The type as the program writes it. */
export function shapeText(shape: Shape): string {
  if (shape.kind === 'scalar') return shape.type
  return shape.kind === 'record' ? shape.name : `FixedArray<${shapeText(shape.element)}, ${shape.length}>`
}

export const interfaceText = (shape: Shape): string =>
  shape.kind === 'record'
    ? `interface ${shape.name} {\n${Object.entries(shape.fields)
        .map(([name, of]) => `  ${name}: ${shapeText(of)}\n`)
        .join('')}}\n`
    : ''

/** Paths of all numbers in a shape, with offsets as C lays them out. */
export function layoutOf(shape: Shape): {
  readonly size: number
  readonly align: number
  readonly numbers: readonly { readonly path: string; readonly at: number; readonly type: ScalarName }[]
} {
  if (shape.kind === 'scalar') {
    const size = shape.type === 'bool' ? 1 : Number(shape.type.slice(1)) / 8
    return { size, align: size, numbers: [{ path: '', at: 0, type: shape.type }] }
  }
  const members: readonly (readonly [string, Shape])[] =
    shape.kind === 'record'
      ? Object.entries(shape.fields)
      : Array.from({ length: shape.length }, (_, i) => [`${i}`, shape.element] as const)
  let [end, align] = [0, 1]
  const numbers = members.flatMap(([name, of]) => {
    const inner = layoutOf(of)
    const start = Math.ceil(end / inner.align) * inner.align
    end = start + inner.size
    align = Math.max(align, inner.align)
    return inner.numbers.map(({ path, at, type }) => ({
      path: path === '' ? name : `${name}.${path}`,
      at: start + at,
      type,
    }))
  })
  return { size: Math.ceil(end / align) * align, align, numbers }
}

/** All zeros. */
export const emptyObject = (shape: Shape): MemoryObject =>
  new Map(layoutOf(shape).numbers.map(({ path }) => [path, 0n] as const))

/** A name for a record that is in scope. */
export interface RecordName {
  readonly text: string
  readonly shape: Shape
  ref(s: State): Ref
}

export interface FunctionModel {
  readonly name: string
  readonly parameters: readonly (
    | { readonly kind: 'scalar'; readonly name: string; readonly type: ScalarName }
    | { readonly kind: 'record'; readonly name: string; readonly shape: Shape }
  )[]
  readonly returns: ScalarName | 'void'
  run(s: State): void
}

/** What can be named at a place of the program. */
export interface Scope {
  readonly random: Random
  readonly places: readonly Place[]
  readonly records: readonly RecordName[]
  readonly functions: readonly FunctionModel[]
  /** Numbers that are known to be small: counters of loops. */
  readonly counters: readonly { readonly text: string; readonly max: number; value(s: State): bigint }[]
  readonly returns: ScalarName | 'void'
  readonly inLoop: boolean
  readonly canBreak: boolean
  readonly loopDepth: number
  readonly budget: Budget
}

/** What is shared by all of a program. */
export interface Budget {
  names: number
  objects: number
  calls: number
  statements: number
  loops: number
  maps: number
}

export const freshName = (scope: Scope, prefix: string): string => `${prefix}${scope.budget.names++}`
