// Random programs of the language, each with what it does by JavaScript's own arithmetic.

/** Types of the fields, and of expressions (the four widest). */
export const fieldTypes = ['u8', 'u16', 'u32', 'u64', 's8', 's16', 's32', 's64'] as const
type TypeName = (typeof fieldTypes)[number]
type WideName = 'u32' | 'u64' | 's32' | 's64'
const wideTypes: readonly WideName[] = ['u32', 'u64', 's32', 's64']

/** Values of fields and variables. */
export type State = Map<string, bigint>

interface Expr {
  readonly text: string
  value(state: State): bigint
}
interface Cond {
  readonly text: string
  holds(state: State): boolean
}
interface Stmt {
  readonly text: string
  run(state: State): void
}

/** A value cut to a type. */
export function cut(type: TypeName, value: bigint): bigint {
  const bits = Number(type.slice(1))
  return type.startsWith('s') ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)
}

/** Numbers below a limit, the same for the same seed. */
export function generator(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state % below
  }
}

/** Names of two fields of each type. */
export const fields = fieldTypes.flatMap((type) => [0, 1].map((n) => ({ name: `${type}_${n}`, type })))

/** A program that works on the fields. */
export function randomProgram(seed: number): { readonly text: string; run(state: State): void } {
  const pick = generator(seed)
  const one = <T>(items: readonly T[]): T => items[pick(items.length)] as T // there are some
  let names = 0
  const locals: { name: string; type: WideName }[] = []

  const literal = (type: WideName): Expr => {
    const interesting = [0n, 1n, 2n, 7n, 31n, 255n, 256n, 65535n, 65536n, 0x7fffffffn, 0x80000000n, 0xffffffffn]
    const wide = type.endsWith('64') ? [0x1_0000_0000n, 0x7fff_ffff_ffff_ffffn] : []
    const value = pick(3) === 0 ? BigInt(pick(100)) : one([...interesting, ...wide])
    return { text: `${type}(${value})`, value: () => cut(type, value) }
  }
  const leaf = (type: WideName): Expr => {
    const mine = locals.filter((local) => local.type === type)
    if (mine.length > 0 && pick(2) === 0) {
      const { name } = one(mine)
      return { text: name, value: (state) => state.get(name) ?? 0n }
    }
    if (pick(3) === 0) return literal(type)
    const field = one(fields)
    return { text: `${type}(v.${field.name})`, value: (state) => cut(type, state.get(field.name) ?? 0n) }
  }
  const expr = (type: WideName, depth: number): Expr => {
    if (depth <= 0) return leaf(type)
    const bits = type.endsWith('64') ? 64 : 32
    const [a, b] = [expr(type, depth - 1), expr(type, depth - 2)]
    switch (pick(9)) {
      case 0:
      case 1:
      case 2: {
        const operator = one(['+', '-', '*', '&', '|', '^'] as const)
        const results = {
          '+': (x: bigint, y: bigint) => x + y,
          '-': (x: bigint, y: bigint) => x - y,
          '*': (x: bigint, y: bigint) => x * y,
          '&': (x: bigint, y: bigint) => x & y,
          '|': (x: bigint, y: bigint) => x | y,
          '^': (x: bigint, y: bigint) => x ^ y,
        }
        return {
          text: `(${a.text} ${operator} ${b.text})`,
          value: (s) => cut(type, results[operator](a.value(s), b.value(s))),
        }
      }
      case 3: {
        const operator = one(['/', '%'] as const)
        return {
          text: `(${a.text} ${operator} (${b.text} | ${type}(1)))`,
          value(s) {
            const [x, y] = [a.value(s), cut(type, b.value(s) | 1n)]
            return cut(type, operator === '/' ? x / y : x % y)
          },
        }
      }
      case 4: {
        const by = pick(bits)
        return pick(2) === 0
          ? { text: `(${a.text} << ${by})`, value: (s) => cut(type, a.value(s) << BigInt(by)) }
          : { text: `(${a.text} >> ${by})`, value: (s) => cut(type, a.value(s) >> BigInt(by)) }
      }
      case 5:
        return pick(2) === 0
          ? { text: `-${a.text}`.replace('--', '- -'), value: (s) => cut(type, -a.value(s)) }
          : { text: `~${a.text}`, value: (s) => cut(type, ~a.value(s)) }
      case 6: {
        const test = cond(depth - 1)
        return { text: `(${test.text} ? ${a.text} : ${b.text})`, value: (s) => (test.holds(s) ? a : b).value(s) }
      }
      case 7: {
        const lesser = pick(2) === 0
        return {
          text: `${lesser ? 'min' : 'max'}(${a.text}, ${b.text})`,
          value(s) {
            const [x, y] = [a.value(s), b.value(s)]
            return (lesser ? x < y : x > y) ? x : y
          },
        }
      }
      default: {
        const from = expr(one(wideTypes), depth - 1)
        const narrow = pick(2) === 0 ? one(fieldTypes) : undefined
        if (narrow === undefined) return { text: `${type}(${from.text})`, value: (s) => cut(type, from.value(s)) }
        return { text: `${type}(${narrow}(${from.text}))`, value: (s) => cut(type, cut(narrow, from.value(s))) }
      }
    }
  }
  const cond = (depth: number): Cond => {
    const kind = depth <= 0 ? 0 : pick(6)
    if (kind === 5) {
      const inner = cond(depth - 1)
      return { text: `!(${inner.text})`, holds: (s) => !inner.holds(s) }
    }
    if (kind === 4) {
      const [x, y] = [cond(depth - 1), cond(depth - 1)]
      const all = pick(2) === 0
      return {
        text: `(${x.text} ${all ? '&&' : '||'} ${y.text})`,
        holds: (s) => (all ? x.holds(s) && y.holds(s) : x.holds(s) || y.holds(s)),
      }
    }
    const type = one(wideTypes)
    const [a, b] = [expr(type, depth - 1), expr(type, depth - 2)]
    const operator = one(['<', '<=', '>', '>=', '===', '!=='] as const)
    const results = {
      '<': (x: bigint, y: bigint) => x < y,
      '<=': (x: bigint, y: bigint) => x <= y,
      '>': (x: bigint, y: bigint) => x > y,
      '>=': (x: bigint, y: bigint) => x >= y,
      '===': (x: bigint, y: bigint) => x === y,
      '!==': (x: bigint, y: bigint) => x !== y,
    }
    return { text: `${a.text} ${operator} ${b.text}`, holds: (s) => results[operator](a.value(s), b.value(s)) }
  }
  const block = (depth: number, indent: string): Stmt => {
    const before = locals.length
    const statements = Array.from({ length: 1 + pick(4) }, () => statement(depth, indent))
    locals.length = before
    return {
      text: statements.map((s) => s.text).join(''),
      run(state) {
        for (const s of statements) s.run(state)
      },
    }
  }
  const statement = (depth: number, indent: string): Stmt => {
    switch (depth <= 0 ? pick(4) : pick(7)) {
      case 0: {
        const type = one(wideTypes)
        const init = expr(type, 2)
        const name = `x${names++}`
        locals.push({ name, type })
        return {
          text: `${indent}let ${name}: ${type} = ${init.text}\n`,
          run: (state) => void state.set(name, init.value(state)),
        }
      }
      case 1: {
        const field = one(fields)
        const bits = Number(field.type.slice(1))
        const type = one(wideTypes.filter((wide) => bits === 64 || wide.endsWith('32')))
        const by = expr(type, 2)
        // The other operand is what the field widens to, whatever its sign.
        const operator = one(['+', '-', '^', '|', '&'] as const)
        const results = {
          '+': (x: bigint, y: bigint) => x + y,
          '-': (x: bigint, y: bigint) => x - y,
          '^': (x: bigint, y: bigint) => x ^ y,
          '|': (x: bigint, y: bigint) => x | y,
          '&': (x: bigint, y: bigint) => x & y,
        }
        return {
          text: `${indent}v.${field.name} ${operator}= ${by.text}\n`,
          run: (state) =>
            void state.set(
              field.name,
              cut(field.type, results[operator](state.get(field.name) ?? 0n, by.value(state))),
            ),
        }
      }
      case 2: {
        const field = one(fields)
        return {
          text: `${indent}v.${field.name}++\n`,
          run: (state) => void state.set(field.name, cut(field.type, (state.get(field.name) ?? 0n) + 1n)),
        }
      }
      case 4:
      case 5: {
        const test = cond(2)
        const [yes, no] = [block(depth - 1, `${indent}  `), block(depth - 1, `${indent}  `)]
        const otherwise = pick(2) === 0
        return {
          text: `${indent}if (${test.text}) {\n${yes.text}${indent}}${otherwise ? ` else {\n${no.text}${indent}}` : ''}\n`,
          run(state) {
            if (test.holds(state)) yes.run(state)
            else if (otherwise) no.run(state)
          },
        }
      }
      case 6: {
        const name = `x${names++}`
        const count = pick(4)
        const body = block(depth - 1, `${indent}  `)
        return {
          text: `${indent}for (let ${name}: u32 = 0; ${name} < ${count}; ${name}++) {\n${body.text}${indent}}\n`,
          run(state) {
            for (let i = 0; i < count; i++) body.run(state)
          },
        }
      }
      default: {
        const field = one(fields)
        const value = expr(one(wideTypes), 3)
        return {
          text: `${indent}v.${field.name} = ${field.type}(${value.text})\n`,
          run: (state) => void state.set(field.name, cut(field.type, value.value(state))),
        }
      }
    }
  }
  const body = block(2, '    ')
  const members = fields.map(({ name, type }) => `  ${name}: ${type}\n`).join('')
  return {
    text: `interface S {\n${members}}\nexport default structOps<tcp_congestion_ops>({\n  name: 'random',\n  ssthresh(sk) {\n    const v = inet_csk_ca<S>(sk)\n${body.text}    return 2\n  },\n  undo_cwnd: () => 2,\n  cong_avoid() {},\n})\n`,
    run: (state) => body.run(state),
  }
}
