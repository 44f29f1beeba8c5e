// Children with their progress on the terminal, and steps that are numbered, timed and counted.
import { spawn } from 'node:child_process'
import { root } from './bootstrap.mjs'

const running = new Set()
let interrupted // the first signal that reached this process: one shot, there is nothing to reset

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // On a terminal the whole group gets ^C; a second one from here would be taken for impatience
    const forward = signal !== 'SIGINT' || !process.stdin.isTTY
    if (forward && interrupted === undefined) for (const child of running) child.kill(signal)
    interrupted ??= signal
    if (running.size === 0) endInterrupted()
  })
}

/** Run a command with this terminal and give its exit code; 127 and a message when it cannot be started. */
export function run(command, args, options = {}) {
  return new Promise((done) => {
    if (interrupted !== undefined) endInterrupted()
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options })
    running.add(child)
    child.on('error', (error) => {
      running.delete(child)
      console.error(`${command}: ${error.message}`)
      done(127)
    })
    child.on('close', (code, signal) => {
      running.delete(child)
      if (interrupted !== undefined) endInterrupted()
      done(code ?? (signal === null ? 1 : 128))
    })
  })
}

/** Steps `[1/n] title`, each with its time at its end; `failed` has the titles of those that gave a code other than 0. */
export function steps(count) {
  const failed = []
  const passed = []
  return {
    passed,
    failed,
    async step(title, work) {
      const number = passed.length + failed.length + 1
      const started = performance.now()
      console.log(`\n[${number}/${count}] ${title}`)
      const code = await work()
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      ;(code === 0 ? passed : failed).push(title)
      console.log(`[${number}/${count}] ${title}: ${code === 0 ? 'done' : `failed (exit code ${code})`}, ${seconds} s`)
      return code
    },
  }
}

/** Die of the signal itself, so that the shell which called knows. */
function endInterrupted() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal)
  process.kill(process.pid, interrupted)
}
