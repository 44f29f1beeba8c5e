import type { ObjectMap } from '@tscc/object'
import type { LocalBtf } from '@tscc/struct-ops/object'
import { type DataType, sizeOfData } from '../types.ts'

/** A map that a module declares. */
export interface MapDeclaration {
  readonly name: string
  /** BPF_MAP_TYPE_* */
  readonly type: number
  /** None for ring buffers, queues and stacks. */
  readonly key?: DataType
  readonly value?: DataType
  readonly maxEntries: number
  /** BPF_F_* sum. */
  readonly flags: number
  readonly pinned: boolean
}

/** A section of variables. */
export interface DataMap {
  readonly name: '.data' | '.bss' | '.rodata'
  readonly variables: readonly DataVariable[]
}

/** A variable, and what it is at first. */
export interface DataVariable {
  readonly name: string
  readonly offset: number
  readonly type: DataType
  readonly initial: Uint8Array
  /** Nobody sets it from outside: a constant table. */
  readonly isStatic?: true
}

const BPF_F_RDONLY_PROG = 1 << 7
const BPF_F_MMAPABLE = 1 << 10
const BPF_MAP_TYPE_ARRAY = 2

/** Maps in `.maps`, and how BTF declares them: numbers as lengths of arrays behind pointers, as libbpf reads them. */
export function declaredMaps(maps: readonly MapDeclaration[], btf: LocalBtf): readonly ObjectMap[] {
  if (maps.length === 0) return []
  const vars: { typeId: number; offset: number; size: number }[] = []
  let end = 0
  const made = maps.map((map): ObjectMap => {
    const key = map.key === undefined ? 0 : dataTypeId(btf, map.key)
    const value = map.value === undefined ? 0 : dataTypeId(btf, map.value)
    const members = [
      { name: 'type', typeId: numberType(btf, map.type) },
      { name: 'max_entries', typeId: numberType(btf, map.maxEntries) },
      ...(map.flags === 0 ? [] : [{ name: 'map_flags', typeId: numberType(btf, map.flags) }]),
      ...(map.pinned ? [{ name: 'pinning', typeId: numberType(btf, 1) }] : []),
      ...(key === 0 ? [] : [{ name: 'key', typeId: pointerTo(btf, key) }]),
      ...(value === 0 ? [] : [{ name: 'value', typeId: pointerTo(btf, value) }]),
    ]
    const size = 8 * members.length
    const struct = btf.add(`map ${map.name}`, () => ({
      kind: 'struct',
      name: '',
      size,
      members: members.map((member, i) => ({ ...member, bitOffset: 64 * i, bitSize: 0 })),
    }))
    const variable = btf.add(`var ${map.name}`, () => ({
      kind: 'var',
      name: map.name,
      typeId: struct,
      linkage: 'global',
    }))
    vars.push({ typeId: variable, offset: end, size })
    end += size
    return {
      name: map.name,
      kind: 'declared',
      section: '.maps',
      type: map.type,
      keySize: map.key === undefined ? 0 : sizeOfData(map.key),
      valueSize: map.value === undefined ? 0 : sizeOfData(map.value),
      maxEntries: map.maxEntries,
      flags: map.flags,
      keyTypeId: key,
      valueTypeId: value,
      pinning: map.pinned ? 'byName' : 'none',
      slots: [],
      data: new Uint8Array(0),
      variables: [],
    }
  })
  btf.add('datasec .maps', () => ({ kind: 'datasec', name: '.maps', size: end, vars }))
  return made
}

