import { readFileSync } from 'node:fs'
import * as bpf from '@tscc/bpf'
import { helperTable, macroConstants } from '@tscc/bpf/helpers'
import { buildBtf, declareTs, parseBtf } from '@tscc/btf'
import * as vmlinux from '@tscc/vmlinux'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { helperFunctions } from '../tools/generate.mjs'

const { u8, u16, u32, u64, s8, s16, s32, s64 } = bpf
const casts = { u8, u16, u32, u64, s8, s16, s32, s64 } as const

/** What works in plain JavaScript. */
const pure = new Set([...Object.keys(casts), 'bool', 'min', 'max', 'abs', 'clamp', 'before', 'after'])

describe('in plain JavaScript', () => {
  const functions = Object.entries(bpf).flatMap(([name, value]) =>
    typeof value === 'function' && !pure.has(name) ? [[name, value] as const] : [],
  )

  it.each(functions)('%s says that it needs the compiler', (name, call) => {
    // Whatever it takes: it does not look at its arguments
    const run = call as () => unknown
    expect(run).toThrow(expect.objectContaining({ code: 'bpf/not-compiled', context: { name } }))
    expect(run).toThrow('@tscc/compiler/register')
  })

  it('there are all of the language', () => {
    const names = functions.map(([name]) => name)
    const wanted =
      'structOps sockOps tunable global hash array percpuHash percpuArray lruHash lruPercpuHash lpmTrie skStorage queue ' +
      'stack ringbuf range loop noinline exists hasKfunc hasCallback kernelAtLeast printk sizeof atomicAdd tcp_sk inet_csk ' +
      'inet_csk_ca tcp_slow_start tcp_cong_avoid_ai tcp_is_cwnd_limited tcp_in_slow_start'
    expect(names).toEqual(expect.arrayContaining(wanted.split(' ')))
    expect(names).toEqual(expect.arrayContaining(helperTable.map((row) => row.name)))
  })

  it.each(Object.entries(casts))('%s keeps the low bits', (name, cast) => {
    const bits = Number(name.slice(1))
    const wrap = name.startsWith('u') ? BigInt.asUintN : BigInt.asIntN
    fc.assert(fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (x) => cast(x) === Number(wrap(bits, x))))
    fc.assert(fc.property(fc.maxSafeInteger(), (x) => cast(x) === Number(wrap(bits, BigInt(x)))))
    expect(cast(true)).toBe(1)
    expect(cast(2.9)).toBe(2)
  })

  it('arithmetic is arithmetic, and sequence numbers go around', () => {
    expect([bpf.min(2, 3), bpf.max(2, 3), bpf.abs(-3), bpf.clamp(9, 1, 4), bpf.bool(2)]).toEqual([2, 3, 3, 4, true])
    expect([bpf.before(0xffff_ffff, 1), bpf.after(1, 0xffff_ffff), bpf.before(2, 2)]).toEqual([true, true, false])
  })

  it('constants of the kernel are numbers, its functions say that there is no kernel', () => {
    expect([vmlinux.TCP_CA_Loss, vmlinux.CA_EVENT_TX_START, vmlinux.BPF_SOCK_OPS_RTT_CB]).toEqual([4, 0, 12])
    expect(vmlinux.tcp_reno_ssthresh).toThrow(expect.objectContaining({ code: 'bpf/not-compiled' }))
  })
})

describe('tables', () => {
  it('integers are the same lattice as in declarations that stand alone', () => {
    const latticeOf = (text: string): readonly string[] =>
      [
        ...text.matchAll(/^export type ([us]\d+) = number & \{ readonly \[tag\]\?: ([^}]*?)(?: \| undefined)? \}$/gm),
      ].map(([, name, tags]) => `${name}: ${tags}`)
    const own = latticeOf(readFileSync(new URL('../src/integers.ts', import.meta.url), 'utf8'))
    const standing = latticeOf(declareTs(parseBtf(buildBtf([])), { roots: [] }))
    expect(own).toHaveLength(8)
    expect(own).toEqual(standing)
  })

  it('macroConstants has every constant of the package', () => {
    const constants = Object.entries(bpf).filter(([, value]) => typeof value === 'number')
    expect(Object.fromEntries(constants)).toEqual(macroConstants)
  })

  it('the functions of helpers are what the generator makes of the table', () => {
    const path = new URL('../src/generated/helper-functions.ts', import.meta.url)
    expect(readFileSync(path, 'utf8')).toBe(helperFunctions(helperTable))
  })
})
