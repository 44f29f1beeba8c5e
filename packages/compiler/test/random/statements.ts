// Random statements, each with what it does.
import { anyCond, anyExpr, boolExpr, callOf, compoundAssignment, exprOf, intPlace, placesOf } from './expressions.ts'
import { literalOf } from './literals.ts'
import { mapStatement } from './maps.ts'
import {
  emptyObject,
  freshName,
  type Left,
  layoutOf,
  type Place,
  pair,
  type RecordName,
  rec,
  type Scope,
  type Shape,
  type State,
  type Stmt,
  shapeText,
} from './model.ts'
import { cut, type IntName, intNames, type ScalarName } from './values.ts'

/** A statement, and what can be named after it. */
export interface Made {
  readonly stmt: Stmt
  readonly scope: Scope
}

const same = (scope: Scope, stmt: Stmt): Made => ({ stmt, scope })
const step = (scope: Scope, text: string, run: (s: State) => void): Made =>
  same(scope, {
    text,
    run(s) {
      run(s)
      return undefined
    },
  })

/** Statements in a row; what they declare ends with them. */
export function block(scope: Scope, depth: number, indent: string, most = 4): Stmt {
  const statements: Stmt[] = []
  let inner = scope
  const count = 1 + scope.random.below(most)
  for (let i = 0; i < count && scope.budget.statements > 0; i++) {
    scope.budget.statements--
    const made = statement(inner, depth, indent)
    statements.push(made.stmt)
    inner = made.scope
  }
  return inARow(statements)
}

export const inARow = (statements: readonly Stmt[]): Stmt => ({
  text: statements.map(({ text }) => text).join(''),
  run(s) {
    for (const one of statements) {
      const left = one.run(s)
      if (left !== undefined) return left
    }
    return undefined
  },
})

function statement(scope: Scope, depth: number, indent: string): Made {
  const { random } = scope
  const kind = random.below(depth <= 0 ? 60 : 100)
  if (kind < 14) return declaration(scope, indent)
  if (kind < 20) return object(scope, indent)
  if (kind < 28) {
    const place = intPlace(scope, 1, true)
    const compound = compoundAssignment(scope, place, 2)
    return step(scope, `${indent}${compound.text}\n`, (s) => void compound.value(s))
  }
  if (kind < 32) {
    const place = intPlace(scope, 1, true)
    const up = random.percent(60)
    return step(scope, `${indent}${place.text}${up ? '++' : '--'}\n`, (s) => {
      const { get, set } = place.resolve(s)
      set(cut(place.type, get() + (up ? 1n : -1n)))
    })
  }
  if (kind < 38 && scope.functions.length > 0 && scope.budget.calls > 0) {
    const call = callOf(scope, random.one(scope.functions), 1)
    if (call !== undefined) return step(scope, `${indent}${call.text}\n`, (s) => void call.value(s))
  }
  if (kind < 42 && scope.budget.maps-- > 0) return same(scope, mapStatement(scope, indent))
  if (kind < 44) return same(scope, leave(scope, indent))
  if (kind < 48 && scope.records.length > 0) return neighbours(scope, indent)
  if (kind < 60) return assignment(scope, indent)
  if (kind < 76) return same(scope, choice(scope, depth, indent))
  if (kind < 84) return same(scope, switchOf(scope, depth, indent))
  if (scope.budget.loops > 0 && scope.loopDepth < 2) return same(scope, loopOf(scope, depth, indent))
  return same(scope, choice(scope, depth, indent))
}

const variable = <T extends ScalarName>(name: string, type: T, constant = false): Place<T> => ({
  text: name,
  type,
  constant,
  resolve: (s) => ({
    get: () => s.variables.get(name) ?? 0n,
    set: (value) => void s.variables.set(name, cut(type, value)),
  }),
})

/** A parameter or variable as a place. */
export const variablePlace = variable

