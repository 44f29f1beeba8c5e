import type {
  ArrowFunctionExpression,
  CallExpression,
  Expression,
  Function as FunctionNode,
  Statement,
} from 'oxc-parser'
import { type Diagnostic, type DiagnosticName, diagnose, Mistake, type Span } from '../diagnostics.ts'
import type { DataMap, MapDeclaration } from '../emit/maps.ts'
import type { IrBuilder } from '../ir/builder.ts'
import type { Cpu, IrFunction, Operand } from '../ir/ir.ts'
import type { KernelHeader } from '../kernel-header.ts'
import type { SourceFile } from '../source-file.ts'
import type { DataType, Layout, RecordType, Type } from '../types.ts'
import { SharedMap } from './shared-map.ts'

/** A function of a module, and the file that it is in. */
export interface FunctionInfo {
  readonly name: string
  /** Where its name stands. */
  readonly at: Span
  readonly node: FunctionNode | ArrowFunctionExpression
  readonly module: ModuleScope
  /** Compiled once and called, in the place of being put where it is called. */
  readonly noinline: boolean
  /** The kernel's own function of this name is used where there is one. */
  readonly insteadOfKfunc?: boolean
}

/** A constant of a module. */
export interface Constant {
  readonly type: Type
  readonly value: bigint
}

/** Something that a module declares and that lives as long as its programs: variables and maps. */
export type Handle =
  | {
      /** A tunable is constant once loaded; a variable is a `let`, a constant an array or record, that only the program knows. */
      readonly kind: 'tunable' | 'global' | 'variable' | 'constant'
      readonly name: string
      readonly type: DataType
      readonly section: DataMap['name']
      readonly offset: number
    }
  | { readonly kind: 'map'; readonly name: string; readonly make: string; readonly declaration: MapDeclaration }

/** A TCP header option that a module declares. */
export interface HeaderOption {
  readonly kind: number
  /** Two or four bytes, as on the wire; none. */
  readonly magic: readonly number[]
  readonly payload: RecordType
}

/** What a module declares. */
export interface ModuleScope {
  readonly file: SourceFile
  readonly header: KernelHeader
  readonly unit: Unit
  readonly functions: Map<string, FunctionInfo>
  readonly constants: Map<string, Constant>
  readonly layouts: Map<string, Layout>
  readonly handles: Map<string, Handle>
  readonly options: Map<string, HeaderOption>
  /** Names whose declaration is wrong: what uses them is not told again. */
  readonly broken: Set<string>
}

/** What all files of one object share: its maps, its data, the functions that are called. */
export interface Unit {
  readonly cpu: Cpu
  readonly maps: MapDeclaration[]
  readonly data: Map<DataMap['name'], { variables: DataMap['variables'][number][]; size: number }>
  /** Names of its data. */
  readonly dataNames: Set<string>
  /** Functions that are called instead of inlined, by name; `ir` is undefined while one is being lowered. */
  readonly called: Map<
    string,
    {
      readonly node: FunctionInfo['node']
      /** Which arguments its parameters are, where the kernel calls it. */
      readonly how: string
      readonly ir: IrFunction | undefined
      readonly parameters: number
      readonly at: Span
    }
  >
  /** Of expressions that were lowered for their type: whether they are truth values. */
  readonly truths: WeakMap<Expression, boolean>
  /** May there be loops in any of its files? */
  hasLoops: boolean
  /** Functions that have been looked at. */
  readonly lowered: Set<FunctionInfo['node']>
  /** What is wrong, of all files. */
  readonly mistakes: Diagnostic[]
}

/** What a pointer leads to: a region that no other overlaps, and where in it. */
export interface Memory {
  readonly region: string
  readonly offset: number
}

/** A value while it is computed. */
export interface Value {
  readonly type: Type
  readonly operand: Operand
  /** Of the address of something of ours. */
  readonly memory?: Memory
  /** Of a number without sign: the most that it can be, where the verifier can see that too. */
  readonly max?: bigint
  /** Of `?:` and `||`: what it is one of, each as it was before they had one type. */
  readonly choices?: readonly Value[]
  /** Where it stands. */
  readonly from?: Span
}

/** A name that holds a value. */
export interface Variable extends Value {
  /** Declared by `let`, or a parameter. */
  readonly assignable: boolean
  /** Its type where it was declared, which may have been narrowed since. */
  readonly declared?: Type
}

/** What is known on either side of a condition: names that are not null, and what of kernels was asked for. */
export interface Narrowed {
  readonly yes: readonly string[]
  readonly no: readonly string[]
}

