import { algorithms } from '@tscc/algos'
import { isTsccError } from '@tscc/core'
import { isRegistered, listStructOps } from '@tscc/struct-ops/kernel'
import { availableCongestionControls, hostKernel } from '@tscc/syscall'
import type { CompletionWord } from './completion.ts'

/** Names that complete arguments: tscc's algorithms, what is registered, what the kernel has. */
export function completionWords(): readonly CompletionWord[] {
  const shipped = algorithms.map(({ name, about }) => ({ value: name, about }))
  return [...shipped, ...kernelWords()]
}

/** Nothing where the kernel may not be asked: completion must never fail. */
function kernelWords(): readonly CompletionWord[] {
  try {
    const kernel = hostKernel()
    const native = availableCongestionControls(kernel).map((name) => ({
      value: `kernel:${name}`,
      about: 'of the kernel',
    }))
    return [...native, ...registeredWords(kernel)]
  } catch (error) {
    if (isTsccError(error)) return []
    throw error
  }
}

function registeredWords(kernel: ReturnType<typeof hostKernel>): readonly CompletionWord[] {
  try {
    const records = listStructOps(kernel).filter(isRegistered)
    return records.map(({ name, id }) => ({ value: name, about: `registered, id ${id}` }))
  } catch (error) {
    if (isTsccError(error)) return []
    throw error
  }
}
