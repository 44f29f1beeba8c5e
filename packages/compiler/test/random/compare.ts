// Random modules, compiled one way or another, against the reference.
import { type CompileOptions, compile, diagnosticText } from '@tscc/compiler'
import type { BpfObject } from '@tscc/object'
import { AREA, type Runnable } from './kernel.ts'
import { layoutOf, rec, type State, stateShape } from './model.ts'
import { type RandomModule, randomModule } from './program.ts'
import { bytesOf, random, type ScalarName } from './values.ts'

const RUNS = 3
const state = layoutOf(stateShape)
const record = layoutOf(rec)

/** What runs objects: a kernel or a machine. */
export type Load = (object: BpfObject) => Runnable

/** Reasons of the verifier's that a program may give it: too many ways through it, too much on the stack with the caller's. */
const TOO_MUCH = /program is too large|combined stack size|sequence of \d+ jumps is too complex/

/**
 * Compile programs of these seeds as one module and run each; throws of the first that does something else, and of what is
 * not loaded. Gives the seeds whose programs are too much for the verifier, which is the generator's fault.
 */
export function checkModule(load: Load, seeds: readonly number[], options: CompileOptions): readonly number[] {
  const module = randomModule(seeds)
  const { object, diagnostics } = compile(module.text, { ...options, fileName: `seed-${seeds[0]}.bpf.ts` })
  if (object === undefined) {
    if (seeds.length > 1) return oneByOne(load, seeds, options)
    if (diagnostics.every(({ code }) => code === 'TSCC2302')) return seeds
    throw new Error(`FUZZ_SEED=${seeds}: ${diagnostics.map((one) => diagnosticText(one, module.text)).join('\n')}`)
  }
  let loaded: Runnable
  try {
    loaded = load(object)
  } catch (error) {
    if (seeds.length > 1) return oneByOne(load, seeds, options)
    if (error instanceof Error && TOO_MUCH.test(error.message)) return seeds
    throw new Error(`FUZZ_SEED=${seeds} was not loaded\n${module.text}`, { cause: error })
  }
  using _ = loaded
  check(module, seeds, loaded)
  return []
}

const oneByOne = (load: Load, seeds: readonly number[], options: CompileOptions): readonly number[] =>
  seeds.flatMap((seed) => checkModule(load, [seed], options))

function check(module: RandomModule, seeds: readonly number[], loaded: Runnable): void {
  const initial = new Map([...loaded.variables].map(([name, bytes]) => [name, bytes.slice()]))
  for (const [which, seed] of seeds.entries())
    for (let run = 0; run < RUNS; run++) {
      const values = random(seed * 31 + run)
      const s = module.newState(values)
      const v = s.records.get('v')?.object ?? new Map<string, bigint>()
      v.set('which', BigInt(which))
      for (const [name, bytes] of loaded.variables) bytes.set(initial.get(name) ?? [])
      loaded.state.set(imageOf(v))
      const before = [...v].map(([name, value]) => `${name}=${value}`).join(' ')
      loaded.run()
      module.run(which, s)
      const found = differences(module, s, loaded)
      if (found !== '')
        throw new Error(`FUZZ_SEED=${seed} run ${run}: ${found}\nfrom ${before}\n${randomModule([seed]).text}`)
    }
}

function imageOf(values: ReadonlyMap<string, bigint>): Uint8Array {
  const view = new DataView(new ArrayBuffer(AREA))
  for (const { path, at, type } of state.numbers) write(view, at, type, values.get(path) ?? 0n)
  return new Uint8Array(view.buffer)
}

function write(view: DataView, at: number, type: ScalarName, value: bigint): void {
  for (let i = 0; i < bytesOf(type); i++) view.setUint8(at + i, Number((value >> BigInt(8 * i)) & 0xffn))
}

function numberAt(bytes: Uint8Array, at: number, type: ScalarName): bigint {
  let value = 0n
  const size = bytesOf(type)
  for (let i = 0; i < size; i++) value |= BigInt(bytes[at + i] ?? 0) << BigInt(8 * i)
  return type.startsWith('s') ? BigInt.asIntN(8 * size, value) : value
}

/** What is not as the reference says: private state, variables of the module. */
function differences(module: RandomModule, s: State, { state: bytes, variables }: Runnable): string {
  const found: string[] = []
  const expect = (name: string, is: bigint, wanted: bigint): void => {
    if (is !== wanted) found.push(`${name} is ${is}, not ${wanted}`)
  }
  const v = s.records.get('v')?.object
  for (const { path, at, type } of state.numbers) expect(`v.${path}`, numberAt(bytes, at, type), v?.get(path) ?? 0n)
  for (const [name, { type }] of module.globals)
    expect(name, numberAt(variables.get(name) ?? new Uint8Array(8), 0, type), s.variables.get(name) ?? 0n)
  const object = s.records.get(module.globalRecord)?.object
  const memory = variables.get(module.globalRecord) ?? new Uint8Array(record.size)
  for (const { path, at, type } of record.numbers)
    expect(`${module.globalRecord}.${path}`, numberAt(memory, at, type), object?.get(path) ?? 0n)
  return found.join(', ')
}
