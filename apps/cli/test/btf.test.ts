import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type BtfType, buildBtf, parseBtf, typeCount } from '@tscc/btf'
import { describe, expect, it } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { buildFirst, jsonOf, scratch, tcpBtf, tsc, tscc } from './tscc.ts'

buildFirst()
const file = scratch()

const int: BtfType = {
  kind: 'int',
  name: 'int',
  size: 4,
  bits: 32,
  bitOffset: 0,
  signed: true,
  char: false,
  bool: false,
}
const pair = (size: number, second: number): Uint8Array =>
  buildBtf([
    int,
    {
      kind: 'struct',
      name: 'pair',
      size,
      members: [
        { name: 'a', typeId: 1, bitOffset: 0, bitSize: 0 },
        { name: 'b', typeId: 1, bitOffset: second, bitSize: 0 },
      ],
    },
  ])

describe('btf dump', () => {
  it('prints every type, a line or more each', () => {
    const { status, stdout } = tscc(['btf', 'dump', tcpBtf])
    expect(status).toBe(0)
    expect(stdout.match(/^\[\d+\] /gm)).toHaveLength(typeCount(parseBtf(readFileSync(tcpBtf))))
    expect(stdout).toMatch(/^\[\d+\] STRUCT 'tcp_sock' size=\d+ vlen=\d+\n\t'inet_conn' type_id=\d+ bits_offset=0$/m)
  })

  it.skipIf(!needs('bpftool'))('prints what bpftool prints', () => {
    const theirs = spawnSync('bpftool', ['btf', 'dump', 'file', tcpBtf], { encoding: 'utf8' })
    expect(tscc(['btf', 'dump', tcpBtf]).stdout).toBe(theirs.stdout)
  })

  it('prints JSON', () => {
    for (const args of [['--json'], ['--format', 'json']]) {
      const { types } = jsonOf(tscc(['btf', 'dump', tcpBtf, ...args])) as { types: { id: number; name: string }[] }
      expect(types.map((type) => type.id)).toEqual(types.map((_, index) => index + 1))
      expect(types.some((type) => type.name === 'tcp_congestion_ops')).toBe(true)
    }
  })

  it.skipIf(!needs('gcc'))('prints C that compiles, of all types or of some', () => {
    const compiled = (args: readonly string[], size: string) => {
      const header = tscc(['btf', 'dump', tcpBtf, '--format', 'c', ...args])
      expect(header).toMatchObject({ status: 0, stderr: '' })
      const source = `${header.stdout}\n_Static_assert(sizeof(struct tcp_sock) == ${size}, "size");\n`
      return spawnSync('gcc', ['-std=gnu11', '-fsyntax-only', '-w', '-x', 'c', '-'], {
        input: source,
        encoding: 'utf8',
      })
    }
    const [found] = jsonOf(tscc(['btf', 'find', 'tcp_sock', '--btf', tcpBtf, '--json'])) as { size: number }[]
    for (const args of [[], ['--root', 'tcp_sock']])
      expect(compiled(args, `${found?.size}`)).toMatchObject({ status: 0, stderr: '' })
    expect(tscc(['btf', 'dump', tcpBtf, '--format', 'c', '--root', 'nope']).stderr).toContain('type nope: not found')
  })

  it.skipIf(!needs('btf'))('reads the running kernel', () => {
    const { status, stdout } = tscc(['btf', 'find', 'tcp_sock', '--btf', 'vmlinux', '--json'])
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ kind: 'struct', name: 'tcp_sock' }))
  })

  it.each([
    ['not BTF', 'text', /header\.magic: found 0x[0-9a-f]+, want 0xeb9f/],
    ['cut short', '\u009f', /needs \d+ bytes at offset/],
  ])('refuses what is %s', (_, content, message) => {
    const path = file('bad.btf', content === 'text' ? 'hello, world, this is not BTF' : Uint8Array.of(0x9f, 0xeb, 1))
    const { status, stdout, stderr } = tscc(['btf', 'dump', path])
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(message)
  })
})

describe('btf find', () => {
  it('finds by name and by pattern', () => {
    const human = tscc(['btf', 'find', 'tcp_sock', 'bpf_struct_ops_*', '--btf', tcpBtf])
    expect(human.status).toBe(0)
    expect(human.stdout).toMatch(/^ *\d+ +struct +tcp_sock +\d+$/m)
    expect(human.stdout).toContain('bpf_struct_ops_tcp_congestion_ops')
    const found = jsonOf(tscc(['btf', 'find', 'tcp_sock', '--btf', tcpBtf, '--json']))
    expect(found).toEqual([{ id: expect.any(Number), kind: 'struct', name: 'tcp_sock', size: expect.any(Number) }])
  })

  it('names the nearest otherwise', () => {
    const { status, stderr } = tscc(['btf', 'find', 'tcp_sokc', '--btf', tcpBtf])
    expect(status).toBe(1)
    expect(stderr).toMatch(/tcp_sokc: not found; did you mean tcp_sock/)
    expect(tscc(['btf', 'find', 'nothing_like_*', '--btf', tcpBtf]).status).toBe(1)
  })
})

describe('btf layout', () => {
  it('tells offset, size and type of members', () => {
    const path = file('pair.btf', pair(8, 32))
    expect(tscc(['btf', 'layout', 'pair', '--btf', path]).stdout).toBe(
      'struct pair, 8 bytes\noffset  size  type  name\n     0     4  int   a\n     4     4  int   b\n',
    )
    expect(jsonOf(tscc(['btf', 'layout', 'pair', '--btf', path, '--json']))).toEqual({
      name: 'pair',
      kind: 'struct',
      size: 8,
      members: [
        { name: 'a', offset: 0, size: 4, type: 'int' },
        { name: 'b', offset: 4, size: 4, type: 'int' },
      ],
    })
  })

  it('shows bitfields', () => {
    expect(tscc(['btf', 'layout', 'tcp_sock', '--btf', tcpBtf]).stdout).toMatch(/1 bits at \d +u8 +is_cwnd_limited/)
  })
})

