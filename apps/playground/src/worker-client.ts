import type { Reply, Request } from './messages.ts'

/** A worker of the page. */
export interface WorkerClient {
  readonly ask: (request: Request) => void
  readonly end: () => void
}

/** Start a worker; an error that nobody expected arrives as `failed`, too. */
export function startWorker(onReply: (reply: Reply) => void): WorkerClient {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => onReply(data))
  worker.addEventListener('error', ({ message }) =>
    onReply({ kind: 'failed', message: `the worker ended: ${message || 'it could not be loaded'}` }),
  )
  return { ask: (request) => worker.postMessage(request), end: () => worker.terminate() }
}
