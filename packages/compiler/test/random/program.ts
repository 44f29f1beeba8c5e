// Random modules: several programs that share functions, globals, tunables and maps.
import { emptyMaps, emptyText, mapsText } from './maps.ts'
import {
  type Budget,
  emptyObject,
  type FunctionModel,
  interfaceText,
  key,
  type Place,
  pair,
  type RecordName,
  rec,
  type Scope,
  type State,
  type Stmt,
  shapeText,
  stateShape,
} from './model.ts'
import { block, giveBack, inARow, variablePlace } from './statements.ts'
import { intNames, type Random, random, type ScalarName } from './values.ts'

/** A module of random programs, and what each of them does. */
export interface RandomModule {
  readonly text: string
  readonly count: number
  /** What the module declares outside of its programs. */
  readonly globals: ReadonlyMap<string, { readonly type: ScalarName }>
  readonly globalRecord: string
  newState(random: Random): State
  run(which: number, s: State): void
}

const globalNames = [
  ['g0', 'u32', 7n],
  ['g1', 's16', -3n],
  ['g2', 'bool', 1n],
  ['g3', 'u64', 0n],
  ['g4', 'u8', 0n],
] as const
const tunableNames = [
  ['t0', 'u32', 5n],
  ['t1', 's8', -7n],
] as const

const globalsText = `let g0: u32 = 7
let g1: s16 = -3
let g2: bool = true
const g3 = global<u64>(0)
let g4: u8
let gr: Rec
const t0 = tunable<u32>(5)
const t1 = tunable<s8>(-7)
`

/** Programs `from`, `from + 1` … of a seed in one module. */
export function randomModule(seeds: readonly number[]): RandomModule {
  const programs = seeds.map((seed, i) => randomProgram(seed, i))
  const cases = programs.map((_, i) => `      case ${i}: v.result = p${i}(sk); break\n`).join('')
  const text = `${[pair, rec, key, stateShape].map(interfaceText).join('')}${mapsText}${emptyText}${globalsText}${programs
    .map((program) => program.text)
    .join('')}
export default structOps<tcp_congestion_ops>({
  name: 'random',
  ssthresh(sk) {
    const v = inet_csk_ca<S>(sk)
    switch (v.which) {
${cases}    }
    return 2
  },
  undo_cwnd(sk) {
    return ${seeds.length > 0 ? 'u32(p0(sk))' : '2'}
  },
  cong_avoid() {},
})
`
  return {
    text,
    count: seeds.length,
    globals: new Map(globalNames.map(([name, type]) => [name, { type }])),
    globalRecord: 'gr',
    newState(values) {
      const state = emptyObject(stateShape)
      for (const [name, of] of Object.entries(stateShape.kind === 'record' ? stateShape.fields : {}))
        if (of.kind === 'scalar' && name !== 'which' && name !== 'result') state.set(name, values.value(of.type))
      state.set('pair.lo', values.value('u16'))
      state.set('pair.hi', values.value('s32'))
      state.set('pair.on', values.value('bool'))
      return {
        variables: new Map([...globalNames, ...tunableNames].map(([name, , value]) => [name, value])),
        records: new Map([
          ['v', { object: state, prefix: '' }],
          ['gr', { object: emptyObject(rec), prefix: '' }],
        ]),
        maps: emptyMaps(),
        returned: 0n,
      }
    },
    run(which, s) {
      const state = s.records.get('v')?.object
      state?.set('which', BigInt(which))
      s.returned = 0n
      programs[which]?.run(s)
      state?.set('result', BigInt.asUintN(64, s.returned))
    },
  }
}

const globals: readonly Place[] = [
  ...globalNames.map(([name, type]) => {
    const place: Place = variablePlace(name, type)
    return name === 'g3' ? { ...place, text: 'g3.value' } : place
  }),
  ...tunableNames.map(([name, type]): Place => ({ ...variablePlace(name, type, true), text: `${name}.value` })),
]
const namedRecord = (text: string, shape: RecordName['shape']): RecordName => ({
  text,
  shape,
  ref: (s) => s.records.get(text) ?? { object: new Map(), prefix: '' },
})

