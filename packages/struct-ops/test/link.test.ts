import { buildBtf, parseBtf } from '@tscc/btf'
import { add, disassemble, jeq, jne32, label, mov } from '@tscc/insn'
import {
  aimdSsthresh,
  btfResolver,
  cachedResolver,
  callbackPrologue,
  callbackSignatures,
  congControlPrologue,
  describeStep,
  incrementCwnd,
  linkStructOps,
  loadCaState,
  loadEnum,
  loadField,
  loadPrivate,
  minimalUndoCwndProgram,
  originOf,
  prologue,
  type Resolver,
  returnImm,
  returnR0,
  returnReg,
  returnVoid,
  type Step,
  type Steps,
  signatureText,
  storeField,
  storePrivate,
  structOpsErrors,
  tcpCongestionOpsCallbacks,
  tcpSockOffset,
} from '@tscc/struct-ops'
import { tcpBtfFixture } from '@tscc/struct-ops/fixture'
import { describe, expect, test } from 'vitest'

const resolver = btfResolver(parseBtf(tcpBtfFixture()))

/** The text of one callback's program. */
function linked(steps: Steps, callback = 'ssthresh', by: Resolver = resolver): string[] {
  const spec = { type: 'tcp_congestion_ops', name: 'test', callbacks: { [callback]: steps } }
  const [program] = linkStructOps(spec, by).programs
  return disassemble(program?.insns ?? [])
    .trim()
    .split('\n')
}

test('offsets come from the BTF, never from a table', () => {
  const at = tcpSockOffset(resolver, 'snd_cwnd')
  expect(linked([...prologue('r6'), ...aimdSsthresh('r6', 'r7'), ...returnR0()])).toEqual([
    'r6 = *(u64 *)(r1 + 0)',
    `r7 = *(u32 *)(r6 + ${at})`,
    'w7 >>= 1',
    'if w7 >= 2 goto +1',
    'w7 = 2',
    'w0 = w7',
    'exit',
  ])
  const moved: Resolver = {
    ...resolver,
    field: (struct, path) => ({ ...resolver.field(struct, path), offset: 4000 }),
  }
  expect(linked([...incrementCwnd('r6', 'r7')], 'ssthresh', moved)[0]).toBe('r7 = *(u32 *)(r6 + 4000)')
})

describe('arguments', () => {
  test('positions are slots of eight bytes, and r1 is read last', () => {
    expect(linked(prologue('r1', 'r7', 'r8'), 'cong_avoid')).toEqual([
      'r7 = *(u64 *)(r1 + 8)',
      'r8 = *(u64 *)(r1 + 16)',
      'r1 = *(u64 *)(r1 + 0)',
    ])
  })
  test('one register for two arguments is refused', () => {
    expect(() => prologue('r6', 'r6')).toThrow('prologue: r6, r6 must be different registers')
  })
  test('names are bound through the kernel stub functions', () => {
    expect(linked(callbackPrologue('cong_avoid', { acked: 'r8' }), 'cong_avoid')).toEqual(['r8 = *(u64 *)(r1 + 16)'])
  })
  test('rs of cong_control is bound by its type: slot 3 on this kernel, slot 1 before 6.10', () => {
    expect(linked(congControlPrologue('r6', 'r7'), 'cong_control')[1]).toBe('r7 = *(u64 *)(r1 + 24)')
    const old: Resolver = {
      ...resolver,
      pointees: () => ['sock', 'rate_sample'],
      parameterNames: () => ['', ''],
    }
    expect(linked(congControlPrologue('r6', 'r7'), 'cong_control', old)[1]).toBe('r7 = *(u64 *)(r1 + 8)')
    expect(() => linked(callbackPrologue('cong_control', { flag: 'r8' }), 'cong_control', old)).toThrow(
      'cong_control: the target kernel passes no argument flag',
    )
  })
  test('an argument that no kernel has names those there are', () => {
    expect(() => callbackPrologue('ssthresh', { skk: 'r6' })).toThrow(
      'ssthresh: the target kernel passes no argument skk',
    )
    expect(() => linked(prologue('r6', 'r7'))).toThrow(/passes no argument 1, it passes \(sk\)/)
  })
})

