// Two network namespaces joined by nothing but a veth pair, and TCP between them as fast as this machine can.
import { execFileSync, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('veth-end.mjs', import.meta.url))
const [SENDER, RECEIVER] = [1, 2]

/** A process that answers one call after the other. */
async function startEnd() {
  const child = fork(program, [], { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const answer = () =>
    new Promise((resolve, reject) => {
      const gone = () => reject(new Error('an end of the veth pair died'))
      child.once('exit', gone)
      child.once('message', ({ result, error }) => {
        child.off('exit', gone)
        if (error === undefined) resolve(result)
        else reject(new Error(error))
      })
    })
  await answer()
  return {
    pid: child.pid,
    call(call, argument) {
      child.send({ call, argument })
      return answer()
    },
    kill: () => child.kill('SIGKILL'),
  }
}

/**
 * A pair. `gsoMaxSegs` 1: each packet is a segment. `window` holds the sender's: `{ clamp, ssthresh }`. `eachAck`: an
 * acknowledgement for every second segment, each seen by itself. Without them, what the kernel does by itself.
 * `send({ cc, seconds })` gives bit/s, retransmits, and the last window; `close` leaves nothing.
 */
export async function openVeth({ gsoMaxSegs, window, eachAck } = {}) {
  const ends = []
  const close = () => {
    for (const end of ends) end.kill()
  }
  try {
    ends.push(await startEnd(), await startEnd())
    const [sender, receiver] = ends
    const place = (end) => ['name', 'eth0', 'netns', `${end.pid}`]
    const args = ['link', 'add', ...place(sender), 'type', 'veth', 'peer', ...place(receiver)]
    execFileSync('ip', args, { stdio: 'pipe' })
    await sender.call('setUp', { host: SENDER, peer: RECEIVER, gsoMaxSegs, window })
    await receiver.call('setUp', { host: RECEIVER, peer: SENDER })
    await receiver.call('listen', { host: RECEIVER, eachAck })
    if (window !== undefined) await sender.call('send', { peer: RECEIVER, cc: 'reno', seconds: 0.02 })
    return { send: ({ cc, seconds }) => sender.call('send', { peer: RECEIVER, cc, seconds, eachAck }), close }
  } catch (error) {
    close()
    throw error
  }
}
