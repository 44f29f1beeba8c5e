import { isTsccError, TsccError } from '@tscc/core'
import { labErrors } from '../lab-errors.ts'
import type { HostReply, HostRole } from './protocol.ts'

/** An error as it travels from a process to its parent. */
export function errorReply(id: number, error: unknown): HostReply {
  if (isTsccError(error)) return { kind: 'error', id, code: error.code, message: error.message, context: error.context }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { kind: 'error', id, code: '', message: text, context: null }
}

/** The error in the parent: a typed one as it was, anything else as `lab/host`. */
export function reviveError(role: HostRole, call: string, reply: HostReply & { readonly kind: 'error' }): Error {
  if (reply.code !== '') return new TsccError(reply.code, reply.context, reply.message)
  return labErrors.make('host', { role, request: call, code: reply.code, message: reply.message })
}
