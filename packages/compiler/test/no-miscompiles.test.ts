import { readFileSync } from 'node:fs'
import { parseBtf, resolveField } from '@tscc/btf'
import { type CompileOptions, compile, diagnosticText, passNames } from '@tscc/compiler'
import {
  type AsmItem,
  add,
  callFunc,
  decode,
  encode,
  exit,
  type Insn,
  label,
  ldImm64,
  load,
  mov,
  mov32,
  mul,
  placeLabels,
  rsh,
  store,
  xor,
} from '@tscc/insn'
import { type BpfObject, linkObject } from '@tscc/object'
import { hostKernel, loadProgram, testRun } from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { cut, fields, generator, randomProgram, type State } from './random-program.ts'

/** Offsets of the fields, as the compiler lays interfaces out. */
const offsets = (() => {
  let end = 0
  return new Map(
    fields.map(({ name, type }) => {
      const bytes = Number(type.slice(1)) / 8
      const at = Math.ceil(end / bytes) * bytes
      end = at + bytes
      return [name, { at, bytes }] as const
    }),
  )
})()

const AREA = 104
/** Private state lies on the stack here, below the context. */
const START = -8 - AREA

const btf = parseBtf(new Uint8Array(readFileSync(new URL('../../object/fixtures/btf/tcp-6.18.btf', import.meta.url))))
/** Where the private state lies in a socket of that kernel. */
const PRIVATE = resolveField(btf, 'tcp_sock', 'icsk_ca_priv').offset

/** The code of a callback, linked to one kernel. */
function linkedCode(object: BpfObject): Uint8Array {
  const [program] = linkObject(object, { btf }).programs
  if (program === undefined) throw new Error('there is no program')
  return program.code
}

/**
 * A callback as a function that a program calls: with a context whose argument is such that its private state is the
 * program's own stack. State in, a number that depends on all of the state out.
 */
function standalone(code: Uint8Array, state: State): readonly Insn[] {
  const before: AsmItem[] = []
  for (let at = 0; at < AREA; at += 8) before.push(store('u64', 'r10', START + at, 0))
  for (const [name, value] of state) {
    const { at, bytes } = offsets.get(name) ?? { at: 0, bytes: 8 }
    before.push(ldImm64('r0', BigInt.asUintN(64, value)))
    before.push(store(`u${(8 * bytes) as 8 | 16 | 32 | 64}`, 'r10', START + at, 'r0'))
  }
  before.push(mov('r2', 'r10'), add('r2', START - PRIVATE), store('u64', 'r10', -8, 'r2'))
  before.push(mov('r1', 'r10'), add('r1', -8), callFunc('callback'))
  const after: AsmItem[] = [mov('r0', 0)]
  for (let at = 0; at < AREA; at += 8) after.push(load('u64', 'r2', 'r10', START + at), mul('r0', 31), add('r0', 'r2'))
  // All 64 bits count in the 32 that a test run gives.
  after.push(mov('r2', 'r0'), rsh('r2', 32), xor('r0', 'r2'), mov32('r0', 'r0'), exit())
  const callback = decode(code)
  return placeLabels([...before, ...after, label('callback'), ...callback])
}

/** The same number by JavaScript. */
function sumOf(state: State): number {
  const bytes = new DataView(new ArrayBuffer(AREA))
  for (const [name, { at, bytes: size }] of offsets) {
    const value = BigInt.asUintN(8 * size, state.get(name) ?? 0n)
    for (let i = 0; i < size; i++) bytes.setUint8(at + i, Number((value >> BigInt(8 * i)) & 0xffn))
  }
  let sum = 0n
  for (let at = 0; at < AREA; at += 8) sum = BigInt.asUintN(64, sum * 31n + bytes.getBigUint64(at, true))
  return Number(BigInt.asUintN(32, sum ^ (sum >> 32n)))
}

function initialState(seed: number): State {
  const pick = generator(seed)
  const interesting = [0n, 1n, -1n, 0x7fn, 0x80n, 0x7fffn, 0x8000n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 2n ** 63n]
  return new Map(
    fields.map(({ name, type }) => {
      const any = (BigInt(pick(2 ** 31)) << 33n) ^ BigInt(pick(2 ** 31)) ^ (BigInt(pick(4)) << 31n)
      return [name, cut(type, pick(3) === 0 ? (interesting[pick(interesting.length)] ?? 0n) : any)]
    }),
  )
}

const PROGRAMS = 150 * Number(process.env.FUZZ_FACTOR ?? 1)

describe.skipIf(!needs('bpf'))('random programs do in the kernel what JavaScript says', () => {
  const variants: readonly { readonly name: string; readonly options: CompileOptions }[] = [
    { name: 'every pass', options: {} },
    ...passNames.map((pass) => ({ name: `without ${pass}`, options: { without: [pass] } })),
    { name: 'no pass', options: { without: passNames } },
  ]
  test.each(variants)(
    '$name',
    ({ options }) => {
      const kernel = hostKernel()
      const first =
        process.env.FUZZ_SEED === undefined
          ? process.env.FUZZ_FACTOR === undefined
            ? 1
            : Date.now() % 1e9
          : Number(process.env.FUZZ_SEED)
      for (let seed = first; seed < first + PROGRAMS; seed++) {
        const { text, run } = randomProgram(seed)
        const { object, diagnostics } = compile(text, { ...options, fileName: `seed-${seed}.bpf.ts` })
        if (object === undefined) throw new Error(diagnostics.map((one) => diagnosticText(one, text)).join('\n'))
        const state = initialState(seed)
        const insns = standalone(linkedCode(object), state)
        using program = loadProgram(kernel, {
          type: 'BPF_PROG_TYPE_SOCKET_FILTER',
          instructions: encode(insns),
          license: 'GPL',
        })
        const { returnValue } = testRun(kernel, program, { data: new Uint8Array(64) })
        run(state)
        expect(returnValue, `FUZZ_SEED=${seed}\n${text}`).toBe(sumOf(state))
      }
    },
    120_000,
  )
})
