import type { Diagnostic } from '../diagnostics.ts'
import { compileFunction } from './functions.ts'
import { newContext } from './lowering.ts'
import { attempt, type ModuleScope } from './scope.ts'

/** Limits of what is passed, which a call may give. */
const OF_CALLS: ReadonlySet<string> = new Set(['TSCC2305', 'TSCC2306'])

/** Mistakes of a file's functions that nobody calls: they are looked at by themselves, and what is made of them is forgotten. */
export function checkUncalled(scope: ModuleScope): void {
  const { unit } = scope
  const data = [...unit.data].map(([name, { variables, size }]) => ({ name, variables: [...variables], size }))
  const called = [...unit.called]
  for (const f of scope.functions.values()) {
    if (f.module !== scope || unit.lowered.has(f.node)) continue
    const mistakes: Diagnostic[] = []
    attempt({ mistakes }, () => compileFunction(newContext(scope, { mistakes }), f))
    unit.mistakes.push(...mistakes.filter(({ code }) => !OF_CALLS.has(code)))
  }
  unit.data.clear()
  for (const { name, variables, size } of data) unit.data.set(name, { variables, size })
  unit.called.clear()
  for (const [name, kept] of called) unit.called.set(name, kept)
}
