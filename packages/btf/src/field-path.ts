import { btfErrors } from './btf-errors.ts'

/** One step of a field path: a member's name or an array index. */
export type PathStep = string | number

/** Longest path that is read; real ones have a handful of steps. */
const MAX_STEPS = 64

/** Split `a.b[3].c` into `['a', 'b', 3, 'c']`; at least one step. */
export function parseFieldPath(path: string): readonly PathStep[] {
  const steps: PathStep[] = []
  let at = 0
  while (at < path.length || steps.length === 0) {
    const bracket = path[at] === '['
    if (!bracket && steps.length > 0) {
      if (path[at] !== '.') throw btfErrors.make('bad-path', { path, at, want: "'.' or '['" })
      at++
    }
    const pattern = bracket ? /\[(\d{1,9})\]/y : /[A-Za-z_$][\w$]*/y
    pattern.lastIndex = at
    const match = pattern.exec(path)
    if (match === null) throw btfErrors.make('bad-path', { path, at, want: bracket ? 'an index' : 'a name' })
    steps.push(bracket ? Number(match[1]) : match[0])
    if (steps.length > MAX_STEPS) throw btfErrors.make('bad-path', { path, at, want: 'at most 64 steps' })
    at += match[0].length
  }
  return steps
}
