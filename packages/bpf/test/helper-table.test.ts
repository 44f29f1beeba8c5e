import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { helperTable } from '@tscc/bpf/helpers'
import { enumValues, parseBtf, requireType, structOpsLayout } from '@tscc/btf'
import { isTsccError } from '@tscc/core'
import { callHelper, encode, exit } from '@tscc/insn'
import { hostKernel, kernelFiles, kernelRelease, loadProgram, olderThan } from '@tscc/syscall'
import { describe, expect, it } from 'vitest'
import { needs } from '../../../tools/needs.ts'

const fixtures = join(import.meta.dirname, '../../object/fixtures/btf')

/** Numbers of helpers by name, as a kernel's own enum has them. */
function numbersIn(bytes: Uint8Array): ReadonlyMap<string, number> {
  const btf = parseBtf(bytes)
  const rows = enumValues(btf, requireType(btf, 'bpf_func_id', 'enum'))
  return new Map(rows.map(({ name, value }) => [name.replace(/^BPF_FUNC_/, 'bpf_'), Number(value)]))
}

describe('helperTable', () => {
  it.each(helperTable.map((row) => [row.name, row.id] as const))('%s is %i on the newest kernel', (name, id) => {
    const numbers = numbersIn(readFileSync(join(fixtures, 'tcp-7.3.btf')))
    expect(numbers.get(name)).toBe(id)
  })

  it('names each helper once, in the order of their numbers', () => {
    const ids = helperTable.map((row) => row.id)
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b))
    expect(new Set(helperTable.map((row) => row.name)).size).toBe(helperTable.length)
  })

  it('says since when a helper is there', () => {
    const order = (version: string): number => {
      const [major = 0, minor = 0] = version.split('.').map(Number)
      return major * 1000 + minor
    }
    for (const series of ['5.10', '6.1', '6.12', '7.3']) {
      const numbers = numbersIn(readFileSync(join(fixtures, `tcp-${series}.btf`)))
      const here = order(series)
      const expected = helperTable.filter((row) => order(row.since ?? '5.10') <= here).map((row) => row.name)
      expect(helperTable.map((row) => row.name).filter((name) => numbers.has(name))).toEqual(expected)
    }
  })

  it('gives a size after every memory that the helper does not know the size of', () => {
    const known = /^(?:key|value|data|percpu_ptr|callback_ctx|timer|res|s2)$/
    for (const { name, params } of helperTable)
      for (const [i, param] of params.entries()) {
        const isMemory = param.type === 'memory' || param.type === 'memory-out' || param.type === 'string'
        if (!isMemory || known.test(param.name)) continue
        expect(params[i + 1]?.type, `${name}.${param.name}`).toBe('size')
      }
  })
})

/** Older kernels let fewer programs call some helpers. */
function isNewEnough(): boolean {
  const here = needs('root', 'bpf_ids', 'struct_ops') && !olderThan(kernelRelease(hostKernel()), '6.18')
  if (!here) console.warn('skipped, this needs Linux 6.18')
  return here
}

describe.skipIf(!isNewEnough())('helperTable on the running kernel', () => {
  const kernel = hostKernel()
  const vmlinux = parseBtf(kernelFiles(kernel).vmlinux())

  it('has the numbers of its bpf_func_id', () => {
    const numbers = numbersIn(vmlinux.bytes)
    for (const row of helperTable) expect(numbers.get(row.name), row.name).toBe(row.id)
  })

  it.each(helperTable.map((row) => [row.name, row] as const))('%s: its programs may call it', (_name, row) => {
    for (const program of ['struct_ops', 'sock_ops'] as const) {
      const refusal = refusalOf(program, row.id)
      const isRefused = /program of this type cannot use helper|unknown func/.test(refusal)
      expect(isRefused, `${program}: ${refusal}`).toBe(!row.programs.includes(program))
    }
  })

  /** The slot that a program of tcp_congestion_ops names. */
  function ssthresh(): { readonly attachBtfId: number; readonly expectedAttachType: number } {
    const layout = structOpsLayout(vmlinux, 'tcp_congestion_ops')
    const member = layout.members.find((one) => one.name === 'ssthresh')
    return { attachBtfId: layout.typeId, expectedAttachType: member?.index ?? -1 }
  }

  /** The verifier's words about a program that does nothing but call it, with no arguments set. */
  function refusalOf(program: 'struct_ops' | 'sock_ops', id: number): string {
    try {
      const instructions = encode([callHelper(id), exit()])
      const spec =
        program === 'sock_ops'
          ? ({ type: 'BPF_PROG_TYPE_SOCK_OPS', expectedAttachType: 'BPF_CGROUP_SOCK_OPS' } as const)
          : ({ type: 'BPF_PROG_TYPE_STRUCT_OPS', ...ssthresh() } as const)
      loadProgram(kernel, { ...spec, instructions }).close()
      return ''
    } catch (error) {
      if (!isTsccError(error)) throw error
      return error.message
    }
  }
})
