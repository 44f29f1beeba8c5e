/** Debian's order of versions, `[epoch:]upstream[-revision]` (Debian Policy 5.6.12): negative, 0 or positive. */
export function compareVersions(a, b) {
  const [x, y] = [parts(a), parts(b)]
  return x.epoch - y.epoch || comparePart(x.upstream, y.upstream) || comparePart(x.revision, y.revision)
}

function parts(version) {
  const [, epoch = '0', rest = ''] = /^(?:(\d+):)?(.*)$/.exec(version) ?? []
  const dash = rest.lastIndexOf('-')
  return dash < 0
    ? { epoch: Number(epoch), upstream: rest, revision: '' }
    : { epoch: Number(epoch), upstream: rest.slice(0, dash), revision: rest.slice(dash + 1) }
}

/** Runs of non-digits and of digits take turns; `~` sorts before the end, letters before all else. */
function comparePart(a, b) {
  const runs = (text) => text.match(/\d+|\D+/g) ?? []
  const [x, y] = [startWithText(runs(a)), startWithText(runs(b))]
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const order = i % 2 === 0 ? compareText(x[i] ?? '', y[i] ?? '') : compareDigits(x[i] ?? '0', y[i] ?? '0')
    if (order !== 0) return order
  }
  return 0
}

const startWithText = (runs) => (/^\d/.test(runs[0] ?? '') ? ['', ...runs] : runs)

function compareText(a, b) {
  const rank = (char) => {
    if (char === '~') return -1
    if (char === undefined) return 0
    return /[A-Za-z]/.test(char) ? char.charCodeAt(0) : char.charCodeAt(0) + 256
  }
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const order = rank(a[i]) - rank(b[i])
    if (order !== 0) return order
  }
  return 0
}

const compareDigits = (a, b) => Math.sign(Number(BigInt(a) - BigInt(b)))
