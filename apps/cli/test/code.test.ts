import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { buildFirst, jsonOf, scratch, tcpBtf, tscc, tsccBytes } from './tscc.ts'

buildFirst()
const file = scratch()

const program = 'r0 = 7\nif r0 == 7 goto end\nr0 = 0\nend: exit\n'
const programHex = 'b700000007000000' + '1500010007000000' + 'b700000000000000' + '9500000000000000'

/** A whole algorithm as plain data: what a user's module may export without importing anything. */
const spec = (name: string): string =>
  `{ type: 'tcp_congestion_ops', name: '${name}', callbacks: { ssthresh: [
    { kind: 'loadArgument', dst: 'r6', name: 'sk', pointee: 'sock', index: 0 },
    { kind: 'loadField', dst: 'r0', base: 'r6', struct: 'tcp_sock', field: 'snd_cwnd' }, { kind: 'exit' }] } }`

describe('asm', () => {
  it('makes bytes, on stdout or in a file', () => {
    const path = file('prog.s', program)
    expect(Buffer.from(tsccBytes(['asm', path])).toString('hex')).toBe(programHex)
    const out = file('prog.bin', '')
    expect(tscc(['asm', path, '-o', out])).toEqual({ status: 0, stdout: '', stderr: '' })
    expect(readFileSync(out).toString('hex')).toBe(programHex)
  })

  it('reads standard input and prints hex or JSON', () => {
    expect(tscc(['asm', '-', '--hex'], { input: program }).stdout).toBe(`${programHex}\n`)
    expect(jsonOf(tscc(['asm', '-', '--json'], { input: program }))).toEqual({
      instructions: 4,
      bytes: 32,
      hex: programHex,
    })
  })

  it('writes big endian', () => {
    expect(tscc(['asm', '-', '--hex', '--endian', 'big'], { input: 'r1 = 7\n' }).stdout).toBe('b710000000000007\n')
  })

  it('names the line that is wrong', () => {
    const { status, stderr } = tscc(['asm', '-', '--hex'], { input: 'r0 = 7\nr0 = what\n' })
    expect(status).toBe(1)
    expect(stderr).toContain('line 2: not an instruction: r0 = what')
  })

  it('refuses what the cpu lacks', () => {
    const { status, stderr } = tscc(['asm', '-', '--hex', '--cpu', 'v1'], { input: 'if r0 < 7 goto +0\nexit\n' })
    expect(status).toBe(1)
    expect(stderr).toContain('cpu')
  })
})

describe('build', () => {
  it('makes an object file, the same one every time', () => {
    const path = file('reno.bpf.o', '')
    const { status, stderr } = tscc(['build', 'reno', '-o', path])
    expect(status).toBe(0)
    expect(stderr).toMatch(/reno\.bpf\.o: \d+ bytes, 3 programs, \d+ instructions, \d+ relocations\n$/)
    const first = readFileSync(path)
    expect(first.subarray(0, 4).toString('latin1')).toBe('\x7fELF')
    expect(first.readUInt16LE(18)).toBe(247)
    tscc(['build', 'reno', '-o', path])
    expect(readFileSync(path).equals(first)).toBe(true)
    expect(Buffer.from(tsccBytes(['build', 'reno', '-o', '-'])).equals(first)).toBe(true)
  })

  it('builds a user’s own, under another name, in the other byte order', () => {
    const module = file('own.mjs', `export default ${spec('own_cc')}`)
    const path = file('own.bpf.o', '')
    const options = ['--name', 'mine', '--endian', 'big', '--section', '.struct_ops.link', '--json', '-o', path]
    expect(jsonOf(tscc(['build', module, ...options]))).toMatchObject({
      file: path,
      name: 'mine',
      programs: [{ name: 'ssthresh', section: 'struct_ops/tcp_congestion_ops/ssthresh', relocations: 2 }],
    })
    const bytes = readFileSync(path)
    expect(bytes.readUInt16BE(18)).toBe(247)
    expect(bytes.includes('.struct_ops.link\0')).toBe(true)
  })

  it('says what it cannot write, before the work', () => {
    const { status, stderr } = tscc(['build', 'reno', '-o', '/nowhere/reno.bpf.o'])
    expect(status).toBe(1)
    expect(stderr).toContain('/nowhere/reno.bpf.o')
  })
})