describe('fields', () => {
  test('a bitfield becomes a load, a shift and a mask', () => {
    const text = linked([loadCaState('r7', 'r6')])
    const at = resolver.field('tcp_sock', 'icsk_ca_state')
    expect(at.bitfield?.bitSize).toBe(5)
    expect(text[0]).toBe(`r7 = *(u8 *)(r6 + ${at.offset})`)
    expect(text.at(-1)).toBe('r7 &= 31')
  })
  test('a signed field is sign-extended', () => {
    const at = resolver.field('ack_sample', 'rtt_us')
    expect(at).toMatchObject({ signed: true, size: 4 })
    expect(linked([loadField('r7', 'r8', 'ack_sample', 'rtt_us')])).toEqual([
      `r7 = *(u32 *)(r8 + ${at.offset})`,
      'r7 <<= 32',
      'r7 s>>= 32',
    ])
  })
  test('stores have the field’s own width', () => {
    const text = linked([
      storeField('r6', 'tcp_sock', 'snd_cwnd', 10),
      storeField('r6', 'tcp_sock', 'sk_pacing_rate', 'r7'),
    ])
    expect(text[0]).toMatch(/^\*\(u32 \*\)\(r6 \+ \d+\) = (0xa|10)$/)
    expect(text[1]).toMatch(/^\*\(u64 \*\)\(r6 \+ \d+\) = r7$/)
  })

  /** What TypeScript refuses at once, the linker refuses too: code may come from JavaScript. */
  const untyped = (step: object): Steps => [step as Step] // an ill-typed step is the point

  test('a wrong name is a TypeScript error and a run-time error with the nearest names', () => {
    // @ts-expect-error no such field
    expect(() => linked([loadField('r7', 'r6', 'tcp_sock', 'snd_cwn')])).toThrow(
      /tcp_sock\.snd_cwn: no such field; did you mean snd_cwnd/,
    )
  })
  test('a wrong width is an error of both', async () => {
    const { tcpSockLoadU16, tcpSockStoreU32 } = await import('@tscc/struct-ops')
    // @ts-expect-error mss_cache is 32 bits wide
    expect(() => linked([tcpSockLoadU16('r7', 'r6', 'mss_cache')])).toThrow(
      'tcp_sock.mss_cache: is 4 bytes wide, access is 2',
    )
    // @ts-expect-error a bitfield has no width that a store could have
    expect(() => linked([tcpSockStoreU32('r6', 'icsk_ca_state', 'r7')])).toThrow(/bitfield, which cannot be stored/)
  })
  test('a struct is no scalar', () => {
    const step = { kind: 'loadField', dst: 'r7', base: 'r6', struct: 'tcp_sock', field: 'inet_conn' }
    expect(() => linked(untyped(step))).toThrow('tcp_sock.inet_conn: is a struct, which cannot be loaded as a scalar')
  })
  test('private state has 104 bytes', () => {
    const base = resolver.field('tcp_sock', 'icsk_ca_priv')
    expect(base.size).toBe(104)
    expect(linked([loadPrivate('r7', 'r6', 100), storePrivate('r6', 96, 0, 'u64')])[0]).toBe(
      `r7 = *(u32 *)(r6 + ${base.offset + 100})`,
    )
    expect(() => linked([loadPrivate('r7', 'r6', 101)])).toThrow('bytes 101..105 are outside the 104 bytes')
    expect(() => linked([storePrivate('r6', -1, 0, 'u8')])).toThrow(/private state/)
  })
  test('enum constants come from the target', () => {
    expect(linked([loadEnum('r7', 'tcp_ca_event', 'CA_EVENT_ECN_IS_CE')])).toEqual(['w7 = 5'])
    const step = { kind: 'loadEnum', dst: 'r7', enum: 'tcp_ca_event', name: 'CA_EVENT_ECN_IS_CF' }
    expect(() => linked(untyped(step))).toThrow(
      /no such enum constant on the target kernel; did you mean CA_EVENT_ECN_IS_CE/,
    )
  })
})

