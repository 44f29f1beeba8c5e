import { readFileSync } from 'node:fs'
import { type BtfType, buildBtf, kindOf, nameOf, parseBtf, typeCount, typeOf } from '@tscc/btf'
import {
  type BpfObject,
  explainLink,
  linkObject,
  linkTarget,
  type ObjectExtern,
  readObject,
  writeObject,
} from '@tscc/object'
import { describe, expect, test } from 'vitest'
import { sampleObject } from './sample-object.ts'

const file = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, import.meta.url)))
const kernelOf = (name: string) => parseBtf(file(`../fixtures/btf/${name}.btf`))
const kernel = kernelOf('tcp-6.18')
const config =
  'CONFIG_HZ=250\nCONFIG_TEXT="a \\"b\\""\n# CONFIG_OFF is not set\nCONFIG_M=m\nCONFIG_Y=y\nCONFIG_NEG=-3\n'
const target = linkTarget({ vmlinux: () => kernel.bytes, config: () => config, version: () => 0x61207 })

const sourceOf = (code: Uint8Array, slot: number): number => (code[8 * slot + 1] ?? 0) >> 4
const wordOf = (code: Uint8Array, slot: number): number =>
  new DataView(code.buffer, code.byteOffset).getInt32(8 * slot + 4, true)

describe('programs', () => {
  const linked = linkObject(sampleObject(), target)
  const [filter, other] = linked.programs
  if (filter === undefined || other === undefined) throw new Error('programs are missing')

  test('subprograms come behind, in the order of their first calls, and calls lead to them', () => {
    expect(filter.code.length / 8).toBe(22 + 3 + 6)
    expect([sourceOf(filter.code, 1), wordOf(filter.code, 1)]).toEqual([1, 22 - 2])
    expect([sourceOf(filter.code, 4), wordOf(filter.code, 4)]).toEqual([1, 25 - 5])
    expect(other.code.length / 8).toBe(2)
  })

  test('wide loads wait for descriptors, with the offsets in data', () => {
    expect(filter.maps).toEqual([
      { at: 6, map: 0 },
      { at: 11, map: 2 },
      { at: 14, map: 3 },
      { at: 17, map: 4 },
      { at: 25, map: linked.maps.length - 1 },
    ])
    expect(sourceOf(filter.code, 6)).toBe(1)
    expect([sourceOf(filter.code, 11), wordOf(filter.code, 12)]).toEqual([2, 8])
    expect(linked.maps.map(({ name, frozen }) => [name, frozen])).toEqual([
      ['counts', false],
      ['choices', false],
      ['.data', false],
      ['.rodata', true],
      ['.bss', false],
      ['.kconfig', true],
    ])
    expect(linked.maps.at(-1)?.data).toEqual(Uint8Array.of(250, 0, 0, 0))
  })

  test('functions and lines are where their code is', () => {
    const words = (bytes: Uint8Array) => [
      ...new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)),
    ]
    const funcs = words(filter.funcInfo)
    expect(funcs.filter((_, i) => i % 2 === 0)).toEqual([0, 22, 25])
    const btf = parseBtf(linked.btf[0] ?? new Uint8Array())
    expect(funcs.filter((_, i) => i % 2 === 1).map((id) => nameOf(btf, id))).toEqual(['filter', 'twice', 'thrice'])
    const lines = words(filter.lineInfo)
    expect(lines.filter((_, i) => i % 4 === 0)).toEqual([0, 3, 22, 25])
    expect(lines.filter((_, i) => i % 4 === 2).map((at) => btf.state.strings.text(at))).toEqual([
      'const a = twice(1)',
      'thrice(2)',
      'x + x',
      'CONFIG_HZ && 3',
    ])
  })

  test('linking is the same before and after a file', () => {
    const again = linkObject(readObject(writeObject(sampleObject())), target)
    expect(again.programs.map(({ code }) => code)).toEqual(linked.programs.map(({ code }) => code))
  })

  test('a kernel of another byte order is none for it', () => {
    expect(() => linkObject(sampleObject('big'), target)).toThrow(/is big endian, the kernel is little endian/)
    const s390x = kernelOf('tcp-6.12-s390x')
    expect(linkObject(sampleObject('big'), { btf: s390x, config: () => config }).programs).toHaveLength(2)
  })

  test('only some programs, when asked', () => {
    expect(
      linkObject(sampleObject(), target, { programs: (f) => f.name === 'other' }).programs.map((p) => p.name),
    ).toEqual(['other'])
  })

  test('a section says the type, the attach type, and what of the kernel it attaches to', () => {
    const roles = (section: string, attachTo?: string) => {
      const sample = sampleObject()
      const functions = sample.functions.map((f, i) => (i === 1 ? { ...f, section } : f))
      const options = { programs: () => true, ...(attachTo === undefined ? {} : { attachTo: () => attachTo }) }
      const found = linkObject({ ...sample, functions }, target, options).programs.find((p) => p.name === 'other')
      return [found?.type, found?.expectedAttachType, found?.flags, nameOf(kernel, found?.attachBtfId ?? 0)]
    }
    expect(roles('xdp')).toEqual([6, 37, 0, ''])
    expect(roles('xdp.frags')).toEqual([6, 37, 32, ''])
    expect(roles('?cgroup/connect4')).toEqual([18, 10, 0, ''])
    expect(roles('kprobe/tcp_ack')).toEqual([2, 0, 0, ''])
    expect(roles('fentry.s/tcp_reno_ssthresh')).toEqual([26, 24, 16, 'tcp_reno_ssthresh'])
    expect(roles('fexit/nothing', 'tcp_reno_ssthresh')).toEqual([26, 25, 0, 'tcp_reno_ssthresh'])
    expect(() => roles('fentry/no_such_function')).toThrow(/other: the target kernel has no func no_such_function/)
    expect(() => roles('tcc')).toThrow(/section tcc names no type of program; did you mean tc\b/)
    expect(roles('struct_ops/init')[0]).toBeUndefined()
  })
})