describe('disasm', () => {
  it('shows bare instructions, which asm reads back', () => {
    const path = file('prog2.bin', Buffer.from(programHex, 'hex'))
    const { status, stdout } = tscc(['disasm', path])
    expect(status).toBe(0)
    expect(stdout).toContain('0: r0 = 7\n1: if r0 == 7 goto +1\n2: r0 = 0\n3: exit\n')
    expect(tscc(['asm', '-', '--hex'], { input: stdout }).stdout).toBe(`${programHex}\n`)
    expect(tscc(['disasm', path, '--raw', '--bytes']).stdout).toMatch(/^3: exit +; 9500000000000000$/m)
    expect(jsonOf(tscc(['disasm', path, '--json']))).toMatchObject([
      { instructions: [{ slot: 0, text: 'r0 = 7', hex: 'b700000007000000' }, {}, {}, {}] },
    ])
  })

  it('shows an algorithm linked against any kernel, which asm reads back', () => {
    const { status, stdout } = tscc(['disasm', 'reno', '--btf', tcpBtf])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^; reno: ssthresh \(\d+ instructions\)$/m)
    expect(stdout).toMatch(/^ *\d+: r\d = \*\(u32 \*\)\(r\d \+ \d+\) +; tcp_sock\.snd_cwnd$/m)
    const counted = [...stdout.matchAll(/\((\d+) instructions\)/g)].reduce((sum, match) => sum + Number(match[1]), 0)
    const assembled = jsonOf(tscc(['asm', '-', '--json'], { input: stdout }))
    expect(assembled).toMatchObject({ instructions: counted })
  })

  it.skipIf(!needs('clang'))('shows every section with code of an object file', () => {
    const object = file('prog.bpf.o', '')
    const source = `__attribute__((section("tc"), used)) int one(void *c) { return 1; }
      __attribute__((section("xdp"), used)) int two(void *c) { return 2; }`
    const built = spawnSync('clang', ['-O2', '-target', 'bpf', '-c', '-x', 'c', '-', '-o', object], { input: source })
    expect(built.status).toBe(0)
    const { status, stdout } = tscc(['disasm', object])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^; section tc .*\n0: [rw]0 = 1\n1: exit\n\n; section xdp .*\n0: [rw]0 = 2\n1: exit\n$/m)
  })

  it('says why a file has no instructions', () => {
    const { status, stderr } = tscc(['disasm', process.execPath])
    expect(status).toBe(1)
    expect(stderr).toMatch(/e_machine: not a BPF object, found \d+, want 247|EI_CLASS/)
    expect(tscc(['disasm', file('odd.bin', 'seven b')]).stderr).toContain('not a multiple of 8')
    expect(tscc(['disasm', file('half.bpf.o', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1))]).stderr).toMatch(
      /half\.bpf\.o: elf\.e_machine/,
    )
    expect(tscc(['disasm', '/nowhere/x.o']).stderr).toContain('no such file')
  })

  it.skipIf(!needs('bpf_ids'))('says so when a program is not loaded', () => {
    const { status, stderr } = tscc(['disasm', 'prog:4294967295'])
    expect(status).toBe(1)
    expect(stderr).toContain('program 4294967295: not found')
  })
})

describe('algorithms from modules', () => {
  const link = (path: string) => tscc(['disasm', path, '--btf', tcpBtf])

  it.each([
    ['default', (text: string) => `export default ${text}`],
    ['algorithm', (text: string) => `export const algorithm = ${text}`],
    ['spec', (text: string) => `export const spec = ${text}`],
  ])('the export may be called %s', (name, source) => {
    const { status, stdout } = link(file(`${name}.mjs`, source(spec('mod'))))
    expect(status).toBe(0)
    expect(stdout).toContain(`; ${name}: ssthresh (3 instructions)`)
  })

  it('shows what linking made of one', () => {
    const view = jsonOf(tscc(['show', file('view.mjs', `export default ${spec('viewed')}`), '--btf', tcpBtf, '--json']))
    expect(view).toMatchObject({
      label: 'view',
      name: 'viewed',
      callbacks: [{ name: 'ssthresh', signature: 'u32 ssthresh(struct sock *sk)', instructions: 3 }],
      fields: [{ field: 'tcp_sock.snd_cwnd', size: 4 }],
    })
  })

  it('tells an unknown field, with the nearest names', () => {
    const { status, stderr } = link(file('field.mjs', `export default ${spec('f').replace('snd_cwnd', 'snd_cwmd')}`))
    expect(status).toBe(1)
    expect(stderr).toMatch(/tcp_sock\.snd_cwmd: no such field; did you mean snd_cwnd/)
    expect(stderr).toContain('help: tscc btf layout tcp_sock lists its fields')
  })

  it.each([
    ['nothing to export', 'export const nothing = 1', /no StructOpsSpec .* found nothing/],
    ['a syntax error', 'export default {', /cannot be imported/],
    ['a throw', "throw new Error('on purpose')", /cannot be imported: on purpose/],
  ])('refuses a module with %s', (_, source, message) => {
    const { status, stderr } = link(file('wrong.mjs', source))
    expect(status).toBe(1)
    expect(stderr).toMatch(message)
    expect(stderr).toContain('help: export the StructOpsSpec as default')
  })

  it('names the nearest algorithm of an unknown one', () => {
    const { status, stderr } = tscc(['disasm', 'rneo', '--btf', tcpBtf])
    expect(status).toBe(1)
    expect(stderr).toMatch(/rneo: no algorithm .* did you mean reno\?/)
    expect(link('./nowhere.mjs').stderr).toContain('./nowhere.mjs: cannot read it, no such file or folder')
  })

  it('runs TypeScript where Node does, and names the mend elsewhere', () => {
    const path = file('typed.ts', `const name: string = 'typed'\nexport default ${spec('typed')}`)
    const { status, stdout, stderr } = link(path)
    if ('typescript' in process.features && process.features.typescript) expect(stdout).toContain('; typed: ssthresh')
    else {
      expect(status).toBe(1)
      expect(stderr).toMatch(/does not run TypeScript\nhelp: compile it to JavaScript first/)
    }
  })
})

describe('show', () => {
  it('lists what tscc ships', () => {
    expect(tscc(['show']).stdout).toMatch(/^reno +additive increase/m)
  })

  it('tells callbacks and offsets of an algorithm', () => {
    const { status, stdout } = tscc(['show', 'vegas-style', '--btf', tcpBtf])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^cong_avoid +\d+ +void cong_avoid\(struct sock \*sk, u32 ack, u32 acked\)$/m)
    expect(stdout).toMatch(/^tcp_sock\.snd_cwnd +\d+ +4$/m)
  })
})