test('numeric jumps count steps, whatever a step becomes', () => {
  const text = linked([
    mov('r7', 1),
    jeq('r7', 1, 1),
    loadCaState('r8', 'r6'),
    mov('r0', 0),
    jne32('r0', 0, -3),
    ...returnR0(),
  ])
  const skipped = linked([loadCaState('r8', 'r6')]).length
  expect(text[1]).toBe(`if r7 == 1 goto +${skipped}`)
  expect(text.at(-2)).toBe(`if w0 != 0 goto -${skipped + 2}`)
})

test('kernels before 5.13 have the functions, and let no program call them', () => {
  const kernel = (...helpers: readonly string[]): Resolver =>
    btfResolver(
      parseBtf(
        buildBtf([
          { kind: 'func_proto', name: '', returnTypeId: 0, params: [] },
          { kind: 'func', name: 'tcp_slow_start', typeId: 1, linkage: 'static' },
          {
            kind: 'enum',
            name: 'bpf_func_id',
            size: 4,
            signed: false,
            values: helpers.map((name, value) => ({ name, value })),
          },
        ]),
      ),
    )
  expect(kernel('BPF_FUNC_unspec', 'BPF_FUNC_for_each_map_elem').kfunc('tcp_slow_start')).toBe(2)
  expect(kernel('BPF_FUNC_unspec').kfunc('tcp_slow_start')).toBeUndefined()
})

test('kfuncs are called by id, or their fallback stands in', () => {
  const call: Step = { kind: 'kfunc', name: 'tcp_slow_start', fallback: [mov('r0', 7)] }
  const id = resolver.kfunc('tcp_slow_start')
  expect(id).toBeGreaterThan(0)
  expect(linked([call])[0]).toContain(`${id}`)
  const without: Resolver = { ...resolver, kfunc: () => undefined }
  expect(linked([call], 'ssthresh', without)).toEqual(['r0 = 7'])
  expect(() => linked([{ kind: 'kfunc', name: 'no_such' }], 'ssthresh', without)).toThrow(
    'no_such: the target kernel has no such kfunc and the program gives no fallback',
  )
})

describe('values', () => {
  const type = 'tcp_congestion_ops'
  const layout = resolver.structOps(type)
  test('the value is a header, then the ops with name and flags', () => {
    expect(layout).toMatchObject({ size: 192, valueSize: 256, dataOffset: 64 })
    const { value, programs } = linkStructOps(
      {
        type,
        name: 'ts_x',
        data: { flags: 2 },
        callbacks: { ssthresh: returnImm(2), undo_cwnd: minimalUndoCwndProgram() },
      },
      resolver,
    )
    const member = (name: string) => layout.members.find((m) => m.name === name)
    const at = 64 + (member('name')?.offset ?? 0)
    expect(new TextDecoder().decode(value.subarray(at, at + 5))).toBe('ts_x\0')
    expect(value[64 + (member('flags')?.offset ?? 0)]).toBe(2)
    expect(value.filter((byte) => byte !== 0).length).toBe(5)
    expect(programs.map((p) => [p.callback, p.memberIndex, p.valueOffset])).toEqual([
      ['ssthresh', 0, 64],
      ['undo_cwnd', member('undo_cwnd')?.index, 64 + (member('undo_cwnd')?.offset ?? 0)],
    ])
  })
  test.each(['', 'sixteen_chars_xx', 'no-dashes', 'spa ce'])('the name %j is refused', (name) => {
    expect(() => linkStructOps({ type, name, callbacks: {} }, resolver)).toThrow(`name '${name}': must be 1 to 15`)
  })
  test('unknown members, callbacks and types name the nearest', () => {
    expect(() => linkStructOps({ type, name: 'x', data: { flag: 1 }, callbacks: {} }, resolver)).toThrow(
      'tcp_congestion_ops.flag: no such data member; did you mean flags?',
    )
    expect(() => linkStructOps({ type, name: 'x', data: { flags: 2 ** 32 }, callbacks: {} }, resolver)).toThrow(
      'flags: value 4294967296 does not fit 4 bytes',
    )
    expect(() => linked(returnVoid(), 'sshthresh')).toThrow('no such callback; did you mean ssthresh')
    expect(() => linkStructOps({ type: 'tcp_congestion_op', name: 'x', callbacks: {} }, resolver)).toThrow(
      /no such struct_ops type; did you mean tcp_congestion_ops/,
    )
  })
  test('a callback that only newer kernels have is dropped, with the reason', () => {
    const result = linkStructOps(
      { type, name: 'x', callbacks: { ssthresh: returnImm(2), cwnd_event_tx_start: returnVoid() } },
      resolver,
    )
    expect(result.dropped).toEqual([
      { callback: 'cwnd_event_tx_start', why: 'kernels have tcp_congestion_ops.cwnd_event_tx_start from 7.1' },
    ])
    expect(result.programs).toHaveLength(1)
  })
  test('signatures have the stubs’ parameter names; get_info has no stub, so BPF may not implement it', () => {
    const signatures = callbackSignatures(parseBtf(tcpBtfFixture()), type)
    const stubs = Object.fromEntries(signatures.map((signature) => [signature.callback, signature.stub]))
    expect(stubs).toMatchObject({ ssthresh: true, init: true, release: true, cong_control: true, get_info: false })
    const text = signatures.map(signatureText)
    expect(text).toContain('u32 ssthresh(struct sock *sk)')
    expect(text).toContain('void cong_control(struct sock *sk, u32 ack, int flag, const struct rate_sample *rs)')
    for (const row of tcpCongestionOpsCallbacks) {
      const found = signatures.find((signature) => signature.callback === row.callback)
      if (found === undefined || row.need === 'refused') continue
      expect(found.parameters.map((p) => [p.name, p.type])).toEqual(row.parameters.map((p) => [p.name, p.type]))
      expect(found.returns).toBe(row.returns)
    }
  })
})

