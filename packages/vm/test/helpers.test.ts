import { assemble } from '@tscc/insn'
import { createMachine, type Engine, hostFunction, type MachineOptions } from '@tscc/vm'
import { describe, expect, test } from 'vitest'

describe.each(['interpreter', 'jit'] as const)('%s', (engine: Engine) => {
  const machineOf = (options: MachineOptions = {}) => {
    const machine = createMachine({ engine, ...options })
    return {
      machine,
      run: (text: string, ...values: readonly number[]) => machine.load({ insns: assemble(text) }).run(...values).r0,
    }
  }

  test('time stands still until it is told to go on, or is the host’s', () => {
    const { machine, run } = machineOf()
    expect(run('call 5\nexit')).toBe(0n)
    machine.advance(1500n)
    expect([run('call 5\nexit'), machine.now()]).toEqual([1500n, 1500n])
    expect(machineOf({ now: () => 7_000_000n }).run('call 118\nexit')).toBe(7n)
  })

  test('chance is the same for the same seed', () => {
    const draw = (options: MachineOptions) => {
      const { run } = machineOf(options)
      return [1, 2, 3].map(() => run('call 7\nexit'))
    }
    expect(draw({ seed: 5 })).toEqual(draw({ seed: 5 }))
    expect(draw({ seed: 5 })).not.toEqual(draw({ seed: 6 }))
    expect(draw({ random: () => 2 ** 32 - 1 })).toEqual([0xffff_ffffn, 0xffff_ffffn, 0xffff_ffffn])
  })

  test('values of all types reach a helper and come back as the kernel’s would', () => {
    const seen: unknown[] = []
    const { run } = machineOf({
      helpers: {
        1000: hostFunction(
          ['u32', 's32', 'u64', 's64', 'pointer'],
          'void',
          (_call, ...values) => void seen.push(...values),
        ),
        1001: hostFunction([], 's32', () => -2),
        1002: hostFunction([], 'u32', () => 2 ** 32 - 2),
        1003: hostFunction([], 's64', () => -3n),
        1004: hostFunction([], 'u64', () => 2n ** 64n - 3n),
        1005: hostFunction(['pointer'], 'pointer', (_call, address) => address),
        1006: hostFunction([], 'u32', () => 0),
      },
    })
    expect(run('r1 = -1\nr2 = -1\nr3 = -1\nr4 = -1\nr5 = 4294967297 ll\ncall 1000\nexit')).toBe(0n)
    expect(seen).toEqual([2 ** 32 - 1, -1, 2n ** 64n - 1n, -1n, 2 ** 32 + 1])
    expect([1001, 1002, 1003, 1004].map((id) => run(`call ${id}\nexit`))).toEqual([
      ...[2n ** 64n - 2n, 2n ** 32n - 2n, 2n ** 64n - 3n, 2n ** 64n - 3n],
    ])
    expect(run('r1 = r10\ncall 1005\nr1 = r10\nr0 -= r1\nexit')).toBe(0n)
    expect(run('r1 = 5\ncall 1006\nr0 = r1\nexit')).toBe(0n)
  })

  test('bpf_loop calls a function of the program, which stops it with 1', () => {
    const { run } = machineOf()
    const loop = (count: number, stop: number) =>
      run(`
        *(u64 *)(r10 - 8) = 0
        r1 = ${count}
        r2 = subprog[body]
        r3 = r10
        r3 += -8
        r4 = 0
        call 181
        r1 = *(u64 *)(r10 - 8)
        r0 <<= 32
        r0 |= r1
        exit
      body:
        r3 = *(u64 *)(r2 + 0)
        r3 += r1
        *(u64 *)(r2 + 0) = r3
        r0 = 0
        if r1 != ${stop} goto out
        r0 = 1
      out: exit`)
    expect(loop(5, -1)).toBe((5n << 32n) | 10n)
    expect(loop(5, 2)).toBe((3n << 32n) | 3n)
    expect(() => run('r1 = 1\nr2 = 5\nr3 = 0\nr4 = 0\ncall 181\nexit')).toThrow('not a function')
  })

  test('bpf_for_each_map_elem visits keys and values', () => {
    const { machine } = machineOf()
    const map = machine.map({ name: 'm', type: 1, keySize: 4, valueSize: 8, maxEntries: 4 })
    for (const key of [3, 4, 5]) map.update(Uint8Array.of(key, 0, 0, 0), Uint8Array.of(key, 0, 0, 0, 0, 0, 0, 0))
    const insns = assemble(`
      *(u64 *)(r10 - 8) = 0
      r1 = map[fd:0]
      r2 = subprog[body]
      r3 = r10
      r3 += -8
      r4 = 0
      call 164
      r1 = *(u64 *)(r10 - 8)
      r0 *= 1000
      r0 += r1
      exit
    body:
      r5 = *(u32 *)(r2 + 0)
      r0 = *(u64 *)(r3 + 0)
      r5 *= r0
      r0 = *(u64 *)(r4 + 0)
      r0 += r5
      *(u64 *)(r4 + 0) = r0
      r0 = 0
      exit`)
    expect(machine.load({ insns, maps: [map] }).run().r0).toBe(3050n)
  })

  test('trace_printk formats as the kernel does', () => {
    const lines: string[] = []
    const { machine } = machineOf({ trace: (text) => lines.push(text) })
    const print = (format: string, ...values: readonly number[]) => {
      const region = machine.region({ name: 'format', size: format.length + 1, access: 'read' })
      region.bytes.set(new TextEncoder().encode(format))
      const text = `r2 = ${format.length + 1}\ncall 6\nexit`
      const r0 = machine.load({ insns: assemble(text) }).run(region.address, 0, ...values).r0
      return [lines.at(-1), Number(r0)]
    }
    expect(print('cwnd %u of %d', 10, -1)).toEqual(['cwnd 10 of -1', 13])
    expect(print('%llx %#x %5u|', 255, 255, 7)).toEqual(['ff 0xff     7|', 14])
    expect(print('%lld%% %c', -5, 65)).toEqual(['-5% A', 5])
  })

  test('timers run when they are due, in order', () => {
    const { machine } = machineOf()
    const map = machine.map({ name: 'timers', type: 2, keySize: 4, valueSize: 32, maxEntries: 2 })
    const insns = assemble(`
      *(u64 *)(r10 - 8) = r1
      r7 = r2
      r1 = map[fd:0]
      r2 = r10
      r2 += -8
      call 1
      r6 = r0
      r1 = r6
      r2 = map[fd:0]
      r3 = 1
      call 169
      r1 = r6
      r2 = subprog[fired]
      call 170
      r1 = r6
      r2 = r7
      r3 = 0
      call 171
      exit
    fired:
      r6 = *(u32 *)(r2 + 0)
      r7 = r3
      call 5
      *(u64 *)(r7 + 16) = r0
      *(u64 *)(r7 + 24) = r6
      r0 = 0
      exit`)
    const program = machine.load({ insns, maps: [map] })
    expect(program.run(0, 500).r0).toBe(0n)
    expect(program.run(1, 300).r0).toBe(0n)
    expect(machine.nextTimer()).toBe(300n)
    const at = (index: number) => {
      const value = map.get(Uint8Array.of(index, 0, 0, 0))
      return value === undefined ? [] : [value[16], value[17], value[24]]
    }
    machine.advance(400n)
    expect([at(0), at(1)]).toEqual([
      [0, 0, 0],
      [300 % 256, 1, 1],
    ])
    machine.advance(400n)
    expect(at(0)).toEqual([500 % 256, 1, 0])
    expect(machine.nextTimer()).toBeUndefined()
  })

  test('copies from anywhere, comparisons, locks', () => {
    const { run } = machineOf()
    expect(
      run(
        '*(u64 *)(r10 - 8) = 5\nr1 = r10\nr1 += -16\nr2 = 8\nr3 = r10\nr3 += -8\ncall 113\nr0 = *(u64 *)(r10 - 16)\nexit',
      ),
    ).toBe(5n)
    expect(run('r1 = r10\nr1 += -16\nr2 = 8\nr3 = 0\ncall 113\nexit')).toBe(2n ** 64n - 14n)
    expect(
      run(
        '*(u64 *)(r10 - 8) = 97\n*(u64 *)(r10 - 16) = 98\nr1 = r10\nr1 += -8\nr2 = 2\nr3 = r10\nr3 += -16\ncall 182\nexit',
      ),
    ).toBe(2n ** 64n - 1n)
    expect(run('r1 = r10\nr1 += -8\ncall 93\nr1 = r10\nr1 += -8\ncall 94\nexit')).toBe(0n)
  })

  test('programs run within helpers of programs', () => {
    const inner = { run: (): number => 0 }
    const { machine, run } = machineOf({ helpers: { 1000: hostFunction([], 'u32', () => inner.run()) } })
    const nested = machine.load({
      insns: assemble('*(u64 *)(r10 - 8) = 1\nr1 = r10\nr0 = *(u64 *)(r1 - 8)\nr0 += 1\nexit'),
    })
    inner.run = () => nested.call()
    expect(run('*(u64 *)(r10 - 8) = 40\nr6 = r10\ncall 1000\nr1 = *(u64 *)(r6 - 8)\nr0 += r1\nexit')).toBe(42n)
    inner.run = () => {
      const failing = machine.load({ name: 'inner', insns: assemble('r0 = *(u8 *)(r1 + 0)\nexit') })
      return failing.call()
    }
    expect(() => run('call 1000\nexit')).toThrow('inner: insn 0: read of 1 bytes')
  })
})
