import { decode, disassemble } from '@tscc/insn'
import { hostKernel, loadProgram, type Program, testRun } from '@tscc/syscall'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { pruneFunction } from '../src/link/prune/prune-function.ts'
import { INPUT, randomFunction } from './random-flow.ts'

const endian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 'little' : 'big'
const RUNS = 2000

/** No constants but those that the code has. */
const context = {
  endian,
  references: { loads: () => undefined, mapValue: () => undefined, parameters: () => 5 },
  isVoid: false,
} as const

/** The packet's first bytes are the Ethernet header, which a socket filter does not see. */
const packet = fc
  .constantFrom(0, 0, 4, 20)
  .chain((most) =>
    // Bits that stand alone are what masks and shifts get wrong.
    fc.array(
      fc.oneof(
        { weight: most, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xff) },
        { weight: 1, arbitrary: fc.nat(255) },
      ),
      { minLength: INPUT, maxLength: INPUT },
    ),
  )
  .map((bytes) => Uint8Array.of(...Array<number>(14).fill(0), ...bytes))

test.skipIf(!needs('bpf'))(
  'pruned code does in the kernel what it did before',
  () => {
    const kernel = hostKernel()
    const load = (code: Uint8Array): Program =>
      loadProgram(kernel, { type: 'BPF_PROG_TYPE_SOCKET_FILTER', instructions: code, license: 'GPL' })
    let [runs, pruned, before, after] = [0, 0, 0, 0]
    fc.assert(
      fc.property(randomFunction(endian), fc.array(packet, { minLength: 3, maxLength: 3 }), (f, packets) => {
        const shorter = pruneFunction(f, context)
        runs++
        before += f.code.length / 8
        after += shorter.code.length / 8
        if (shorter === f) return
        pruned++
        const places = shorter.lines.map(({ at }) => at)
        expect(places[0]).toBe(0)
        expect(places.every((at, i) => i === 0 || at > (places[i - 1] ?? 0))).toBe(true)
        expect(places.at(-1)).toBeLessThan(shorter.code.length / 8)
        const texts = [f, shorter].map(({ code }) => disassemble(decode(code, { endian })))
        using one = load(f.code)
        using two = load(shorter.code)
        for (const data of packets) {
          const [wanted, found] = [one, two].map((program) => testRun(kernel, program, { data }).returnValue)
          expect(found, texts.join('\n----\n')).toBe(wanted)
        }
      }),
      { numRuns: RUNS, ...(process.env.FUZZ_SEED === undefined ? {} : { seed: Number(process.env.FUZZ_SEED) }) },
    )
    console.log(`${pruned} of ${runs} functions pruned, ${before} slots became ${after}`)
    expect(pruned).toBeGreaterThan(runs / 4)
  },
  600_000,
)
