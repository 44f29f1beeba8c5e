import type { LabProgress } from '@tscc/lab'
import ora from 'ora'
import type { Output } from '../output/output.ts'

/** Shows where an experiment is: a line that redraws itself on a terminal, else a line for each run. */
export function labProgress(output: Output): {
  readonly show: (progress: LabProgress) => void
  readonly end: () => void
} {
  const spinner = output.interactive ? ora({ stream: process.stderr, discardStdin: false }) : undefined
  const shown = { run: -1 }
  return {
    show(progress) {
      if (progress.kind === 'setup') {
        if (spinner === undefined) output.note(progress.text)
        else spinner.start(progress.text)
      }
      if (progress.kind !== 'run') return
      const text = runText(progress)
      if (spinner !== undefined) {
        if (!spinner.isSpinning) spinner.start()
        spinner.text = `${text}  ${(progress.elapsed / 1000).toFixed(0)} s${remaining(progress)}`
      } else if (shown.run !== progress.index) output.note(text)
      shown.run = progress.index
    },
    end: () => spinner?.stop(),
  }
}

type Run = Extract<LabProgress, { readonly kind: 'run' }>

function runText({ index, total, labels, duration }: Run): string {
  return `run ${index + 1} of ${total}: ${labels.join(', ')} (${(duration / 1000).toFixed(1)} s)`
}

function remaining({ index, total, elapsed, duration }: Run): string {
  const left = ((total - index) * duration - elapsed) / 1000
  return `, about ${Math.ceil(left)} s left`
}
