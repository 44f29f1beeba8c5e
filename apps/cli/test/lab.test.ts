import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { LabResult } from '@tscc/lab'
import { describe, expect, it } from 'vitest'
import { measured } from '../../../tools/measured.ts'
import { needs } from '../../../tools/needs.ts'
import { asNobody, buildFirst, jsonOf, scratch, tscc, tsccUntil, uniqueName, withoutMount } from './tscc.ts'

buildFirst()
const file = scratch()

const available = (): string => readFileSync('/proc/sys/net/ipv4/tcp_available_congestion_control', 'utf8')

describe.skipIf(!needs('struct_ops', 'namespaces'))('lab', measured, () => {
  /** Reno under another label, so that its temporary name can be told from those of tests that run at the same time. */
  const module = (label: string): string =>
    file(
      `${label}.mjs`,
      `import { reno } from '${new URL('../../../packages/algos/dist/index.js', import.meta.url)}'\nexport default reno()`,
    )
  const quick = ['--duration', '1s', '--path', '20mbit 20ms'] as const

  it('measures, and prints table, plots and files', () => {
    const [html, csv] = [file('report.html', ''), file('samples.csv', '')]
    const { status, stdout, stderr } = tscc(['lab', 'reno', 'kernel:reno', ...quick, '--html', html, '--csv', csv])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^reno +tscc +\d/m)
    expect(stdout).toMatch(/^kernel:reno +kernel +\d/m)
    expect(stdout).toContain('cwnd, segments')
    expect(stdout).toContain('RTT, ms')
    expect(stderr).toContain('run 2 of 2: kernel:reno')
    expect(readFileSync(html, 'utf8')).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/)
    expect(readFileSync(csv, 'utf8').split('\n').length).toBeGreaterThan(50)
  }, 60_000)

  it('prints JSON of all that was measured, modules too', () => {
    const path = module('mine')
    const result = jsonOf(tscc(['lab', path, ...quick, '--flows', '2', '--json'])) as LabResult // what --json prints
    expect(result.algorithms).toEqual([
      { label: 'mine', cc: expect.stringMatching(/^ts_mine_[0-9a-z]{5}$/), origin: 'tscc', ecn: false },
    ])
    expect(result.scenario).toMatchObject({ flows: 2, duration: 1000, path: { rate: 20e6, delay: 10 } })
    expect(result.summary[0]?.utilisation).toBeGreaterThan(0.5)
    expect(result.runs[0]?.flows).toHaveLength(2)
  }, 60_000)

  it("measures an object file of clang's", () => {
    const object = fileURLToPath(new URL('../../../conformance/kernels/suites/objects/c_reno.bpf.o', import.meta.url))
    const result = jsonOf(tscc(['lab', object, ...quick, '--json'])) as LabResult // what --json prints
    expect(result.algorithms).toEqual([
      { label: 'c_reno', cc: expect.stringMatching(/^ts_creno_[0-9a-z]{5}$/), origin: 'tscc', ecn: false },
    ])
    expect(result.summary[0]?.utilisation).toBeGreaterThan(0.5)
    expect(available()).not.toContain('ts_creno')
  }, 60_000)

  it('measures what is registered already under its own name', () => {
    const name = uniqueName()
    expect(tscc(['register', 'vegas-style', '--name', name]).status).toBe(0)
    try {
      const result = jsonOf(tscc(['lab', name, ...quick, '--json'])) as LabResult // what --json prints
      expect(result.algorithms).toEqual([{ label: name, cc: name, origin: 'registered', ecn: false }])
    } finally {
      tscc(['unregister', name])
    }
  }, 60_000)

  it('does not measure for a report that cannot be written', () => {
    const { status, stderr } = tscc(['lab', 'reno', ...quick, '--html', '/nowhere/report.html'])
    expect(status).toBe(1)
    expect(stderr).toBe('error: /nowhere/report.html: cannot write it, no such file or folder\n')
  })

  it('leaves nothing after ^C', async () => {
    const during = { registered: false }
    const outcome = await tsccUntil(['lab', module('stop'), '--duration', '30s'], 'run 1 of 1', 'SIGINT', () => {
      during.registered = available().includes('ts_stop_')
    })
    expect(during.registered).toBe(true)
    expect(outcome).toMatchObject({ status: 1, stdout: '' })
    expect(outcome.stderr).toContain('error: experiment: stopped by its caller')
    expect(available()).not.toContain('ts_stop_')
  }, 60_000)

  it('leaves nothing registered when killed', async () => {
    await tsccUntil(['lab', module('kill'), '--duration', '30s'], 'run 1 of 1', 'SIGKILL')
    expect(available()).not.toContain('ts_kill_')
  }, 60_000)

  it('says what a qdisc cannot make, and what to do about it', () => {
    const over = (qdisc: string, ...more: readonly string[]) => {
      const { status, stdout, stderr } = tscc(['lab', 'kernel:reno', ...quick, '--qdisc', qdisc, ...more])
      return { status, stdout, lines: stderr.split('\n') }
    }
    const failed = (...lines: string[]) => ({ status: 1, stdout: '', lines: expect.arrayContaining(lines) })
    const example = (name: string) =>
      fileURLToPath(new URL(`../../../examples/struct-ops/qdisc-ops/${name}.bpf.ts`, import.meta.url))
    expect(over(example('fifo'))).toEqual(
      failed(
        'error: fifo.bpf.ts: has no tunable rate (u64, bits per second), which the path has',
        'help: have it in the program: export const rate = tunable<u64>(0) // bits per second',
      ),
    )
    expect(over(example('netem'), '--ecn', '30kB').lines).toEqual(
      expect.arrayContaining(['help: --link user marks, or leave ecn out of the path']),
    )
    expect(over('reno')).toEqual(failed('error: reno: a link is made of one Qdisc_ops, found tcp_congestion_ops'))
    expect(over(module('steps'))).toEqual(failed(expect.stringMatching(/steps.*: is no \.bpf\.ts or object file$/)))
    expect(over('/nowhere/netem.bpf.ts').status).toBe(1)
    expect(over(example('netem'), '--link', 'user')).toMatchObject({ status: 2 })
  }, 60_000)

  it('names the nearest of an unknown algorithm', () => {
    const { status, stderr } = tscc(['lab', 'cubik', ...quick])
    expect(status).toBe(1)
    expect(stderr).toMatch(/cubik: no algorithm .* did you mean cubic/)
    expect(tscc(['lab', 'kernel:nope', ...quick]).stderr).toContain('the kernel has no such congestion control')
  })

  it('says what a scenario may be', () => {
    const { status, stderr } = tscc(['lab', 'reno', '--duration', '1ms'])
    expect(status).toBe(2)
    expect(stderr).toMatch(/scenario\.duration: found 1, must be in 100\.\.3600000/)
  })
})

