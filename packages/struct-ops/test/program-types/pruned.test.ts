import { type BpfObject, type LinkedObject, linkObject } from '@tscc/object'
import { loadPlan } from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import { kernel, readBeside, ready, target } from './support.ts'

/** The same object, with every function prunable, which clang does not say. */
const prunable = (object: BpfObject): BpfObject => ({
  ...object,
  functions: object.functions.map((f) => ({ ...f, prunable: true })),
})

/** Slots of each program, once the kernel has taken all of them. */
function loadedSlots(linked: LinkedObject): readonly number[] {
  using loaded = loadPlan(kernel, linked, { pinFolder: 'none' })
  expect(loaded.programs).not.toContain(undefined)
  return linked.programs.map(({ code }) => code.length / 8)
}

describe.skipIf(!ready)('code that clang made, pruned', () => {
  test.each(['cgroup', 'code', 'kernel', 'maps', 'more-maps', 'owned', 'packets', 'sockmap'])(
    '%s: the kernel takes it, and it is no longer',
    (name) => {
      const object = readBeside(name)
      const [plain, pruned] = [object, prunable(object)].map((one) => loadedSlots(linkObject(one, target())))
      expect(pruned?.length).toBeGreaterThan(0)
      for (const [i, slots] of pruned?.entries() ?? []) expect(slots).toBeLessThanOrEqual(plain?.[i] ?? 0)
    },
  )

  test('iterators and tracepoints', () => {
    const names = ['list_maps', 'list_tasks', 'on_new_task_raw']
    const linked = linkObject(prunable(readBeside('tracing')), target(), { programs: (f) => names.includes(f.name) })
    expect(linked.resolved.pruned.map((one) => one.function).sort()).toEqual(names)
    expect(loadedSlots(linked)).toHaveLength(3)
  })

  test('configuration, symbols and fields are decided', () => {
    const linked = linkObject(prunable(readBeside('kernel')), target())
    expect(linked.resolved.pruned.map((one) => one.function)).toContain('read_config')
  })
})
