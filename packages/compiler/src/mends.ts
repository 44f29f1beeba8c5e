/** A change of the text that mends a mistake. */
export type Mend = {
  /** What the changed text calls of `@tscc/bpf`: it has to be imported. */
  readonly uses: readonly string[]
} & (
  | {
      /** This text in the place of what the diagnostic marks. */
      readonly kind: 'replace'
      readonly text: string
    }
  | {
      /** The statement that it is in, only where this condition holds. */
      readonly kind: 'guard'
      readonly condition: string
    }
  | {
      /** Out of the function before the statement that it is in, where this condition holds. */
      readonly kind: 'leave'
      readonly condition: string
    }
  | {
      /** One more function among the properties that the marked call gets. */
      readonly kind: 'callback'
      readonly text: string
    }
)

const replace = (text: string, ...uses: readonly string[]): Mend => ({ kind: 'replace', text, uses })

const INTEGER = /^[us](?:8|16|32|64)$/

/** Names that are like a wrong one, in its place. */
export function nearestMends(c: { readonly nearest?: readonly string[] }, marked: string): readonly Mend[] {
  return /^\w+$/.test(marked) ? (c.nearest ?? []).map((name) => replace(name)) : []
}

/** Cut it on purpose. */
export function castMends(c: { readonly to: string }, marked: string): readonly Mend[] {
  return INTEGER.test(c.to) ? [replace(`${c.to}(${marked})`, c.to)] : []
}

/** An operation in one sign or the other, where the mark is all of it. */
export function signMends(
  c: { readonly operation: string; readonly either: readonly (readonly [cast: string, operation: string])[] },
  marked: string,
): readonly Mend[] {
  const spaceless = (text: string): string => text.replace(/\s+/g, '')
  if (spaceless(c.operation) !== spaceless(marked)) return []
  return c.either.flatMap(([cast, operation]) => (INTEGER.test(cast) ? [replace(operation, cast)] : []))
}

/** An index that cannot leave its array. */
export function indexMends(c: { readonly length: number }, marked: string): readonly Mend[] {
  return isPowerOfTwo(c.length)
    ? [replace(`${/^[\w.]+$/.test(marked) ? marked : `(${marked})`} & ${c.length - 1}`)]
    : [replace(`min(${marked}, ${c.length - 1})`, 'min')]
}

/** `const` and `let` stay narrowed where null was asked for; an expression would be computed again. */
export function nullMends(c: { readonly what: string }): readonly Mend[] {
  return /^\w+$/.test(c.what) ? [{ kind: 'leave', condition: `${c.what} === null`, uses: [] }] : []
}

/** Ask the kernel first. */
export function askMends(c: { readonly ask: string }): readonly Mend[] {
  const [name] = /^\w+/.exec(c.ask) ?? []
  return name === undefined ? [] : [{ kind: 'guard', condition: c.ask, uses: [name] }]
}

/** The least that a mandatory callback can be. */
export function callbackMends(text: string | undefined): readonly Mend[] {
  if (text === undefined) return []
  return [{ kind: 'callback', text, uses: [...new Set(text.match(/\b(?:max|tcp_\w+)(?=\()/g) ?? [])] }]
}

export const isPowerOfTwo = (n: number): boolean => (n & (n - 1)) === 0