describe('externs', () => {
  /** One program that calls or loads an extern, whose type follows the three basic ones. */
  const withExtern = (
    extern: Partial<ObjectExtern> & { kind: ObjectExtern['kind']; name: string },
    types: readonly BtfType[],
    call: boolean,
  ): BpfObject => {
    const code = new Uint8Array(24)
    code[0] = call ? 0x85 : 0x18
    if (call) {
      code[1] = 0x10
      code[8] = 0xb7
    }
    code[16] = 0x95
    const basic: BtfType[] = [
      { kind: 'int', name: 'u32', size: 4, bits: 32, bitOffset: 0, signed: false, char: false, bool: false },
      { kind: 'int', name: 'bool', size: 1, bits: 8, bitOffset: 0, signed: false, char: false, bool: true },
      { kind: 'int', name: 'char', size: 1, bits: 8, bitOffset: 0, signed: false, char: true, bool: false },
    ]
    const kconfig = extern.kind === 'kconfig' ? { offset: 0, size: 4 } : {}
    const map = {
      name: '.kconfig',
      kind: 'kconfig' as const,
      section: '.kconfig',
      type: 2,
      keySize: 4,
      valueSize: 16,
      maxEntries: 1,
      flags: 0,
      keyTypeId: 0,
      valueTypeId: 0,
      pinning: 'none' as const,
      slots: [],
      data: new Uint8Array(),
      variables: [],
    }
    return {
      endian: 'little',
      license: 'GPL',
      functions: [
        {
          name: 'probe',
          section: 'socket',
          linkage: 'global',
          hidden: false,
          code,
          relocations: [{ kind: 'extern', at: 0, extern: 0 }],
          coreRelocations: [],
          lines: [],
        },
      ],
      maps: [map],
      structOps: [],
      externs: [{ weak: false, typeId: 4, ...kconfig, ...extern }],
      btf: buildBtf([...basic, ...types]),
    }
  }
  const proto: readonly BtfType[] = [
    { kind: 'func', name: 'tcp_slow_start', typeId: 6, linkage: 'extern' },
    { kind: 'struct', name: 'tcp_sock', size: 0, members: [] },
    {
      kind: 'func_proto',
      name: '',
      returnTypeId: 1,
      params: [
        { name: 'tp', typeId: 7 },
        { name: 'acked', typeId: 1 },
      ],
    },
    { kind: 'ptr', name: '', typeId: 5 },
  ]
  const codeOf = (object: BpfObject, to = target): Uint8Array =>
    linkObject(object, to).programs[0]?.code ?? new Uint8Array()

  test('a kfunc is called by its id on the kernel', () => {
    const code = codeOf(withExtern({ kind: 'kfunc', name: 'tcp_slow_start' }, proto, true))
    expect([code[0], sourceOf(code, 0)]).toEqual([0x85, 2])
    expect(nameOf(kernel, wordOf(code, 0))).toBe('tcp_slow_start')
    const flavoured = codeOf(withExtern({ kind: 'kfunc', name: 'tcp_slow_start___mine' }, proto, true))
    expect(flavoured).toEqual(code)
  })

  test('one that is absent must be weak: a call of it is then never reached, its address 0', () => {
    expect(() => codeOf(withExtern({ kind: 'kfunc', name: 'no_such' }, proto, true))).toThrow(
      /kfunc no_such: the kernel has no such one/,
    )
    const call = codeOf(withExtern({ kind: 'kfunc', name: 'no_such', weak: true }, proto, true))
    expect([call[0], sourceOf(call, 0), wordOf(call, 0)]).toEqual([0x85, 0, 2_002_000_000])
    const load = codeOf(withExtern({ kind: 'kfunc', name: 'no_such', weak: true }, proto, false))
    expect([sourceOf(load, 0), wordOf(load, 0), wordOf(load, 1)]).toEqual([0, 0, 0])
  })

  test('its address is its id where kernels know that (6.4), else just not 0; before 5.13 there are no kfuncs', () => {
    const weak = withExtern({ kind: 'kfunc', name: 'tcp_slow_start', weak: true }, proto, false)
    const load = codeOf(weak)
    expect([sourceOf(load, 0), nameOf(kernel, wordOf(load, 0))]).toEqual([3, 'tcp_slow_start'])
    // What tells releases apart are enumerators that came with them.
    const since = (helper: string, program: string) => {
      const enumOf = (name: string, value: string): BtfType => ({
        kind: 'enum',
        name,
        size: 4,
        signed: false,
        values: [{ name: value, value: 1 }],
      })
      const basic: BtfType = {
        kind: 'int',
        name: 'u32',
        size: 4,
        bits: 32,
        bitOffset: 0,
        signed: false,
        char: false,
        bool: false,
      }
      const enums = [enumOf('bpf_func_id', helper), enumOf('bpf_prog_type', program)]
      return { btf: parseBtf(buildBtf([basic, basic, basic, ...proto, ...enums])) }
    }
    const old = codeOf(weak, since('BPF_FUNC_for_each_map_elem', 'BPF_PROG_TYPE_SYSCALL'))
    expect([sourceOf(old, 0), wordOf(old, 0)]).toEqual([0, 1])
    const older = codeOf(weak, since('BPF_FUNC_map_lookup_elem', 'BPF_PROG_TYPE_SYSCALL'))
    expect([sourceOf(older, 0), wordOf(older, 0)]).toEqual([0, 0])
    const newer = codeOf(weak, since('BPF_FUNC_for_each_map_elem', 'BPF_PROG_TYPE_NETFILTER'))
    expect([sourceOf(newer, 0), wordOf(newer, 0)]).toEqual([3, 4])
  })

  test('one of another type is refused, or where it is weak it is not there', () => {
    const other = proto.map(
      (type): BtfType => (type.kind === 'func_proto' ? { ...type, params: type.params.slice(1) } : type),
    )
    expect(() => codeOf(withExtern({ kind: 'kfunc', name: 'tcp_slow_start' }, other, true))).toThrow(/has another type/)
    expect(wordOf(codeOf(withExtern({ kind: 'kfunc', name: 'tcp_slow_start', weak: true }, other, false)), 0)).toBe(0)
  })

  test('kfuncs and variables of modules', () => {
    const base = kernelOf('tcp_dctcp-base')
    const module = { name: 'tcp_dctcp', btf: parseBtf(file('../fixtures/btf/tcp_dctcp.btf'), { base }) }
    const names = Array.from({ length: typeCount(module.btf) - typeCount(base) }, (_, i) => typeCount(base) + 1 + i)
      .filter((id) => kindOf(module.btf, id) === 'func')
      .map((id) => ({ id, name: nameOf(module.btf, id) }))
    const [first] = names
    if (first === undefined) throw new Error('the module has no functions')
    const object = withExtern({ kind: 'kfunc', name: first.name, typeId: 0 }, [], true)
    const linked = linkObject(object, { btf: base, modules: () => [module] })
    expect(linked.programs[0]?.modules).toEqual(['tcp_dctcp'])
    const code = linked.programs[0]?.code ?? new Uint8Array()
    expect(wordOf(code, 0)).toBe(first.id)
    expect(new DataView(code.buffer, code.byteOffset).getInt16(2, true)).toBe(1)
    expect(explainLink(linked)).toContainEqual({
      function: '',
      kind: 'kfunc',
      subject: first.name,
      to: `type ${first.id}`,
      module: 'tcp_dctcp',
    })
  })

  test('symbols without a type are addresses', () => {
    const symbols =
      'ffffffff81000000 T _stext\nffffffff82abcd00 D init_task\nffffffffc0001000 d init_task_x\t[mod]\n0000000000000000 D hidden\n'
    const to = linkTarget({ vmlinux: () => kernel.bytes, symbols: () => symbols })
    const code = codeOf(withExtern({ kind: 'ksym', name: 'init_task', typeId: 0 }, [], false), to)
    expect([wordOf(code, 0) >>> 0, wordOf(code, 1) >>> 0]).toEqual([0x82abcd00, 0xffffffff])
    expect(() => codeOf(withExtern({ kind: 'ksym', name: 'hidden', typeId: 0 }, [], false), to)).toThrow(/ksym hidden/)
    expect(() => codeOf(withExtern({ kind: 'ksym', name: 'init_tas', typeId: 0 }, [], false), to)).toThrow(
      /ksym init_tas/,
    )
  })

  test.each([
    ['CONFIG_HZ', 1, 4, [250, 0, 0, 0]],
    ['CONFIG_Y', 2, 1, [1]],
    ['CONFIG_Y', 3, 1, [121]],
    ['CONFIG_M', 3, 1, [109]],
    ['LINUX_KERNEL_VERSION', 1, 4, [7, 18, 6, 0]],
  ] as const)('%s in type %i', (name, typeId, size, bytes) => {
    const object = withExtern({ kind: 'kconfig', name, typeId, size }, [], false)
    expect([...(linkObject(object, target).maps[0]?.data.subarray(0, size) ?? [])]).toEqual([...bytes])
  })

  test('an integer as wide as no integer is, in a map that has the room', () => {
    const wide: BtfType[] = [
      { kind: 'int', name: 'u', size: 16, bits: 128, bitOffset: 0, signed: false, char: false, bool: false },
    ]
    const object = withExtern({ kind: 'kconfig', name: 'CONFIG_HZ', size: 16 }, wide, false)
    expect(() => linkObject(object, target)).toThrow(/CONFIG_HZ: is 250, which its type cannot hold/)
  })

  test('texts, absent keys, and values that do not fit', () => {
    const text: BtfType[] = [{ kind: 'array', name: '', typeId: 3, indexTypeId: 1, length: 4 }]
    const data = (extern: Partial<ObjectExtern> & { name: string }, types: readonly BtfType[] = []) =>
      linkObject(withExtern({ kind: 'kconfig', ...extern }, types, false), target).maps[0]?.data
    expect(data({ name: 'CONFIG_TEXT', size: 4 }, text)?.subarray(0, 4)).toEqual(new Uint8Array(Buffer.from('a "\0')))
    expect(data({ name: 'CONFIG_OFF', typeId: 1, weak: true })).toEqual(new Uint8Array(16))
    expect(() => data({ name: 'CONFIG_OFF', typeId: 1 })).toThrow(/kconfig CONFIG_OFF: .*does not set it/)
    expect(() => data({ name: 'CONFIG_NEG', typeId: 1 })).toThrow(/is -3, which its type cannot hold/)
    expect(() => data({ name: 'CONFIG_M', typeId: 2, size: 1 })).toThrow(/is m, which its type cannot hold/)
    const object = withExtern({ kind: 'kconfig', name: 'CONFIG_HZ', typeId: 1 }, [], false)
    expect(() => linkObject(object, { btf: kernel })).toThrow(/configuration is not known/)
    const untold = linkObject(object, { btf: kernel }, { untold: 'zero' })
    expect(untold.resolved.externs[0]?.resolved).toEqual({ kind: 'unknown' })
    expect(untold.programs[0]?.maps).toEqual([{ at: 0, map: 0 }])
  })
})

