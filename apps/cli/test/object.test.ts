import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseBtf } from '@tscc/btf'
import { describe, expect, it } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { buildFirst, jsonOf, scratch, tscc, uniqueName } from './tscc.ts'

buildFirst()
const file = scratch()

const root = fileURLToPath(new URL('../../../', import.meta.url))
const btfOf = (kernel: string): string => `${root}packages/object/fixtures/btf/tcp-${kernel}.btf`
/** An object that clang made. */
const clangs = `${root}conformance/kernels/suites/objects/c_reno.bpf.o`
const filter = `${root}conformance/kernels/suites/objects/c_filter.bpf.o`
const available = (): readonly string[] =>
  readFileSync('/proc/sys/net/ipv4/tcp_available_congestion_control', 'utf8').trim().split(' ')

interface Explained {
  readonly programs: readonly { readonly name: string; readonly instructions: number }[]
  readonly resolved: readonly {
    readonly kind: string
    readonly subject: string
    readonly from?: string
    readonly to?: string
    readonly note?: string
  }[]
}
const explained = (...args: readonly string[]): Explained => jsonOf(tscc(['explain', ...args, '--json'])) as Explained

describe('explain', () => {
  it('says where fields are on another kernel, from an algorithm and from its object', () => {
    const path = file('vegas-style.bpf.o', '')
    expect(tscc(['build', 'vegas-style', '-o', path]).status).toBe(0)
    for (const kernel of ['5.10', '6.18', '7.3']) {
      const fromName = explained('vegas-style', '--btf', btfOf(kernel))
      expect(explained(path, '--btf', btfOf(kernel))).toEqual(fromName)
      const cwnd = fromName.resolved.find((row) => row.subject === 'struct tcp_sock.snd_cwnd')
      const btf = parseBtf(new Uint8Array(readFileSync(btfOf(kernel))))
      const layout = tscc(['btf', 'layout', 'tcp_sock', '--btf', btfOf(kernel), '--json']).stdout
      expect(btf.bytes.length).toBeGreaterThan(0)
      expect(layout).toContain(`${cwnd?.to}`)
      expect(fromName.resolved.every((row) => row.to !== undefined)).toBe(true)
    }
    const offsets = new Set(
      ['5.10', '6.1', '6.18'].map(
        (kernel) =>
          explained('vegas-style', '--btf', btfOf(kernel)).resolved.find((row) => row.subject.endsWith('.snd_cwnd'))
            ?.to,
      ),
    )
    expect(offsets.size).toBeGreaterThan(1)
  })

  it('names what a kernel lacks and what became of it', () => {
    const { resolved } = explained(clangs, '--btf', btfOf('6.18'))
    expect(resolved).toContainEqual({
      function: '',
      kind: 'callback',
      subject: 'tcp_congestion_ops.cwnd_event_tx_start',
      note: "left out: the kernel's tcp_congestion_ops has no cwnd_event_tx_start",
    })
    expect(resolved.find((row) => row.kind === 'field_exists')).toMatchObject({ from: '1', to: '0' })
    expect(resolved.find((row) => row.subject === 'tscc_no_such_kfunc')?.note).toMatch(/^absent/)
    const newest = explained(clangs, '--btf', btfOf('7.3')).resolved
    expect(newest.some((row) => row.kind === 'callback')).toBe(false)
  })

  it('binds arguments to where each kernel passes them', () => {
    const indexOf = (kernel: string) =>
      explained(module, '--btf', btfOf(kernel)).resolved.find((row) => row.subject === 'cong_control(rs)')?.to
    const module = file(
      'cc.mjs',
      `export default { type: 'tcp_congestion_ops', name: 'cc', callbacks: { cong_control: [
        { kind: 'loadArgument', dst: 'r6', name: 'rs', pointee: 'rate_sample', index: 1, arity: 2 },
        { kind: 'store', size: 'u64', base: 'r10', off: -8, src: 'r6' }, { kind: 'exit' } ] } }`,
    )
    expect([indexOf('6.1'), indexOf('6.18')]).toEqual(['1', '3'])
  })

  it('prints a table, each thing once, or every place with --all', () => {
    const once = tscc(['explain', clangs, '--btf', btfOf('6.18')])
    expect(once).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^4 programs, \d+ things resolved, 3 of them absent/),
    })
    expect(once.stdout.match(/struct tcp_sock\.snd_cwnd /g)).toHaveLength(1)
    expect(once.stdout).toMatch(/tcp_sock___never\.tscc_never +0 +absent +the instruction must not be reached/)
    const all = tscc(['explain', clangs, '--btf', btfOf('6.18'), '--all']).stdout
    expect(all.match(/struct tcp_sock\.snd_cwnd /g)?.length).toBeGreaterThan(3)
    expect(all).toMatch(/^c_cong_avoid +\d+ +field_byte_offset/m)
  })

  it('says what is wrong with files that are no objects', () => {
    const path = file('text.o', 'no object')
    expect(tscc(['explain', path])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/not a BPF object.*\nhelp: .*clang -target bpf/),
    })
    expect(tscc(['explain', '/nowhere/x.o']).stderr).toMatch(/no such file/)
  })
})

