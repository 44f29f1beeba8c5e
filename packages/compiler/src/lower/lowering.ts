import { callCondition, lowerCall } from './calls.ts'
import { lowerCondition } from './conditions.ts'
import { lowerExpression } from './expressions.ts'
import type { Lowering } from './scope.ts'
import { lowerStatement, lowerStatements } from './statements.ts'

/** The parts of lowering, for those that need each other. */
export const LOWERING: Lowering = {
  expression: lowerExpression,
  condition: lowerCondition,
  statement: lowerStatement,
  statements: lowerStatements,
  call: lowerCall,
  callCondition,
}
