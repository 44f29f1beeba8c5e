import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { LabResult } from '@tscc/lab'
import { expect, it } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { buildFirst, jsonOf, scratch, tscc, tsccUntil } from './tscc.ts'

buildFirst()
const file = scratch()
const quick = ['--duration', '1s', '--path', '20mbit 20ms'] as const

const result = (args: readonly string[]): LabResult => jsonOf(tscc(['sim', ...args, '--json'])) as LabResult // what --json prints

it('simulates, and prints the table of the lab, plots and files', () => {
  const [html, csv, svg] = [file('report.html', ''), file('samples.csv', ''), file('cwnd.svg', '')]
  const files = ['--html', html, '--csv', csv, '--svg', svg]
  const { status, stdout, stderr } = tscc(['sim', 'reno', 'bbr', ...quick, ...files])
  expect(stderr).toContain('simulated 2 runs, 2 s in all')
  expect(status).toBe(0)
  expect(stdout).toMatch(/^algorithm +from +goodput +of rate +RTT mean +RTT p95 +cwnd +retrans +queue$/m)
  expect(stdout).toMatch(/^reno +tscc +\d/m)
  expect(stdout).toContain('simulated, types of Linux 6.12')
  expect(stdout).toContain('cwnd, segments')
  expect(readFileSync(html, 'utf8')).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/)
  expect(readFileSync(svg, 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n?$/)
  expect(readFileSync(csv, 'utf8')).toMatch(/^run,.*,in_flight,queue_bytes\n/)
})

it('prints the same JSON however many threads there are, and another with another seed', () => {
  const lossy = ['cubic', 'vegas', '--seeds', '2', '--duration', '1s', '--path', '20mbit 20ms 1%']
  const one = result([...lossy, '--jobs', '1'])
  expect(result([...lossy, '--jobs', '3'])).toEqual(one)
  expect(result([...lossy, '--seed', '9']).runs).not.toEqual(one.runs)
  expect(one.runs.map(({ labels, round }) => [labels[0], round])).toEqual([
    ['cubic', 0],
    ['vegas', 0],
    ['cubic', 1],
    ['vegas', 1],
  ])
})

it("takes TypeScript files, objects of clang's, algorithms in steps; any kernel's types", () => {
  const source = file(
    'mine.bpf.ts',
    `import { structOps, tcp_sk } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'
export default structOps<tcp_congestion_ops>({
  name: 'mine',
  ssthresh(sk) { return 12 },
  cong_avoid(sk, ack, acked) { tcp_sk(sk).snd_cwnd = 12 },
  undo_cwnd(sk) { return 12 },
})`,
  )
  const object = fileURLToPath(new URL('../../../conformance/kernels/suites/objects/c_reno.bpf.o', import.meta.url))
  const { summary, kernel } = result([source, object, 'vegas-style', ...quick, '--kernel', '6.18'])
  expect(kernel).toBe('6.18')
  expect(summary.map(({ label }) => label)).toEqual(['mine', 'c_reno', 'vegas-style'])
  expect(summary[0]?.cwndMean).toBe(12)
  for (const row of summary) expect(row.utilisation).toBeGreaterThan(0.2)
})

it('reads traces; flows share, are short, are on and off', () => {
  const trace = file('link.trace', '1\n2\n3\n4\n')
  const [varied] = result(['reno', '--trace', trace, '--duration', '1s', '--path', '20ms 60kB']).summary
  expect(varied?.goodput).toBeGreaterThan(8e6)
  expect(varied?.goodput).toBeLessThan(13e6)
  const shared = result(['reno', 'cubic', '--share', '--flows', '2', ...quick])
  expect(shared.runs).toHaveLength(1)
  expect(shared.summary[0]?.fairness).toBeGreaterThan(0)
  const [brief] = result(['reno', '--size', '20kB', '--flows', '3', '--stagger', '100ms', ...quick]).summary
  expect(brief?.completionMean).toBeGreaterThan(20)
  const [pausing] = result(['reno', '--on', '100ms', '--off', '300ms', ...quick]).summary
  expect(pausing?.utilisation).toBeLessThan(0.6)
})

it('says what is wrong', () => {
  expect(tscc(['sim', 'reno', '--path', '20mbit bursts 0'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("path.bursts: found '0', must be a mean length of at least 1 packet"),
  })
  expect(tscc(['sim', 'reno', '--trace', file('bad.trace', 'soon\n')])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("trace: line 1: found 'soon', must be a whole number of ms"),
  })
  expect(tscc(['sim', 'reno', '--kernel', '4.4']).status).toBe(2)
  expect(tscc(['sim', 'nosuch']).status).toBe(1)
  expect(tscc(['sim', 'reno', 'reno', ...quick]).stderr).toContain('labels of their own')
  expect(tscc(['sim', 'reno', '--html', '/nowhere/report.html']).stderr).toContain('/nowhere/report.html')
})

it('ends at ^C', async () => {
  const html = file('none.html', '')
  const outcome = await tsccUntil(
    ['sim', 'reno', '--duration', '30min', '--path', '1gbit 20ms', '--jobs', '1', '--verbose', '--html', html],
    'simulating',
    'SIGINT',
  )
  expect(outcome.status).toBe(1)
  expect(outcome.stderr).toContain('simulation: stopped by its caller')
  expect(existsSync(html) && readFileSync(html, 'utf8')).toBe('')
}, 60_000)

it.skipIf(!needs('namespaces'))(
  'compares with the running kernel',
  () => {
    const compare = ['sim', 'reno', '--compare', 'native', '--duration', '2s', '--plot', 'none']
    const { status, stdout } = tscc([...compare, '--path', '20mbit 20ms 1bdp'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^kernel:reno +kernel +\d/m)
    expect(stdout).toMatch(/^reno: the simulator's goodput is [-+][\d.]+ % of the kernel's/m)
    expect(tscc([...compare, '--path', '20mbit 20ms codel'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('the lab has no codel'),
    })
  },
  60_000,
)
