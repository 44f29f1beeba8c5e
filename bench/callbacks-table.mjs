const titles = {
  tscc: 'tscc',
  shipped: "tscc's own, with kfuncs",
  direct: "clang's, direct offsets",
  core: "clang's, CO-RE",
}
const ratio = (one) =>
  one === undefined ? '' : `${one.median.toFixed(2)} (${one.low.toFixed(2)}–${one.high.toFixed(2)})`

/** What `callbacks.mjs` measured, as Markdown. */
export function callbacksTable({ placements, floor, rows }) {
  const lines = rows
    .filter(({ of }) => of !== 'floor')
    .map(({ algorithm, of, xlated, ns, toDirect, toCore }) => {
      const spread = `${ns.median.toFixed(1)} (${ns.low.toFixed(1)}–${ns.high.toFixed(1)})`
      const above = (ns.median - floor).toFixed(1)
      return `| ${[algorithm, titles[of], xlated, spread, above, ratio(toDirect), ratio(toCore)].join(' | ')} |\n`
    })
  return `Instructions in the kernel, and ns per call of a callback: medians of ${placements} placements (quartiles); counting alone costs ${floor.toFixed(1)}. Ratios: medians, and the range that they are in 19 times of 20

| algorithm | object | instructions | ns per call | above counting | to direct | to CO-RE |
|---|---|---:|---:|---:|---:|---:|
${lines.join('')}`
}
