// What a suite says: a line of JSON for each check. What a matrix of them says: one table.

const statuses = ['pass', 'fail', 'skip']

/** A suite's stdout as checks; a line that is none is an Error, since a lost check must not look like a passed one. */
export function parseChecks(stdout) {
  return stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const check = parseLine(line)
      if (typeof check?.name === 'string' && statuses.includes(check.status)) return check
      throw new Error(`a suite printed what is no check: ${line.slice(0, 200)}`)
    })
}

function parseLine(line) {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/**
 * How a suite ended on one kernel, as checks: a guest that died, or a suite that ended badly, is a failed one.
 * @returns {{ name: string, status: string, why?: string }[]}
 */
export function checksOf(suite, guest) {
  const failed = (why) => ({ name: `${suite}: runs to its end`, status: 'fail', why })
  const last = (text) => text.trim().split('\n').slice(-3).join(' | ').slice(0, 500)
  const said = () => last(guest.stderr) || last(guest.console) || last(guest.qemu) || 'it said nothing'
  try {
    const checks = parseChecks(guest.stdout)
    if (guest.timedOut) return [...checks, failed(`took more than its time: ${said()}`)]
    if (guest.code === undefined) return [...checks, failed(`the guest died: ${last(guest.console)}`)]
    if (guest.code !== 0) return [...checks, failed(`exit code ${guest.code}: ${said()}`)]
    return checks.length > 0 ? checks : [failed('it printed no check')]
  } catch (error) {
    return [failed(error.message)]
  }
}

/**
 * Rows by check, columns by kernel. `kernels`: `{ wanted, release, state, checks }`, where `state` is `ran`, `not in the
 * archive` or `not bootable`.
 */
export function tableOf(kernels) {
  const names = [...new Set(kernels.flatMap((kernel) => (kernel.checks ?? []).map((check) => check.name)))]
  const reasons = []
  const note = (why) => {
    if (!reasons.includes(why)) reasons.push(why)
    return reasons.indexOf(why) + 1
  }
  const cell = (kernel, name) => {
    if (kernel.state !== 'ran') return ''
    const check = kernel.checks.find((one) => one.name === name)
    if (check === undefined) return '–'
    return check.status === 'pass' ? 'pass' : `${check.status} [${note(check.why ?? 'no reason given')}]`
  }
  const heads = kernels.map((kernel) => shortRelease(kernel))
  const states = kernels.map((kernel) => (kernel.state === 'ran' ? counts(kernel.checks) : kernel.state))
  const rows = [
    ['all checks', ...states],
    ...names.map((name) => [name, ...kernels.map((kernel) => cell(kernel, name))]),
  ]
  return { heads: ['', ...heads], rows, reasons }
}

function shortRelease({ release, machine, wanted }) {
  const name = release === undefined ? wanted : release.replace(/-(?:cloud-)?(?:amd64|arm64)$/, '')
  return machine === 'amd64' || release === undefined ? name : `${name} ${machine}`
}

function counts(checks) {
  const number = (status) => checks.filter((check) => check.status === status).length
  const some = statuses.filter((status) => number(status) > 0)
  return some.map((status) => `${number(status)} ${status}`).join(', ')
}

/** The table for a terminal: kernels downwards would be too wide, so each kernel is a column of short cells. */
export function renderText({ heads, rows, reasons }) {
  const all = [heads, ...rows]
  const widths = heads.map((_, column) => Math.max(...all.map((row) => row[column].length)))
  const line = (row) =>
    row
      .map((text, column) => text.padEnd(widths[column]))
      .join('  ')
      .trimEnd()
  return `${all.map(line).join('\n')}\n${renderReasons(reasons)}`
}

/** The table for a README. */
export function renderMarkdown({ heads, rows, reasons }) {
  const line = (row) => `| ${row.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`
  const table = [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
  return `${table}\n${reasons.length === 0 ? '' : `\n${reasons.map((why, i) => `${i + 1}. ${why}`).join('\n')}\n`}`
}

function renderReasons(reasons) {
  return reasons.length === 0 ? '' : `\n${reasons.map((why, i) => `[${i + 1}] ${why}`).join('\n')}\n`
}

/** Did all that ran pass? */
export function allPassed(kernels) {
  return kernels.every(({ state, checks }) => state !== 'not bootable' && !checks?.some((one) => one.status === 'fail'))
}
