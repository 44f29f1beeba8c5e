import { ecnCounter, reno } from '@tscc/algos'
import { add, and, callHelper, jeq, jne32, label, ldImm64, load, mov, store } from '@tscc/insn'
import {
  cwndEventPrologue,
  IN_ACK_EVENT_FLAGS,
  inAckEventPrologue,
  linkStructOps,
  loadEnum,
  returnVoid,
  type Steps,
  type StructOpsSpec,
  TCP_CONG_FLAGS,
} from '@tscc/struct-ops'
import { hostResolver, registerStructOps } from '@tscc/struct-ops/kernel'
import { type BpfMap, createMap, hostKernel, lookupElement } from '@tscc/syscall'
import { beforeAll, describe, expect, test } from 'vitest'
import { freshDist } from '../../../tools/fresh-dist.ts'
import { runExperiment } from '../src/experiment.ts'
import { path20, scenario, whyNoNetwork } from './real-network.ts'

const BPF_FUNC_map_lookup_elem = 1

/** `map[index] += 1`, the counter of an array map; uses r0 to r2 and the top of the stack. */
const count = (map: BpfMap, index: number, name: string): Steps => [
  store('u32', 'r10', -4, index),
  mov('r2', 'r10'),
  add('r2', -4),
  ldImm64('r1', { mapFd: map.fd }),
  callHelper(BPF_FUNC_map_lookup_elem),
  jeq('r0', 0, name),
  load('u64', 'r1', 'r0', 0),
  add('r1', 1),
  store('u64', 'r0', 0, 'r1'),
  label(name),
]

describe.skipIf(whyNoNetwork() !== '')('where ECN shows', { timeout: 60_000 }, () => {
  beforeAll(freshDist, 120_000)
  const kernel = hostKernel()

  /** Reno that counts CE events and ECE acknowledgements, wherever they happen, under the given flags. */
  const counting = (map: BpfMap, flags: number): StructOpsSpec => {
    const base = reno(`lecn${process.pid % 100000}_${flags}`)
    const cwndEvent: Steps = [
      ...cwndEventPrologue('r6', 'r7'),
      loadEnum('r8', 'tcp_ca_event', 'CA_EVENT_ECN_IS_CE'),
      jne32('r7', 'r8', 'other'),
      ...count(map, 0, 'counted'),
      label('other'),
      ...returnVoid(),
    ]
    const inAckEvent: Steps = [
      ...inAckEventPrologue('r6', 'r7'),
      and('r7', IN_ACK_EVENT_FLAGS.CA_ACK_ECE),
      jeq('r7', 0, 'none'),
      ...count(map, 1, 'counted'),
      label('none'),
      ...returnVoid(),
    ]
    return {
      ...base,
      data: { flags },
      callbacks: { ...base.callbacks, cwnd_event: cwndEvent, in_ack_event: inAckEvent },
    }
  }

  const measure = async (flags: number): Promise<{ ceEvents: bigint; eceAcks: bigint; marked: number }> => {
    using map = createMap(kernel, { type: 'BPF_MAP_TYPE_ARRAY', keySize: 4, valueSize: 8, maxEntries: 2, name: 'ecn' })
    using registration = registerStructOps(kernel, linkStructOps(counting(map, flags), hostResolver(kernel)))
    const algorithm = { label: 'counting', cc: registration.name, origin: 'tscc', ecn: true } as const
    const path = { ...path20, ecnThreshold: 15_000 }
    const { runs } = await runExperiment(scenario({ duration: 3000, path }), [algorithm])
    const counter = (index: number): bigint => {
      const value = lookupElement(map, Uint8Array.of(index, 0, 0, 0)) ?? new Uint8Array(8)
      return new DataView(value.buffer, value.byteOffset).getBigUint64(0, true)
    }
    return { ceEvents: counter(0), eceAcks: counter(1), marked: runs[0]?.link?.markedCe ?? 0 }
  }

  test('CA_EVENT_ECN_IS_CE fires on the receiver, with TCP_CONG_NEEDS_ECN; the sender sees ECE', async () => {
    const { ceEvents, eceAcks, marked } = await measure(TCP_CONG_FLAGS.TCP_CONG_NEEDS_ECN)
    expect(marked).toBeGreaterThan(0)
    expect(ceEvents).toBeGreaterThan(0n)
    expect(eceAcks).toBeGreaterThan(0n)
  })

  test('without that flag no CE event fires, and the sender sees ECE all the same', async () => {
    const { ceEvents, eceAcks, marked } = await measure(0)
    expect(marked).toBeGreaterThan(0)
    expect(ceEvents).toBe(0n)
    expect(eceAcks).toBeGreaterThan(0n)
  })

  test('the shipped example asks for ECN', () => {
    expect(ecnCounter().data).toEqual({ flags: TCP_CONG_FLAGS.TCP_CONG_NEEDS_ECN })
  })
})
