import type { MessagePort } from 'node:worker_threads'
import type { Diagnostic } from '@tscc/compiler'

/** A file to be checked. */
export interface Request {
  readonly id: number
  readonly fileName: string
  /** Its text, and that of all files that it imports, by their paths with `/`. */
  readonly texts: ReadonlyMap<string, string>
}

/** What is said of a file: its mistakes, or why there is nothing to say. */
export type Answer = { readonly diagnostics: readonly Diagnostic[] } | { readonly failed: string }

/** The answer to a request. */
export interface Reply {
  readonly id: number
  readonly answer: Answer
}

/** What a thread is started with. */
export interface Start {
  /** Requests come here, replies go back. */
  readonly port: MessagePort
  /** One number that grows with every reply: what waits for one sleeps on it. */
  readonly replies: Int32Array<SharedArrayBuffer>
}