describe('BTF that is loaded', () => {
  test('externs are no externs any more, and nothing has moved', () => {
    const object = readObject(file('fixtures/kinds.bpf.o'))
    const linked = linkObject(object, target, { programs: (f) => f.name === 'other' })
    const before = parseBtf(object.btf ?? new Uint8Array())
    const after = parseBtf(linked.btf[0] ?? new Uint8Array())
    expect(typeCount(after)).toBe(typeCount(before))
    for (let id = 1; id <= typeCount(after); id++) {
      const type = typeOf(after, id)
      expect('linkage' in type ? type.linkage : '').not.toBe('extern')
      expect(type.name).not.toBe('.ksyms')
    }
  })

  test('for old kernels there is a form without newer kinds', () => {
    const object: BpfObject = {
      ...sampleObject(),
      btf: buildBtf([
        { kind: 'int', name: 'int', size: 4, bits: 32, bitOffset: 0, signed: true, char: false, bool: false },
        { kind: 'float', name: 'double', size: 8 },
        { kind: 'type_tag', name: 'user', typeId: 1, attribute: false },
        { kind: 'decl_tag', name: 'tag', typeId: 2, component: -1, attribute: false },
        { kind: 'enum64', name: 'e', size: 8, signed: false, values: [{ name: 'A', value: 1n }] },
      ]),
      functions: [],
    }
    const [full, plain, ...none] = linkObject(object, target).btf.map((bytes) => parseBtf(bytes))
    if (full === undefined || plain === undefined) throw new Error('a form is missing')
    expect(none).toEqual([])
    expect(typeOf(full, 2).kind).toBe('float')
    const kinds = [1, 2, 3, 4, 5].map((id) => kindOf(plain, id))
    expect(kinds).toEqual(['int', 'struct', 'const', 'int', 'union'])
    expect(linkObject(sampleObject(), target).btf).toHaveLength(1)
  })
})

