import type { CallExpression, Expression, Function as FunctionNode, Statement } from 'oxc-parser'
import { type DiagnosticName, diagnose, Mistake, type Span } from '../diagnostics.ts'
import type { IrBuilder } from '../ir/builder.ts'
import type { Operand } from '../ir/ir.ts'
import type { KernelHeader } from '../kernel-header.ts'
import type { SourceFile } from '../source-file.ts'
import type { PrivateLayout, Type } from '../types.ts'

/** A function of a module, and the file that it is in. */
export interface FunctionInfo {
  readonly name: string
  readonly node: FunctionNode
  readonly module: ModuleScope
}

/** What a module declares. */
export interface ModuleScope {
  readonly file: SourceFile
  readonly header: KernelHeader
  readonly functions: ReadonlyMap<string, FunctionInfo>
  readonly constants: ReadonlyMap<string, bigint>
  readonly layouts: ReadonlyMap<string, PrivateLayout>
}

/** A name that holds a value. */
export interface Variable {
  readonly type: Type
  readonly operand: Operand
  /** Declared by `let`, or a parameter. */
  readonly assignable: boolean
}

/** A value while it is computed. */
export interface Value {
  readonly type: Type
  readonly operand: Operand
}

/** How parts of a program are lowered that contain each other: what the files of this folder give each other. */
export interface Lowering {
  expression(cx: Context, node: Expression): Value
  condition(cx: Context, node: Expression, yes: number, no: number): void
  statement(cx: Context, node: Statement): void
  call(cx: Context, node: CallExpression): Value
  /** A call that decides where to go on; false where it has to be a value first. */
  callCondition(cx: Context, node: CallExpression, yes: number, no: number): boolean
}

/** Where `return`, `break` and `continue` lead. */
export interface Exits {
  readonly returns: {
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
  /** Functions that are being inlined, outermost first. */
  readonly calling: readonly string[]
}

/** Leave with a diagnostic. */
export function fail<Name extends DiagnosticName>(
  context: { readonly module: ModuleScope },
  span: Span,
  name: Name,
  values: Parameters<typeof diagnose<Name>>[3],
): never {
  throw new Mistake(diagnose(context.module.file, span, name, values))
}
