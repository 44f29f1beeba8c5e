const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Aborts at the first ^C (or SIGTERM, SIGHUP), so that there is time to clean up; a second one ends the process. */
export function stopSignal(): AbortSignal & { readonly release: () => void } {
  const controller = new AbortController()
  const onSignal = (): void => {
    release()
    controller.abort()
  }
  const release = (): void => {
    for (const signal of signals) process.removeListener(signal, onSignal)
  }
  for (const signal of signals) process.on(signal, onSignal)
  return Object.assign(controller.signal, { release })
}

/** Keeps the process alive until the signal aborts; listeners for process signals alone do not. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  const alive = setInterval(() => {}, 1 << 30)
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      clearInterval(alive)
      resolve()
    })
  })
}
