import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ecnCounter, reno, vegasStyle } from '@tscc/algos'
import { findType, funcProto, membersOf, nameOf, parseBtf, resolveField, typeOf } from '@tscc/btf'
import { callFunc, callKfunc, decode, disassemble, exit, ja, jne, label, ldImm64, mov } from '@tscc/insn'
import { readObject, writeObject } from '@tscc/object'
import {
  callbackPrologue,
  congControlPrologue,
  initPrologue,
  loadCaState,
  loadField,
  loadPrivate,
  minimalCongAvoidProgram,
  minimalSsthreshProgram,
  minimalUndoCwndProgram,
  prologue,
  returnReg,
  returnVoid,
  type Steps,
  type StructOpsSpec,
  storeField,
  storePrivate,
  structOpsErrors,
} from '@tscc/struct-ops'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { specToObject } from '../src/object.ts'

/** Algorithms in instructions. */
const algorithms = [
  { name: 'reno', spec: reno },
  { name: 'vegas-style', spec: vegasStyle },
  { name: 'ecn-counter', spec: ecnCounter },
] as const

const specOf = (callbacks: Readonly<Record<string, Steps>>, more: Partial<StructOpsSpec> = {}): StructOpsSpec => ({
  type: 'tcp_congestion_ops',
  name: 'test',
  callbacks,
  ...more,
})

/** Text of one callback's code, and what is relocated in it. */
function made(steps: Steps, callback = 'init', endian: 'little' | 'big' = 'little') {
  const object = specToObject(specOf({ [callback]: steps }), { endian })
  const [f] = object.functions
  if (f === undefined) throw new Error('no function')
  const btf = parseBtf(object.btf ?? new Uint8Array())
  const text = disassemble(decode(f.code, { endian })).trim().split('\n')
  return {
    object,
    btf,
    text,
    core: f.coreRelocations.map((r) => `${r.at} ${r.kind} ${nameOf(btf, r.typeId)} ${r.access}`),
    relocations: f.relocations,
    lines: f.lines.map((line) => `${line.at} ${line.line} ${line.text}`),
  }
}

test('the same spec gives the same object and the same bytes', () => {
  for (const { spec } of algorithms) {
    expect(specToObject(spec('same'))).toEqual(specToObject(spec('same')))
    expect(writeObject(specToObject(spec('same')))).toEqual(writeObject(specToObject(spec('same'))))
  }
})

describe.each(algorithms.map((one) => [one.name, one] as const))('%s', (_, algorithm) => {
  test.each(['little', 'big'] as const)('its file reads back as the object that it was, %s endian', (endian) => {
    for (const section of ['.struct_ops', '.struct_ops.link'] as const) {
      const object = specToObject(algorithm.spec(), { endian, section })
      expect(object.structOps[0]?.callbacks.length).toBeGreaterThan(1)
      expect(readObject(writeObject(object))).toEqual(object)
    }
  })
})

test('types have no more than the program uses, offsets are those of the types', () => {
  const { btf, text, core } = made([
    ...initPrologue('r6'),
    loadField('r7', 'r6', 'tcp_sock', 'snd_cwnd'),
    storeField('r6', 'tcp_sock', 'snd_ssthresh', 'r7'),
    loadField('r8', 'r6', 'tcp_sock', 'sk_pacing_rate'),
    ...returnVoid(),
  ])
  const offset = (path: string): number => resolveField(btf, 'tcp_sock', path).offset
  expect(text.slice(1, 4)).toEqual([
    `r7 = *(u32 *)(r6 + ${offset('snd_cwnd')})`,
    `*(u32 *)(r6 + ${offset('snd_ssthresh')}) = r7`,
    `r8 = *(u64 *)(r6 + ${offset('inet_conn.icsk_inet.sk.sk_pacing_rate')})`,
  ])
  expect(core).toEqual([
    '1 field_byte_offset tcp_sock 0:1',
    '2 field_byte_offset tcp_sock 0:2',
    '3 field_byte_offset tcp_sock 0:0:0:0:0',
  ])
  const members = (name: string) => membersOf(btf, findType(btf, name, 'struct') ?? 0).map((member) => member.name)
  expect(members('tcp_sock')).toEqual(['inet_conn', 'snd_cwnd', 'snd_ssthresh'])
  expect(members('sock')).toEqual(['sk_pacing_rate'])
  expect(members('tcp_congestion_ops')).toEqual(['name', 'init'])
})