/** How parts of a program are lowered that contain each other: what the files of this folder give each other. */
export interface Lowering {
  expression(cx: Context, node: Expression): Value
  condition(cx: Context, node: Expression, yes: number, no: number): Narrowed
  statement(cx: Context, node: Statement): void
  /** Of a block; `taken` are names that it cannot declare. */
  statements(cx: Context, nodes: readonly Statement[], taken?: readonly string[]): void
  call(cx: Context, node: CallExpression): Value
  /** A call that decides where to go on; false where it has to be a value first. */
  callCondition(cx: Context, node: CallExpression, yes: number, no: number): boolean
}

/** Where `return`, `break` and `continue` lead. */
export interface Exits {
  readonly returns: {
    /** Undefined: whatever comes first decides. */
    readonly type: Type | undefined
    leave(value: Operand | undefined): void
    /** Where a truth value that is only asked for leads to, in the place of being one. */
    readonly branch?: { readonly yes: number; readonly no: number }
  }
  readonly breakTo?: number
  readonly continueTo?: number
}

/** What lowering a function works with. */
export interface Context {
  readonly module: ModuleScope
  readonly ir: IrBuilder
  readonly lower: Lowering
  readonly variables: Map<string, Variable>
  readonly exits: Exits
  /** The callback that this is part of. */
  readonly callback?: { readonly name: string; readonly sleepable: boolean }
  /** Functions that are being inlined, outermost first. */
  readonly calling: readonly FunctionInfo['node'][]
  /** What only some kernels have and was asked for around here: `field:…`, `enumerator:…`, `func:…`, `kernel:…`. */
  readonly guarded: Set<string>
  /** Texts of expressions that something before says a limit of. */
  readonly bounded: Set<string>
  /** Where mistakes go that do not end all. */
  readonly mistakes: Diagnostic[]
}

/** Leave with a diagnostic. */
export function fail<Name extends DiagnosticName>(
  context: { readonly module: { readonly file: SourceFile } },
  span: Span,
  name: Name,
  values: Parameters<typeof diagnose<Name>>[3],
): never {
  throw new Mistake(diagnose(context.module.file, span, name, values))
}

/** Leave because of something that has been told. */
export function giveUp(): never {
  throw new Mistake()
}

/** Go on after a mistake, which is kept; undefined in its place. */
export function attempt<T>(cx: Pick<Context, 'mistakes'>, make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof Mistake)) throw error
    if (error.diagnostic !== undefined) cx.mistakes.push(error.diagnostic)
    return undefined
  }
}

/** Look at all parts before the first mistake of one ends it. */
export function each<T extends object, R extends object>(
  cx: Context,
  parts: readonly T[],
  make: (part: T, index: number) => R,
): readonly R[] {
  const made: R[] = []
  for (const [i, part] of parts.entries()) {
    const one = attempt(cx, () => make(part, i))
    if (one !== undefined) made.push(one)
  }
  return made.length === parts.length ? made : giveUp()
}

/** The steps that follow come from a node of the file that is lowered. */
export function at(cx: Context, span: Span): void {
  cx.ir.at(cx.module.file, span)
}

/** The same context but for some of it. Written out: spreading is slow, and makes contexts of many hidden classes. */
export const changed = (cx: Context, more: Partial<Omit<Context, 'lower' | 'callback'>>): Context => {
  const made = {
    module: more.module ?? cx.module,
    ir: more.ir ?? cx.ir,
    lower: cx.lower,
    variables: more.variables ?? cx.variables,
    exits: more.exits ?? cx.exits,
    callback: cx.callback,
    calling: more.calling ?? cx.calling,
    guarded: more.guarded ?? cx.guarded,
    bounded: more.bounded ?? cx.bounded,
    mistakes: more.mistakes ?? cx.mistakes,
  }
  return made as Context // undefined is as good as absent
}

/** The same context with variables of its own, and maybe other ways out. */
export const scoped = (cx: Context, exits = cx.exits): Context =>
  changed(cx, {
    variables: SharedMap.of(cx.variables),
    guarded: cx.guarded.size === 0 ? new Set() : new Set(cx.guarded),
    exits,
  })

/** Take names for not null or not above what was said, and kernels for having what was asked for. */
export function narrow(cx: Context, names: readonly string[]): void {
  for (const name of names) {
    const [kind, limited = '', most] = name.split(':')
    if (kind === 'most' && most !== undefined) {
      const variable = cx.variables.get(limited)
      if (variable !== undefined) cx.variables.set(limited, { ...variable, max: BigInt(most) })
      continue
    }
    if (name.includes(':')) cx.guarded.add(name)
    const variable = cx.variables.get(name)
    if (variable?.type.kind === 'nullable')
      cx.variables.set(name, { ...variable, type: variable.type.of, declared: variable.type })
  }
}