function randomProgram(seed: number, index: number): { readonly text: string; run(s: State): void } {
  const r = random(seed)
  const usesMaps = r.percent(25)
  const budget: Budget = {
    names: 0,
    objects: 2,
    calls: 6,
    statements: 10 + r.below(14),
    loops: 3,
    maps: 0,
  }
  const base: Scope = {
    random: r,
    places: r.percent(50) ? globals : [],
    records: r.percent(40) ? [namedRecord('gr', rec)] : [],
    functions: [],
    counters: [],
    returns: 'u64',
    inLoop: false,
    canBreak: false,
    loopDepth: 0,
    budget,
  }
  let functions: readonly FunctionModel[] = []
  let text = ''
  for (let i = r.below(4); i > 0; i--) {
    const made = randomFunction({ ...base, functions }, `f${index}_${functions.length}`)
    functions = [...functions, made.model]
    text += made.text
  }
  Object.assign(budget, {
    names: 100,
    objects: 2,
    calls: 4,
    maps: usesMaps ? 3 : 0,
    statements: 6 + r.below(12),
    loops: 3,
  })
  const scope: Scope = {
    ...base,
    functions,
    // Something has to be there to work with.
    places: [...base.places, variablePlace('x', 'u32')],
    records: [namedRecord('v', stateShape), namedRecord('v', stateShape), ...base.records],
  }
  const body = inARow([block(scope, 3, '  ', 10), giveBackLine(scope, '  ')])
  const [start, end] = r.percent(75)
    ? [`const p${index} = noinline((sk: sock): u64 => {`, '})']
    : [`function p${index}(sk: sock): u64 {`, '}']
  return {
    text: `${text}${start}\n  const v = inet_csk_ca<S>(sk)\n  let x: u32 = 1\n${usesMaps ? '  empty()\n' : ''}${body.text}${end}\n`,
    run(s) {
      s.variables.set('x', 1n)
      body.run(s)
    },
  }
}

function giveBackLine(scope: Scope, indent: string): Stmt {
  const back = giveBack(scope, scope.returns)
  return { text: `${indent}${back.text}\n`, run: back.run }
}

function randomFunction(scope: Scope, name: string): { readonly model: FunctionModel; readonly text: string } {
  const r = scope.random
  const noinline = r.percent(50)
  const returns: ScalarName | 'void' = r.one([...intNames, 'bool', 'bool', 'void'])
  const count = r.below(noinline ? 6 : 7)
  const parameters = Array.from({ length: count }, (_, i): FunctionModel['parameters'][number] => {
    const own = `${name}_${i}`
    if (r.percent(20)) return { kind: 'record', name: own, shape: r.one([pair, rec, stateShape]) }
    return { kind: 'scalar', name: own, type: r.percent(12) ? 'bool' : r.one(intNames) }
  })
  Object.assign(scope.budget, { statements: 2 + r.below(6), objects: noinline ? 1 : 0, calls: 2, loops: 1 })
  const inner: Scope = {
    ...scope,
    returns,
    budget: scope.budget,
    places: [
      ...scope.places,
      ...parameters.flatMap((one) => (one.kind === 'scalar' ? [variablePlace(one.name, one.type)] : [])),
    ],
    records: [
      ...scope.records,
      ...parameters.flatMap((one) => (one.kind === 'record' ? [namedRecord(one.name, one.shape)] : [])),
    ],
  }
  const local = variablePlace(`${name}_x`, 'u32')
  const places = { ...inner, places: [...inner.places, local] }
  const body = inARow([block(places, 2, '  ', 3), giveBackLine(places, '  ')])
  const list = parameters
    .map((one) => `${one.name}: ${one.kind === 'scalar' ? one.type : shapeText(one.shape)}`)
    .join(', ')
  const head = `(${list}): ${returns}`
  const start = `{\n  let ${name}_x: u32 = 1\n${body.text}}`
  return {
    text: noinline ? `const ${name} = noinline(${head} => ${start})\n` : `function ${name}${head} ${start}\n`,
    model: {
      name,
      parameters,
      returns,
      run(s) {
        s.variables.set(`${name}_x`, 1n)
        body.run(s)
      },
    },
  }
}
