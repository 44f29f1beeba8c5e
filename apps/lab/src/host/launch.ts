import { type ChildProcess, fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { labErrors } from '../lab-errors.ts'
import type { HostCallName, HostCalls, HostReply, HostRequest, HostRole } from './protocol.ts'
import { reviveError } from './remote-error.ts'

/** The compiled entry point, found alike from src and from dist. */
export const hostEntry = join(
  dirname(createRequire(import.meta.url).resolve('@tscc/lab/package.json')),
  'dist/host-main.js',
)

/** How much of a dead process's standard error an error shows. */
const STDERR_TAIL = 2000

/** A process in a network namespace of its own. */
export interface Host {
  readonly role: HostRole
  readonly pid: number
  /** Ask for something and wait; the process's own typed errors come back as they were. */
  call<Name extends HostCallName>(name: Name, argument: HostCalls[Name]['argument']): Promise<HostCalls[Name]['result']>
  /** End the process, and with it its namespace; calls under way fail. */
  kill(): Promise<void>
}

interface Pending {
  readonly call: string
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** Start a process that moves into a namespace of its own, and wait until it is there. */
export async function launchHost(role: HostRole): Promise<Host> {
  const child = fork(hostEntry, [role, String(process.pid)], {
    execArgv: [],
    env: environment(),
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const pending = new Map<number, Pending>()
  const state = { next: 0, stderr: '' }
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    state.stderr = (state.stderr + text).slice(-STDERR_TAIL)
  })
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
  })

  const request = <Result>(call: string, send?: (id: number) => HostRequest): Promise<Result> =>
    new Promise((resolve, reject) => {
      const id = send === undefined ? -1 : state.next++
      if (child.exitCode !== null || child.signalCode !== null) {
        reject(died(role, child, state.stderr))
        return
      }
      // The process answers with the result type that HostCalls names for this call.
      pending.set(id, { call, resolve: resolve as (result: unknown) => void, reject })
      if (send !== undefined)
        child.send(send(id), (error) => {
          if (error !== null) setTimeout(() => settle(id, died(role, child, state.stderr)), 1000).unref()
        })
    })
  const settle = (id: number, error: Error | undefined, result?: unknown): void => {
    const waiting = pending.get(id)
    if (waiting === undefined) return
    pending.delete(id)
    if (error === undefined) waiting.resolve(result)
    else waiting.reject(error)
  }
  child.on('message', (message) => {
    const reply = message as HostReply // only our own host-main speaks on this channel
    if (reply.kind === 'ready') settle(-1, undefined)
    else if (reply.kind === 'result') settle(reply.id, undefined, reply.result)
    else settle(reply.id, reviveError(role, pending.get(reply.id)?.call ?? 'start', reply))
  })
  child.once('close', () => {
    for (const id of [...pending.keys()]) settle(id, died(role, child, state.stderr))
  })
  child.on('error', () => {}) // 'close' follows, and tells the calls under way

  await request<void>('start')
  const { pid } = child
  if (pid === undefined) throw died(role, child, state.stderr)
  return {
    role,
    pid,
    call: (name, argument) => request(name, (id) => ({ id, call: name, argument })),
    async kill() {
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** This process's environment without what would change how Node runs the child. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, NODE_V8_COVERAGE: __, ...rest } = process.env
  return rest
}

function died(role: HostRole, child: ChildProcess, stderr: string): Error {
  const status = child.signalCode === null ? `exit status ${child.exitCode}` : child.signalCode
  return labErrors.make('host-died', { role, status, stderr: stderr.trim() })
}
