import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { StructOps } from '@tscc/bpf'
import { CompileError, loadLive } from '@tscc/compiler/live'
import { compileFile } from '@tscc/compiler/node'
import { type BpfObject, type LinkedObject, linkObject, linkTarget } from '@tscc/object'
import { registerStructOps, structOpsOf } from '@tscc/struct-ops/kernel'
import {
  availableCongestionControls,
  congestionControl,
  hostKernel,
  kernelFiles,
  loadPlan,
  tcpInfo,
} from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import { typeCheck } from '../../packages/bpf/test/tsc.ts'
import { needs } from '../../tools/needs.ts'
import { carry, connection, transfer } from '../kernels/suites/sockets.mjs'
import dctcp, { deleted, found, storage } from './dctcp.bpf.ts'
import fallback, * as fallbackSaw from './dctcp-fallback.bpf.ts'
import noGpl, { license } from './no-gpl.bpf.ts'
import other from './other-name.bpf.ts'
import pacing, { rate } from './pacing.bpf.ts'
import inRelease from './setsockopt-in-release.bpf.ts'
import first, { acks as firstAcks, inits as firstInits } from './version-1.bpf.ts'
import second, { inits as secondInits } from './version-2.bpf.ts'

const megabyte = 1 << 20
const fileOf = (name: string): string => fileURLToPath(new URL(`${name}.bpf.ts`, import.meta.url))