test('members of one struct are the same wherever it is reached from', () => {
  const { btf, core } = made([
    ...initPrologue('r6'),
    loadField('r7', 'r6', 'sock', 'sk_pacing_rate'),
    loadField('r8', 'r6', 'tcp_sock', 'sk_pacing_status'),
    ...returnVoid(),
  ])
  expect(core).toEqual(['1 field_byte_offset sock 0:1', '2 field_byte_offset tcp_sock 0:0:0:0:0'])
  expect(membersOf(btf, findType(btf, 'sock', 'struct') ?? 0).length).toBe(2)
})

test.each(['little', 'big'] as const)('a bitfield, %s endian', (endian) => {
  const { btf, core, text } = made([...prologue('r6'), loadCaState('r7', 'r6'), ...returnReg('r7')], 'ssthresh', endian)
  const state = membersOf(btf, findType(btf, 'inet_connection_sock', 'struct') ?? 0)[0]
  expect(state?.bitSize).toBe(5)
  expect((state?.bitOffset ?? 0) % 8).toBe(endian === 'little' ? 0 : 3)
  expect(text).toContain(`r7 <<= 59`)
  expect(text).toContain(`r7 >>= 59`)
  expect(core.map((line) => line.replace(/ tcp_sock.*/, ''))).toEqual([
    '1 field_byte_size',
    '5 field_byte_offset',
    '7 field_byte_offset',
    '9 field_byte_offset',
    '11 field_byte_offset',
    '12 field_lshift_u64',
    '13 field_rshift_u64',
  ])
})

test('private state: elements directly, what lies between them from the area', () => {
  const { core, text } = made([
    ...initPrologue('r6'),
    loadPrivate('r7', 'r6', 96, 'u8'),
    loadPrivate('r7', 'r6', 97, 'u8'),
    ...returnVoid(),
  ])
  expect(core).toEqual(['1 field_byte_offset tcp_sock 0:0:0:12', '3 field_byte_offset tcp_sock 0:0:0'])
  expect(text.slice(2, 5)).toEqual(['r7 = r6', expect.stringMatching(/^r7 \+= \d+$/), 'r7 = *(u8 *)(r7 + 97)'])
})

test('an argument is loaded where the spec says or where it was before, and bound by our linker', () => {
  const { text, relocations, core, btf } = made([...congControlPrologue('r6', 'r7'), ...returnVoid()], 'cong_control')
  expect(text.slice(0, 6)).toEqual([
    'r6 = *(u64 *)(r1 + 0)',
    'r7 = 1',
    'if r7 == 0 goto +2',
    'r7 = *(u64 *)(r1 + 24)',
    'goto +1',
    'r7 = *(u64 *)(r1 + 8)',
  ])
  const rs = { name: 'rs', pointee: 'rate_sample', index: 3, arity: 4 }
  expect(relocations).toEqual([
    { kind: 'argument', at: 0, argument: { name: 'sk', pointee: 'sock', index: 0, arity: 4 } },
    { kind: 'argument', at: 3, argument: rs },
    { kind: 'argument', at: 5, argument: rs },
  ])
  expect(core).toEqual(['1 type_matches tcp_congestion_ops___cong_control 0'])
  const flavour = findType(btf, 'tcp_congestion_ops___cong_control', 'struct') ?? 0
  const { params } = funcProto(btf, membersOf(btf, flavour)[0]?.typeId ?? 0)
  expect(params.length).toBe(4)
})

test('without a register for the question, an argument is where the spec says', () => {
  const { text } = made([...congControlPrologue('r6', 'r1'), ...returnVoid()], 'cong_control')
  expect(text.slice(0, 2)).toEqual(['r6 = *(u64 *)(r1 + 0)', 'r1 = *(u64 *)(r1 + 24)'])
})