describe.skipIf(!needs('struct_ops', 'namespaces'))('demo', () => {
  it("compares tscc's Reno with the kernel's algorithms", () => {
    const html = file('demo.html', '')
    const { status, stdout, stderr } = tscc(['demo', '--duration', '500ms', '--html', html])
    expect(status).toBe(0)
    for (const row of [/^reno +tscc/m, /^kernel:reno +kernel/m, /^kernel:cubic +kernel/m]) expect(stdout).toMatch(row)
    expect(stdout).toMatch(/tscc's Reno and the kernel's: goodput differs by [\d.]+ %, mean cwnd by [\d.]+ %\./)
    expect(stderr).toContain(`wrote ${html}`)
  }, 60_000)
})

describe.skipIf(!needs('root', 'linux'))('without privileges', () => {
  it('the demo simulates and says what is missing', () => {
    const html = ['--duration', '1s', '--html', '/nowhere/demo.html'] as const
    const { status, stdout, stderr } = tscc(['demo', ...html], { through: asNobody })
    expect(status).toBe(0)
    expect(stderr).toContain('no report: /nowhere/demo.html')
    expect(stdout).toContain('simulated, types of Linux')
    for (const row of [/^reno +tscc/m, /^cubic +tscc/m, /^bbr +tscc/m]) expect(stdout).toMatch(row)
    expect(stdout).toContain('What a privileged run adds')
    expect(stdout).toContain('CAP_BPF')
    expect(stdout).toContain('help: run it as root: sudo npx tscc demo')
    const json = jsonOf(tscc(['demo', '--json', ...html], { through: asNobody }))
    expect(json).toMatchObject({
      measured: false,
      missing: expect.arrayContaining([{ what: expect.any(String), mend: expect.any(String) }]),
    })
  })

  it('the lab names the missing capabilities', () => {
    const { status, stdout, stderr } = tscc(['lab', 'reno'], { through: asNobody })
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/lacks CAP_SYS_ADMIN .*CAP_NET_ADMIN/)
  })
})

describe('the demo on machines that lack more', () => {
  it('does what it can where there is no Linux', () => {
    // The parser is native, and only this machine's is installed: it is loaded before the platform is another.
    const compiler = new URL('../../../packages/compiler/package.json', import.meta.url).href
    const preload = file(
      'darwin.mjs',
      `import { createRequire } from 'node:module'
await import(createRequire('${compiler}').resolve('oxc-parser'))
Object.defineProperty(process, 'platform', { value: 'darwin' })`,
    )
    const html = file('darwin.html', '')
    const demo = ['demo', '--duration', '1s', '--html', html]
    const { status, stdout } = tscc(demo, { env: { NODE_OPTIONS: `--import=${preload}` } })
    expect(status).toBe(0)
    expect(stdout).toMatch(/^reno +tscc/m)
    expect(stdout).toMatch(/Linux on x64 or arm64, found darwin/)
    const register = tscc(['register', 'reno'], { env: { NODE_OPTIONS: `--import=${preload}` } })
    expect(register.status).toBe(1)
    expect(register.stderr).toMatch(
      /register: needs Linux, this is darwin.*\nhelp: btf, types, asm and disasm work here/,
    )
  })

  it.skipIf(!needs('root', 'struct_ops'))('does what it can where the kernel has no BTF', () => {
    const through = withoutMount('mount -t tmpfs none /sys/kernel/btf')
    const { status, stdout } = tscc(['demo', '--duration', '1s', '--html', file('no-btf.html', '')], { through })
    expect(status).toBe(0)
    expect(stdout).toMatch(/^reno +tscc/m)
    expect(stdout).toMatch(/kernel BTF: .*\n +help: use a kernel with CONFIG_DEBUG_INFO_BTF=y/)
    const dump = tscc(['btf', 'dump', 'vmlinux'], { through })
    expect(dump.status).toBe(1)
    expect(dump.stderr).toMatch(/this kernel offers no BTF\nhelp: use a kernel with CONFIG_DEBUG_INFO_BTF/)
  })
})
