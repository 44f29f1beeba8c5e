// From what the suite said to what is shown: a comparison for each kernel, algorithm and path.
import { judge } from './twins-judge.mjs'

/** Checks of one guest (or of the host) as comparisons; `plan` is what it was told to do. */
export function collectTwins(checks, { kernel, plan }) {
  const wanted = plan.algorithms.flatMap((one) =>
    plan.paths
      .filter(({ only }) => only === undefined || only.includes(one.twin))
      .map((path) => ({ one, path, check: checks.find(({ name }) => name === `${one.name}, ${path.name}`) })),
  )
  return wanted.map(({ one, path, check }) => {
    const about = { kernel, name: one.name, twin: one.twin, path: path.name }
    if (check === undefined) return { ...about, status: 'fail', why: endOf(checks) }
    if (check.status !== 'pass') return { ...about, status: check.status, why: check.why ?? 'no reason given' }
    return compared(about, path, check.figures)
  })
}

/** A comparison with the runs of another one of the same row, judged by all of them; the plots stay those of the first. */
export function withMoreRuns(first, more) {
  if (first.status !== 'pass' || more.status !== 'pass') return more
  const both = (side) => [...first.figures[side], ...more.figures[side]]
  const figures = { native: both('native'), tscc: both('tscc') }
  return {
    ...first,
    runs: figures.native.length,
    figures,
    verdict: judge({ twin: first.twin, path: first.path }, figures),
  }
}

/** Why the suite did not come that far. */
const endOf = (checks) => checks.find(({ status }) => status === 'fail')?.why ?? 'the suite did not say'

function compared(about, { scenario }, figures) {
  const { native, tscc, link, kernel, startedAt } = figures
  return {
    ...about,
    id: `${about.name}-${about.path}-${about.kernel}`.replaceAll(/[^A-Za-z0-9-]/g, '-'),
    status: 'pass',
    runs: native.length,
    link,
    figures: { native, tscc },
    verdict: judge({ twin: about.twin, path: about.path }, figures),
    result: { scenario, link, kernel, machine: '', startedAt, ...plotted(figures.traces), summary: [] },
  }
}

/** The traces as a result of the lab with one round, of what the plots read. */
function plotted(traces) {
  const rest = { flow: 0, deliveryRate: [], retransmits: [], bytesAcked: [], deliveredCe: [] }
  return {
    algorithms: traces.map(({ label }) => ({ label, cc: label, origin: label === 'native' ? 'native' : 'tscc' })),
    runs: traces.map((trace, index) => ({
      ...{ index, round: 0, labels: [trace.label] },
      flows: [{ cc: trace.label, ...rest, ...trace }],
    })),
  }
}

/** For `--json`: the figures and the verdicts, without the traces. */
export const withoutTraces = ({ result, ...rest }) => rest
