import {
  type AttrValues,
  type BpfCommand,
  bpfCommands,
  createLink,
  createMap,
  deleteBatch,
  deleteElement,
  detachLink,
  enableStats,
  type FakeKernel,
  fakeKernel,
  freezeMap,
  linkIds,
  loadBtf,
  loadProgram,
  lookupElement,
  nextKey,
  openBtfById,
  openLinkById,
  openMapById,
  openProgramById,
  ownLink,
  ownMap,
  pinObject,
  programInfo,
  takeElement,
  testRun,
  updateBatch,
  updateElement,
  updateLink,
  writeAttr,
} from '@tscc/syscall'
import { describe, expect, it } from 'vitest'
import { caught, returnZero } from './real-kernel.ts'

/** u32 words; a bigint stands for two of them, a string for a char[16]. */
function words(...values: (number | bigint | string)[]): string {
  const bytes: number[] = []
  const put = (value: bigint, size: number): void => {
    for (let i = 0; i < size; i++) bytes.push(Number((value >> BigInt(8 * i)) & 0xffn))
  }
  for (const value of values)
    if (typeof value === 'string') bytes.push(...new TextEncoder().encode(value.padEnd(16, '\0')))
    else put(BigInt(value), typeof value === 'bigint' ? 8 : 4)
  return hex(Uint8Array.from(bytes))
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Every command answers 7. */
function answering(): FakeKernel {
  return fakeKernel({
    bpf: Object.fromEntries((Object.keys(bpfCommands) as BpfCommand[]).map((name) => [name, () => 7])), // the table's keys
  })
}

/** The last call of one command after `run`. */
function sent(command: BpfCommand, run: (kernel: FakeKernel) => void): string {
  const kernel = answering()
  run(kernel)
  const call = kernel.calls.filter((made) => made.command === command).at(-1)
  if (call === undefined) throw new Error(`${command} was not called`)
  return hex(call.attr)
}

const map = { type: 2, keySize: 4, valueSize: 8, maxEntries: 16, flags: 0, name: 'm' }
const key = Uint8Array.of(1, 0, 0, 0)
const value = new Uint8Array(8)

// A map owner takes the addresses 0x1000 (key), 0x2000 (value) and 0x3000 (next key), in this order.
const P1 = 0x1000n
const P2 = 0x2000n
const P3 = 0x3000n

describe('attr bytes on a little-endian machine', () => {
  const vectors: readonly (readonly [BpfCommand, string, (kernel: FakeKernel) => void, string])[] = [
    [
      'BPF_MAP_CREATE',
      'plain',
      (k) => createMap(k, { type: 'BPF_MAP_TYPE_ARRAY', keySize: 4, valueSize: 8, maxEntries: 16 }),
      words(2, 4, 8, 16, 0),
    ],
    [
      'BPF_MAP_CREATE',
      'named, with BTF',
      (k) =>
        createMap(k, {
          type: 1,
          keySize: 4,
          valueSize: 8,
          maxEntries: 3,
          flags: 1,
          name: 'flows',
          btf: { fd: 9, keyTypeId: 1, valueTypeId: 2 },
        }),
      words(1, 4, 8, 3, 1, 0, 0, 'flows', 0, 9, 1, 2),
    ],
    [
      'BPF_MAP_CREATE',
      'struct_ops with a link',
      (k) =>
        createMap(k, {
          type: 'BPF_MAP_TYPE_STRUCT_OPS',
          keySize: 4,
          valueSize: 256,
          maxEntries: 1,
          flags: 1 << 13,
          name: 'reno',
          btf: { fd: 5 },
          vmlinuxValueTypeId: 0x1234,
        }),
      words(26, 4, 256, 1, 0x2000, 0, 0, 'reno', 0, 5, 0, 0, 0x1234),
    ],
    [
      'BPF_MAP_CREATE',
      'value type in a module',
      (k) => createMap(k, { type: 26, keySize: 4, valueSize: 8, maxEntries: 1, valueTypeBtfObjectFd: 6 }),
      words(26, 4, 8, 1, 0, 0, 0, '', 0, 0, 0, 0, 0, 0n, 6),
    ],
    ['BPF_MAP_LOOKUP_ELEM', '', (k) => lookupElement(ownMap(k, 3, map), key), words(3, 0, P1, P2, 0n)],
    [
      'BPF_MAP_UPDATE_ELEM',
      'with flags',
      (k) => updateElement(ownMap(k, 3, map), key, value, 2),
      words(3, 0, P1, P2, 2n),
    ],
    ['BPF_MAP_DELETE_ELEM', '', (k) => caught(() => deleteElement(ownMap(k, 3, map), key)), words(3, 0, P1)],
    ['BPF_MAP_GET_NEXT_KEY', 'first', (k) => nextKey(ownMap(k, 3, map)), words(3, 0, 0n, P1)],
    ['BPF_MAP_GET_NEXT_KEY', 'after a key', (k) => nextKey(ownMap(k, 3, map), key), words(3, 0, P1, P2)],
    ['BPF_MAP_LOOKUP_AND_DELETE_ELEM', '', (k) => takeElement(ownMap(k, 3, map), key), words(3, 0, P1, P2, 0n)],
    ['BPF_MAP_FREEZE', '', (k) => freezeMap(ownMap(k, 3, map)), words(3)],
    [
      'BPF_MAP_UPDATE_BATCH',
      '',
      (k) => updateBatch(ownMap(k, 3, map), new Uint8Array(8), new Uint8Array(16), 1),
      words(0n, 0n, P1, P2, 2, 3, 1n, 0n),
    ],
    [
      'BPF_MAP_DELETE_BATCH',
      '',
      (k) => deleteBatch(ownMap(k, 3, map), new Uint8Array(8)),
      words(0n, 0n, P1, 0n, 2, 3, 0n, 0n),
    ],
    [
      'BPF_PROG_LOAD',
      'plain',
      (k) => loadProgram(k, { type: 'BPF_PROG_TYPE_SOCKET_FILTER', instructions: returnZero }),
      words(1, 2, P1, P2, 0, 0, 0n, 0, 0),
    ],
    [
      'BPF_PROG_LOAD',
      'struct_ops callback',
      (k) =>
        loadProgram(k, {
          type: 'BPF_PROG_TYPE_STRUCT_OPS',
          instructions: returnZero,
          license: 'GPL',
          name: 'ssthresh',
          expectedAttachType: 3,
          attachBtfId: 0x55,
          btf: { fd: 8, funcInfo: new Uint8Array(8), lineInfo: new Uint8Array(48) },
        }),
      words(27, 2, P1, P2, 0, 0, 0n, 0, 0, 'ssthresh', 0, 3, 8, 8, P3, 1, 16, 0x4000n, 3, 0x55),
    ],
    [
      'BPF_PROG_LOAD',
      'fd_array',
      (k) => loadProgram(k, { type: 1, instructions: returnZero, attachBtfObjectFd: 4, fdArray: [0, 4] }),
      words(1, 2, P1, P2, 0, 0, 0n, 0, 0, '', 0, 0, 0, 0, 0n, 0, 0, 0n, 0, 0, 4, 0, P3),
    ],
    ['BPF_BTF_LOAD', '', (k) => loadBtf(k, new Uint8Array(24)), words(P1, 0n, 24, 0, 0)],
    ['BPF_OBJ_PIN', '', (k) => pinObject(k, ownLink(k, 6), '/sys/fs/bpf/x'), words(P1, 6)],
    ['BPF_PROG_TEST_RUN', 'plain', (k) => testRun(k, { fd: 4 }, {}), words(4, 0, 0, 0, 0n, 0n, 0, 0)],
    [
      'BPF_PROG_TEST_RUN',
      'packet and context',
      (k) =>
        testRun(
          k,
          { fd: 4 },
          { data: new Uint8Array(64), context: new Uint8Array(12), repeat: 5, dataOutSize: 32, contextOutSize: 12 },
        ),
      words(4, 0, 64, 32, P1, P2, 5, 0, 12, 12, P3, 0x4000n),
    ],
    ['BPF_PROG_GET_FD_BY_ID', '', (k) => openProgramById(k, 77), words(77)],
    ['BPF_MAP_GET_FD_BY_ID', '', (k) => openMapById(k, 78), words(78)],
    ['BPF_BTF_GET_FD_BY_ID', '', (k) => openBtfById(k, 79), words(79)],
    ['BPF_LINK_GET_FD_BY_ID', '', (k) => openLinkById(k, 80), words(80)],
    ['BPF_LINK_GET_NEXT_ID', '', (k) => linkIds(k).next(), words(0, 0)],
    ['BPF_OBJ_GET_INFO_BY_FD', '', (k) => programInfo(k, 5), words(5, 232, P1)],
    [
      'BPF_LINK_CREATE',
      'struct_ops',
      (k) => createLink(k, { fd: 5, attachType: 'BPF_STRUCT_OPS' }),
      words(5, 0, 44, 0),
    ],
    [
      'BPF_LINK_CREATE',
      'cgroup',
      (k) => createLink(k, { fd: 5, attachType: 'BPF_CGROUP_SOCK_OPS', target: 6, flags: 1 }),
      words(5, 6, 3, 1),
    ],
    [
      'BPF_LINK_CREATE',
      'tracing',
      (k) => createLink(k, { fd: 5, attachType: 'BPF_TRACE_FENTRY', targetBtfId: 9 }),
      words(5, 0, 24, 0, 9),
    ],
    ['BPF_LINK_UPDATE', '', (k) => updateLink(ownLink(k, 5), 6), words(5, 6, 0, 0)],
    [
      'BPF_LINK_UPDATE',
      'only if it is the expected one',
      (k) => updateLink(ownLink(k, 5), 6, { expectedFd: 7 }),
      words(5, 6, 4, 7),
    ],
    ['BPF_LINK_DETACH', '', (k) => detachLink(ownLink(k, 5)), words(5)],
    ['BPF_ENABLE_STATS', '', (k) => enableStats(k), words(0)],
  ]
  for (const [command, what, run, expected] of vectors)
    it(`${command} ${what}`, () => expect(sent(command, run)).toBe(expected))

  const raw = <Command extends BpfCommand>(command: Command, values: AttrValues<Command>): string => {
    const attr = writeAttr(fakeKernel(), command, values)
    return hex(attr.bytes.subarray(0, attr.size))
  }
  it('commands without a function of their own', () => {
    expect(raw('BPF_PROG_ATTACH', { target_fd: 1, attach_bpf_fd: 2, attach_type: 3 })).toBe(words(1, 2, 3))
    expect(raw('BPF_PROG_DETACH', { target_fd: 1, attach_type: 3, replace_bpf_fd: 4 })).toBe(words(1, 0, 3, 0, 4))
    expect(raw('BPF_PROG_QUERY', { target_fd: 1, attach_type: 3, prog_ids: key, prog_cnt: 9 })).toBe(
      words(1, 3, 0, 0, P1, 9),
    )
    expect(raw('BPF_RAW_TRACEPOINT_OPEN', { name: key, prog_fd: 2 })).toBe(words(P1, 2))
    expect(raw('BPF_ITER_CREATE', { link_fd: 2 })).toBe(words(2, 0))
    expect(raw('BPF_PROG_BIND_MAP', { prog_fd: 2, map_fd: 3 })).toBe(words(2, 3, 0))
    expect(raw('BPF_OBJ_GET', { pathname: key, file_flags: 8 })).toBe(words(P1, 0, 8))
    expect(raw('BPF_OBJ_GET', { pathname: key, path_fd: -100 })).toBe(words(P1, 0, 0, 0xffff_ff9c))
    expect(raw('BPF_MAP_CREATE', { map_type: 30, map_extra: 3n })).toBe(
      words(30, 0, 0, 0, 0, 0, 0, '', 0, 0, 0, 0, 0, 3n),
    )
  })
})

describe('the command table', () => {
  it('has no two fields in one place', () => {
    const width = { u32: 4, s32: 4, u64: 8, ptr: 8, name: 16 }
    for (const [command, row] of Object.entries(bpfCommands)) {
      const fields = Object.values<{ readonly at: number; readonly type: keyof typeof width }>(row.fields)
      fields.slice(1).forEach((field, i) => {
        const before = fields[i]
        const end = before === undefined ? 0 : before.at + width[before.type]
        expect([command, field.at >= end && field.at < end + 8]).toEqual([command, true])
      })
    }
    const numbers = Object.values(bpfCommands).map((row) => row.number)
    expect(new Set(numbers).size).toBe(numbers.length)
  })

  it('range-checks every narrowing', () => {
    const kernel = fakeKernel()
    for (const bad of [-1, 2 ** 32, 1.5, Number.NaN])
      expect(caught(() => writeAttr(kernel, 'BPF_MAP_CREATE', { map_type: bad }))).toMatchObject({
        code: 'syscall/out-of-range',
        context: { field: 'BPF_MAP_CREATE.map_type' },
      })
    expect(caught(() => writeAttr(kernel, 'BPF_MAP_CREATE', { map_extra: 1n << 64n }))).toMatchObject({
      code: 'syscall/out-of-range',
    })
    expect(caught(() => writeAttr(kernel, 'BPF_MAP_CREATE', { map_name: 'a-b' }))).toMatchObject({
      code: 'syscall/name',
    })
  })
})
