import ora from 'ora'
import type { Output } from '../output/output.ts'
import type { SimProgress } from './run-sim.ts'

/** Shows where a simulation is: a line that redraws itself on a terminal, else its start and its end. */
export function simProgress(output: Output): {
  readonly show: (progress: SimProgress) => void
  readonly end: () => void
} {
  const spinner = output.interactive ? ora({ stream: process.stderr, discardStdin: false }) : undefined
  const began = performance.now()
  const said = { start: false }
  return {
    show({ done, total, runs, of, events }) {
      if (!said.start && spinner === undefined) output.note(`simulating ${of} ${of === 1 ? 'run' : 'runs'}`)
      said.start = true
      if (runs === of) {
        const seconds = (performance.now() - began) / 1000
        output.note(
          `simulated ${of} ${of === 1 ? 'run' : 'runs'}, ${(total / 1000).toFixed(0)} s in all, in ${seconds.toFixed(1)} s (${(events / 1e6).toFixed(1)} million events)`,
        )
      }
      if (spinner === undefined) return
      if (!spinner.isSpinning) spinner.start()
      const share = done / total
      const width = 24
      const full = Math.round(share * width)
      const left = share > 0.02 ? ((performance.now() - began) / 1000) * (1 / share - 1) : Number.NaN
      const rest = Number.isFinite(left) && left >= 1 ? `, about ${Math.ceil(left)} s left` : ''
      spinner.text = `${'█'.repeat(full)}${'░'.repeat(width - full)} ${(share * 100).toFixed(0)} %, run ${Math.min(runs + 1, of)} of ${of}${rest}`
    },
    end: () => spinner?.stop(),
  }
}
