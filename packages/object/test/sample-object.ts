import { type BtfType, buildBtf } from '@tscc/btf'
import {
  add,
  callFunc,
  callHelper,
  type Endian,
  encode,
  exit,
  type Insn,
  jeq,
  ldImm64,
  load,
  mov,
  store,
} from '@tscc/insn'
import { type BpfObject, completeBtf, type ObjectFunction, type Relocation } from '@tscc/object'

/** Types with ids that are given as they come. */
function typeList() {
  const types: BtfType[] = []
  return { types, add: (type: BtfType): number => types.push(type) }
}

const int = (name: string, size: number, signed: boolean): BtfType => ({
  kind: 'int',
  name,
  size,
  bits: 8 * size,
  bitOffset: 0,
  signed,
  char: false,
  bool: false,
})

/** An object with some of everything: programs, subprograms, maps, data, a map of maps, externs, lines, CO-RE. */
export function sampleObject(endian: Endian = 'little'): BpfObject {
  const { types, add: type } = typeList()
  const s32 = type(int('int', 4, true))
  const u32 = type(int('unsigned int', 4, false))
  const u64 = type(int('unsigned long long', 8, false))
  const char = type({
    kind: 'int',
    name: 'char',
    size: 1,
    bits: 8,
    bitOffset: 0,
    signed: true,
    char: false,
    bool: false,
  })
  const pointer = (typeId: number): number => type({ kind: 'ptr', name: '', typeId })
  const array = (typeId: number, length: number): number =>
    type({ kind: 'array', name: '', typeId, indexTypeId: u32, length })
  const ctx = pointer(0)
  const proto = type({ kind: 'func_proto', name: '', returnTypeId: s32, params: [{ name: 'ctx', typeId: ctx }] })
  const plain = type({ kind: 'func_proto', name: '', returnTypeId: s32, params: [{ name: 'x', typeId: u64 }] })
  const func = (name: string, typeId: number, linkage: 'static' | 'global' | 'extern'): number =>
    type({ kind: 'func', name, typeId, linkage })
  const filter = func('filter', proto, 'global')
  const other = func('other', proto, 'global')
  const twice = func('twice', plain, 'static')
  const thrice = func('thrice', plain, 'global')
  const task = type({
    kind: 'struct',
    name: 'task_struct',
    size: 8,
    members: [{ name: 'pid', typeId: s32, bitOffset: 32, bitSize: 0 }],
  })

  // BTF-defined maps: __uint(x, n) is a pointer to an array of n ints, __type(x, t) a pointer to t.
  const uint = (value: number): number => pointer(array(s32, value))
  const definition = (members: readonly { readonly name: string; readonly typeId: number }[]): number =>
    type({
      kind: 'struct',
      name: '',
      size: 8 * members.filter((m) => m.name !== 'values').length,
      members: members.map((m, i) => ({ ...m, bitOffset: 64 * i, bitSize: 0 })),
    })
  const hash = definition([
    { name: 'type', typeId: uint(1) },
    { name: 'max_entries', typeId: uint(16) },
    { name: 'key', typeId: pointer(u32) },
    { name: 'value', typeId: pointer(u64) },
  ])
  const template = definition([
    { name: 'type', typeId: uint(1) },
    { name: 'max_entries', typeId: uint(16) },
    { name: 'key', typeId: pointer(u32) },
    { name: 'value', typeId: pointer(u64) },
  ])
  const outer = type({
    kind: 'struct',
    name: '',
    size: 24,
    members: [
      { name: 'type', typeId: uint(12), bitOffset: 0, bitSize: 0 },
      { name: 'max_entries', typeId: uint(2), bitOffset: 64, bitSize: 0 },
      { name: 'key_size', typeId: uint(4), bitOffset: 128, bitSize: 0 },
      { name: 'values', typeId: array(pointer(template), 0), bitOffset: 192, bitSize: 0 },
    ],
  })
  const variable = (name: string, typeId: number, linkage: 'static' | 'global'): number =>
    type({ kind: 'var', name, typeId, linkage })
  const section = (name: string, vars: readonly (readonly [string, number, number, number])[]): number => {
    const places = vars.map(([v, typeId, offset, size]) => ({ typeId: variable(v, typeId, 'global'), offset, size }))
    const last = places.at(-1)
    return type({ kind: 'datasec', name, size: (last?.offset ?? 0) + (last?.size ?? 0), vars: places })
  }
  section('.maps', [
    ['counts', hash, 0, 32],
    // As compilers have it: the values are part of the variable, not of its type.
    ['choices', outer, 32, 40],
  ])
  const data = section('.data', [
    ['step', u32, 0, 4],
    ['total', u64, 8, 8],
  ])
  const rodata = section('.rodata', [['limit', u32, 0, 4]])
  const bss = section('.bss', [['seen', u64, 0, 8]])
  section('license', [['LICENSE', array(char, 4), 0, 4]])
  const hz = type({ kind: 'var', name: 'CONFIG_HZ', typeId: s32, linkage: 'extern' })
  const kconfig = type({ kind: 'datasec', name: '.kconfig', size: 4, vars: [{ typeId: hz, offset: 0, size: 4 }] })

  const code = (insns: readonly Insn[]): Uint8Array => encode(insns, { endian })
  const line = (at: number, text: string, row: number) => ({ at, file: 'sample.ts', text, line: row, column: 3 })
  const make = (
    name: string,
    where: string,
    linkage: ObjectFunction['linkage'],
    typeId: number,
    insns: readonly Insn[],
    relocations: readonly Relocation[],
    more: Partial<ObjectFunction> = {},
  ): ObjectFunction => ({
    name,
    section: where,
    linkage,
    hidden: false,
    code: code(insns),
    relocations,
    coreRelocations: [],
    typeId,
    lines: [],
    ...more,
  })
  const functions = [
    make(
      'filter',
      'socket',
      'global',
      filter,
      [
        mov('r1', 1),
        callFunc(-1),
        mov('r6', 'r0'),
        mov('r1', 2),
        callFunc(-1),
        store('u32', 'r10', -4, 0),
        ldImm64('r1', 0n),
        mov('r2', 'r10'),
        add('r2', -4),
        callHelper(1),
        ldImm64('r7', 8n),
        load('u64', 'r8', 'r7', 0),
        ldImm64('r7', 0n),
        load('u32', 'r8', 'r7', 0),
        ldImm64('r7', 0n),
        store('u64', 'r7', 0, 'r8'),
        mov('r0', 'r6'),
        exit(),
      ],
      [
        { kind: 'call', at: 1, function: 2 },
        { kind: 'call', at: 4, function: 3 },
        { kind: 'map', at: 6, map: 0 },
        { kind: 'mapValue', at: 11, map: 2, offset: 8 },
        { kind: 'mapValue', at: 14, map: 3, offset: 0 },
        { kind: 'mapValue', at: 17, map: 4, offset: 0 },
      ],
      { lines: [line(0, 'const a = twice(1)', 7), line(3, 'thrice(2)', 8)] },
    ),
    make('other', 'socket', 'global', other, [mov('r0', 4), exit()], [], {
      coreRelocations: [{ at: 0, kind: 'field_byte_offset', typeId: task, access: '0:0' }],
      lines: [line(0, 'offsetof(task_struct, pid)', 12)],
    }),
    make('twice', '.text', 'static', twice, [mov('r0', 'r1'), add('r0', 'r0'), exit()], [], {
      lines: [line(0, 'x + x', 2)],
    }),
    make(
      'thrice',
      '.text',
      'global',
      thrice,
      [ldImm64('r0', 0n), load('u32', 'r0', 'r0', 0), jeq('r0', 0, 1), mov('r0', 3), exit()],
      [{ kind: 'extern', at: 0, extern: 0 }],
      { lines: [line(0, 'CONFIG_HZ && 3', 4)] },
    ),
  ]
  const common = { flags: 0, pinning: 'none', slots: [], variables: [], data: new Uint8Array() } as const
  const of = (kind: 'data' | 'rodata' | 'bss', valueSize: number, valueTypeId: number) =>
    ({
      ...common,
      name: `.${kind}`,
      section: `.${kind}`,
      kind,
      type: 2,
      keySize: 4,
      valueSize,
      maxEntries: 1,
      keyTypeId: 0,
      valueTypeId,
      flags: kind === 'rodata' ? 0x480 : 0x400,
    }) as const
  const global = (name: string, offset: number, size: number, typeId: number) =>
    ({ name, offset, size, typeId, linkage: 'global' }) as const
  const declared = { ...common, section: '.maps', kind: 'declared' } as const
  const counts = { type: 1, keySize: 4, valueSize: 8, maxEntries: 16, keyTypeId: u32, valueTypeId: u64 }
  const bytes = (size: number, values: Readonly<Record<number, number>>): Uint8Array => {
    const view = new DataView(new ArrayBuffer(size))
    for (const [at, value] of Object.entries(values)) view.setUint32(Number(at), value, endian === 'little')
    return new Uint8Array(view.buffer)
  }
  return completeBtf({
    endian,
    license: 'GPL',
    functions,
    maps: [
      { ...declared, ...counts, name: 'counts' },
      {
        ...declared,
        name: 'choices',
        type: 12,
        keySize: 4,
        valueSize: 4,
        maxEntries: 2,
        keyTypeId: 0,
        valueTypeId: 0,
        inner: { ...common, ...counts, name: 'choices.inner', section: '', kind: 'declared' },
        slots: [{ index: 1, kind: 'map', target: 0 }],
      },
      {
        ...of('data', 16, data),
        data: bytes(16, { 0: 2, 8: 5, 12: 0 }),
        variables: [global('step', 0, 4, u32), global('total', 8, 8, u64)],
      },
      { ...of('rodata', 4, rodata), data: bytes(4, { 0: 10 }), variables: [global('limit', 0, 4, u32)] },
      { ...of('bss', 8, bss), variables: [global('seen', 0, 8, u64)] },
      {
        ...common,
        name: '.kconfig',
        kind: 'kconfig',
        section: '.kconfig',
        type: 2,
        keySize: 4,
        valueSize: 4,
        maxEntries: 1,
        flags: 0x480,
        keyTypeId: 0,
        valueTypeId: kconfig,
        variables: [{ name: 'CONFIG_HZ', offset: 0, size: 4, typeId: s32, linkage: 'weak' }],
      },
    ],
    structOps: [],
    externs: [{ name: 'CONFIG_HZ', kind: 'kconfig', weak: true, typeId: s32, offset: 0, size: 4 }],
    btf: buildBtf(types, { littleEndian: endian === 'little' }),
  })
}
