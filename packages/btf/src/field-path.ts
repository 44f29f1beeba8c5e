import { btfErrors } from './btf-errors.ts'

/** One step of a field path: a member's name or an array index. */
export type PathStep = string | number

/** Longest path that is read; real ones have a handful of steps. */
const MAX_STEPS = 64

/** Split `a.b[3].c` into `['a', 'b', 3, 'c']`; at least one step. Scanned by hand: regular expressions are slow at first use. */
export function parseFieldPath(path: string): readonly PathStep[] {
  const steps: PathStep[] = []
  let at = 0
  while (at < path.length || steps.length === 0) {
    const bracket = path[at] === '['
    if (!bracket && steps.length > 0) {
      if (path[at] !== '.') throw btfErrors.make('bad-path', { path, at, want: "'.' or '['" })
      at++
    }
    const start = bracket ? at + 1 : at
    let end = start
    while (bracket ? isDigit(path.charCodeAt(end)) : isNameByte(path.charCodeAt(end))) end++
    const good = bracket
      ? end > start && end - start <= MAX_DIGITS && path[end] === ']'
      : end > start && !isDigit(path.charCodeAt(start))
    if (!good) throw btfErrors.make('bad-path', { path, at, want: bracket ? 'an index' : 'a name' })
    const step = path.slice(start, end)
    steps.push(bracket ? Number(step) : step)
    if (steps.length > MAX_STEPS) throw btfErrors.make('bad-path', { path, at, want: 'at most 64 steps' })
    at = bracket ? end + 1 : end
  }
  return steps
}

/** Most digits of an index. */
const MAX_DIGITS = 9

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39
/** Letters, digits, underscore and dollar: NaN, behind the end, is none of them. */
const isNameByte = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || isDigit(code) || code === 0x5f || code === 0x24
