import type { Diagnostic } from '@tscc/compiler'

/** A mistake as data, with the text that shows it. */
export type ShownDiagnostic = Diagnostic & { readonly text: string }

/** A rejection by the verifier, at its place in the source. */
export interface Rejection {
  readonly program: string
  readonly file: string
  /** From 1; a column of 0 is not known. */
  readonly line: number
  readonly column: number
  readonly complaint: string
  /** What to write instead. */
  readonly help?: string
  /** All of it as people read it. */
  readonly text: string
  /** In the verifier's own words, and all of them. */
  readonly reason: string
  readonly log: string
}
