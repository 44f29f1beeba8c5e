import { type Btf, nameOf, typeCount } from './btf.ts'
import { btfErrors } from './btf-errors.ts'
import { cDeclarator } from './c-declarator.ts'
import { cNames } from './c-names.ts'
import { requireType } from './find.ts'
import { funcProto, kfuncs } from './query.ts'
import { typeOf } from './type-of.ts'
import type { BtfComposite } from './types.ts'

/** What {@link declareC} writes. */
export interface DeclareCOptions {
  /** Names or ids; only these and what they need. Default: every type. */
  readonly roots?: readonly (string | number)[]
  /** Have clang make CO-RE relocations of every access. Default: true. */
  readonly preserveAccessIndex?: boolean
  /** Declare the functions tagged `bpf_kfunc` as well. Default: false. */
  readonly kfuncs?: boolean
}

/** Deepest chain of types that one declaration may need. */
const MAX_DEPTH = 512

/**
 * Declarations in C (GNU C11: clang and gcc), in an order that compiles, with sizes and offsets as in the BTF. Two types
 * of one name get `___2`; `packed` and padding are written where the layout needs them.
 */
export function declareC(btf: Btf, options: DeclareCOptions = {}): string {
  const lines: string[] = []
  const emitter = cEmitter(btf, lines)
  const functions = options.kfuncs === true ? kfuncs(btf) : []
  if (options.roots === undefined) for (let id = 1; id <= typeCount(btf); id++) emitter.declare(id)
  else for (const root of options.roots) emitter.declare(typeof root === 'number' ? root : requireType(btf, root))
  for (const { name, typeId } of functions) emitter.declareFunction(name, typeId)
  const preserve = options.preserveAccessIndex ?? true
  return `${[...(preserve ? PRESERVE_ON : []), ...lines, ...(preserve ? PRESERVE_OFF : [])].join('\n')}\n`
}

const PRESERVE_ON = [
  '#if defined(__clang__) && !defined(BPF_NO_PRESERVE_ACCESS_INDEX)',
  '#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)',
  '#endif',
  '',
]
const PRESERVE_OFF = [
  '#if defined(__clang__) && !defined(BPF_NO_PRESERVE_ACCESS_INDEX)',
  '#pragma clang attribute pop',
  '#endif',
]

interface CEmitter {
  /** A type at top level, with all that it needs. */
  declare(id: number): void
  declareFunction(name: string, id: number): void
}

function cEmitter(btf: Btf, lines: string[]): CEmitter {
  const names = cNames(btf)
  const declarator = cDeclarator(btf, names)
  const forwarded = new Set<string>()
  const forwardedIds = new Set<number>()
  const done = new Set<number>()
  const underWay = new Set<number>()
  /** Forward declarations, and types without a name: looked into once, since those that hold each other would multiply. */
  const seen = new Set<number>()

  /** Everything that must stand before a use of the type; `whole`: its size matters to the user. */
  const need = (id: number, whole: boolean, depth: number): void => {
    if (id === 0 || seen.has(id)) return
    if (depth > MAX_DEPTH) throw btfErrors.make('too-deep', { id, limit: MAX_DEPTH })
    const type = typeOf(btf, id)
    switch (type.kind) {
      case 'ptr':
        need(type.typeId, false, depth + 1)
        break
      case 'array':
        need(type.typeId, true, depth + 1)
        break
      case 'const':
      case 'volatile':
      case 'restrict':
      case 'type_tag':
        need(type.typeId, whole, depth + 1)
        break
      case 'typedef':
        define(id, depth, () => {
          need(type.typeId, false, depth + 1)
          lines.push(`typedef ${declarator.declare(type.typeId, names.typedef(id))};`, '')
        })
        if (whole) need(type.typeId, true, depth + 1)
        break
      case 'func_proto':
        seen.add(id)
        for (const param of type.params) need(param.typeId, false, depth + 1)
        need(type.returnTypeId, false, depth + 1)
        break
      case 'fwd':
        seen.add(id)
        forward(id, type.of)
        break
      case 'enum':
      case 'enum64':
        if (type.name !== '') define(id, depth, () => lines.push(`${declarator.body(id)};`, ''))
        break
      case 'struct':
      case 'union':
        needComposite(id, type, whole, depth)
        break
    }
  }
  const needComposite = (id: number, type: BtfComposite, whole: boolean, depth: number): void => {
    const members = (): void => {
      for (const member of type.members) need(member.typeId, true, depth + 1)
    }
    if (type.name === '') {
      seen.add(id)
      members()
    } else if (whole)
      define(id, depth, () => {
        members()
        lines.push(`${declarator.body(id)};`, '')
      })
    else if (!done.has(id)) forward(id, type.kind)
  }
  const define = (id: number, depth: number, write: () => unknown): void => {
    if (done.has(id)) return
    if (underWay.has(id)) throw btfErrors.make('too-deep', { id, limit: depth })
    underWay.add(id)
    write()
    underWay.delete(id)
    done.add(id)
  }
  const forward = (id: number, kind: 'struct' | 'union'): void => {
    // By id first, since making the tag takes time.
    if (forwardedIds.has(id)) return
    forwardedIds.add(id)
    const tag = `${kind} ${names.tag(id)}`
    if (forwarded.has(tag)) return
    forwarded.add(tag)
    lines.push(`${tag};`, '')
  }
  return {
    declare(id) {
      const type = typeOf(btf, id)
      const looseEnum = (type.kind === 'enum' || type.kind === 'enum64') && type.name === ''
      // Anonymous enums are known for their constants; a first use inside a struct declares them there.
      if (looseEnum && !declarator.wasWritten(id)) lines.push(`${declarator.body(id)};`, '')
      else if (!looseEnum) need(id, true, 0)
    },
    declareFunction(name, id) {
      const { params, returns } = funcProto(btf, id)
      for (const param of [...params.map((p) => p.typeId), returns]) need(param, false, 0)
      const func = typeOf(btf, id)
      const proto = func.kind === 'func' ? func.typeId : id
      lines.push(
        `extern ${declarator.declare(proto, name || nameOf(btf, id))} __attribute__((weak, section(".ksyms")));`,
        '',
      )
    },
  }
}
