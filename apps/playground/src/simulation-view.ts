import { htmlScript } from '@tscc/experiment'
import { byId, made, setChoices } from './dom.ts'
import { examples } from './examples.ts'
import type { SimFields, Simulated } from './messages.ts'
import { defaultFields } from './state.ts'
import { startWorker, type WorkerClient } from './worker-client.ts'

/** The part of the page that simulates. */
export interface SimulationView {
  readonly fields: () => SimFields
  readonly setFields: (fields: SimFields) => void
  readonly setKernels: (releases: readonly string[]) => void
  readonly run: () => void
  /** The program is another than the one that the result is of. */
  readonly markStale: () => void
}

/** Make it of the elements of the page; `text` gives the program, `onChange` is told of changed fields. */
export function createSimulationView({
  text,
  onChange,
}: {
  readonly text: () => string
  readonly onChange: () => void
}): SimulationView {
  const form = byId('fields', HTMLFormElement)
  const button = byId('run', HTMLButtonElement)
  const progress = byId('progress', HTMLProgressElement)
  const failure = byId('failure', HTMLElement)
  const result = byId('result', HTMLElement)
  const running: { worker?: WorkerClient } = {}
  const control = (name: string): HTMLInputElement | HTMLSelectElement => {
    const found = form.elements.namedItem(name)
    if (found instanceof HTMLInputElement || found instanceof HTMLSelectElement) return found
    throw new TypeError(`fields: there is no ${name}`)
  }
  const select = (name: string): HTMLSelectElement => {
    const found = control(name)
    if (found instanceof HTMLSelectElement) return found
    throw new TypeError(`fields: ${name} has no choices`)
  }

  const stop = (): void => {
    running.worker?.end()
    delete running.worker
    button.textContent = 'Simulate'
    progress.hidden = true
  }
  const fail = (message: string): void => {
    failure.textContent = message
    failure.hidden = false
    result.classList.add('stale')
  }
  const show = ({ table, plots, caption }: Simulated): void => {
    // Markup of the reports, in which every text is escaped.
    result.innerHTML = `${table}${plots}`
    result.append(made('p', 'note', caption))
    // The cursor of the reports, over the plots that have just been made.
    result.append(made('script', '', htmlScript))
    result.classList.remove('stale')
  }
  const fields = (): SimFields => {
    const value = (name: keyof SimFields): string => control(name).value.trim()
    return {
      rate: value('rate'),
      rtt: value('rtt'),
      buffer: value('buffer'),
      loss: value('loss'),
      duration: value('duration'),
      flows: value('flows'),
      seed: value('seed'),
      kernel: value('kernel'),
      beside: value('beside'),
    }
  }
  const run = (): void => {
    stop()
    failure.hidden = true
    button.textContent = 'Stop'
    progress.hidden = false
    progress.value = 0
    const worker = startWorker((reply) => {
      if (running.worker !== worker) return
      if (reply.kind === 'progress') progress.value = reply.share
      if (reply.kind === 'simulated') show(reply.simulated)
      if (reply.kind === 'failed') fail(reply.message)
      if (reply.kind === 'simulated' || reply.kind === 'failed') stop()
    })
    running.worker = worker
    worker.ask({ kind: 'simulate', text: text(), fields: fields() })
  }
  const setKernels = (releases: readonly string[]): void =>
    setChoices(
      select('kernel'),
      releases.map((value) => ({ value, text: value })),
    )

  setChoices(select('beside'), [
    { value: '', text: 'nothing' },
    ...examples.map(({ name }) => ({ value: name, text: name })),
  ])
  setKernels([defaultFields.kernel])
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (running.worker === undefined) run()
    else stop()
  })
  form.addEventListener('input', onChange)
  return {
    fields,
    setFields(values) {
      for (const [name, value] of Object.entries(values)) {
        const field = control(name)
        if (field.name === 'kernel' && field.value !== value) setKernels([value])
        field.value = value
      }
    },
    setKernels(releases) {
      const { value } = select('kernel')
      setKernels(releases)
      select('kernel').value = releases.includes(value) ? value : defaultFields.kernel
    },
    run,
    markStale: () => result.classList.add('stale'),
  }
}
