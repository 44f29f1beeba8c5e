import type { Diagnostic } from '@tscc/compiler'
import type { Listing } from './listing.ts'

/** The simulation that the fields of the page describe, as people write it. */
export interface SimFields {
  readonly rate: string
  readonly rtt: string
  readonly buffer: string
  readonly loss: string
  readonly duration: string
  readonly flows: string
  readonly seed: string
  /** A release. */
  readonly kernel: string
  /** An example to run beside it; empty: none. */
  readonly beside: string
}

/** What the page asks a worker for. */
export type Request =
  | { readonly kind: 'check'; readonly text: string; readonly revision: number }
  | { readonly kind: 'simulate'; readonly text: string; readonly fields: SimFields }

/** What a worker says. */
export type Reply =
  /** At its start: which kernels it knows. */
  | { readonly kind: 'ready'; readonly kernels: readonly string[] }
  | { readonly kind: 'checked'; readonly checked: Checked; readonly revision: number }
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'simulated'; readonly simulated: Simulated }
  /** A typed error: of a field, of linking, of the simulation. */
  | { readonly kind: 'failed'; readonly message: string }

/** A compiled text. */
export interface Checked {
  readonly problems: readonly Diagnostic[]
  /** Empty where there are problems. */
  readonly listings: readonly Listing[]
}

/** A simulation as markup of the reports. */
export interface Simulated {
  readonly table: string
  readonly plots: string
  readonly caption: string
}
