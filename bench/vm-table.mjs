const figure = (value, digits) => (value === undefined ? '' : value.toFixed(digits))

/** What `vm.mjs` measured, as Markdown. */
export function vmTable({ rounds, loops, callbacks }) {
  const row = (digits) => (one) => {
    const ratio = one.ubpf === undefined ? '' : (one.jit / one.ubpf).toFixed(2)
    const times = [one.jit, one.interpreter, one.ubpf, one.ubpfJit, one.kernel].map((ns) => figure(ns, digits))
    return `| ${[one.name, ...times, ratio].join(' | ')} |\n`
  }
  const head = (unit) =>
    `| ${unit} | @tscc/vm | its interpreter | uBPF's interpreter | uBPF's JIT | kernel's JIT | to uBPF's interpreter |\n|---|---:|---:|---:|---:|---:|---:|\n`
  return `The user-space machine: medians of ${rounds} rounds in turn

${head('ns per instruction of a loop')}${loops.map(row(2)).join('')}
${head('ns per call of a callback')}${callbacks.map(row(0)).join('')}`
}
