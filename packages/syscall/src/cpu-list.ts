import { syscallErrors } from './syscall-errors.ts'

const limit = 1 << 16

/** How many CPUs a kernel CPU list names: `0-3,8` is 5 (Documentation/admin-guide/cputopology.rst). */
export function countCpuList(text: string): number {
  const trimmed = text.trim()
  let count = 0
  for (const part of trimmed.split(',')) {
    const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part)
    const first = Number(match?.[1])
    const last = Number(match?.[2] ?? match?.[1])
    if (match === null || last < first || last >= limit)
      throw syscallErrors.make('cpu-list', { text: trimmed.slice(0, 80) })
    count += last - first + 1
  }
  return count
}
