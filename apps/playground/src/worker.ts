import { isTsccError } from '@tscc/core'
import { kernelReleases } from '@tscc/sim'
import { check } from './check.ts'
import type { Reply, Request } from './messages.ts'
import { simulateText } from './simulate.ts'

// The page starts this file twice: once to follow the editor, and once for each simulation, which it can end.
const reply = (message: Reply): void => self.postMessage(message)

self.addEventListener('message', ({ data }: MessageEvent<Request>) => {
  try {
    if (data.kind === 'check') reply({ kind: 'checked', checked: check(data.text), revision: data.revision })
    else
      reply({
        kind: 'simulated',
        simulated: simulateText(data.text, data.fields, (share) => reply({ kind: 'progress', share })),
      })
  } catch (error) {
    if (!isTsccError(error)) throw error
    reply({ kind: 'failed', message: error.message })
  }
})

reply({ kind: 'ready', kernels: kernelReleases })
