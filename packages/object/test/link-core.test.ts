import { type BtfType, buildBtf, parseBtf } from '@tscc/btf'
import { type BpfObject, type CoreKind, type CoreRelocation, linkObject } from '@tscc/object'
import { describe, expect, test } from 'vitest'

const int = (name: string, size = 4, signed = false): BtfType => ({
  kind: 'int',
  name,
  size,
  bits: 8 * size,
  bitOffset: 0,
  signed,
  char: false,
  bool: false,
})
type Member = readonly [name: string, typeId: number, bitOffset: number, bitSize?: number]
const struct = (
  name: string,
  size: number,
  members: readonly Member[],
  kind: 'struct' | 'union' = 'struct',
): BtfType => ({
  kind,
  name,
  size,
  members: members.map(([member, typeId, bitOffset, bitSize = 0]) => ({ name: member, typeId, bitOffset, bitSize })),
})
const ptr = (typeId: number): BtfType => ({ kind: 'ptr', name: '', typeId })
const array = (typeId: number, length: number): BtfType => ({ kind: 'array', name: '', typeId, indexTypeId: 1, length })
const typedef = (name: string, typeId: number): BtfType => ({ kind: 'typedef', name, typeId })
const enumOf = (name: string, values: readonly (readonly [string, number])[], signed = false): BtfType => ({
  kind: 'enum',
  name,
  size: 4,
  signed,
  values: values.map(([key, value]) => ({ name: key, value })),
})
const enum64Of = (name: string, values: readonly (readonly [string, bigint])[]): BtfType => ({
  kind: 'enum64',
  name,
  size: 8,
  signed: false,
  values: values.map(([key, value]) => ({ name: key, value })),
})

/** Types 1 to 3 of every BTF here: u32, u64, s32. */
const basic = [int('u32'), int('u64', 8), int('s32', 4, true)]
const [U32, U64, S32] = [1, 2, 3]

const MOV = 0xb7
const LDX_W = 0x61
const STX_W = 0x63
const ST_DW = 0x7a
const LDX_B = 0x71
const LD_IMM64 = 0x18

interface Case {
  readonly local: readonly BtfType[]
  readonly kernel: readonly BtfType[]
  readonly kind: CoreKind
  readonly access?: string
  /** Default: the first type behind the basic ones. */
  readonly typeId?: number
  /** Opcode and the number that the compiler put there. */
  readonly insn: readonly [opcode: number, value: number]
  readonly addend?: number
  readonly endian?: 'little' | 'big'
}

const BAD_RELOCATION = 195_896_080

/** Opcode and number of the instruction after linking. */
function relocated(given: Case): { readonly opcode: number; readonly value: bigint | 'poison' } {
  const { endian = 'little', access = '0', typeId = 4, addend } = given
  const littleEndian = endian === 'little'
  const [opcode, value] = given.insn
  const code = new Uint8Array(opcode === LD_IMM64 ? 24 : 16)
  const view = new DataView(code.buffer)
  view.setUint8(0, opcode)
  const isAccess = [1, 2, 3].includes(opcode & 7)
  if (isAccess) view.setInt16(2, value, littleEndian)
  else view.setInt32(4, value, littleEndian)
  view.setUint8(code.length - 8, 0x95)
  const relocation: CoreRelocation = {
    at: 0,
    kind: given.kind,
    typeId,
    access,
    ...(addend === undefined ? {} : { addend }),
  }
  const object: BpfObject = {
    endian,
    license: 'GPL',
    functions: [
      {
        name: 'probe',
        section: 'socket',
        linkage: 'global',
        hidden: false,
        code,
        relocations: [],
        coreRelocations: [relocation],
        lines: [],
      },
    ],
    maps: [],
    structOps: [],
    externs: [],
    btf: buildBtf([...basic, ...given.local], { littleEndian }),
  }
  const btf = parseBtf(buildBtf([...basic, ...given.kernel], { littleEndian }))
  const out = linkObject(object, { btf }).programs[0]?.code
  if (out === undefined) throw new Error('no program')
  const after = new DataView(out.buffer, out.byteOffset)
  const low = after.getInt32(4, littleEndian)
  if (out[0] === 0x85 && low === BAD_RELOCATION) return { opcode: 0x85, value: 'poison' }
  const wide = BigInt.asUintN(32, BigInt(low)) | (BigInt(after.getInt32(12, littleEndian)) << 32n)
  const number = isAccess ? BigInt(after.getInt16(2, littleEndian)) : opcode === LD_IMM64 ? wide : BigInt(low)
  return { opcode: out[0] ?? 0, value: number }
}

