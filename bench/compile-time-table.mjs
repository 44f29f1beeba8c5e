const number = (value, digits = 1) => (Number.isFinite(value) ? value.toFixed(digits) : '')

/** What `compile-time.mjs` measured, as Markdown. */
export function compileTimeTable({ rounds, rows, warm }) {
  const coldOf = new Map(rows.map((row) => [row.algorithm, row]))
  const lines = Object.entries(warm).map(([name, { wall, cpu }]) => {
    const { tscc, direct, core, toDirect, toCore } = coldOf.get(name) ?? {}
    const cold = [number(tscc, 0), number(direct, 0), number(core, 0), number(toDirect, 2), number(toCore, 2)]
    return `| ${[name, ...cold, number(wall), number(cpu), number(wall / core, 3)].join(' | ')} |\n`
  })
  const node = Math.min(...rows.map((row) => row.node))
  return `Compile time, ms: from the start of a process to the object, medians of ${rounds} in turn (an empty Node takes ${number(node, 0)}); then again and again in one process, and its processor time, beside a cold clang

| algorithm | tscc build | clang, direct offsets | clang, CO-RE | to direct | to CO-RE | warm | its CPU | warm to CO-RE |
|---|---:|---:|---:|---:|---:|---:|---:|---:|
${lines.join('')}`
}
