import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { PreparedStructOps, StructOps } from '@tscc/bpf'
import { parseBtf, structOpsLayout } from '@tscc/btf'
import { CompileError, liveModule, loadLive } from '@tscc/compiler/live'
import { compileFile } from '@tscc/compiler/node'
import { hostKernel, lookupElement, openMapById, readVmlinuxBtf } from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { transfer } from '../../struct-ops/test/loopback.ts'

const counted = fileURLToPath(new URL('programs/counted.bpf.ts', import.meta.url))
const run = promisify(execFile)

interface Counted {
  readonly default: { readonly name: string; attach(): { readonly name: string; close(): void } }
  readonly step: { value: number }
  readonly acks: { value: number }
  readonly totals: { value: { segments: number; readonly parts: number[] } }
  readonly flows: {
    get(key: number): { readonly acks: number; readonly most: number } | undefined
    set(key: number, value: unknown): void
    entries(): Iterable<readonly [number, unknown]>
    readonly size: number
    delete(key: number): number
  }
  readonly samples: { drain(): readonly { readonly cwnd: number; readonly acked: number }[] }
}

describe.skipIf(!needs('struct_ops_link'))('a *.bpf.ts file as live handles', () => {
  test('tunables before loading, globals, maps and records after it', async () => {
    const kernel = hostKernel()
    using live = loadLive(counted)
    const { default: cc, step, acks, totals, flows, samples } = live.exports as unknown as Counted // as the file declares them
    expect([cc.name, step.value, acks.value]).toEqual(['ts_counted', 1, 0])
    step.value = 2
    acks.value = 1000
    totals.value.parts[2] = 5
    expect(() => {
      step.value = -1
    }).toThrow('step: -1 does not fit u32')
    const link = cc.attach()
    try {
      expect(await transfer(kernel, link.name, 1 << 20)).toEqual({ arrived: 1 << 20, cc: 'ts_counted' })
    } finally {
      link.close()
    }
    expect(acks.value).toBeGreaterThan(1000)
    expect(totals.value.segments).toBeGreaterThanOrEqual(acks.value - 1000)
    expect([...totals.value.parts]).toEqual([0, 2, 5])
    expect(() => {
      step.value = 3
    }).toThrow('step is a tunable')
    acks.value = 5
    expect(acks.value).toBe(5)
    expect(flows.get(7)?.acks).toBeGreaterThan(0)
    flows.set(9, { acks: 1, most: 2 })
    expect(flows.size).toBe(2)
    expect(new Map(flows.entries()).get(9)).toEqual({ acks: 1, most: 2 })
    expect([flows.delete(9), flows.delete(9), flows.size]).toEqual([0, -2, 1])
    const drained = samples.drain()
    expect(drained.length).toBeGreaterThan(0)
    expect(drained[0]?.cwnd).toBeGreaterThan(0)
    expect(samples.drain()).toEqual([])
  })

  test('handles of other things are told from algorithms', () => {
    using live = loadLive(counted)
    const { default: cc } = live.exports as unknown as { readonly default: StructOps } // as the file declares it
    const name = `ts_live_${process.pid % 100000}`
    using prepared = cc.prepare({ by: 'link', name })
    expect([cc.name, prepared.name]).toEqual(['ts_counted', name])
    const link = prepared.attach()
    try {
      // It may be anything in JavaScript.
      const stranger = { name: 'ts_counted' } as unknown as PreparedStructOps
      expect(() => link.replace(stranger)).toThrow('expected an algorithm of a *.bpf.ts file, or one that is prepared')
      expect(() => link.replace(cc, { expected: stranger })).toThrow('expected is not something that prepare() gave')
      expect(link.mapId).toBe(prepared.mapId)
      expect(() => link.replace(cc)).toThrow(`ts_counted: a live update must keep the name, which is ${name}`)
      using next = cc.prepare({ by: 'link', name })
      link.replace(next)
      expect(link.mapId).toBe(next.mapId)
      expect(() => link.replace(next, { expected: prepared })).toThrow(/holds another map than the expected one/)
    } finally {
      link.close()
    }
    expect(() => link.replace(cc)).toThrow('this registration was closed')
    expect(prepared.mapId).toBeGreaterThan(0)
  })

  test('members that are no callbacks are set when it is attached', () => {
    using live = loadLive(counted)
    const { default: cc } = live.exports as unknown as { readonly default: StructOps } // as the file declares it
    const name = `ts_data_${process.pid % 100000}`
    const needsEcn = 2
    const link = cc.attach({ name, data: { flags: needsEcn } })
    try {
      const kernel = hostKernel()
      const { members, dataOffset } = structOpsLayout(parseBtf(readVmlinuxBtf(kernel)), 'tcp_congestion_ops')
      const offset = dataOffset + (members.find((member) => member.name === 'flags')?.offset ?? 0)
      using map = openMapById(kernel, link.mapId)
      if (map === undefined) throw new Error('its map is gone')
      const value = lookupElement(map, new Uint8Array(4)) ?? new Uint8Array()
      expect(new DataView(value.buffer, value.byteOffset).getUint32(offset, true)).toBe(needsEcn)
    } finally {
      link.close()
    }
    expect(() => cc.attach({ name, data: { ring_fd: 1 } })).toThrow('tcp_congestion_ops.ring_fd: no such data member')
  })

  test('the import hook: node --import @tscc/compiler/register app.mjs', async () => {
    const folder = mkdtempSync(join(fileURLToPath(new URL('.', import.meta.url)), 'hook-'))
    try {
      writeFileSync(
        join(folder, 'app.mjs'),
        `import cc, { acks, step } from '../programs/counted.bpf.ts'
step.value = 3
const link = cc.attach()
console.log(JSON.stringify([link.name, step.value, acks.value]))
link.close()
`,
      )
      // From where the package can be found.
      const node = (file: string) =>
        run(process.execPath, ['--import', '@tscc/compiler/register', file], { cwd: folder })
      const { stdout } = await node('app.mjs')
      expect(JSON.parse(stdout)).toEqual(['ts_counted', 3, 0])
      writeFileSync(join(folder, 'bad.bpf.ts'), 'export default 1 + x\n')
      writeFileSync(join(folder, 'bad.mjs'), "import './bad.bpf.ts'\n")
      await expect(node('bad.mjs')).rejects.toThrow(/bad\.bpf\.ts:1:16 error TSCC1003/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

test('a file with mistakes: all of them, as text and as data', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tscc-live-'))
  try {
    const path = join(folder, 'bad.bpf.ts')
    writeFileSync(path, 'const x: u8 = 300\nexport const y = global<u32>(-1)\n')
    expect(() => loadLive(path)).toThrow(CompileError)
    expect(() => liveModule(compileFile(path))).toThrow(/TSCC2104.*\n(?:.*\n)*.*TSCC2104/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
