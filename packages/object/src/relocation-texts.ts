import { parseBtf } from '@tscc/btf'
import { localSpec } from './link/core/core-spec.ts'
import { subjectText } from './link/explain-link.ts'
import type { ArgumentRef, BpfObject, CoreRelocation, ObjectFunction, Relocation } from './model.ts'

/**
 * What linking will write into a function's instructions, by slot, in the program's words: `tcp_sock.snd_cwnd`,
 * `argument sk`, `map flows`, `losses`, `call ns_to_ms`.
 */
export function relocationTexts(object: BpfObject, f: ObjectFunction): ReadonlyMap<number, string> {
  const texts = new Map<number, string>()
  const put = (at: number, text: string): void => {
    const before = texts.get(at)
    texts.set(at, before === undefined ? text : `${before}, ${text}`)
  }
  for (const relocation of f.relocations) put(relocation.at, textOf(object, relocation))
  if (object.btf !== undefined && f.coreRelocations.length > 0) {
    const btf = parseBtf(object.btf, { pointerSize: 8 })
    for (const relocation of f.coreRelocations) {
      const subject = subjectText(localSpec(btf, relocation)).replace(/^(?:struct|union|enum) /, '')
      put(relocation.at, coreText(relocation, subject))
    }
  }
  return texts
}

function coreText({ kind, addend = 0 }: CoreRelocation, subject: string): string {
  const place = addend === 0 ? subject : `${subject} + ${addend}`
  if (kind === 'field_byte_offset' || kind === 'enumval_value') return place
  if (kind.endsWith('_exists')) return `exists(${place})`
  return `${kind.replace(/^(?:field|type|enumval)_/, '').replaceAll('_', ' ')} of ${place}`
}

function textOf(object: BpfObject, relocation: Relocation): string {
  switch (relocation.kind) {
    case 'map':
      return `map ${object.maps[relocation.map]?.name ?? relocation.map}`
    case 'mapValue': {
      const map = object.maps[relocation.map]
      const variable = map?.variables.find(
        ({ offset, size }) => relocation.offset >= offset && relocation.offset < offset + size,
      )
      return variable?.name ?? `${map?.name ?? relocation.map} + ${relocation.offset}`
    }
    case 'call':
      return `call ${object.functions[relocation.function]?.name ?? relocation.function}`
    case 'function':
      return `function ${object.functions[relocation.function]?.name ?? relocation.function}`
    case 'extern':
      return object.externs[relocation.extern]?.name ?? `extern ${relocation.extern}`
    case 'argument':
      return `argument ${argumentText(relocation.argument)}`
  }
}

const argumentText = ({ name, pointee, index }: ArgumentRef): string => (name === '' ? (pointee ?? `${index}`) : name)
