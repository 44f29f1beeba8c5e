import { fileURLToPath } from 'node:url'
import { compileFile } from '@tscc/compiler/node'
import { linkObject, linkTarget } from '@tscc/object'
import { hostKernel, kernelFiles, type LoadedObject, loadPlan, lookupElement, testRun } from '@tscc/syscall'
import { addressOf } from '@tscc/syscall/libc'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'

const { object, diagnostics } = compileFile(fileURLToPath(new URL('dummy.bpf.ts', import.meta.url)))

test('compiles, one callback as a program that may sleep', () => {
  expect(diagnostics).toEqual([])
  expect(object?.functions.map(({ section }) => section)).toEqual([
    'struct_ops/bpf_dummy_ops/test_1',
    'struct_ops/bpf_dummy_ops/test_2',
    'struct_ops.s/bpf_dummy_ops/test_sleepable',
  ])
})

/** One run: its result, and the state that the callback left. */
function run(loaded: LoadedObject, callback: string, state: number | null, ...args: readonly bigint[]) {
  const bytes = new Uint8Array(4)
  const view = new DataView(bytes.buffer)
  if (state !== null) view.setInt32(0, state, true)
  const context = new BigUint64Array([state === null ? 0n : addressOf(bytes), ...args])
  const { returnValue } = testRun(hostKernel(), loaded.program(callback), { context: new Uint8Array(context.buffer) })
  return { result: returnValue | 0, state: view.getInt32(0, true) }
}

describe.skipIf(!needs('struct_ops', 'root'))('BPF_PROG_TEST_RUN', () => {
  const load = (): LoadedObject => {
    if (object === undefined) throw new Error('it does not compile')
    return loadPlan(hostKernel(), linkObject(object, linkTarget(kernelFiles(hostKernel()))))
  }

  test('test_1 reads and writes its state, which may be null', () => {
    using loaded = load()
    expect(run(loaded, 'test_1', 41)).toEqual({ result: 41, state: 42 })
    expect(run(loaded, 'test_1', -7)).toEqual({ result: -7, state: -6 })
    expect(run(loaded, 'test_1', null).result).toBe(-1)
  })

  test('test_2 gets arguments of every width', () => {
    using loaded = load()
    expect(run(loaded, 'test_2', 0, 1000n, 60_000n, 200n, 1n << 40n)).toEqual({ result: 1000, state: 2 })
    const globals = lookupElement(loaded.map('.bss'), new Uint8Array(4)) ?? new Uint8Array(16)
    expect(new DataView(globals.buffer, globals.byteOffset).getBigUint64(8, true)).toBe(61_200n + (1n << 40n))
  })

  test('test_sleepable runs as a program that may sleep', () => {
    using loaded = load()
    expect(run(loaded, 'test_sleepable', 0)).toEqual({ result: 0, state: 3 })
  })
})