describe('btf diff', () => {
  it('is silent on the same BTF', () => {
    expect(tscc(['btf', 'diff', tcpBtf, tcpBtf])).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(jsonOf(tscc(['btf', 'diff', tcpBtf, tcpBtf, '--json']))).toEqual([])
  })

  it('tells sizes and moved members, with status 1', () => {
    const [a, b] = [file('a.btf', pair(8, 32)), file('b.btf', pair(16, 64))]
    const { status, stdout } = tscc(['btf', 'diff', a, b])
    expect({ status, stdout }).toEqual({ status: 1, stdout: '~ struct pair, 8 -> 16 bytes\n  ~ b  int  at 4 -> 8\n' })
    expect(jsonOf(tscc(['btf', 'diff', a, b, '--json']))).toMatchObject([
      { name: 'pair', change: 'changed', from: 8, to: 16, members: [{ member: 'b', change: 'moved' }] },
    ])
  })

  it('tells what is in one only', () => {
    const a = file('a2.btf', pair(8, 32))
    const { status, stdout } = tscc(['btf', 'diff', a, tcpBtf, '--root', 'pair', 'tcp_sock'])
    expect(status).toBe(1)
    expect(stdout).toMatch(/^- struct pair, 8 bytes\n\+ struct tcp_sock, \d+ bytes\n$/)
    expect(tscc(['btf', 'diff', a, tcpBtf, '--root', 'nowhere']).stderr).toContain('nowhere: not found')
  })
})

describe('types', () => {
  const compile = (path: string): string =>
    spawnSync(tsc, ['--noEmit', '--strict', '--skipLibCheck', 'false', '--target', 'es2022', path], {
      encoding: 'utf8',
    }).stdout

  it('prints TypeScript that compiles, of what congestion control touches', () => {
    const path = file('kernel.d.ts', '')
    const standalone = ['types', '--btf', tcpBtf, '--standalone']
    expect(tscc([...standalone, '-o', path])).toEqual({ status: 0, stdout: '', stderr: '' })
    const text = readFileSync(path, 'utf8')
    expect(text).toMatch(/snd_cwnd: /)
    expect(tscc(standalone).stdout).toBe(text)
    expect(tscc(['btf', 'dump', tcpBtf, '--format', 'ts']).stdout).toMatch(/interface tcp_sock /)
    expect(compile(file('kernel.ts', text))).toBe('')
  })

  it('takes integers from @tscc/bpf, whose functions learn the structs', () => {
    const { stdout } = tscc(['types', '--btf', tcpBtf])
    expect(stdout).toMatch(/^import type \{ .*\bu32\b.* \} from '@tscc\/bpf'\n/)
    expect(stdout).toContain("export interface tcp_sock extends Opaque<'tcp_sock'> {")
    expect(stdout).toMatch(
      /declare module '@tscc\/bpf\/kernel' \{\n {2}interface KernelTypes \{\n(?: {4}.*\n)* {4}tcp_sock: tcp_sock\n/,
    )
    expect(stdout).toMatch(/export declare const TCP_CA_Loss: 4/)
    expect(stdout).toMatch(/export declare function tcp_slow_start\(/)
  })

  it('writes what the compiler reads of another struct_ops type', () => {
    const kernel = fileURLToPath(
      new URL('../../../packages/vmlinux/fixtures/Qdisc_ops/7.3.4+deb13-cloud-amd64.btf', import.meta.url),
    )
    const path = file('queue.d.ts', '')
    const roots = ['--root', 'Qdisc_ops', 'bpf_qdisc_skb_drop']
    const { status, stderr } = tscc(['types', '--btf', kernel, ...roots, '-o', path])
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/queue\.btf: the same as BTF/) })
    expect(readFileSync(path, 'utf8')).toContain('enqueue: (skb: sk_buff, sch: Qdisc, to_free: bpf_sk_buff_ptr) => s32')
    const program = (drop: string): string =>
      file(
        'mine.bpf.ts',
        `import { structOps } from '@tscc/bpf'
import { bpf_qdisc_skb_drop, type Qdisc_ops } from './queue.d.ts'
export default structOps<Qdisc_ops>({
  id: 'mine',
  enqueue(skb, sch, to_free) { ${drop}; return 1 },
  dequeue: () => null,
  init: () => 0,
  reset() {},
  destroy() {},
})
`,
      )
    const good = tscc(['check', program('bpf_qdisc_skb_drop(skb, to_free)'), '--btf', kernel])
    expect(good).toMatchObject({ status: 0, stderr: '' })
    const kept = tscc(['check', program(''), '--btf', kernel])
    expect(kept.stdout + kept.stderr).toMatch(/error TSCC2401: skb is the program's/)
  })

  it('takes roots, and prints JSON', () => {
    const found = jsonOf(tscc(['types', '--btf', tcpBtf, '--root', 'ack_sample', '--depth', '0', '--json']))
    expect(found).toEqual({ roots: ['ack_sample'], text: expect.stringContaining('interface ack_sample') })
    const { status, stderr } = tscc(['types', '--btf', tcpBtf, '--root', 'nope'])
    expect(status).toBe(1)
    expect(stderr).toContain('nope: not found')
  })
})