test('kfuncs are externs, weak where every call has a fallback', () => {
  const call = (name: string, fallback?: Steps): Steps[number] => ({
    kind: 'kfunc',
    name,
    ...(fallback === undefined ? {} : { fallback }),
  })
  const { object, btf, text } = made(
    [
      ...callbackPrologue('cong_avoid', { sk: 'r1', acked: 'r2' }),
      call('tcp_slow_start', [mov('r0', 1), jne('r0', 0, 1), mov('r0', 2)]),
      call('tcp_reno_ssthresh'),
      call('tcp_reno_ssthresh', [mov('r0', 3)]),
      ...returnVoid(),
    ],
    'cong_avoid',
  )
  expect(object.externs.map((extern) => [extern.name, extern.weak])).toEqual([
    ['tcp_slow_start', true],
    ['tcp_reno_ssthresh', false],
  ])
  expect(text.slice(2, 9)).toEqual([
    'r0 = 0 ll',
    'if r0 == 0 goto +2',
    'call pc-1',
    'goto +3',
    'r0 = 1',
    'if r0 != 0 goto +1',
    'r0 = 2',
  ])
  expect(object.functions[0]?.relocations.filter((r) => r.kind === 'extern').map((r) => r.at)).toEqual([
    2, 5, 10, 11, 14,
  ])
  const section = typeOf(btf, findType(btf, '.ksyms', 'datasec') ?? 0)
  expect(section.kind === 'datasec' && section.vars.map((v) => nameOf(btf, v.typeId))).toEqual([
    'tcp_slow_start',
    'tcp_reno_ssthresh',
  ])
})

test('steps are the lines that the verifier shows', () => {
  const { lines, object } = made([...initPrologue('r6'), loadCaState('r7', 'r6'), label('x'), ...returnVoid()])
  expect(lines).toEqual(['0 1 r6 = argument sk', '1 2 r7 = tcp_sock.icsk_ca_state of r6', '14 4 r0 = 0', '15 5 exit'])
  expect(object.functions[0]?.lines[0]?.file).toBe('test/init')
})

test('the value: name, data, callbacks that the types do not have yet', () => {
  const callbacks = { cwnd_event_tx_start: [...initPrologue('r6'), ...returnVoid()], init: [exit()] }
  for (const endian of ['little', 'big'] as const) {
    const { structOps, functions } = specToObject(specOf(callbacks, { data: { flags: 2 } }), { endian })
    const [value] = structOps
    if (value === undefined) throw new Error('no value')
    expect(value.name).toBe('test')
    const view = new DataView(value.data.buffer)
    const btf = parseBtf(specToObject(specOf(callbacks, { data: { flags: 2 } }), { endian }).btf ?? new Uint8Array())
    const at = (name: string): number => resolveField(btf, value.typeId, name).offset
    expect(view.getUint32(at('flags'), endian === 'little')).toBe(2)
    expect(new TextDecoder().decode(value.data.subarray(at('name'), at('name') + 5))).toBe('test\0')
    for (const { member, offset, function: index } of value.callbacks) {
      expect(offset).toBe(at(member))
      expect(functions[index]?.section).toBe(`struct_ops/tcp_congestion_ops/${member}`)
    }
  }
})

test('what a program calls is a static function of its own', () => {
  const steps: Steps = [
    ...initPrologue('r6'),
    mov('r1', 1),
    callFunc('twice'),
    ldImm64('r2', { func: 'once' }),
    ...returnVoid(),
    label('twice'),
    mov('r0', 'r1'),
    callFunc('once'),
    exit(),
    label('once'),
    mov('r0', 7),
    exit(),
  ]
  const { functions, structOps } = specToObject(specOf({ init: steps, release: steps }))
  expect(functions.map((f) => [f.name, f.section, f.linkage])).toEqual([
    ['init', 'struct_ops/tcp_congestion_ops/init', 'global'],
    ['release', 'struct_ops/tcp_congestion_ops/release', 'global'],
    ['init_twice', '.text', 'static'],
    ['init_once', '.text', 'static'],
    ['release_twice', '.text', 'static'],
    ['release_once', '.text', 'static'],
  ])
  expect(functions[1]?.relocations.slice(1)).toEqual([
    { kind: 'call', at: 2, function: 4 },
    { kind: 'function', at: 3, function: 5 },
  ])
  expect(functions[4]?.relocations).toEqual([{ kind: 'call', at: 1, function: 5 }])
  expect(functions[5]?.lines.map((line) => line.line)).toEqual([12, 13])
  expect(structOps[0]?.callbacks.map((callback) => callback.function)).toEqual([0, 1])
})

test('names do not collide', () => {
  const spec = specOf(
    { init: [...initPrologue('r1'), { kind: 'kfunc', name: 'tcp_slow_start' }, ...returnVoid()] },
    { name: 'init' },
  )
  expect(specToObject(spec).structOps[0]?.name).toBe('init_')
  expect(specToObject({ ...spec, name: 'tcp_slow_start' }).structOps[0]?.name).toBe('tcp_slow_start_')
  expect(specToObject({ ...spec, name: '2.5' }).structOps[0]?.name).toBe('_2_5')
})