function declaration(scope: Scope, indent: string): Made {
  const { random } = scope
  const name = freshName(scope, 'x')
  const constant = random.percent(25)
  const word = constant ? 'const' : 'let'
  if (random.percent(18)) {
    const value = boolExpr(scope, 2)
    const made = step(scope, `${indent}${word} ${name}: bool = ${value.text}\n`, (s) => {
      s.variables.set(name, value.holds(s) ? 1n : 0n)
    })
    return { ...made, scope: { ...scope, places: [...scope.places, variable(name, 'bool', constant)] } }
  }
  const infer = random.percent(25)
  const value = infer ? anyExpr(scope, 2) : exprOf(scope, random.one(intNames), 2)
  const type = value.type
  const made =
    !constant && !infer && random.percent(8)
      ? step(scope, `${indent}let ${name}: ${type}\n`, (s) => void s.variables.set(name, 0n))
      : step(scope, `${indent}${word} ${name}${infer ? '' : `: ${type}`} = ${value.text}\n`, (s) => {
          s.variables.set(name, value.value(s))
        })
  const place = { ...variable(name, type, constant), isNumber: constant && value.isNumber === true }
  return { ...made, scope: { ...scope, places: [...scope.places, place] } }
}

const arrays: readonly Shape[] = [
  { kind: 'array', element: { kind: 'scalar', type: 'u32' }, length: 4 },
  { kind: 'array', element: { kind: 'scalar', type: 's8' }, length: 8 },
  { kind: 'array', element: { kind: 'scalar', type: 'u64' }, length: 2 },
  { kind: 'array', element: pair, length: 2 },
]

/** A record or array on the stack, with a literal of some of its members. */
function object(scope: Scope, indent: string): Made {
  const { random, budget } = scope
  if (budget.objects <= 0) return assignment(scope, indent)
  budget.objects--
  const name = freshName(scope, 'r')
  const shape = random.one([pair, pair, ...(scope.returns === 'u64' ? [rec] : []), ...arrays])
  const literal = literalOf(scope, shape)
  const record: RecordName = {
    text: name,
    shape,
    ref: (s) => s.records.get(name) ?? { object: new Map(), prefix: '' },
  }
  const made = step(scope, `${indent}const ${name}: ${shapeText(shape)} = ${literal.text}\n`, (s) => {
    const made = emptyObject(shape)
    literal.fill(s, made, '')
    s.records.set(name, { object: made, prefix: '' })
  })
  return { ...made, scope: { ...scope, records: [...scope.records, record] } }
}

function assignment(scope: Scope, indent: string): Made {
  const place = scope.random.one(placesOf(scope, 1, true))
  const { type } = place
  if (type === 'bool') {
    const value = boolExpr(scope, 2)
    return step(scope, `${indent}${place.text} = ${value.text}\n`, (s) => {
      const { set } = place.resolve(s)
      set(value.holds(s) ? 1n : 0n)
    })
  }
  const value = exprOf(scope, type, 3)
  return step(scope, `${indent}${place.text} = ${value.text}\n`, (s) => {
    const { set } = place.resolve(s)
    set(value.value(s))
  })
}

/** Numbers into members beside each other in any order, and at times something in between. */
function neighbours(scope: Scope, indent: string): Made {
  const { random } = scope
  const { shape, text, ref } = random.one(scope.records)
  const members = layoutOf(shape).numbers.filter(({ path }) => path !== 'which')
  const from = random.below(members.length)
  const chosen = members.slice(from, from + 2 + random.below(6))
  const steps: Stmt[] = []
  while (chosen.length > 0) {
    const { path, type } = chosen.splice(random.percent(70) ? 0 : random.below(chosen.length), 1)[0] ?? {}
    if (path === undefined || type === undefined) break
    const value = random.percent(40) ? 0n : random.value(type)
    const member = path.split('.').map((one) => (/^\d/.test(one) ? `[${one}]` : `.${one}`))
    const literal = type === 'bool' ? `${value !== 0n}` : `${type}(${value})`
    const number = step(scope, `${indent}${text}${member.join('')} = ${literal}\n`, (s) => {
      const { object, prefix } = ref(s)
      object.set(prefix + path, cut(type, value))
    })
    steps.push(number.stmt)
    if (random.percent(20)) steps.push(assignment(scope, indent).stmt)
  }
  return same(scope, inARow(steps))
}

