import { type Btf, enumValues, findType } from '@tscc/btf'
import { encode, load, mov, placeLabels, store } from '@tscc/insn'
import type { Step, StructOpsSpec } from '@tscc/struct-ops'
import { hostKernel, loadProgram, type Program, testRun } from '@tscc/syscall'

/** Private state, then a slot of 8 bytes for each argument and each field of the kernel's that a callback names. */
const PRIVATE = 104
const SIZE = 1024
const BPF_F_SLEEPABLE = 1 << 4

/** A connection made up: private state, and fields by name (`snd_cwnd`, `icsk_ca_state`, `delivered` of `rs`). */
export interface FakeSocket {
  /** Run a callback in the kernel on this connection; scalar arguments by name. What it returns, where it does. */
  call(callback: string, args?: Readonly<Record<string, number>>): number
  set(fields: Readonly<Record<string, number | bigint>>): void
  get(field: string): number
  /** Private state, as the interface of the program lays it out. */
  state(offset: number, bytes: 1 | 2 | 4 | 8): number
  [Symbol.dispose](): void
}

/**
 * The callbacks of an algorithm as programs that BPF_PROG_TEST_RUN runs: the connection is the context, all of it.
 *
 * Fields go by the last word of their path, whatever the struct; those of rate_sample by `rs.` before it.
 */
export function fakeSocket(spec: StructOpsSpec, types: Btf): FakeSocket {
  const kernel = hostKernel()
  const memory = new Uint8Array(SIZE)
  const view = new DataView(memory.buffer)
  const slots = new Map<string, number>()
  const slotOf = (name: string): number => {
    const at = slots.get(name) ?? PRIVATE + 8 * slots.size
    if (at + 8 > SIZE) throw new RangeError(`${name}: more fields than there is room for`)
    slots.set(name, at)
    return at
  }
  const programs = new Map<string, Program>()
  const programOf = (callback: string): Program => {
    const found = programs.get(callback)
    if (found !== undefined) return found
    const insns = placeLabels((spec.callbacks[callback] ?? []).map((step) => onContext(step, types, slotOf)))
    const program = loadProgram(kernel, {
      type: 'BPF_PROG_TYPE_SYSCALL',
      // Void callbacks leave r0 alone, which programs of this type must not.
      instructions: encode([mov('r0', 0), ...insns]),
      license: 'GPL',
      flags: BPF_F_SLEEPABLE,
    })
    programs.set(callback, program)
    return program
  }
  return {
    call(callback, args = {}) {
      for (const [name, value] of Object.entries(args))
        view.setBigInt64(slotOf(`argument ${name}`), BigInt(value), true)
      const { returnValue, context } = testRun(kernel, programOf(callback), { context: memory })
      memory.set(context)
      return returnValue
    },
    set(fields) {
      for (const [name, value] of Object.entries(fields)) view.setBigInt64(slotOf(name), BigInt(value), true)
    },
    get: (field) => view.getUint32(slotOf(field), true),
    state(offset, bytes) {
      if (bytes === 8) return Number(view.getBigUint64(offset, true))
      return bytes === 4
        ? view.getUint32(offset, true)
        : bytes === 2
          ? view.getUint16(offset, true)
          : view.getUint8(offset)
    },
    [Symbol.dispose]() {
      for (const program of programs.values()) program.close()
    },
  }
}

const fieldName = (struct: string, path: string): string =>
  `${struct === 'rate_sample' || struct === 'ack_sample' ? 'rs.' : ''}${path.split('.').at(-1)}`

type Plain = Parameters<typeof placeLabels>[0][number]

/** A step on the context in r1 in the place of the kernel's structs. */
function onContext(step: Step, types: Btf, slotOf: (name: string) => number): Plain {
  switch (step.kind) {
    case 'loadArgument':
      return step.pointee === undefined
        ? load('u64', step.dst, 'r1', slotOf(`argument ${step.name}`))
        : mov(step.dst, 'r1')
    case 'loadField':
      return load(step.size ?? 'u32', step.dst, step.base, slotOf(fieldName(step.struct, step.field)))
    case 'storeField':
      return store('u64', step.base, slotOf(fieldName(step.struct, step.field)), step.src)
    case 'loadPrivate':
      return load(step.size, step.dst, step.sk, step.offset)
    case 'storePrivate':
      return store(step.size, step.sk, step.offset, step.src)
    case 'loadEnum': {
      const id = findType(types, step.enum, 'enum') ?? 0
      return mov(step.dst, Number(enumValues(types, id).find(({ name }) => name === step.name)?.value ?? 0n))
    }
    case 'kfunc':
      throw new RangeError(`${step.name}: kernel functions cannot be called on what is no socket`)
    default:
      return step
  }
}