const moved = {
  local: [
    struct('s', 8, [
      ['a', U32, 0],
      ['b', U32, 32],
    ]),
  ],
  kernel: [
    struct('s', 16, [
      ['x', U64, 0],
      ['b', U32, 64],
    ]),
  ],
}

describe('fields', () => {
  test('a byte offset is where the kernel has the member, in loads, stores and numbers', () => {
    const of = (insn: Case['insn'], addend?: number) =>
      relocated({
        ...moved,
        kind: 'field_byte_offset',
        access: '0:1',
        insn,
        ...(addend === undefined ? {} : { addend }),
      })
    expect(of([LDX_W, 4])).toEqual({ opcode: LDX_W, value: 8n })
    expect(of([STX_W, 4])).toEqual({ opcode: STX_W, value: 8n })
    expect(of([MOV, 4])).toEqual({ opcode: MOV, value: 8n })
    expect(of([LD_IMM64, 4])).toEqual({ opcode: LD_IMM64, value: 8n })
    expect(of([LDX_W, 6], 2)).toEqual({ opcode: LDX_W, value: 10n })
  })

  test('in a big-endian object too', () => {
    const given: Case = { ...moved, kind: 'field_byte_offset', access: '0:1', insn: [LDX_W, 4], endian: 'big' }
    expect(relocated(given)).toEqual({ opcode: LDX_W, value: 8n })
  })

  test('what the instruction holds must be what the object says', () => {
    expect(() => relocated({ ...moved, kind: 'field_byte_offset', access: '0:1', insn: [LDX_W, 8] })).toThrow(
      /probe, instruction slot 0: .*the instruction has 8 where the object's types say 4/,
    )
  })

  test('a member that the kernel lacks poisons the instruction, and its existence is 0', () => {
    const absent = { local: moved.local, kernel: [struct('s', 8, [['b', U32, 0]])] }
    expect(relocated({ ...absent, kind: 'field_byte_offset', access: '0:0', insn: [LDX_W, 0] }).value).toBe('poison')
    expect(relocated({ ...absent, kind: 'field_byte_offset', access: '0:0', insn: [LD_IMM64, 0] }).value).toBe('poison')
    expect(relocated({ ...absent, kind: 'field_exists', access: '0:0', insn: [MOV, 1] }).value).toBe(0n)
    expect(relocated({ ...absent, kind: 'field_exists', access: '0:1', insn: [MOV, 1] }).value).toBe(1n)
  })

  test('members are found through structs and unions without a name', () => {
    const kernel = [
      struct('', 8, [['n', U64, 0]]),
      struct(
        '',
        8,
        [
          ['q', U64, 0],
          ['', 4, 0],
        ],
        'union',
      ),
      struct('s', 16, [
        ['a', U64, 0],
        ['', 5, 64],
      ]),
    ]
    const local = [struct('s', 8, [['n', U64, 0]])]
    expect(relocated({ local, kernel, kind: 'field_byte_offset', access: '0:0', insn: [0x79, 0] }).value).toBe(8n)
  })

  test('elements of arrays, arrays of arrays and open arrays at the end', () => {
    const rows = (offset: number): BtfType[] => [
      array(U32, 3),
      array(4, 2),
      struct('s', offset / 8 + 24, [['m', 5, offset]]),
    ]
    const given = { local: rows(0), kernel: rows(64), typeId: 6, kind: 'field_byte_offset' as const }
    expect(relocated({ ...given, access: '0:0:1:2', insn: [LDX_W, 20] }).value).toBe(28n)
    expect(() => relocated({ ...given, access: '0:0:2:0', insn: [LDX_W, 24] })).toThrow(/element 2 of 2/)
    expect(relocated({ ...given, access: '0:0:1:2', kind: 'field_byte_size', insn: [MOV, 4] }).value).toBe(4n)
    expect(() => relocated({ ...given, access: '0:0:1:2', kind: 'field_signed', insn: [MOV, 0] })).toThrow(/element/)
    const open: BtfType[] = [
      array(U32, 0),
      struct('s', 4, [
        ['n', U32, 0],
        ['m', 4, 32],
      ]),
    ]
    const longer: BtfType[] = [
      array(U32, 0),
      struct('s', 8, [
        ['n', U64, 0],
        ['m', 4, 64],
      ]),
    ]
    expect(
      relocated({
        local: open,
        kernel: longer,
        typeId: 5,
        kind: 'field_byte_offset',
        access: '0:1:3',
        insn: [LDX_W, 16],
      }).value,
    ).toBe(20n)
  })

  test('loads of unsigned integers and pointers take the size of the kernel', () => {
    const of = (local: BtfType[], kernel: BtfType[], insn: Case['insn'], typeId = 4) =>
      relocated({ local, kernel, kind: 'field_byte_offset', access: '0:0', insn, typeId })
    const [narrow, wide] = [[struct('s', 4, [['a', U32, 0]])], [struct('s', 16, [['a', U64, 64]])]]
    expect(of(narrow, wide, [LDX_W, 0])).toEqual({ opcode: 0x79, value: 8n })
    expect(of(wide, narrow, [ST_DW, 8])).toEqual({ opcode: 0x62, value: 0n })
    expect(() => of(narrow, wide, [LDX_B, 0])).toThrow(/accesses 1 bytes of a field of 4/)
    const signed = [struct('s', 4, [['a', S32, 0]])]
    expect(of(signed, wide, [LDX_W, 0]).value).toBe('poison')
    expect(of(signed, wide, [MOV, 0]).value).toBe(8n)
    const pointers = [ptr(0), struct('s', 8, [['a', 4, 0]])]
    expect(of(pointers, pointers, [0x79, 0], 5)).toEqual({ opcode: 0x79, value: 0n })
  })

  test('sizes and signs', () => {
    const kernel = [
      struct('s', 16, [
        ['a', S32, 64],
        ['b', U64, 0],
      ]),
    ]
    const given = { local: moved.local, kernel }
    expect(relocated({ ...given, kind: 'field_byte_size', access: '0:1', insn: [MOV, 4] }).value).toBe(8n)
    expect(relocated({ ...given, kind: 'field_signed', access: '0:0', insn: [MOV, 0] }).value).toBe(1n)
    expect(relocated({ ...given, kind: 'field_signed', access: '0:1', insn: [MOV, 0] }).value).toBe(0n)
    const enums = [enumOf('e', [['X', -1]], true), struct('s', 4, [['a', 4, 0]])]
    expect(
      relocated({ local: enums, kernel: enums, typeId: 5, kind: 'field_signed', access: '0:0', insn: [MOV, 1] }).value,
    ).toBe(1n)
  })

  test('bitfields: the load that holds them, and the shifts', () => {
    const local = [struct('s', 4, [['f', U32, 0, 3]])]
    // Bits 29 to 34: across a word, so that eight bytes are read.
    const kernel = [
      struct('s', 8, [
        ['pad', U32, 0, 29],
        ['f', U32, 29, 5],
      ]),
    ]
    const of = (kind: CoreKind, value: number, endian: 'little' | 'big' = 'little') =>
      relocated({ local, kernel, kind, access: '0:0', insn: [MOV, value], endian }).value
    expect(of('field_byte_offset', 0)).toBe(0n)
    expect(of('field_byte_size', 4)).toBe(8n)
    expect(of('field_lshift_u64', 61)).toBe(30n)
    expect(of('field_rshift_u64', 61)).toBe(59n)
    expect(of('field_lshift_u64', 61, 'big')).toBe(29n)
    const far = [struct('s', 24, [['f', U64, 60, 20]])]
    expect(() => relocated({ local, kernel: far, kind: 'field_byte_offset', access: '0:0', insn: [MOV, 0] })).toThrow(
      /crosses/,
    )
  })

  test('a field of another kind is none', () => {
    const kernel = [
      ptr(0),
      struct('s', 16, [
        ['a', 4, 0],
        ['b', 4, 64],
      ]),
    ]
    expect(relocated({ local: moved.local, kernel, kind: 'field_exists', access: '0:1', insn: [MOV, 1] }).value).toBe(
      0n,
    )
    const [yes, no] = [enumOf('e___v2', [['X', 1]]), enumOf('other', [['X', 1]])]
    const local = [enumOf('e', [['X', 1]]), struct('s', 4, [['a', 4, 0]])]
    const of = (member: BtfType) =>
      relocated({
        local,
        kernel: [member, struct('s', 4, [['a', 4, 0]])],
        typeId: 5,
        kind: 'field_exists',
        access: '0:0',
        insn: [MOV, 1],
      }).value
    expect(of(yes)).toBe(1n)
    expect(of(no)).toBe(0n)
  })
})

