/** Milliseconds of the monotonic clock. */
export const ms = () => Number(process.hrtime.bigint()) / 1e6

/** The same kernel, with the time that its bpf(2) calls take. */
export function timed(under) {
  const inside = { ms: 0 }
  const time = (call) => {
    const t0 = ms()
    const result = call()
    inside.ms += ms() - t0
    return result
  }
  const kernel = {
    ...under,
    bpf: (command, attr, size) => time(() => under.bpf(command, attr, size)),
    bindBpf(command, attr, size) {
      const call = under.bindBpf(command, attr, size)
      return () => time(call)
    },
  }
  return { kernel, inside }
}