function leave(scope: Scope, indent: string): Stmt {
  const { random, returns } = scope
  const test = anyCond(scope, 1)
  const ways = [
    ...(scope.canBreak ? (['break'] as const) : []),
    ...(scope.inLoop ? (['continue'] as const) : []),
    'return' as const,
  ]
  const way = random.one(ways)
  const back = way === 'return' ? giveBack(scope, returns) : { text: way, run: (): Left => way }
  return {
    text: `${indent}if (${test.text}) ${back.text}\n`,
    run: (s) => (test.holds(s) ? back.run(s) : undefined),
  }
}

/** `return value`. */
export function giveBack(scope: Scope, type: ScalarName | 'void', depth = 2): Stmt {
  if (type === 'void') return { text: 'return', run: () => 'return' }
  if (type === 'bool') {
    const value = boolExpr(scope, depth)
    return {
      text: `return ${value.text}`,
      run(s) {
        s.returned = value.holds(s) ? 1n : 0n
        return 'return'
      },
    }
  }
  const value = exprOf(scope, type, depth)
  return {
    text: `return ${value.text}`,
    run(s) {
      s.returned = value.value(s)
      return 'return'
    },
  }
}

function choice(scope: Scope, depth: number, indent: string): Stmt {
  const test = anyCond(scope, 2)
  const yes = block(scope, depth - 1, `${indent}  `)
  const no = scope.random.percent(50) ? block(scope, depth - 1, `${indent}  `) : undefined
  return {
    text: `${indent}if (${test.text}) {\n${yes.text}${indent}}${no === undefined ? '' : ` else {\n${no.text}${indent}}`}\n`,
    run: (s) => (test.holds(s) ? yes.run(s) : no?.run(s)),
  }
}

/** Cases that end with `break` or fall through, `default` anywhere. */
function switchOf(scope: Scope, depth: number, indent: string): Stmt {
  const { random } = scope
  const type: IntName = random.one(['u32', 'u8', 's32', 'u64'])
  const by = exprOf(scope, type, 2, true)
  const value = random.percent(70)
    ? { text: `(${by.text} & 3)`, of: (s: State) => by.value(s) & 3n }
    : { text: by.text, of: by.value }
  const labels = [0n, 1n, 2n, 3n, 7n].filter(() => random.percent(60))
  const order: (bigint | undefined)[] = [...labels]
  if (random.percent(70)) order.splice(random.below(order.length + 1), 0, undefined)
  const inner: Scope = { ...scope, canBreak: true }
  const cases = order.map((label) => {
    const body = block(inner, depth - 1, `${indent}    `, 2)
    const ends = random.percent(65)
    return {
      label,
      text: `${indent}  ${label === undefined ? 'default' : `case ${label}`}: {\n${body.text}${ends ? `${indent}    break\n` : ''}${indent}  }\n`,
      run: (s: State): Left => body.run(s) ?? (ends ? 'break' : undefined),
    }
  })
  return {
    text: `${indent}switch (${value.text}) {\n${cases.map(({ text }) => text).join('')}${indent}}\n`,
    run(s) {
      const found = value.of(s)
      let at = cases.findIndex(({ label }) => label === found)
      if (at < 0) at = cases.findIndex(({ label }) => label === undefined)
      for (; at >= 0 && at < cases.length; at++) {
        const left = cases[at]?.run(s)
        if (left === 'break') return undefined
        if (left !== undefined) return left
      }
      return undefined
    },
  }
}

