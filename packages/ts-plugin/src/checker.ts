import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads'
import type { Answer, Reply, Request, Start } from './messages.ts'
import { sameTexts } from './module-texts.ts'

/** What is wrong with files, asked of a thread. */
export interface Checker {
  /**
   * The answer of now for a file's texts, waited for no longer than a moment; undefined where it takes longer, and `onLate` is
   * called when it is there. Asked again meanwhile, only the newest texts of a file are checked.
   */
  check(fileName: string, texts: ReadonlyMap<string, string>, onLate: () => void): Answer | undefined
}

/** Milliseconds that the editor waits; a usual program is checked in fewer. */
const PATIENCE = 250

/** Milliseconds after which a check is given up. */
const LIMIT = 10_000

/** Files whose answers are kept. */
const KEPT = 64

/** Threads in a row that may end by themselves, before none is started any more. */
const DEATHS = 3

interface Wanted {
  readonly fileName: string
  readonly texts: ReadonlyMap<string, string>
  readonly onLate: () => void
}

interface Thread {
  readonly worker: Worker
  /** Where requests go and replies come from. */
  readonly port: MessagePort
  readonly replies: Int32Array<SharedArrayBuffer>
}

/** A checker whose thread is started when it is first asked. */
export function openChecker(script: string, limit = LIMIT): Checker {
  const answers = new Map<string, { readonly texts: ReadonlyMap<string, string>; readonly answer: Answer }>()
  /** Newest texts that wait for the thread, by file. */
  const waiting = new Map<string, Wanted>()
  const state: {
    thread?: Thread
    /** What the thread is at. */
    current?: { readonly id: number; readonly wanted: Wanted; readonly timer: NodeJS.Timeout }
    id: number
    deaths: number
  } = { id: 0, deaths: 0 }

  const keep = ({ fileName, texts }: Wanted, answer: Answer): void => {
    answers.delete(fileName)
    answers.set(fileName, { texts, answer })
    const [oldest] = answers.keys()
    if (answers.size > KEPT && oldest !== undefined) answers.delete(oldest)
  }

  const kept = (fileName: string, texts: ReadonlyMap<string, string>): Answer | undefined => {
    const found = answers.get(fileName)
    return found !== undefined && sameTexts(found.texts, texts) ? found.answer : undefined
  }

  /** The current request is answered: who asked, and the next one. */
  const settle = (answer: Answer): Wanted | undefined => {
    const { current } = state
    if (current === undefined) return undefined
    clearTimeout(current.timer)
    delete state.current
    keep(current.wanted, answer)
    next()
    return current.wanted
  }

  const onReply = ({ id, answer }: Reply): Wanted | undefined => {
    if (state.current?.id !== id) return undefined
    state.deaths = 0
    return settle(answer)
  }

  /** The thread is of no use any more. */
  const abandon = (thread: Thread, why: string): void => {
    if (state.thread !== thread) return
    delete state.thread
    thread.worker.terminate().catch(() => undefined) // it is gone already
    settle({ failed: why })?.onLate()
  }

  const threadOf = (): Thread => {
    if (state.thread !== undefined) return state.thread
    const replies = new Int32Array(new SharedArrayBuffer(4))
    const { port1: port, port2 } = new MessageChannel()
    const workerData: Start = { replies, port: port2 }
    // Its output goes nowhere: the server's own is for the editor.
    const worker = new Worker(script, {
      workerData,
      transferList: [port2],
      execArgv: [],
      stdout: true,
      stderr: true,
    })
    const thread = { worker, port, replies }
    port.on('message', (reply: Reply) => onReply(reply)?.onLate())
    const died = (why: string): void => {
      if (state.thread === thread) state.deaths++
      abandon(thread, why)
    }
    worker.on('error', (error) => died(error instanceof Error ? error.message : String(error)))
    worker.on('exit', (code) => died(`its thread ended with code ${code}`))
    // The server ends when it wants to
    worker.unref()
    port.unref()
    state.thread = thread
    return thread
  }

  const next = (): void => {
    const [wanted] = waiting.values()
    if (wanted === undefined || state.current !== undefined) return
    waiting.delete(wanted.fileName)
    if (state.deaths >= DEATHS) {
      keep(wanted, { failed: `its thread ended ${DEATHS} times` })
      next()
      return
    }
    const thread = threadOf()
    const id = ++state.id
    const timer = setTimeout(() => abandon(thread, `it took longer than ${limit / 1000} s`), limit)
    timer.unref()
    state.current = { id, wanted, timer }
    thread.port.postMessage({ id, fileName: wanted.fileName, texts: wanted.texts } satisfies Request)
  }

  /** Replies that are there while the server waits for that of one file. */
  const receive = ({ port }: Thread, fileName: string): void => {
    for (let got = receiveMessageOnPort(port); got !== undefined; got = receiveMessageOnPort(port)) {
      const wanted = onReply(got.message)
      // Of others is told once the server is free again.
      if (wanted !== undefined && wanted.fileName !== fileName) setImmediate(wanted.onLate)
    }
  }

  return {
    check(fileName, texts, onLate) {
      const known = kept(fileName, texts)
      if (known !== undefined) return known
      const { current } = state
      const asked = current?.wanted.fileName === fileName && sameTexts(current.wanted.texts, texts)
      if (asked) waiting.delete(fileName)
      else waiting.set(fileName, { fileName, texts, onLate })
      next()
      const end = performance.now() + PATIENCE
      for (;;) {
        const { thread } = state
        const seen = thread === undefined ? 0 : Atomics.load(thread.replies, 0)
        if (thread !== undefined) receive(thread, fileName)
        const answer = kept(fileName, texts)
        const left = end - performance.now()
        if (answer !== undefined || thread === undefined || left <= 0) return answer
        if (!slept(thread.replies, seen, left)) return undefined
      }
    },
  }
}

/** Sleep until there are more replies than these, or for so many milliseconds; false where a program may not sleep. */
function slept(replies: Int32Array<SharedArrayBuffer>, seen: number, milliseconds: number): boolean {
  try {
    Atomics.wait(replies, 0, seen, milliseconds)
    return true
  } catch {
    return false
  }
}
