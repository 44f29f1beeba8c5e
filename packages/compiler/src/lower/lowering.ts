import { irBuilder } from '../ir/builder.ts'
import { callCondition, lowerCall } from './calls.ts'
import { lowerCondition } from './conditions.ts'
import { lowerExpression } from './expressions.ts'
import type { Context, Lowering, ModuleScope } from './scope.ts'
import { lowerStatement, lowerStatements } from './statements.ts'

/** The parts of lowering, for those that need each other. */
const LOWERING: Lowering = {
  expression: lowerExpression,
  condition: lowerCondition,
  statement: lowerStatement,
  statements: lowerStatements,
  call: lowerCall,
  callCondition,
}

/** Where the lowering of a function begins, or of a constant: nothing is declared, asked for or called yet. */
export const newContext = (module: ModuleScope, more: Partial<Context> = {}): Context => {
  const made = {
    module,
    ir: more.ir ?? irBuilder(),
    lower: LOWERING,
    variables: more.variables ?? new Map(),
    exits: more.exits ?? { returns: { type: undefined, leave: () => undefined } },
    callback: more.callback,
    calling: more.calling ?? [],
    guarded: new Set(),
    bounded: new Set(),
    mistakes: more.mistakes ?? module.unit.mistakes,
  }
  return made as Context // undefined is as good as absent
}