describe('show', () => {
  it('tells what is in an object', () => {
    const shown = tscc(['show', clangs, '--btf', btfOf('6.18')])
    expect(shown.stdout).toMatch(
      /^c_reno +tcp_congestion_ops +c_reno +ssthresh cong_avoid undo_cwnd init cwnd_event_tx_start$/m,
    )
    expect(shown.stdout).toMatch(/^tcp_reno_cong_avoid +kfunc +yes$/m)
    expect(jsonOf(tscc(['show', filter, '--btf', btfOf('6.18'), '--json']))).toMatchObject({
      license: 'Dual MIT/GPL',
      maps: expect.arrayContaining([expect.objectContaining({ name: 'outer', type: 'array_of_maps' })]),
    })
  })
})

describe('check with --btf', () => {
  it('links and verifies nothing', () => {
    const checked = jsonOf(tscc(['check', 'reno', clangs, '--btf', btfOf('5.10'), '--json']))
    expect(checked).toMatchObject([
      { source: 'reno', ok: true, verified: false },
      { source: clangs, ok: true, verified: false },
    ])
  })
})

describe.skipIf(!needs('struct_ops_link', 'bpf_ids'))('on the running kernel', () => {
  it('check has the verifier look at every program, and leaves nothing behind', () => {
    const checked = tscc(['check', 'reno', clangs, filter])
    expect(checked.status).toBe(0)
    expect(checked.stdout.match(/^ok .*: the verifier accepts it$/gm)).toHaveLength(3)
    expect(checked.stdout).toMatch(/^first +tc +\d+ +\d+ +\d+ +\d+ +\d+ +\d+$/m)
    expect(available()).not.toContain('c_reno')
  })

  it('check goes on behind a failure, and ends with it', () => {
    const bad = file(
      'bad.mjs',
      `export default { type: 'tcp_congestion_ops', name: 'bad', callbacks: { ssthresh: [
        { kind: 'loadField', dst: 'r0', base: 'r3', struct: 'tcp_sock', field: 'snd_cwnd' }, { kind: 'exit' } ] } }`,
    )
    const path = file('bad.bpf.o', '')
    expect(tscc(['build', bad, '-o', path]).status).toBe(0)
    const checked = tscc(['check', bad, path, 'reno'])
    expect(checked.status).toBe(1)
    expect(checked.stderr).toMatch(/failed .*bad\.mjs\nerror: .*R3 !read_ok/)
    expect(checked.stderr).toMatch(
      /failed .*bad\.bpf\.o\nbad\/ssthresh:1 error: the verifier: R3 !read_ok\n {2}r0 = tcp_sock\.snd_cwnd of r3\n/,
    )
    expect(checked.stdout).toMatch(/^ok reno/m)
    const json = jsonOf(tscc(['check', path, 'reno', '--json'])) as readonly { readonly ok: boolean }[]
    expect(json.map((one) => one.ok)).toEqual([false, true])
  })

  it('registers, replaces and unregisters objects of ours and of clang', () => {
    const name = uniqueName()
    const path = file('vegas.bpf.o', '')
    expect(tscc(['build', 'vegas-style', '-o', path]).status).toBe(0)
    const registered = tscc(['register', clangs, '--name', name, '--set', 'least=5'])
    expect(registered).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(
        /^registered .*\nleft out cwnd_event_tx_start: kernels have tcp_congestion_ops.cwnd_event_tx_start from 7\.1\n$/,
      ),
    })
    try {
      expect(available()).toContain(name)
      expect(tscc(['replace', name, path]).status).toBe(0)
      expect(available()).toContain(name)
    } finally {
      expect(tscc(['unregister', name]).status).toBe(0)
    }
    expect(available()).not.toContain(name)
  })

  it('says why an object cannot be registered', () => {
    expect(tscc(['register', filter]).stderr).toMatch(/no struct_ops value to register/)
    expect(tscc(['register', clangs, '--set', 'leest=5']).stderr).toMatch(/no variable leest; did you mean least/)
    expect(tscc(['register', clangs, '--set', 'least=x']).stderr).toMatch(/least: wants a whole number/)
    expect(tscc(['register', clangs, '--set', 'least'])).toMatchObject({ status: 2 })
    expect(tscc(['register', clangs, '--only', 'd_reno']).stderr).toMatch(
      /struct_ops value d_reno: not found; did you mean c_reno/,
    )
    expect(tscc(['register', 'reno', '--set', 'least=5'])).toMatchObject({ status: 1 })
  })
})