/** Loops of all kinds, none of which runs often. */
function loopOf(scope: Scope, depth: number, indent: string): Stmt {
  const { random, budget } = scope
  budget.loops--
  const name = freshName(scope, 'i')
  const count = 1 + random.below(scope.loopDepth === 0 ? 4 : 2)
  const counter = (max: number) => ({ text: name, max, value: (s: State) => s.variables.get(name) ?? 0n })
  const inside = (counters: Scope['counters']): Scope => ({
    ...scope,
    inLoop: true,
    canBreak: true,
    loopDepth: scope.loopDepth + 1,
    // The verifier goes through all of it as often as it runs.
    functions: scope.loopDepth === 0 ? scope.functions : [],
    counters: [...scope.counters, ...counters],
  })
  /** Run the body until it is over; what `next` does comes after each time. */
  const repeat = (s: State, body: Stmt, again: () => boolean, next: () => void): Left => {
    while (again()) {
      const left = body.run(s)
      if (left === 'break') return undefined
      if (left === 'return') return left
      next()
    }
    return undefined
  }
  const get = (s: State): bigint => s.variables.get(name) ?? 0n
  const add = (s: State, by: bigint): void => void s.variables.set(name, get(s) + by)
  switch (random.below(5)) {
    case 0: {
      const body = block(inside([counter(count - 1)]), depth - 1, `${indent}  `)
      return {
        text: `${indent}for (let ${name}: u32 = 0; ${name} < ${count}; ${name}++) {\n${body.text}${indent}}\n`,
        run(s) {
          s.variables.set(name, 0n)
          return repeat(
            s,
            body,
            () => get(s) < BigInt(count),
            () => add(s, 1n),
          )
        },
      }
    }
    case 1: {
      // A limit that is only known to be small, computed once.
      const from = random.percent(40) ? random.below(3) : 0
      const any = exprOf(scope, 'u32', 1, true)
      const limit = random.percent(50)
        ? { text: `${count}`, of: () => BigInt(count) }
        : {
            text: `min(${any.text}, ${count})`,
            of: (s: State) => ((x) => (x < count ? x : BigInt(count)))(any.value(s)),
          }
      const body = block(inside([counter(count - 1)]), depth - 1, `${indent}  `)
      return {
        text: `${indent}for (const ${name} of range(${from === 0 ? '' : `${from}, `}${limit.text})) {\n${body.text}${indent}}\n`,
        run(s) {
          const end = limit.of(s)
          let at = BigInt(from)
          return repeat(
            s,
            body,
            () => {
              s.variables.set(name, at)
              return at < end
            },
            () => {
              at += 1n
            },
          )
        },
      }
    }
    case 2: {
      const test = boolExpr(scope, 1)
      const often = random.percent(50)
      const body = block(inside([]), depth - 1, `${indent}  `)
      return {
        text: `${indent}let ${name}: u32 = 0\n${indent}while (${name} < ${count}${often ? '' : ` && ${test.text}`}) {\n${indent}  ${name}++\n${body.text}${indent}}\n`,
        run(s) {
          s.variables.set(name, 0n)
          const counted: Stmt = {
            text: '',
            run(inner) {
              add(inner, 1n)
              return body.run(inner)
            },
          }
          return repeat(
            s,
            counted,
            () => get(s) < BigInt(count) && (often || test.holds(s)),
            () => undefined,
          )
        },
      }
    }
    case 3: {
      const body = block(inside([]), depth - 1, `${indent}  `)
      let first = true
      return {
        text: `${indent}let ${name}: s32 = ${count}\n${indent}do {\n${body.text}${indent}} while (--${name} > 0)\n`,
        run(s) {
          s.variables.set(name, BigInt(count))
          first = true
          return repeat(
            s,
            body,
            () => {
              if (!first) add(s, -1n)
              const again = first || get(s) > 0n
              first = false
              return again
            },
            () => undefined,
          )
        },
      }
    }
    default: {
      const body = block(inside([]), depth - 1, `${indent}  `)
      return {
        text: `${indent}for (let ${name}: u64 = ${2 * count}; ; ${name} -= 2) {\n${indent}  if (${name} === 0) break\n${body.text}${indent}}\n`,
        run(s) {
          s.variables.set(name, BigInt(2 * count))
          return repeat(
            s,
            body,
            () => get(s) !== 0n,
            () => add(s, -2n),
          )
        },
      }
    }
  }
}