describe('candidates', () => {
  test('flavours of a name mean the same type, on both sides', () => {
    const local = [struct('s___old', 4, [['b', U32, 0]])]
    expect(
      relocated({ local, kernel: moved.kernel, kind: 'field_byte_offset', access: '0:0', insn: [LDX_W, 0] }).value,
    ).toBe(8n)
    const flavoured = [
      struct('s___2', 16, [
        ['x', U64, 0],
        ['b', U32, 64],
      ]),
    ]
    expect(
      relocated({ local, kernel: flavoured, kind: 'field_byte_offset', access: '0:0', insn: [LDX_W, 0] }).value,
    ).toBe(8n)
    for (const name of ['___s', 's___', 's____x', 's_b'])
      expect(
        relocated({
          local: [struct(name, 4, [['b', U32, 0]])],
          kernel: moved.kernel,
          kind: 'field_exists',
          access: '0:0',
          insn: [MOV, 1],
        }).value,
      ).toBe(0n)
  })

  test('several that agree are fine, several that do not are ambiguous', () => {
    const local = [struct('s', 4, [['b', U32, 0]])]
    const twice = (second: number): BtfType[] => [
      struct('s', 8, [['b', U32, 32]]),
      struct('s', 16, [
        ['c', U32, 0],
        ['b', U32, second],
      ]),
    ]
    const of = (kernel: BtfType[]) =>
      relocated({ local, kernel, kind: 'field_byte_offset', access: '0:0', insn: [LDX_W, 0] })
    expect(of(twice(32)).value).toBe(4n)
    expect(() => of(twice(64))).toThrow(/ambiguous: s \[4\] of vmlinux says 4, s \[5\] of vmlinux says 8/)
  })

  test('a kind of its own name space: a struct is no union', () => {
    const kernel = [struct('s', 8, [['b', U32, 32]], 'union')]
    expect(relocated({ local: moved.local, kernel, kind: 'field_exists', access: '0:1', insn: [MOV, 1] }).value).toBe(
      0n,
    )
  })

  test('types without a name cannot be found', () => {
    expect(() =>
      relocated({
        local: [struct('', 4, [['b', U32, 0]])],
        kernel: [],
        kind: 'field_exists',
        access: '0:0',
        insn: [MOV, 1],
      }),
    ).toThrow(/without a name/)
  })
})

