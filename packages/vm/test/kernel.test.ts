import { disassemble, encode, type Insn } from '@tscc/insn'
import { hostKernel, type Kernel, loadProgram, testRun } from '@tscc/syscall'
import { createMachine } from '@tscc/vm'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { CONTEXT, contextOf, kernelProgram } from './kernel-program.ts'
import { factor, firstSeed, randomOf } from './random.ts'

const PROGRAMS = Math.ceil(1000 * factor)
const RUNS = 3
const BPF_F_SLEEPABLE = 1 << 4

/** What the kernel makes of contexts; undefined where its verifier refuses the program. */
function inKernel(kernel: Kernel, insns: readonly Insn[], contexts: readonly Uint8Array[]) {
  try {
    using program = loadProgram(kernel, {
      ...{ type: 'BPF_PROG_TYPE_SYSCALL', license: 'GPL', flags: BPF_F_SLEEPABLE },
      instructions: encode(insns),
    })
    return contexts.map((context) => testRun(kernel, program, { context }).context)
  } catch (error) {
    refusals.push(error instanceof Error ? error.message : String(error))
    return undefined
  }
}
const refusals: string[] = []

describe.skipIf(!needs('bpf'))('random programs', () => {
  test(`do in both engines what they do in the kernel: seed ${firstSeed}`, { timeout: 60_000 * factor }, () => {
    const kernel = hostKernel()
    const machines = (['interpreter', 'jit'] as const).map((engine) => {
      const machine = createMachine({ engine })
      return { engine, machine, region: machine.region({ name: 'context', size: CONTEXT }) }
    })
    let compared = 0
    for (let i = 0; i < PROGRAMS; i++) {
      const seed = firstSeed + i
      const random = randomOf(seed)
      const insns = kernelProgram(random)
      const contexts = Array.from({ length: RUNS }, () => contextOf(random))
      const wanted = inKernel(kernel, insns, contexts)
      if (wanted === undefined) continue
      for (const { engine, machine, region } of machines) {
        const program = machine.load({ name: `seed ${seed}`, insns })
        for (const [run, context] of contexts.entries()) {
          region.bytes.set(context)
          expect(program.run(region.address).r0).toBe(0n)
          if (Buffer.compare(region.bytes, wanted[run] ?? new Uint8Array()) === 0) compared++
          else
            expect(Buffer.from(region.bytes).toString('hex'), `${engine}, seed ${seed}:\n${disassemble(insns)}`).toBe(
              Buffer.from(wanted[run] ?? []).toString('hex'),
            )
        }
      }
    }
    expect(compared, refusals[0]).toBeGreaterThanOrEqual(0.97 * PROGRAMS * RUNS * machines.length)
  })
})