describe('what no object can hold', () => {
  test.each<[string, Steps, string]>([
    ['a descriptor', [ldImm64('r1', { mapFd: 3 }), exit()], "init: 'r1 = map[fd:3]' cannot be part of an object"],
    ['a kfunc by id', [callKfunc(7), exit()], 'a kfunc by number is of one kernel; name it'],
    ['a call by distance', [callFunc(1), exit(), exit()], 'functions of a program go by label'],
    ['a call of nothing', [callFunc('f'), exit()], 'there is no such label'],
    ['a jump into another function', [callFunc('f'), ja('g'), label('f'), label('g'), exit()], 'label'],
    [
      'an unknown kfunc',
      [{ kind: 'kfunc', name: 'nope' }, exit()],
      'nope: the BTF that the program is written against',
    ],
    [
      'a store through what it stores',
      [storePrivate('r6', 4, 'r6'), exit()],
      'r6 cannot be moved to the private state',
    ],
    ['private state beyond its end', [storePrivate('r6', 104, 1, 'u8'), exit()], 'outside the 104 bytes'],
    [
      'a bitfield store',
      [{ kind: 'storeField', base: 'r6', struct: 'tcp_sock', field: 'icsk_ca_state', src: 1 }],
      'is a bitfield',
    ],
    [
      'an unknown field',
      [{ kind: 'loadField', dst: 'r0', base: 'r6', struct: 'tcp_sock', field: 'snd_cwmd' }],
      'snd_cwnd',
    ],
    ['an unknown enum', [{ kind: 'loadEnum', dst: 'r0', enum: 'tcp_ca_event', name: 'CA_EVENT_X' }], 'no such enum'],
  ])('%s', (_, steps, message) => {
    expect(() => specToObject(specOf({ init: steps }))).toThrow(message)
  })

  test('callbacks and names that are mistakes', () => {
    expect(() => specToObject(specOf({ ssthreshold: [exit()] }))).toThrow('no such callback; did you mean ssthresh?')
    expect(() => specToObject(specOf({}, { name: 'this-one' }))).toThrow('must be 1 to 15 of')
    expect(() => specToObject(specOf({}, { type: 'no_ops' }))).toThrow('no such struct_ops type')
    try {
      specToObject(specOf({ init: [callKfunc(7)] }))
    } catch (error) {
      expect(structOpsErrors.is(error, 'struct-ops/not-portable')).toBe(true)
    }
  })
})

test('a jump out of reach is made long, and relocations stay with their instructions', () => {
  const filler = Array.from({ length: 33_000 }, () => mov('r0', 0))
  const steps: Steps = [
    ...initPrologue('r6'),
    loadField('r7', 'r6', 'tcp_sock', 'snd_cwnd'),
    jne('r7', 0, 'far'),
    ...filler,
    label('far'),
    loadField('r8', 'r6', 'tcp_sock', 'snd_cwnd'),
    ...returnVoid(),
  ]
  const { object, text } = made(steps)
  const slots = object.functions[0]?.coreRelocations.map((r) => r.at) ?? []
  expect(slots).toEqual([1, 33_004])
  for (const slot of slots) expect(text[slot]).toMatch(/= \*\(u32 \*\)\(r6/)
  expect(object.functions[0]?.lines).toEqual([])
})

describe.skipIf(!needs('llvm-objdump'))('LLVM reads the big-endian one', () => {
  test('reno', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tscc-be-'))
    const file = join(folder, 'reno.bpf.o')
    writeFileSync(
      file,
      writeObject(
        specToObject(
          {
            ...reno('be'),
            callbacks: {
              ssthresh: minimalSsthreshProgram(),
              undo_cwnd: minimalUndoCwndProgram(),
              cong_avoid: minimalCongAvoidProgram(),
            },
          },
          { endian: 'big' },
        ),
      ),
    )
    const text = execFileSync('llvm-objdump', ['-d', '--no-show-raw-insn', file], { encoding: 'utf8' })
    rmSync(folder, { recursive: true })
    expect(text).toContain('r6 = *(u64 *)(r1 + 0)')
    expect(text).toContain('<cong_avoid>:')
  })
})