describe('types', () => {
  const both = { local: moved.local, kernel: moved.kernel }
  test('existence, size and ids', () => {
    expect(relocated({ ...both, kind: 'type_exists', insn: [MOV, 1] }).value).toBe(1n)
    expect(relocated({ local: moved.local, kernel: [], kind: 'type_exists', insn: [MOV, 1] }).value).toBe(0n)
    expect(relocated({ ...both, kind: 'type_size', insn: [MOV, 8] }).value).toBe(16n)
    expect(relocated({ local: moved.local, kernel: [], kind: 'type_size', insn: [MOV, 8] }).value).toBe(0n)
    expect(relocated({ ...both, kind: 'type_id_local', insn: [LD_IMM64, 0] }).value).toBe(4n)
    expect(
      relocated({
        local: moved.local,
        kernel: [int('pad'), ...moved.kernel],
        kind: 'type_id_target',
        insn: [LD_IMM64, 0],
      }).value,
    ).toBe(5n)
    expect(() => relocated({ ...both, kind: 'type_exists', access: '0:1', insn: [MOV, 1] })).toThrow(
      /access '0:1' to a type/,
    )
  })

  test('prototypes behind typedefs are compared by their parameters', () => {
    const proto = (...params: number[]): BtfType => ({
      kind: 'func_proto',
      name: '',
      returnTypeId: U32,
      params: params.map((typeId) => ({ name: '', typeId })),
    })
    const of = (local: BtfType, kernel: BtfType) =>
      relocated({
        local: [local, typedef('f', 4)],
        kernel: [kernel, typedef('f', 4)],
        typeId: 5,
        kind: 'type_exists',
        insn: [MOV, 1],
      }).value
    expect(of(proto(U32, U64), proto(U64, U64))).toBe(1n)
    expect(of(proto(U32), proto(U32, U32))).toBe(0n)
  })

  test('a type matches when all that the program knows of it is there', () => {
    const of = (local: BtfType[], kernel: BtfType[]) =>
      relocated({ local, kernel, kind: 'type_matches', typeId: 3 + local.length, insn: [MOV, 1] }).value
    const s = (...members: Member[]): BtfType[] => [ptr(0), struct('s', 16, members)]
    expect(of(s(['a', U32, 0]), s(['b', U64, 0], ['a', U32, 64]))).toBe(1n)
    expect(of(s(['a', U32, 0]), s(['a', U64, 0]))).toBe(0n)
    expect(of(s(['a', U32, 0]), s(['a', S32, 0]))).toBe(0n)
    expect(of(s(['a', U32, 0], ['c', U32, 32]), s(['a', U32, 0]))).toBe(0n)
    expect(of(s(['a', 4, 0]), s(['a', 4, 0]))).toBe(1n)
    expect(of(s(['a', 4, 0]), s(['a', U64, 0]))).toBe(0n)
    const behind = (target: BtfType): BtfType[] => [target, ptr(4), struct('s', 8, [['p', 5, 0]])]
    expect(of(behind(struct('t', 4, [['z', U32, 0]])), behind(struct('t', 8, [['y', U64, 0]])))).toBe(1n)
    expect(of(behind(struct('t', 4, [])), behind({ kind: 'fwd', name: 't', of: 'struct' }))).toBe(1n)
    expect(of(behind(struct('t', 4, [])), behind({ kind: 'fwd', name: 't', of: 'union' }))).toBe(0n)
    expect(
      of(
        [enumOf('e', [['A', 1]])],
        [
          enumOf('e', [
            ['B', 0],
            ['A', 7],
          ]),
        ],
      ),
    ).toBe(1n)
    expect(
      of(
        [
          enumOf('e', [
            ['A', 1],
            ['C', 2],
          ]),
        ],
        [
          enumOf('e', [
            ['A', 1],
            ['B', 2],
          ]),
        ],
      ),
    ).toBe(0n)
    expect(of([array(U32, 2), typedef('t', 4)], [array(U32, 3), typedef('t', 4)])).toBe(0n)
  })
})