describe.skipIf(!needs('struct_ops_link'))("the kernel's own scenarios, in TypeScript on both sides", () => {
  const kernel = hostKernel()
  const isRegistered = (name: string): boolean => availableCongestionControls(kernel).includes(name)

  /** An object as it is, with nobody between it and the kernel. */
  function registerObject(object: BpfObject, change = (linked: LinkedObject) => linked): void {
    const linked = change(linkObject(object, linkTarget(kernelFiles(kernel))))
    using loaded = loadPlan(kernel, linked)
    for (const ops of structOpsOf(linked, loaded)) registerStructOps(kernel, ops).close()
  }

  function compiled(name: string): BpfObject {
    const { object, diagnostics } = compileFile(fileOf(name))
    if (object === undefined) throw new Error(diagnostics.map((one) => one.message).join('\n'))
    return object
  }

  const mistakesOf = (name: string): readonly string[] =>
    compileFile(fileOf(name)).diagnostics.map(({ code, line, message }) => `${code} in line ${line}: ${message}`)

  test('dctcp: 10 MB over IPv6 loopback; init reads the storage of the socket and deletes it', () => {
    using link = dctcp.attach()
    using pair = connection(kernel, {
      client: link.name,
      server: link.name,
      before: (client) => {
        storage.set(client, 0xeb9f)
        expect(storage.get(client)).toBe(0xeb9f)
      },
    })
    expect(transfer(pair, 10 * megabyte)).toBe(10 * megabyte)
    expect([pair.client, pair.server].map((fd) => congestionControl(kernel, fd))).toEqual(['sc_dctcp', 'sc_dctcp'])
    expect([found.value, deleted.value]).toEqual([0xeb9f, 0])
    expect(storage.get(pair.client)).toBeUndefined()
    expect(storage.delete(pair.client)).toBe(-2)
  })

  test('cubic: 10 MB over IPv6 loopback', () => {
    using live = loadLive(fileURLToPath(new URL('../../packages/algos/src/cubic.bpf.ts', import.meta.url)))
    const { default: cubic } = live.exports as unknown as { readonly default: StructOps } // as the file declares it
    using link = cubic.attach({ name: `sc_cubic_${process.pid % 100000}` })
    expect(carry(kernel, link.name, 10 * megabyte)).toEqual({ arrived: 10 * megabyte, cc: link.name })
  })

  test('a licence that is not compatible with the GPL is refused', () => {
    expect(license).toBe('X')
    expect(() => noGpl.attach()).toThrow('struct ops programs must have a GPL compatible license')
    expect(isRegistered(noGpl.name)).toBe(false)
  })

  test('dctcp leaves the socket to cubic where the peer has no ECN; init within init gets EBUSY', () => {
    using link = fallback.attach()
    using pair = connection(kernel, { client: link.name, server: 'cubic' })
    expect(transfer(pair, 10 * megabyte)).toBe(10 * megabyte)
    expect([pair.client, pair.server].map((fd) => congestionControl(kernel, fd))).toEqual(['cubic', 'cubic'])
    const { to_cubic, to_itself, back_to_cubic, to_cdg, busy, inits } = fallbackSaw
    expect([to_cubic.value, to_itself.value, back_to_cubic.value]).toEqual([0, 0, 0])
    // The inner one was refused all three; -ENOTSUPP is said before that is looked at.
    expect([inits.value, busy.value, to_cdg.value]).toEqual([2, 3, -524])
    // With ECN on both sides there is nothing to fall back from.
    using both = connection(kernel, { client: link.name, server: link.name })
    expect(congestionControl(kernel, both.client)).toBe(link.name)
    expect([inits.value, busy.value]).toEqual([4, 3])
  })

  test('setsockopt is refused in release', () => {
    expect(() => inRelease.attach()).toThrow(/cannot use helper bpf_setsockopt#49/)
    expect(isRegistered(inRelease.name)).toBe(false)
  })

  test('sk_pacing_rate and sk_pacing_status are written', () => {
    using link = pacing.attach()
    using pair = connection(kernel, { client: link.name })
    const started = performance.now()
    expect(transfer(pair, megabyte)).toBe(megabyte)
    // Without pacing loopback takes a few milliseconds; the first window goes out unpaced.
    expect(performance.now() - started).toBeGreaterThan((500 * megabyte) / rate.value)
    expect(tcpInfo(kernel, pair.client).tcpi_pacing_rate).toBe(BigInt(rate.value))
  })

  test('incomplete ops are refused: by the compiler, and by the kernel', () => {
    expect(mistakesOf('incomplete')).toEqual(['TSCC2206 in line 6: tcp_congestion_ops needs ssthresh, undo_cwnd'])
    expect(() => loadLive(fileOf('incomplete'))).toThrow(CompileError)
    const complete = compiled('other-name')
    for (const member of ['ssthresh', 'undo_cwnd', 'cong_avoid']) {
      const structOps = complete.structOps.map((ops) => ({
        ...ops,
        callbacks: ops.callbacks.filter((callback) => callback.member !== member),
      }))
      expect(() => registerObject({ ...complete, structOps }), member).toThrow(
        `sc_other: tcp_congestion_ops refused as incomplete, it lacks ${member === 'cong_avoid' ? 'cong_avoid or cong_control' : member}`,
      )
    }
    expect(isRegistered('sc_other')).toBe(false)
    registerObject(complete)
  })

  test('get_info is refused: by the compiler, and by the kernel', () => {
    expect(mistakesOf('get-info')).toEqual(['TSCC2208 in line 11: the kernel takes no get_info of a program'])
    expect(() => registerObject(compiled('other-name'), withGetInfo)).toThrow(/attach to unsupported member get_info/)
  })

  test('live update: new connections have the new version, those before it keep theirs', () => {
    using link = first.attach()
    const { mapId } = link
    using before = connection(kernel, { client: link.name })
    expect([firstInits.value, secondInits.value]).toEqual([1, 0])
    link.replace(second)
    expect(link.mapId).not.toBe(mapId)
    using after = connection(kernel, { client: link.name })
    expect([firstInits.value, secondInits.value]).toEqual([1, 1])
    const seen = firstAcks.value
    expect([transfer(before, megabyte), transfer(after, megabyte)]).toEqual([megabyte, megabyte])
    expect(firstAcks.value).toBeGreaterThan(seen)
  })

  test('an update with another name is refused, and the old one keeps working', () => {
    using link = first.attach()
    const { mapId } = link
    const inits = firstInits.value
    expect(() => link.replace(other)).toThrow('sc_other: a live update must keep the name, which is sc_version')
    expect([link.mapId, isRegistered('sc_other')]).toEqual([mapId, false])
    expect(carry(kernel, link.name, megabyte)).toEqual({ arrived: megabyte, cc: 'sc_version' })
    expect(firstInits.value).toBe(inits + 1)
  })

  test('mixed: a map that registers by itself beside a link, which cannot take it', () => {
    using alone = other.prepare({ by: 'map' })
    using link = first.attach()
    expect([isRegistered(alone.name), isRegistered(link.name)]).toEqual([true, true])
    expect(() => link.replace(alone)).toThrow(/its map registers by itself, without a link/)
    expect(() => alone.attach()).toThrow(/EINVAL/)
    const inits = firstInits.value
    expect(carry(kernel, link.name, megabyte)).toEqual({ arrived: megabyte, cc: 'sc_version' })
    expect(carry(kernel, alone.name, megabyte)).toEqual({ arrived: megabyte, cc: 'sc_other' })
    expect(firstInits.value).toBe(inits + 1)
    link.close()
    expect([isRegistered(alone.name), isRegistered(link.name)]).toEqual([true, false])
    alone.close()
    expect(isRegistered(alone.name)).toBe(false)
  })

  test('one map is linked several times, one link after the other', () => {
    using prepared = first.prepare({ by: 'link' })
    expect(isRegistered(prepared.name)).toBe(false)
    for (let round = 1; round <= 3; round++) {
      using link = prepared.attach()
      expect([link.mapId, isRegistered(link.name)]).toEqual([prepared.mapId, true])
      expect(() => prepared.attach()).toThrow('sc_version: this name is registered already')
      const inits = firstInits.value
      expect(carry(kernel, link.name, megabyte)).toEqual({ arrived: megabyte, cc: 'sc_version' })
      expect(firstInits.value).toBe(inits + 1)
    }
    expect(isRegistered(prepared.name)).toBe(false)
  })

  test('replacing expects a map: the wrong one is refused, the right one taken', () => {
    using one = first.prepare({ by: 'link' })
    using two = second.prepare({ by: 'link' })
    using link = two.attach()
    expect(() => link.replace(one, { expected: one })).toThrow(
      'sc_version: the link holds another map than the expected one',
    )
    expect(link.mapId).toBe(two.mapId)
    link.replace(one, { expected: two })
    expect(link.mapId).toBe(one.mapId)
    const inits = firstInits.value
    expect(carry(kernel, link.name, megabyte)).toEqual({ arrived: megabyte, cc: 'sc_version' })
    expect(firstInits.value).toBe(inits + 1)
  })
})

test("the scenarios' programs are right in the editor too", async () => {
  const folder = fileURLToPath(new URL('.', import.meta.url))
  const programs = readdirSync(folder).filter((name) => name.endsWith('.bpf.ts'))
  expect(await typeCheck(programs.map((name) => `${folder}${name}`))).toEqual([])
})

/** The same with what is made for ssthresh in the place of get_info: the compiler makes no program for that. */
function withGetInfo(linked: LinkedObject): LinkedObject {
  const [ops] = linked.structOps
  const member = ops?.layout.members.find(({ name }) => name === 'get_info')
  const moved = ops?.callbacks.find((callback) => callback.member.name === 'ssthresh')
  if (ops === undefined || member === undefined || moved === undefined) throw new Error('there is no ssthresh to move')
  const programs = linked.programs.map((program) =>
    program.function === moved.function ? { ...program, expectedAttachType: member.index } : program,
  )
  return { ...linked, programs }
}
