import { isTsccError } from '@tscc/core'
import { disassemble } from '@tscc/insn'
import { createMachine, type Engine, type ProgramSpec, vmErrors } from '@tscc/vm'
import { expect, test } from 'vitest'
import { factor, firstSeed, randomOf } from './random.ts'
import { wildProgram } from './wild-program.ts'

const PROGRAMS = Math.ceil(2000 * factor)
const SIZE = 64

/** A machine with two small regions, side by side in memory, and a third behind them that nothing points to. */
function machineOf(engine: Engine) {
  // Chance begins anew with each program: where a budget ends one, engines have drawn differently often
  const chance = { source: randomOf(1) }
  const machine = createMachine({ engine, budget: 2000, memory: 2 ** 20, random: () => chance.source.below(2 ** 32) })
  const regions = ['first', 'second', 'hidden'].map((name) => machine.region({ name, size: SIZE }))
  const constant = machine.region({ name: 'constant', size: SIZE, access: 'read' })
  machine.setPacket(constant)
  return { machine, regions, constant, chance }
}

function outcome(
  { machine, regions, constant, chance }: ReturnType<typeof machineOf>,
  spec: ProgramSpec,
  seed: number,
) {
  const random = randomOf(seed)
  chance.source = randomOf(seed)
  for (const { bytes } of [...regions, constant]) for (let i = 0; i < SIZE; i++) bytes[i] = random.below(256)
  const before = [regions[2], constant].map((region) => Buffer.from(region?.bytes ?? []).toString('hex'))
  const program = machine.load(spec)
  let result: string
  try {
    const { r0, insns } = program.run(
      regions[0]?.address ?? 0,
      random.wide(),
      constant.address,
      5,
      regions[1]?.address ?? 0,
    )
    result = `${r0} after ${insns}`
  } catch (error) {
    if (!vmErrors.is(error)) throw error
    result = error.message
  }
  expect([regions[2], constant].map((region) => Buffer.from(region?.bytes ?? []).toString('hex'))).toEqual(before)
  return { result, memory: regions.map(({ bytes }) => Buffer.from(bytes).toString('hex')).join(' ') }
}

test(`wild programs do the same in both engines, and no harm: seed ${firstSeed}`, { timeout: 60_000 * factor }, () => {
  const [interpreter, jit] = [machineOf('interpreter'), machineOf('jit')]
  const kinds = new Map<string, number>()
  for (let i = 0; i < PROGRAMS; i++) {
    const seed = firstSeed + i
    const random = randomOf(seed)
    const insns = wildProgram(random)
    const spec: ProgramSpec = { name: `seed ${seed}`, insns, mayGotoBudget: 5, zeroReads: random.chance(0.2) }
    const wanted = outcome(interpreter, spec, seed)
    const found = outcome(jit, spec, seed)
    const kind = wanted.result.includes('budget') ? 'budget' : wanted.result.includes('insn') ? 'fault' : 'result'
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    // The translation looks at the budget once a block
    if (found.result.includes('budget')) continue
    expect(found, `seed ${seed}:\n${disassemble(insns, { numbers: true })}`).toEqual(wanted)
  }
  for (const kind of ['budget', 'fault', 'result']) expect(kinds.get(kind) ?? 0, kind).toBeGreaterThan(PROGRAMS / 50)
})

test('any bytes are a program or a typed error', () => {
  const machine = createMachine({ budget: 1000, memory: 2 ** 20 })
  const random = randomOf(firstSeed)
  for (let i = 0; i < 2000; i++) {
    const insns = Uint8Array.from({ length: 8 * (1 + random.below(6)) }, () => random.below(256))
    // Mostly opcodes that exist
    for (let at = 0; at < insns.length; at += 8)
      if (random.chance(0.9)) insns.set([random.pick([0x95, 0xb7, 0x05, 0x85, 0x18, 0x79, 0x7b, 0xdb]), 0], at)
    try {
      machine.load({ insns }).run()
    } catch (error) {
      expect(isTsccError(error), String(error)).toBe(true)
    }
  }
})