describe('enumerators', () => {
  const local = [
    enumOf('e', [
      ['A', 1],
      ['B', 2],
    ]),
  ]
  test('existence and value, by name', () => {
    const kernel = [
      enumOf('e', [
        ['B', 7],
        ['C', 1],
      ]),
    ]
    expect(relocated({ local, kernel, kind: 'enumval_value', access: '1', insn: [MOV, 2] }).value).toBe(7n)
    expect(relocated({ local, kernel, kind: 'enumval_exists', access: '1', insn: [MOV, 1] }).value).toBe(1n)
    expect(relocated({ local, kernel, kind: 'enumval_exists', access: '0', insn: [MOV, 1] }).value).toBe(0n)
    expect(relocated({ local, kernel, kind: 'enumval_value', access: '0', insn: [MOV, 1] }).value).toBe('poison')
    expect(() => relocated({ local, kernel, kind: 'enumval_value', access: '2', insn: [MOV, 1] })).toThrow(
      /access '2' to enum e/,
    )
  })

  test('an enum may be one of 64 bits on the kernel', () => {
    const kernel = [enum64Of('e', [['B', 0x1_0000_0002n]])]
    expect(relocated({ local, kernel, kind: 'enumval_value', access: '1', insn: [LD_IMM64, 2] }).value).toBe(
      0x1_0000_0002n,
    )
  })
})

test.each(['', ':', '0:', '0::1', '0:1:', 'a', '-1', '0:9', '0:1:0', '99999999999', Array(70).fill('0').join(':')])(
  'access %j is refused',
  (access) => {
    expect(() => relocated({ ...moved, kind: 'field_byte_offset', access, insn: [LDX_W, 0] })).toThrow(
      /CO-RE relocation/,
    )
  },
)

test('structs nested without names in more ways than anybody can count end in an error', () => {
  const levels = 40
  const kernel: BtfType[] = [struct('', 8, [['z', U32, 0]])]
  for (let i = 1; i < levels; i++)
    kernel.push(
      struct(
        '',
        8,
        [
          ['', 3 + i, 0],
          ['', 3 + i, 0],
        ],
        'union',
      ),
    )
  kernel.push(struct('s', 8, [['', 3 + levels, 0]]))
  expect(() => relocated({ local: moved.local, kernel, kind: 'field_exists', access: '0:0', insn: [MOV, 1] })).toThrow(
    /members in question/,
  )
})
