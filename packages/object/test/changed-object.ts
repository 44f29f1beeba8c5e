import type { BpfObject, CoreRelocation, Relocation } from '@tscc/object'
import fc from 'fast-check'
import { sampleObject } from './sample-object.ts'

const anyIndex = fc.oneof({ weight: 8, arbitrary: fc.nat(6) }, fc.integer())
const relocation: fc.Arbitrary<Relocation> = fc.oneof(
  fc.record({ kind: fc.constant('map' as const), at: anyIndex, map: anyIndex }),
  fc.record({ kind: fc.constant('mapValue' as const), at: anyIndex, map: anyIndex, offset: anyIndex }),
  fc.record({ kind: fc.constantFrom('call' as const, 'function' as const), at: anyIndex, function: anyIndex }),
  fc.record({ kind: fc.constant('extern' as const), at: anyIndex, extern: anyIndex }),
  fc.record({
    kind: fc.constant('argument' as const),
    at: anyIndex,
    argument: fc.record({ name: fc.string(), index: anyIndex }),
  }),
)
const coreRelocation: fc.Arbitrary<CoreRelocation> = fc.record({
  at: anyIndex,
  kind: fc.constantFrom(
    'field_byte_offset',
    'field_byte_size',
    'field_exists',
    'field_signed',
    'field_lshift_u64',
    'field_rshift_u64',
    'type_id_local',
    'type_id_target',
    'type_exists',
    'type_size',
    'enumval_exists',
    'enumval_value',
    'type_matches',
  ),
  typeId: fc.oneof(fc.nat(60), anyIndex),
  access: fc.oneof(fc.constantFrom('0', '0:0', '0:1', '1', ''), fc.string()),
  addend: fc.oneof(fc.constant(0), anyIndex),
})
const anyName = fc.oneof(fc.constantFrom('socket', '.text', 'filter', '.maps', 'license', ''), fc.string())

/** Something else in one place of a function or a map. */
const functionChange = fc.oneof(
  fc.record({ name: anyName }),
  fc.record({ section: anyName }),
  fc.record({ linkage: fc.constantFrom('static' as const, 'global' as const, 'weak' as const), hidden: fc.boolean() }),
  fc.record({ code: fc.uint8Array({ maxLength: 32 }) }),
  fc.record({ relocations: fc.array(relocation, { maxLength: 4 }) }),
  fc.record({ coreRelocations: fc.array(coreRelocation, { maxLength: 4 }) }),
  fc.record({ typeId: anyIndex }),
  fc.record({
    lines: fc.array(
      fc.record({ at: anyIndex, file: fc.string(), text: fc.string(), line: anyIndex, column: anyIndex }),
      { maxLength: 3 },
    ),
  }),
)
const mapChange = fc.oneof(
  { weight: 8, arbitrary: fc.constant({}) },
  fc.record({ name: anyName }),
  fc.record({ section: anyName }),
  fc.record({ valueSize: anyIndex }),
)
const btfChange = fc.oneof(
  { weight: 16, arbitrary: fc.constant({}) },
  fc.record({ btf: fc.uint8Array({ maxLength: 64 }) }),
)

/** The sample with something else in one place of it. */
export const changedObject: fc.Arbitrary<BpfObject> = fc
  .tuple(fc.constantFrom('little' as const, 'big' as const), fc.nat(3), functionChange, mapChange, btfChange)
  .map(([endian, which, f, map, btf]) => {
    const sample = sampleObject(endian)
    return {
      ...sample,
      functions: sample.functions.map((one, i) => (i === which ? { ...one, ...f } : one)),
      maps: sample.maps.map((one, i) => (i === which ? { ...one, ...map } : one)),
      ...btf,
    }
  })
