/** A source text that knows its lines. */
export interface SourceFile {
  readonly name: string
  readonly text: string
  /** Line and column of a UTF-16 offset, both from 1. */
  position(offset: number): { readonly line: number; readonly column: number }
  /** The text of a line, from 1. */
  line(number: number): string
}

/** A source file; lines are found when one is first asked for. */
export function sourceFile(name: string, text: string): SourceFile {
  let starts: readonly number[] | undefined
  const lineStarts = (): readonly number[] => {
    const found = [0]
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) found.push(at + 1)
    return found
  }
  return {
    name,
    text,
    position(offset) {
      starts ??= lineStarts()
      let [low, high] = [0, starts.length - 1]
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if ((starts[middle] ?? 0) <= offset) low = middle
        else high = middle - 1
      }
      return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
    },
    line(number) {
      starts ??= lineStarts()
      const start = starts[number - 1]
      if (start === undefined) return ''
      const end = starts[number]
      return text.slice(start, end === undefined ? undefined : end - 1)
    },
  }
}
