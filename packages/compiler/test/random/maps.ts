// Random uses of maps, each with what it does to the reference's.
import { compoundAssignment, exprOf, indexBelow, intPlace, placesOf } from './expressions.ts'
import { literalOf } from './literals.ts'
import {
  emptyObject,
  freshName,
  type Place,
  pair,
  type RecordName,
  rec,
  type Scope,
  type State,
  type Stmt,
} from './model.ts'
import { cut } from './values.ts'

/** The maps of every module. */
export const mapsText = `const numbers = hash<u32, u64>(8)
const records = hash<Key, Rec>(8)
const pairs = array<Pair>(4)
`

/** The maps as a run finds them: a program that uses them empties them first. */
export const emptyMaps = (): State['maps'] =>
  new Map([
    ['numbers', new Map()],
    ['records', new Map()],
    ['pairs', new Map([0, 1, 2, 3].map((i) => [`${i}`, emptyObject(pair)]))],
  ])

/** A function that empties the maps. */
export const emptyText = `const empty = noinline((): void => {
  for (let i: u32 = 0; i < 4; i++) {
    numbers.delete(i)
    records.delete({ x: i, y: 0, z: -1 })
    records.delete({ x: i, y: 1, z: -1 })
    pairs.update(i, { lo: 0, hi: 0, on: false })
  }
})
`

export function mapStatement(scope: Scope, indent: string): Stmt {
  const { random } = scope
  const name = random.one(['numbers', 'records', 'pairs'] as const)
  const [x, y] = [indexBelow(scope, 4, 1), indexBelow(scope, 2, 1)]
  const keyText = name === 'records' ? `{ x: u32(${x.text}), y: u16(${y.text}), z: -1 }` : `u32(${x.text})`
  const keyOf = (s: State): string => {
    const first = x.value(s)
    return name === 'records' ? `${first} ${y.value(s)}` : `${first}`
  }
  const mapOf = (s: State) => s.maps.get(name) ?? new Map<string, never>()
  const kind = random.below(name === 'pairs' ? 9 : 10)
  if (kind < 4) {
    if (name === 'numbers') {
      const value = exprOf(scope, 'u64', 2)
      return {
        text: `${indent}numbers.update(${keyText}, ${value.text})\n`,
        run(s) {
          const at = keyOf(s)
          mapOf(s).set(at, new Map([['', value.value(s)]]))
          return undefined
        },
      }
    }
    const shape = name === 'records' ? rec : pair
    const literal = literalOf(scope, shape)
    return {
      text: `${indent}${name}.update(${keyText}, ${literal.text})\n`,
      run(s) {
        const at = keyOf(s)
        const object = emptyObject(shape)
        literal.fill(s, object, '')
        const old = mapOf(s).get(at)
        // What a pointer leads to stays where it is.
        if (old === undefined) mapOf(s).set(at, object)
        else for (const [path, value] of object) old.set(path, value)
        return undefined
      },
    }
  }
  if (kind === 9) {
    const place = intPlace(scope, 0, true)
    return {
      text: `${indent}${place.text} = ${place.type}(${name}.delete(${keyText}))\n`,
      run(s) {
        const { set } = place.resolve(s)
        set(cut(place.type, mapOf(s).delete(keyOf(s)) ? 0n : -2n))
        return undefined
      },
    }
  }
  return lookup(scope, indent, { name, keyText, keyOf })
}

/** A lookup, a test for null, and a few steps on what was found. */
function lookup(
  scope: Scope,
  indent: string,
  { name, keyText, keyOf }: { readonly name: string; readonly keyText: string; keyOf(s: State): string },
): Stmt {
  const found = freshName(scope, 'm')
  const place: Place = {
    text: `${found}.value`,
    type: 'u64',
    resolve(s) {
      const { object } = s.records.get(found) ?? { object: new Map<string, bigint>() }
      return { get: () => object.get('') ?? 0n, set: (value) => void object.set('', cut('u64', value)) }
    },
  }
  const record: RecordName = {
    text: found,
    shape: name === 'records' ? rec : pair,
    ref: (s) => s.records.get(found) ?? { object: new Map(), prefix: '' },
  }
  const inner: Scope =
    name === 'numbers'
      ? { ...scope, places: [...scope.places, place, place] }
      : { ...scope, records: [record, ...scope.records.slice(0, 2)] }
  const steps = Array.from({ length: 1 + scope.random.below(3) }, () => {
    const target = scope.random.one(placesOf(inner, 1, true).filter((one) => one.type !== 'bool'))
    // No truth values, as was asked for.
    return compoundAssignment(inner, target as ReturnType<typeof intPlace>, 1)
  })
  const other = compoundAssignment(scope, intPlace(scope, 1, true), 1)
  return {
    text: `${indent}const ${found} = ${name}.lookup(${keyText})\n${indent}if (${found} !== null) {\n${steps
      .map(({ text }) => `${indent}  ${text}\n`)
      .join('')}${indent}} else {\n${indent}  ${other.text}\n${indent}}\n`,
    run(s) {
      const object = s.maps.get(name)?.get(keyOf(s))
      if (object === undefined) other.value(s)
      else {
        s.records.set(found, { object, prefix: '' })
        for (const one of steps) one.value(s)
      }
      return undefined
    },
  }
}