describe('struct_ops', () => {
  const file1 = (name: string) => readObject(file(`../../../conformance/kernels/suites/objects/${name}.bpf.o`))

  test('values are copied by name to where each kernel has their members', () => {
    const object = file1('c_reno')
    for (const name of ['tcp-5.10', 'tcp-6.18', 'tcp-7.3']) {
      const [ops] = linkObject(object, { btf: kernelOf(name) }, { untold: 'zero' }).structOps
      if (ops === undefined) throw new Error('no struct_ops')
      const { layout, value } = ops
      const member = layout.members.find((one) => one.name === 'name')
      const at = layout.dataOffset + (member?.offset ?? 0)
      expect(Buffer.from(value.subarray(at, at + 7)).toString('latin1')).toBe('c_reno\0')
      expect(value.filter((byte) => byte !== 0)).toHaveLength(6)
      expect(ops.callbacks.map((one) => one.member.name)).toEqual([
        'ssthresh',
        'cong_avoid',
        'undo_cwnd',
        'init',
        ...(name === 'tcp-7.3' ? ['cwnd_event_tx_start'] : []),
      ])
      for (const { member: callback, valueOffset } of ops.callbacks)
        expect(valueOffset).toBe(layout.dataOffset + callback.offset)
    }
  })

  test('data that the kernel has no place for is an error, unless it is zero', () => {
    const object = file1('c_reno')
    const [ops] = object.structOps
    if (ops === undefined) throw new Error('no struct_ops')
    const struct = typeOf(parseBtf(object.btf ?? new Uint8Array()), ops.typeId)
    const at =
      struct.kind === 'struct' ? (struct.members.find((m) => m.name === 'tscc_not_there')?.bitOffset ?? 0) / 8 : 0
    const data = ops.data.slice()
    data[at] = 1
    expect(() => linkObject({ ...object, structOps: [{ ...ops, data }] }, target)).toThrow(
      /tcp_congestion_ops\.tscc_not_there: the kernel has no such member, and it is not zero/,
    )
  })

  test('a type that the kernel lacks', () => {
    const object = file1('c_reno')
    const structOps = object.structOps.map((ops) => ({ ...ops, type: 'tcp_congestion_opz' }))
    expect(() => linkObject({ ...object, structOps }, target)).toThrow(
      /no such struct_ops type; did you mean tcp_congestion_ops/,
    )
  })

  test('types of modules', () => {
    const base = parseBtf(
      buildBtf([
        { kind: 'int', name: 'int', size: 4, bits: 32, bitOffset: 0, signed: true, char: false, bool: false },
        { kind: 'func_proto', name: '', returnTypeId: 1, params: [] },
        { kind: 'ptr', name: '', typeId: 2 },
      ]),
    )
    const member = (name: string, typeId: number, bitOffset: number) => ({ name, typeId, bitOffset, bitSize: 0 })
    const ops = (name: string): BtfType => ({
      kind: 'struct',
      name,
      size: 16,
      members: [member('run', 3, 0), member('level', 1, 64)],
    })
    const module = parseBtf(
      buildBtf(
        [
          ops('mod_ops'),
          { kind: 'struct', name: 'bpf_struct_ops_mod_ops', size: 80, members: [member('data', 4, 512)] },
        ],
        { base },
      ),
      { base },
    )
    const code = new Uint8Array(16)
    code.set([0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95])
    const object: BpfObject = {
      endian: 'little',
      license: 'GPL',
      functions: [
        {
          name: 'run_it',
          section: 'struct_ops.s/run',
          linkage: 'global',
          hidden: false,
          code,
          relocations: [],
          coreRelocations: [],
          lines: [],
        },
      ],
      maps: [],
      structOps: [
        {
          name: 'mine',
          section: '.struct_ops',
          type: 'mod_ops',
          typeId: 4,
          data: Uint8Array.from({ length: 16 }, (_, i) => (i === 8 ? 5 : 0)),
          callbacks: [{ member: 'run', offset: 0, function: 0 }],
        },
      ],
      externs: [],
      btf: buildBtf([...[1, 2, 3].map((id) => typeOf(base, id)), ops('mod_ops')]),
    }
    const linked = linkObject(object, { btf: base, modules: () => [{ name: 'mod', btf: module }] })
    expect(linked.structOps[0]).toMatchObject({ module: 'mod', name: 'mine', layout: { typeId: 4, valueTypeId: 5 } })
    expect(linked.structOps[0]?.value[64 + 8]).toBe(5)
    expect(linked.programs[0]).toMatchObject({ attachModule: 'mod', attachBtfId: 4, expectedAttachType: 0, flags: 16 })
    expect(() => linkObject(object, { btf: base })).toThrow(/mod_ops: the kernel's BTF has no such struct_ops type/)
  })
})
