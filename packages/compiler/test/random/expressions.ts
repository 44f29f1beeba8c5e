// Random expressions, each with what it gives.
import type { Cond, Expr, Place, RecordName, Scope, Shape, State } from './model.ts'
import {
  bitsOf,
  calculate,
  common,
  compare,
  comparisons,
  cut,
  type IntName,
  intNames,
  isSigned,
  needsOneSign,
  operators,
  promoted,
  resultType,
  wideNames,
  widens,
} from './values.ts'

export const read =
  (place: Place): ((s: State) => bigint) =>
  (s) =>
    place.resolve(s).get()

/** Expressions of integers, of whatever type they turn out to have. */
export function anyExpr(scope: Scope, depth: number): Expr {
  const { random } = scope
  if (depth <= 0 || random.percent(12)) return leaf(scope, depth)
  switch (random.below(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      return binary(scope, depth)
    case 5: {
      // A number takes the other operand's type.
      const a = anyExpr(scope, depth - 1)
      const operator = random.one(operators)
      const type = promoted(a.type)
      const isShift = operator === '<<' || operator === '>>'
      const least = operator === '/' || operator === '%' ? 1n : 0n
      const value = isShift ? BigInt(random.below(bitsOf(type))) : literalFor(scope, type, least)
      return {
        text: `(${a.text} ${operator} ${value})`,
        type,
        value: (s) => calculate(operator, type, a.value(s), value),
      }
    }
    case 6: {
      const a = anyExpr(scope, depth - 1)
      const type = promoted(a.type)
      return random.percent(50)
        ? { text: `(-(${a.text}))`, type, isNumber: a.isNumber === true, value: (s) => cut(type, -a.value(s)) }
        : { text: `(~(${a.text}))`, type, isNumber: a.isNumber === true, value: (s) => cut(type, ~a.value(s)) }
    }
    case 7: {
      const test = anyCond(scope, depth - 1)
      const [a, b] = [anyExpr(scope, depth - 1), anyExpr(scope, depth - 2)]
      const type = common(a.type, b.type)
      return {
        text: `(${test.text} ? ${a.text} : ${b.text})`,
        type,
        value: (s) => cut(type, (test.holds(s) ? a : b).value(s)),
      }
    }
    case 8:
      return extreme(scope, depth)
    case 9: {
      const a = anyExpr(scope, depth - 1)
      const type = isSigned(a.type) ? (bitsOf(a.type) === 64 ? 'u64' : 'u32') : a.type
      return {
        text: `abs(${a.text})`,
        type,
        isNumber: a.isNumber === true,
        value(s) {
          const x = a.value(s)
          return cut(type, x < 0n ? -x : x)
        },
      }
    }
    case 10:
    case 11: {
      const type = random.one(intNames)
      const a = anyExpr(scope, depth - 1)
      return castTo(a, type)
    }
    case 12: {
      const type = random.one(intNames)
      const test = boolExpr(scope, depth - 1)
      return { text: `${type}(${test.text})`, type, value: (s) => (test.holds(s) ? 1n : 0n) }
    }
    case 13: {
      // The value of `a || b` is a's if that is not 0.
      const type = random.one(wideNames)
      const [a, b] = [exprOf(scope, type, depth - 1, true), exprOf(scope, type, depth - 2, true)]
      const or = random.percent(60)
      return {
        text: `(${a.text} ${or ? '||' : '&&'} ${b.text})`,
        type,
        value(s) {
          const x = a.value(s)
          return (x !== 0n) === or ? x : b.value(s)
        },
      }
    }
    default:
      return changing(scope, depth)
  }
}

function leaf(scope: Scope, depth: number): Expr {
  const { random } = scope
  const kind = random.below(10)
  const [counter] = kind === 0 && scope.counters.length > 0 ? [random.one(scope.counters)] : []
  if (counter !== undefined) return { text: counter.text, type: 'u32', value: counter.value }
  if (kind <= 2) {
    const type = random.one(intNames)
    const value = random.value(type)
    return { text: `${type}(${value})`, type, isNumber: true, value: () => value }
  }
  const place = intPlace(scope, depth, false)
  return { text: place.text, type: place.type, isNumber: place.isNumber === true, value: read(place) }
}

function literalFor(scope: Scope, type: IntName, least: bigint): bigint {
  const value = scope.random.value(type)
  const positive = value < 0n ? -value - 1n : value
  return positive < least ? least : positive
}

/** `1 << n`. */
function power(scope: Scope, depth: number): Expr {
  const one = scope.random.one(['u32', 'u64', 's32'] as const)
  const by = anyExpr(scope, depth - 1)
  const type = resultType('<<', one, by.type)
  return { text: `(${one}(1) << ${by.text})`, type, value: (s) => calculate('<<', type, 1n, by.value(s)) }
}

function binary(scope: Scope, depth: number): Expr {
  const { random } = scope
  const operator = random.one(operators)
  const left = anyExpr(scope, depth - 1)
  const byPower = (operator === '*' || operator === '/') && random.percent(15)
  let right = byPower ? power(scope, depth - 1) : anyExpr(scope, depth - 1 - random.below(2))
  const isShift = operator === '<<' || operator === '>>'
  if (needsOneSign(operator) && !isShift) right = divisor(operator, ofOneSign(left, right))
  const type = resultType(operator, left.type, right.type)
  return {
    text: `(${left.text} ${operator} ${right.text})`,
    type,
    value(s) {
      const a = left.value(s)
      return calculate(operator, type, a, right.value(s))
    },
  }
}

/** Division by a number that the source says is 0 is refused. */
function divisor(operator: string, right: Expr): Expr {
  if (right.isNumber !== true || (operator !== '/' && operator !== '%')) return right
  return { text: `${right.type}(3)`, type: right.type, isNumber: true, value: () => 3n }
}

/** The right operand, cast where the language would refuse the mix. */
function ofOneSign(left: Expr, right: Expr): Expr {
  const [a, b] = [promoted(left.type), promoted(right.type)]
  if (widens(a, b) || widens(b, a)) return right
  return castTo(right, a)
}

const castTo = (a: Expr, type: IntName): Expr => ({
  text: `${type}(${a.text})`,
  type,
  isNumber: a.isNumber === true,
  value: (s) => cut(type, a.value(s)),
})

function extreme(scope: Scope, depth: number): Expr {
  const { random } = scope
  const count = 2 + random.below(3)
  const type = random.one(wideNames)
  const args = Array.from({ length: count }, () => exprOf(scope, type, depth - 1, true))
  const all = args.map(({ text }) => text).join(', ')
  const lesser = (a: bigint, b: bigint): bigint => (a < b ? a : b)
  const greater = (a: bigint, b: bigint): bigint => (a > b ? a : b)
  const isClamp = count === 3 && random.percent(50)
  const pick = random.percent(50) ? lesser : greater
  return {
    text: `${isClamp ? 'clamp' : pick === lesser ? 'min' : 'max'}(${all})`,
    type,
    isNumber: args.every(({ isNumber }) => isNumber === true),
    value(s) {
      const values = args.map((arg) => arg.value(s))
      const [x = 0n, low = 0n, high = 0n] = values
      return isClamp ? lesser(greater(x, low), high) : values.reduce(pick)
    },
  }
}

/** An expression that changes something on the way. */
function changing(scope: Scope, depth: number): Expr {
  const { random } = scope
  const f = scope.functions.filter(({ returns }) => returns !== 'void' && returns !== 'bool')
  if (f.length > 0 && scope.budget.calls > 0 && random.percent(60)) {
    const called = random.one(f)
    const call = callOf(scope, called, depth - 1)
    // Not `void` and not `bool`, as was asked for above.
    if (call !== undefined) return { text: call.text, type: called.returns as IntName, value: call.value }
  }
  const place = intPlace(scope, depth, true)
  const kind = random.below(4)
  if (kind < 2) {
    const [operator, by] = random.one([['++', 1n] as const, ['--', -1n] as const])
    const before = kind === 0
    return {
      text: before ? `(${operator}${place.text})` : `(${place.text}${operator})`,
      type: place.type,
      value(s) {
        const { get, set } = place.resolve(s)
        const old = get()
        set(cut(place.type, old + by))
        return before ? cut(place.type, old + by) : old
      },
    }
  }
  if (kind === 2) {
    const value = exprOf(scope, place.type, depth - 1)
    return {
      text: `(${place.text} = ${value.text})`,
      type: place.type,
      isNumber: value.isNumber === true,
      value(s) {
        const { set } = place.resolve(s)
        const result = value.value(s)
        set(result)
        return result
      },
    }
  }
  const compound = compoundAssignment(scope, place, depth - 1)
  return { text: `(${compound.text})`, type: place.type, value: compound.value }
}

/** `place operator= value`: computed in the common type, cut to what it is assigned to. */
export function compoundAssignment(scope: Scope, place: Place<IntName>, depth: number): Expr {
  const operator = scope.random.one(operators)
  const left: Expr = { text: place.text, type: place.type, value: read(place) }
  const any = anyExpr(scope, depth)
  const isShift = operator === '<<' || operator === '>>'
  const right = needsOneSign(operator) && !isShift ? divisor(operator, ofOneSign(left, any)) : any
  const type = resultType(operator, left.type, right.type)
  return {
    text: `${place.text} ${operator}= ${right.text}`,
    type: place.type,
    value(s) {
      const { get, set } = place.resolve(s)
      const before = get()
      const result = cut(place.type, calculate(operator, type, before, right.value(s)))
      set(result)
      return result
    },
  }
}

/** An expression of a certain type; `exactly`: by the checker's own opinion too. */
export function exprOf(scope: Scope, type: IntName, depth: number, exactly = false): Expr {
  const a = anyExpr(scope, depth)
  if (a.type === type || (!exactly && widens(a.type, type) && scope.random.percent(60)))
    return { ...a, type, value: (s) => cut(type, a.value(s)) }
  return castTo(a, type)
}

/** What `if` takes: truth values, and numbers that are not 0. */
export function anyCond(scope: Scope, depth: number): Cond {
  const { random } = scope
  if (depth > 0 && random.percent(15)) {
    const a = anyExpr(scope, depth - 1)
    return { text: a.text, holds: (s) => a.value(s) !== 0n }
  }
  return condition(scope, depth, anyCond)
}

/** A truth value. */
export const boolExpr = (scope: Scope, depth: number): Cond => condition(scope, depth, boolExpr)

function condition(scope: Scope, depth: number, inner: (scope: Scope, depth: number) => Cond): Cond {
  const { random } = scope
  const kind = random.below(depth <= 0 ? 6 : 10)
  if (kind === 0) {
    const bools = scope.places.filter((place) => place.type === 'bool')
    if (bools.length > 0) {
      const place = random.one(bools)
      return { text: place.text, holds: (s) => place.resolve(s).get() !== 0n }
    }
  }
  if (kind === 1 && scope.budget.calls > 0) {
    const predicates = scope.functions.filter(({ returns }) => returns === 'bool')
    const call = predicates.length > 0 ? callOf(scope, random.one(predicates), depth - 1) : undefined
    if (call !== undefined) return { text: call.text, holds: (s) => call.value(s) !== 0n }
  }
  if (kind === 6) {
    const a = inner(scope, depth - 1)
    return { text: `!(${a.text})`, holds: (s) => !a.holds(s) }
  }
  if (kind > 6) {
    const [a, b] = [boolExpr(scope, depth - 1), boolExpr(scope, depth - 1)]
    const both = random.percent(50)
    return {
      text: `(${a.text} ${both ? '&&' : '||'} ${b.text})`,
      holds: (s) => (both ? a.holds(s) && b.holds(s) : a.holds(s) || b.holds(s)),
    }
  }
  const operator = random.one(comparisons)
  const left = anyExpr(scope, depth - 1)
  const right: Expr = random.percent(30)
    ? (() => {
        const value = literalFor(scope, promoted(left.type), 0n)
        return { text: `${value}`, type: left.type, value: () => value }
      })()
    : ofOneSignFor(operator, left, anyExpr(scope, depth - 1))
  const type = common(left.type, right.type)
  return {
    text: `(${left.text} ${operator} ${right.text})`,
    holds(s) {
      const a = cut(type, left.value(s))
      return compare(operator, a, cut(type, right.value(s)))
    },
  }
}

const ofOneSignFor = (operator: (typeof comparisons)[number], left: Expr, right: Expr): Expr =>
  needsOneSign(operator) ? ofOneSign(left, right) : right

/** A number below a limit that the checker sees to be below it. */
export function indexBelow(scope: Scope, length: number, depth: number): Expr {
  const { random } = scope
  const counters = scope.counters.filter(({ max }) => max < length)
  if (counters.length > 0 && random.percent(40)) {
    const counter = random.one(counters)
    return { text: counter.text, type: 'u32', value: counter.value }
  }
  const type = random.one(['u32', 'u64', 'u32'] as const)
  const a = exprOf(scope, type, depth, true)
  const most = BigInt(length - 1)
  switch (random.below(3)) {
    case 0:
      return { text: `min(${a.text}, ${most})`, type, value: (s) => ((x) => (x < most ? x : most))(a.value(s)) }
    case 1:
      return { text: `(${a.text} % ${length})`, type, value: (s) => a.value(s) % BigInt(length) }
    default: {
      const mask = (length & (length - 1)) === 0 ? most : 1n
      return { text: `(${a.text} & ${mask})`, type, value: (s) => a.value(s) & mask }
    }
  }
}

/** Somewhere an integer lies. */
export function intPlace(scope: Scope, depth: number, toChange: boolean): Place<IntName> {
  const places = placesOf(scope, depth, toChange).filter((place): place is Place<IntName> => place.type !== 'bool')
  return scope.random.one(places)
}

/** Variables, and some member of each record. */
export function placesOf(scope: Scope, depth: number, toChange: boolean): readonly Place[] {
  const variables = scope.places.filter((place) => !(toChange && place.constant === true))
  const record = scope.records.length > 0 ? scope.random.one(scope.records) : undefined
  return record === undefined ? variables : [...variables, memberOf(scope, record, record.shape, depth)]
}

function memberOf(scope: Scope, name: RecordName, whole: Shape, depth: number): Place {
  const { random } = scope
  let [text, shape] = [name.text, whole]
  const path: ((s: State) => string)[] = []
  while (shape.kind !== 'scalar') {
    if (shape.kind === 'record') {
      const [field, of] = random.one(Object.entries(shape.fields).filter(([one]) => one !== 'which'))
      text += `.${field}`
      path.push(() => field)
      shape = of
    } else {
      const { length, element }: { length: number; element: Shape } = shape
      if (random.percent(40)) {
        const index = random.below(length)
        text += `[${index}]`
        path.push(() => `${index}`)
      } else {
        const index = indexBelow(scope, length, depth > 0 ? 1 : 0)
        text += `[${index.text}]`
        path.push((s) => `${index.value(s)}`)
      }
      shape = element
    }
  }
  const { type } = shape
  return {
    text,
    type,
    resolve(s) {
      const { object, prefix } = name.ref(s)
      const at = prefix + path.map((step) => step(s)).join('.')
      return { get: () => object.get(at) ?? 0n, set: (value) => void object.set(at, cut(type, value)) }
    },
  }
}

/** A call with arguments; undefined where nothing in scope could be one. */
export function callOf(
  scope: Scope,
  f: Scope['functions'][number],
  depth: number,
): { readonly text: string; value(s: State): bigint } | undefined {
  scope.budget.calls--
  const args = f.parameters.map((parameter) => {
    if (parameter.kind === 'record') {
      const fitting = recordsOf(scope).filter(({ shape }) => shape === parameter.shape)
      if (fitting.length === 0) return undefined
      const record = scope.random.one(fitting)
      return { text: record.text, bind: (s: State) => bindRecord(s, parameter.name, record) }
    }
    const { name, type } = parameter
    if (type === 'bool') {
      const value = boolExpr(scope, Math.min(depth, 1))
      return { text: value.text, bind: (s: State) => bindNumber(s, name, value.holds(s) ? 1n : 0n) }
    }
    const value = exprOf(scope, type, Math.min(depth, 1))
    return { text: value.text, bind: (s: State) => bindNumber(s, name, value.value(s)) }
  })
  const known = args.filter((arg) => arg !== undefined)
  if (known.length < args.length) return undefined
  return {
    text: `${f.name}(${known.map(({ text }) => text).join(', ')})`,
    value(s) {
      // All arguments first: they may call the same function.
      for (const put of known.map(({ bind }) => bind(s))) put()
      s.returned = 0n
      f.run(s)
      return s.returned
    },
  }
}

const bindNumber =
  (s: State, name: string, value: bigint): (() => void) =>
  () =>
    void s.variables.set(name, value)

function bindRecord(s: State, name: string, record: RecordName): () => void {
  const ref = record.ref(s)
  return () => void s.records.set(name, ref)
}

/** Records in scope, with those that they contain. */
function recordsOf(scope: Scope): readonly RecordName[] {
  return scope.records.flatMap((record) => [
    record,
    ...(record.shape.kind === 'record'
      ? Object.entries(record.shape.fields).flatMap(([name, shape]): readonly RecordName[] =>
          shape.kind === 'record'
            ? [
                {
                  text: `${record.text}.${name}`,
                  shape,
                  ref: (s) => ((ref) => ({ object: ref.object, prefix: `${ref.prefix}${name}.` }))(record.ref(s)),
                },
              ]
            : [],
        )
      : []),
  ])
}
