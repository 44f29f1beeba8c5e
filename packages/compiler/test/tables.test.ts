// Arrays and records that are constant: in a section of their own, which the kernel lets nobody write.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compile } from '@tscc/compiler'
import { loadLive } from '@tscc/compiler/live'
import { firstValues, readObject, writeObject } from '@tscc/object'
import { hostKernel } from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { inCallback, mistakesOf } from './mistakes.ts'
import { runnable } from './random/kernel.ts'

const eighths = 'const EIGHTHS: FixedArray<u16, 8> = [128, 140, 152, 166, 181, 197, 215, 235]\n'

/** `v.d` of its object, written and read again, after a run from `v.a` on; the program imports `./other.bpf.ts` if it likes. */
function resultOf(text: string, a: number, other = ''): bigint {
  const { object, diagnostics } = compile(text, { read: () => ({ fileName: 'other.bpf.ts', text: other }) })
  expect(diagnostics).toEqual([])
  if (object === undefined) throw new Error('there is no object')
  using program = runnable(hostKernel(), readObject(writeObject(object)))
  const view = new DataView(program.state.buffer, program.state.byteOffset)
  view.setUint32(0, a, true)
  program.run()
  return view.getBigUint64(16, true)
}

describe.skipIf(!needs('bpf'))('tables in the kernel', () => {
  test('elements by number and by what has a limit, records, records in arrays', () => {
    const text = `${eighths}interface Pair { x: u32; y: u16 }
const ONE: Pair = { x: 1000, y: 2000 }
const PAIRS: FixedArray<Pair, 3> = [{ x: 1, y: 2 }, { x: 3, y: 4 }]
${inCallback('v.d = EIGHTHS[v.a & 7] + EIGHTHS[1] + ONE.y + PAIRS[v.a % 3].x * 10_000 + PAIRS[2].y\nreturn 2')}`
    expect(resultOf(text, 7)).toBe(235n + 140n + 2000n + 30_000n)
  })

  test('of one name in two files: two tables', () => {
    const other = `export const EIGHTHS: FixedArray<u32, 4> = [1, 2, 3, 70_000]
const BASE: FixedArray<u8, 2> = [3, 4]
export function pick(i: u32): u32 { return EIGHTHS[i & 3] + BASE[i & 1] }`
    const text = `import { pick, EIGHTHS as theirs } from './other.bpf.ts'
${eighths}${inCallback('v.d = pick(v.a) + EIGHTHS[v.a & 7] + theirs[0]\nreturn 2')}`
    expect(resultOf(text, 3, other)).toBe(70_000n + 4n + 166n + 1n)
  })
})

test('nobody sets them from outside', () => {
  const { object } = compile(
    `${eighths}export const beta = tunable<u32>(717)\n${inCallback('v.d = EIGHTHS[v.a & 7] * beta.value')}`,
  )
  if (object === undefined) throw new Error('there is no object')
  expect(firstValues(object).map(({ name }) => name)).toEqual(['beta'])
})

test.each([
  ['EIGHTHS[1] = 3', 'TSCC2204', 'EIGHTHS[1]', 'what tunables and constants hold stays as it was loaded'],
  ['EIGHTHS[v.a & 7]++', 'TSCC2204', 'EIGHTHS[v.a & 7]', 'what tunables and constants hold stays as it was loaded'],
  ['steps.value[1] = 3', 'TSCC2204', 'steps.value[1]', 'what tunables and constants hold stays as it was loaded'],
  ['v.a = EIGHTHS[v.a]', 'TSCC2305', 'v.a', 'v.a may be more than 7'],
  ['v.a = EIGHTHS[8]', 'TSCC2304', '8', 'element 8 of 8'],
] as const)('%s', (body, code, marked, message) => {
  const text = `${eighths}const steps = tunable<FixedArray<u32, 4>>([1, 2, 3, 4])\n${inCallback(body)}`
  expect(mistakesOf(text).map((one) => one.slice(0, 3))).toEqual([[code, marked, message]])
})

test('more elements than there is room for, and what is not known when compiling', () => {
  const codes = (declaration: string) =>
    mistakesOf(`${declaration}\n${inCallback('v.a = 1')}`).map((one) => one.slice(0, 2))
  expect(codes('const T: FixedArray<u8, 2> = [1, 2, 3]')).toEqual([['TSCC2304', '3']])
  expect(codes('const T: FixedArray<u8, 2> = [1, 300]')).toEqual([['TSCC2104', '300']])
  expect(codes('const T: FixedArray<u8, 2> = [1, bpf_get_smp_processor_id()]')).toEqual([
    ['TSCC2101', 'bpf_get_smp_processor_id()'],
  ])
})

test('one that is exported is an array to Node, which cannot change it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tscc-tables-'))
  try {
    const file = join(folder, 'table.bpf.ts')
    writeFileSync(file, `export ${eighths}${inCallback('v.a = EIGHTHS[v.a & 7]')}`)
    using live = loadLive(file)
    const { EIGHTHS } = live.exports as { EIGHTHS: number[] } // as the file declares it
    expect([...EIGHTHS]).toEqual([128, 140, 152, 166, 181, 197, 215, 235])
    expect(() => {
      EIGHTHS[0] = 1
    }).toThrow('EIGHTHS is a constant')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