test('linking is deterministic, and the same from a cache without any BTF', () => {
  const spec = {
    type: 'tcp_congestion_ops',
    name: 'x',
    callbacks: { ssthresh: [...prologue('r6'), loadCaState('r0', 'r6'), ...returnReg('r0')] },
  }
  const first = cachedResolver(() => btfResolver(parseBtf(tcpBtfFixture())))
  const bytes = (by: Resolver): number[] => linkStructOps(spec, by).programs.flatMap((p) => [...p.bytes])
  const want = bytes(first)
  expect(first.misses()).toBeGreaterThan(0)
  const second = cachedResolver(
    () => {
      throw new Error('opened')
    },
    JSON.parse(JSON.stringify(first.answers())),
  )
  expect(bytes(second)).toEqual(want)
  expect(second.misses()).toBe(0)
})

test('every step has a line of text, and slots lead back to their steps', () => {
  const steps: Steps = [
    ...callbackPrologue('ssthresh', { sk: 'r6' }),
    loadCaState('r7', 'r6'),
    storePrivate('r6', 0, 'r7'),
    loadPrivate('r7', 'r6', 0),
    loadEnum('r8', 'tcp_ca_event', 'CA_EVENT_LOSS'),
    storeField('r6', 'tcp_sock', 'snd_cwnd', 'r7'),
    jeq('r7', 'r8', 'end'),
    add('r7', 1),
    label('end'),
    ...returnReg('r7'),
  ]
  expect(steps.map(describeStep)).toEqual([
    'r6 = argument sk',
    'r7 = tcp_sock.icsk_ca_state of r6',
    '*(u32 *)(icsk_ca_priv of r6 + 0) = r7',
    'r7 = *(u32 *)(icsk_ca_priv of r6 + 0)',
    'r8 = CA_EVENT_LOSS',
    'tcp_sock.snd_cwnd of r6 = r7',
    'jump to end',
    'r7 += 1',
    'end:',
    'w0 = w7',
    'exit',
  ])
  const [program] = linkStructOps(
    { type: 'tcp_congestion_ops', name: 'x', callbacks: { ssthresh: steps } },
    resolver,
  ).programs
  if (program === undefined) throw new Error('not linked')
  expect(originOf(program, 1)).toBe('r7 = tcp_sock.icsk_ca_state of r6')
  expect(originOf(program, 2)).toBe(originOf(program, 1))
  expect(originOf(program, 999)).toBe('')
})

test('errors carry codes and data', () => {
  try {
    linked(returnVoid(), 'sshthresh')
    expect.unreachable()
  } catch (error) {
    expect(structOpsErrors.is(error, 'struct-ops/unknown-callback') && error.context.nearest[0]).toBe('ssthresh')
  }
})
