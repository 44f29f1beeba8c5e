import { readFileSync } from 'node:fs'
import { parseBtf } from '@tscc/btf'
import { compile, diagnosticText } from '@tscc/compiler'
import { writeObject } from '@tscc/object'
import { btfResolver, linkStructOps, type StructOpsSpec } from '@tscc/struct-ops'
import { hostResolver, registerStructOps } from '@tscc/struct-ops/kernel'
import { specToObject } from '@tscc/struct-ops/object'
import { hostKernel } from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { transfer } from '../../struct-ops/test/loopback.ts'

function compiled(name: string): StructOpsSpec {
  const text = readFileSync(new URL(`programs/${name}.bpf.ts`, import.meta.url), 'utf8')
  const { spec, diagnostics } = compile(text, { fileName: `${name}.bpf.ts` })
  if (spec === undefined) throw new Error(diagnostics.map((one) => diagnosticText(one, text)).join('\n'))
  return spec
}

const fixtures = ['5.10', '6.1', '6.12', '6.18', '7.0', '7.3']

test.each(['reno', 'vegas'])('%s links to every kernel, and the same text gives the same bytes', (name) => {
  const spec = compiled(name)
  for (const kernel of fixtures) {
    const btf = parseBtf(
      new Uint8Array(readFileSync(new URL(`../../object/fixtures/btf/tcp-${kernel}.btf`, import.meta.url))),
    )
    const linked = linkStructOps(spec, btfResolver(btf))
    expect(linked.programs.map((program) => program.callback)).toEqual(Object.keys(spec.callbacks))
  }
  expect(writeObject(specToObject(compiled(name)))).toEqual(writeObject(specToObject(spec)))
})

test('Reno is no longer than what clang makes of it in C with the offsets of one kernel', () => {
  const btf = parseBtf(new Uint8Array(readFileSync(new URL('../../object/fixtures/btf/tcp-6.18.btf', import.meta.url))))
  const linked = linkStructOps(compiled('reno'), btfResolver(btf))
  const count = linked.programs.reduce((sum, program) => sum + program.bytes.length / 8, 0)
  // clang 14 -O2 -mcpu=v3 of bench/baseline/reno.bpf.c, without CO-RE.
  expect(count).toBeLessThanOrEqual(63)
})

describe.skipIf(!needs('struct_ops_link'))('in the kernel', () => {
  test.each(['reno', 'vegas'])('%s carries traffic', async (name) => {
    const kernel = hostKernel()
    const cc = `tsl_${name}_${process.pid % 10000}`
    using registration = registerStructOps(kernel, linkStructOps({ ...compiled(name), name: cc }, hostResolver(kernel)))
    expect(await transfer(kernel, registration.name, 1 << 21)).toEqual({ arrived: 1 << 21, cc })
  })
})
