import { type AsmItem, add, exit, type Insn, ja, jeq, jlt, jne, label, mov, mul, placeLabels, sub } from '@tscc/insn'
import { createMachine } from '@tscc/vm'
import { describe, expect, test } from 'vitest'
import { flowGraph } from '../src/jit/flow-graph.ts'
import { checkProgram } from '../src/program/check-program.ts'

const graphOf = (insns: readonly Insn[]) => {
  const program = checkProgram('p', insns)
  const [first] = program.functions
  if (first === undefined) throw new Error('no function')
  return flowGraph(program, first)
}
const both = (insns: readonly Insn[], ...values: readonly number[]) =>
  (['interpreter', 'jit'] as const).map((engine) =>
    createMachine({ engine, memory: 1 << 16 })
      .load({ insns })
      .run(...values),
  )

describe('flow graphs', () => {
  test('a loop with two entries is not reducible, and runs all the same', () => {
    const insns = placeLabels([
      ...[mov('r0', 0), jeq('r1', 0, 'middle')],
      ...[label('top'), add('r0', 1)],
      ...[label('middle'), add('r0', 10), add('r1', 1), jlt('r1', 5, 'top'), exit()],
    ])
    expect(graphOf(insns).reducible).toBe(false)
    const [wanted, found] = both(insns, 0)
    expect(wanted?.r0).toBe(54n)
    expect(found).toEqual(wanted)
    const [other, same] = both(insns, 3)
    expect(other?.r0).toBe(22n)
    expect(same).toEqual(other)
  })

  test('nested loops with exits from the innermost', () => {
    const insns = placeLabels([
      ...[mov('r0', 0), mov('r2', 0), label('outer'), mov('r3', 0), label('inner'), add('r0', 1), jeq('r0', 77, 'out')],
      ...[
        add('r3', 1),
        jlt('r3', 10, 'inner'),
        add('r2', 1),
        jne('r2', 10, 'outer'),
        mov('r0', 5),
        label('out'),
        exit(),
      ],
    ])
    expect(graphOf(insns)).toMatchObject({ reducible: true })
    const [wanted, found] = both(insns)
    expect(wanted?.r0).toBe(77n)
    expect(found).toEqual(wanted)
  })

  test('code that nothing leads to is left out, and a jump to the next instruction is none', () => {
    const insns = placeLabels([
      mov('r0', 1),
      ja('end'),
      mov('r0', 2),
      label('end'),
      jeq('r0', 1, 'next'),
      label('next'),
      exit(),
    ])
    expect(graphOf(insns).blocks).toHaveLength(3)
    expect(both(insns).map(({ r0 }) => r0)).toEqual([1n, 1n])
  })

  test('thousands of blocks, one within the other or one after the other', { timeout: 60_000 }, () => {
    const count = 3000
    const after: AsmItem[] = Array.from({ length: count }, (_, i) => [
      ...[jeq('r1', i, `skip${i}`), add('r0', i % 7), label(`skip${i}`), mul('r0', 3)],
    ]).flat()
    const within: AsmItem[] = [
      ...Array.from({ length: count }, (_, i): AsmItem[] => [jeq('r1', i, `case${i}`), sub('r0', 1)]).flat(),
      ...[
        exit(),
        ...Array.from({ length: count }, (_, i): AsmItem[] => [label(`case${i}`), add('r0', i), exit()]).flat(),
      ],
    ]
    for (const items of [
      [mov('r0', 1), ...after, exit()],
      [mov('r0', 1), ...within],
    ]) {
      const insns = placeLabels(items)
      for (const value of [0, 1500, count]) {
        const [wanted, found] = both(insns, value)
        expect(found).toEqual(wanted)
      }
    }
  })
})