/** Sections of variables as maps of one element. */
export function dataMaps(sections: readonly DataMap[], btf: LocalBtf): readonly ObjectMap[] {
  return sections
    .filter(({ variables }) => variables.length > 0)
    .map(({ name, variables }): ObjectMap => {
      const size = Math.max(...variables.map(({ offset, type }) => offset + sizeOfData(type)))
      const data = new Uint8Array(size)
      for (const { offset, initial } of variables) data.set(initial, offset)
      const placed = variables.map((variable) => ({
        ...variable,
        typeId: dataTypeId(btf, variable.type),
        size: sizeOfData(variable.type),
        linkage: variable.isStatic === true ? ('static' as const) : ('global' as const),
      }))
      const vars = placed.map(({ name: of, typeId, linkage, offset, size: bytes }) => ({
        typeId: btf.add(`var ${of}`, () => ({ kind: 'var', name: of, typeId, linkage })),
        offset,
        size: bytes,
      }))
      const valueTypeId = btf.add(`datasec ${name}`, () => ({ kind: 'datasec', name, size, vars }))
      return {
        name,
        kind: name === '.bss' ? 'bss' : name === '.rodata' ? 'rodata' : 'data',
        section: name,
        type: BPF_MAP_TYPE_ARRAY,
        keySize: 4,
        valueSize: size,
        maxEntries: 1,
        flags: BPF_F_MMAPABLE | (name === '.rodata' ? BPF_F_RDONLY_PROG : 0),
        keyTypeId: 0,
        valueTypeId,
        pinning: 'none',
        slots: [],
        data: name === '.bss' ? new Uint8Array(0) : data,
        variables: placed.map(({ name: of, offset, size: bytes, typeId, linkage }) => ({
          name: of,
          offset,
          size: bytes,
          typeId,
          linkage,
        })),
      }
    })
}

function pointerTo(btf: LocalBtf, target: number): number {
  return btf.add(`ptr ${target}`, () => ({ kind: 'ptr', name: '', typeId: target }))
}

function numberType(btf: LocalBtf, value: number): number {
  const int = intId(btf, 32, true)
  const array = btf.add(`array ${int} ${value}`, () => ({
    kind: 'array',
    name: '',
    typeId: int,
    indexTypeId: int,
    length: value,
  }))
  return pointerTo(btf, array)
}

const C_NAMES: Readonly<Record<string, string>> = {
  u8: 'unsigned char',
  s8: 'signed char',
  u16: 'unsigned short',
  s16: 'short',
  u32: 'unsigned int',
  s32: 'int',
  u64: 'unsigned long long',
  s64: 'long long',
}

function intId(btf: LocalBtf, bits: number, signed: boolean): number {
  const name = C_NAMES[`${signed ? 's' : 'u'}${bits}`] ?? 'int'
  return btf.add(`int ${name}`, () => ({
    kind: 'int',
    name,
    size: bits / 8,
    bits,
    bitOffset: 0,
    signed,
    char: false,
    bool: false,
  }))
}

/** A pointer with the tag by which the kernel knows that it keeps something there; the struct is found by its name. */
function kptrTypeId(btf: LocalBtf, struct: string): number {
  const target = btf.add(`kptr struct ${struct}`, () => ({ kind: 'struct', name: struct, size: 0, members: [] }))
  const tag = btf.add(`kptr tag ${struct}`, () => ({
    kind: 'type_tag',
    name: 'kptr',
    typeId: target,
    attribute: false,
  }))
  return pointerTo(btf, tag)
}

/** A type of the program in the object's BTF. */
export function dataTypeId(btf: LocalBtf, type: DataType): number {
  switch (type.kind) {
    case 'int':
      return intId(btf, type.bits, type.signed)
    case 'bool':
      return btf.add('int _Bool', () => ({
        kind: 'int',
        name: '_Bool',
        size: 1,
        bits: 8,
        bitOffset: 0,
        signed: false,
        char: false,
        bool: true,
      }))
    case 'array': {
      const element = dataTypeId(btf, type.element)
      const index = intId(btf, 32, true)
      const { length } = type
      return btf.add(`array ${element} ${length}`, () => ({
        kind: 'array',
        name: '',
        typeId: element,
        indexTypeId: index,
        length,
      }))
    }
    case 'record': {
      const { layout } = type
      if (layout.kptr !== undefined) return kptrTypeId(btf, layout.kptr)
      const members = [...layout.fields].map(([name, field]) => ({
        name,
        typeId: dataTypeId(btf, field.type),
        bitOffset: 8 * field.offset,
        bitSize: 0,
      }))
      return btf.add(`record ${layout.name}`, () => ({ kind: 'struct', name: layout.name, size: layout.size, members }))
    }
  }
}
