import { type Btf, nameOf } from './btf.ts'
import { typeOf } from './type-of.ts'

/** One type as `bpftool btf dump` prints it with `format raw`: a line, and one for each member, value or parameter. */
export function rawText(btf: Btf, id: number): string {
  const type = typeOf(btf, id)
  const name = quoted(type.name)
  const head = (kind: string, facts: string): string => `[${id}] ${kind} ${name} ${facts}`.trimEnd()
  const block = (first: string, rows: readonly string[]): string => [first, ...rows.map((row) => `\t${row}`)].join('\n')
  switch (type.kind) {
    case 'void':
      return `[${id}] VOID`
    case 'int': {
      const encoding = type.bool ? 'BOOL' : type.char ? 'CHAR' : type.signed ? 'SIGNED' : '(none)'
      return head('INT', `size=${type.size} bits_offset=${type.bitOffset} nr_bits=${type.bits} encoding=${encoding}`)
    }
    case 'float':
      return head('FLOAT', `size=${type.size}`)
    case 'array':
      return head('ARRAY', `type_id=${type.typeId} index_type_id=${type.indexTypeId} nr_elems=${type.length}`)
    case 'struct':
    case 'union':
      return block(
        head(type.kind.toUpperCase(), `size=${type.size} vlen=${type.members.length}`),
        type.members.map((member) => {
          const bits = member.bitSize === 0 ? '' : ` bitfield_size=${member.bitSize}`
          return `${quoted(member.name)} type_id=${member.typeId} bits_offset=${member.bitOffset}${bits}`
        }),
      )
    case 'enum':
    case 'enum64': {
      const facts = `encoding=${type.signed ? 'SIGNED' : 'UNSIGNED'} size=${type.size} vlen=${type.values.length}`
      const suffix = type.kind === 'enum' ? '' : type.signed ? 'LL' : 'ULL'
      return block(
        head(type.kind.toUpperCase(), facts),
        type.values.map((entry) => `${quoted(entry.name)} val=${entry.value}${suffix}`),
      )
    }
    case 'fwd':
      return head('FWD', `fwd_kind=${type.of}`)
    case 'func':
      return head('FUNC', `type_id=${type.typeId} linkage=${type.linkage}`)
    case 'func_proto':
      return block(
        head('FUNC_PROTO', `ret_type_id=${type.returnTypeId} vlen=${type.params.length}`),
        type.params.map((param) => `${quoted(param.name)} type_id=${param.typeId}`),
      )
    case 'var':
      return head('VAR', `type_id=${type.typeId}, linkage=${type.linkage}`)
    case 'datasec':
      return block(
        head('DATASEC', `size=${type.size} vlen=${type.vars.length}`),
        type.vars.map(
          ({ typeId, offset, size }) =>
            `type_id=${typeId} offset=${offset} size=${size} (VAR ${quoted(nameOf(btf, typeId))})`,
        ),
      )
    case 'decl_tag':
      return head('DECL_TAG', `type_id=${type.typeId} component_idx=${type.component}`)
    case 'ptr':
    case 'typedef':
    case 'const':
    case 'volatile':
    case 'restrict':
    case 'type_tag':
      return head(type.kind.toUpperCase(), `type_id=${type.typeId}`)
    case 'unknown':
      return head(`KIND_${type.kindNumber}`, `vlen=${type.vlen}`)
    default:
      return type satisfies never
  }
}

const quoted = (name: string): string => `'${name === '' ? '(anon)' : name}'`
