import { existsSync, mkdirSync, readFileSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { SockOps } from '@tscc/bpf'
import { parseBtf } from '@tscc/btf'
import { compile } from '@tscc/compiler'
import { loadLive } from '@tscc/compiler/live'
import { compileFile } from '@tscc/compiler/node'
import { linkObject, readObject, writeObject } from '@tscc/object'
import { cgroupRoot, hostKernel, openCgroup, queryPrograms } from '@tscc/syscall'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { transfer } from '../../struct-ops/test/loopback.ts'

const path = fileURLToPath(new URL('programs/probe.bpf.ts', import.meta.url))
const fixture = (kernel: string) =>
  parseBtf(new Uint8Array(readFileSync(new URL(`../../object/fixtures/btf/tcp-${kernel}.btf`, import.meta.url))))

test('sock_ops programs are programs of their section, and link to every kernel', () => {
  const { object, diagnostics } = compileFile(path)
  expect(diagnostics).toEqual([])
  if (object === undefined) throw new Error('no object')
  expect(object.functions.map(({ name, section }) => [name, section])).toEqual([
    ['probe', 'sockops'],
    ['other', 'sockops'],
  ])
  for (const kernel of ['5.10', '6.1', '6.12', '6.18', '7.0', '7.3']) {
    const linked = linkObject(object, { btf: fixture(kernel) }, { untold: 'zero' })
    expect(linked.programs.map((program) => program.name)).toEqual(['probe', 'other'])
  }
  expect(readObject(writeObject(object)).functions).toEqual(object.functions)
})

test('5.10 takes no number for a context: it is stored from a register', () => {
  const { object } = compile(
    `import { sockOps } from '@tscc/bpf'\nexport const p = sockOps((ctx) => {\n ctx.reply = 7\n ctx.sk_txhash = 0\n})\n`,
  )
  const opcodes = [...(object?.functions[0]?.code ?? [])].filter((_, i) => i % 8 === 0)
  // BPF_STX | BPF_MEM | BPF_W is 0x63, BPF_ST is 0x62.
  expect(opcodes.filter((opcode) => opcode === 0x63).length).toBe(2)
  expect(opcodes).not.toContain(0x62)
})

const mistakes = (body: string, more = ''): readonly (readonly [string, string])[] =>
  compile(
    `import { sockOps, bpf_setsockopt, skStorage, SOL_TCP, u32 } from '@tscc/bpf'\n${more}\nexport const p = sockOps((ctx) => {\n${body}\n})\n`,
  ).diagnostics.map(({ code, message }) => [code, message])

test.each([
  ['ctx.snd_cwnd = 3', 'TSCC2204', 'the kernel lets no program write bpf_sock_ops.snd_cwnd'],
  ['ctx.replylong[1] = 3', 'TSCC2204', 'the kernel lets no program write bpf_sock_ops.replylong'],
  ['if (ctx.sk.family === 2) return', 'TSCC2107', 'ctx.sk may be null'],
  ['store.get(ctx.sk)', 'TSCC2107', 'ctx.sk may be null'],
  ['store.get(ctx)', 'TSCC2101', 'expected a socket, found bpf_sock_ops'],
  ['ctx.opp', 'TSCC2002', 'bpf_sock_ops has no field opp'],
  ['if (ctx.op === 1) return 1\n return', 'TSCC2101', 'expected a u32, found nothing'],
  ['bpf_setsockopt(store, SOL_TCP, 1, u32(1), 4)', 'TSCC2101', /expected/],
])('%s is refused', (body, code, message) => {
  const found = mistakes(body, 'const store = skStorage<u32>()')
  expect(found.map(([one]) => one)).toEqual([code])
  expect(found[0]?.[1]).toMatch(message)
})

test.each([
  ['export const p = sockOps(3)', 'TSCC2101'],
  ['export const p = sockOps((ctx, x) => {})', 'TSCC2201'],
  ['export const p = sockOps()', 'TSCC2201'],
  ["export const p = sockOps((ctx) => {}, { name: 'not a name' })", 'TSCC2207'],
  ["export const p = sockOps((ctx) => {}, { nam: 'x' })", 'TSCC2002'],
  ['export const p = sockOps((ctx: sock) => {})', 'TSCC2101'],
  ['const p = sockOps((ctx) => {})\nexport default p', undefined],
  ['export default sockOps((ctx) => 1)', undefined],
])('%s', (text, code) => {
  const { diagnostics } = compile(
    `import { sockOps } from '@tscc/bpf'\nimport type { sock } from '@tscc/vmlinux'\n${text}\n`,
  )
  expect(diagnostics.map((one) => one.code)).toEqual(code === undefined ? [] : [code])
})

interface Probe {
  readonly probe: SockOps
  readonly second: SockOps
  readonly seen: { get(op: number): { count: number; port: number; cwnd: number } | undefined }
  readonly cc: { readonly value: { readonly text: Iterable<number> } }
  readonly reply: { readonly value: number }
}

describe.skipIf(!needs('root', 'bpf_ids', 'struct_ops_link'))('in the kernel', () => {
  const kernel = hostKernel()
  const root = cgroupRoot()
  const folder = `${root}/tscc-compiled-${process.pid}`
  const home = `${root}${/^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/'}`
  const enter = (cgroup: string) => writeFileSync(`${cgroup}/cgroup.procs`, `${process.pid}`)
  beforeAll(() => mkdirSync(folder))
  afterAll(() => {
    if (existsSync(folder)) rmdirSync(folder)
  })
  const programs = () => {
    using cgroup = openCgroup(kernel, folder)
    return queryPrograms(kernel, { targetFd: cgroup.fd, attachType: 'BPF_CGROUP_SOCK_OPS' }).programIds
  }

  test('a program sees the events of a connection, answers, and changes it', async () => {
    using live = loadLive(path)
    const { probe, seen, cc, reply } = live.exports as unknown as Probe // as the file declares them
    using link = probe.attach({ cgroup: folder })
    expect([link.name, link.active, programs()]).toEqual(['probe', true, [link.programId]])
    enter(folder)
    try {
      await transfer(kernel, 'cubic', 1 << 16)
    } finally {
      enter(home)
    }
    expect(reply.value).toBe(150)
    expect(new TextDecoder().decode(Uint8Array.from(cc.value.text))).toBe('reno'.padEnd(16, '\0'))
    for (const op of [1, 3, 4, 5, 10]) expect(seen.get(op)?.count, `op ${op}`).toBeGreaterThan(0)
    expect(seen.get(4)?.port).toBeGreaterThan(0)
  })

  test('several at one place, in an order, replaced, pinned; by program they are detached by hand', async () => {
    using live = loadLive(path)
    const { probe, second } = live.exports as unknown as Probe // the same
    using first = probe.attach({ cgroup: folder })
    using before = second.attach({ cgroup: folder, order: { before: first } })
    using last = second.attach({ cgroup: folder, by: 'program', order: 'last' })
    const [a, b] = [first.programId, before.programId]
    expect(programs()).toEqual([b, a, b])
    last.close()
    expect([programs(), last.active]).toEqual([[b, a], false])
    first.replace(second)
    expect([programs(), first.programId]).toEqual([[b, b], b])
    expect(() => first.replace({ name: 'x' } as unknown as SockOps)).toThrow('expected a sock_ops program')
    const pin = `/sys/fs/bpf/tscc-probe-${process.pid}`
    first.pin(pin)
    first.close()
    expect(programs()).toEqual([b, b])
    unlinkSync(pin)
    // The kernel detaches what lost its last pin a moment later.
    await expect.poll(programs).toEqual([b])
    using alone = probe.attach({ cgroup: folder, by: 'program' })
    alone.replace(second)
    expect(alone.programId).toBe(b)
    expect(() => alone.pin(pin)).toThrow('only a link can be pinned')
  })

  test('a cgroup that is removed takes its programs with it; handles say so', async () => {
    using live = loadLive(path)
    const { probe, second } = live.exports as unknown as Probe // the same
    const gone = `${folder}/gone`
    mkdirSync(gone)
    using link = probe.attach({ cgroup: gone })
    using program = second.attach({ cgroup: gone, by: 'program' })
    expect([link.active, program.active]).toEqual([true, true])
    rmdirSync(gone)
    // The kernel does it a moment later.
    await expect.poll(() => [link.active, program.active]).toEqual([false, false])
    expect(() => link.replace(second)).toThrow('BPF_LINK_UPDATE: ENOLINK')
    expect(() => probe.attach({ cgroup: gone })).toThrow(/ENOENT/)
  })
})

describe('header options', () => {
  const found = (declaration: string, body = ''): readonly (readonly [string, string])[] =>
    compile(
      `import { type FixedArray, headerOption, sockOps, u16, type u8 } from '@tscc/bpf'
interface P { a: u8; b: u16 }
interface Big { all: FixedArray<u8, 37> }
interface Other { c: u8 }
${declaration}
export const p = sockOps((ctx) => {
  const b: P = { a: 1, b: 2 }
  const other: Other = { c: 1 }
  ${body}
})
`,
    ).diagnostics.map(({ code, message }) => [code, message])

  test.each([
    'headerOption<P>(0xda)',
    'headerOption<P>(253, { magic: 0xeb9f })',
    'headerOption<P>(254, { magic: 0xabcd1234 })',
    'headerOption<Big>(77)',
  ])('%s can be read, and written from a literal and a record', (declaration) => {
    const value = declaration.includes('Big') ? '{ all: [1, 2] }' : 'b'
    const body = `const got = o.load(ctx)\n if (got !== null && o.store(ctx, got) === 0) o.reserve(ctx)\n o.store(ctx, ${value})`
    expect(found(`const o = ${declaration}`, body)).toEqual([])
  })

  test.each([
    ['const o = headerOption<P>(253)', '', 'TSCC2101', 'expected { magic: … } for a kind that is shared, found none'],
    ['const o = headerOption<P>(7, { magic: 1 })', '', 'TSCC2101', 'expected no magic'],
    ['const o = headerOption<P>(1)', '', 'TSCC2101', 'expected a kind, 2 to 255, found 1'],
    ['const o = headerOption<P>(253, { magc: 1 })', '', 'TSCC2002', 'magc'],
    ['const o = headerOption<Big>(254, { magic: 1 })', '', 'TSCC2101', 'a payload of at most 36 bytes'],
    ['const o = headerOption<u8>(7)', '', 'TSCC2106', 'headerOption'],
    ['const o = headerOption<P>(7)', 'o.read(ctx)', 'TSCC2002', 'headerOption(…) has no field read'],
    ['const o = headerOption<P>(7)', 'o.load()', 'TSCC2201', 'load'],
    ['const o = headerOption<P>(7)', 'o.load(b)', 'TSCC2101', 'expected the context of a sock_ops program'],
    ['const o = headerOption<P>(7)', 'o.store(ctx, other)', 'TSCC2101', 'expected P, found Other'],
    ['const o = headerOption<P>(7)', 'const x = o.load(ctx)\n x.a', 'TSCC2107', 'x may be null'],
  ])('%s; %s is refused', (declaration, body, code, message) => {
    const [first, ...others] = found(declaration, body)
    expect([first?.[0], others]).toEqual([code, []])
    expect(first?.[1]).toContain(message)
  })
})
