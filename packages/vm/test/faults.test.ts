import { assemble } from '@tscc/insn'
import { createMachine, type Engine, hostFunction, vmErrors } from '@tscc/vm'
import { describe, expect, test } from 'vitest'

function caught(body: () => unknown) {
  try {
    body()
  } catch (error) {
    if (vmErrors.is(error)) return { code: error.code, ...(error.context as object) } // every context is one
    throw error
  }
  throw new Error('nothing was thrown')
}

describe.each(['interpreter', 'jit'] as const)('%s', (engine: Engine) => {
  const machine = createMachine({
    engine,
    helpers: {
      900: hostFunction([], 'void', () => {
        throw new Error('told to')
      }),
      901: hostFunction(['pointer'], 'u32', (call, address) => call.bytes(address, 8, 'write').length),
      902: hostFunction(['pointer'], 'u32', (call, address) => call.map(address).maxEntries),
    },
  })
  const run = (text: string, ...values: readonly number[]) =>
    machine.load({ name: 'p', insns: assemble(text) }).run(...values).r0

  test('an access beyond its region names instruction, address and region', () => {
    const region = machine.region({ name: 'ctx', size: 16 })
    const { address } = region
    for (const [text, access, size, offset] of [
      ['r0 = *(u64 *)(r1 + 9)', 'read', 8, 9],
      ['r0 = *(u8 *)(r1 + 16)', 'read', 1, 16],
      ['*(u32 *)(r1 + 13) = 1', 'write', 4, 13],
      ['r2 = 1\nlock *(u64 *)(r1 + 12) += r2', 'write', 8, 12],
      ['store_release((u16 *)(r1 + 15), w2)', 'write', 2, 15],
    ] as const)
      expect(caught(() => run(`r0 = 0\n${text}\nexit`, address))).toEqual({
        ...{ code: 'vm/bad-access', program: 'p', insn: text.startsWith('r2') ? 2 : 1, access, size },
        ...{ address: BigInt(address + offset), region: { name: 'ctx', offset, limit: 16 } },
      })
    // Below its first byte is no region's: the offset is near 4 GiB
    expect(caught(() => run('r0 = *(u8 *)(r1 - 1)\nexit', address)).code).toBe('vm/bad-access')
    expect(region.bytes).toEqual(new Uint8Array(16))
  })

  test('null, small numbers, wild addresses, code and maps are nothing to access', () => {
    const map = machine.map({ name: 'm', type: 1, keySize: 4, valueSize: 4, maxEntries: 1 })
    for (const address of [0, 8, 4096, 2 ** 32 - 1, 2 ** 48, 2 ** 53, map.address, 2 ** 32])
      expect(caught(() => run('r0 = *(u8 *)(r1 + 0)\nexit', address)).code).toBe('vm/bad-access')
    expect(caught(() => run('r1 = -1\nr0 = *(u8 *)(r1 + 0)\nexit'))).toMatchObject({ address: 2n ** 64n - 1n })
  })

  test('what is read-only cannot be written, and a closed region is no region', () => {
    const constant = machine.region({ name: 'constant', size: 8, access: 'read' })
    expect(run('r0 = *(u64 *)(r1 + 0)\nexit', constant.address)).toBe(0n)
    expect(caught(() => run('*(u8 *)(r1 + 0) = 1\nr0 = 0\nexit', constant.address))).toMatchObject({
      ...{ access: 'write', region: { name: 'constant', offset: 0, limit: 0 } },
    })
    constant.close()
    expect(caught(() => run('r0 = *(u64 *)(r1 + 0)\nexit', constant.address)).code).toBe('vm/bad-access')
    const next = machine.region({ name: 'next', size: 8 })
    expect(caught(() => run('r0 = *(u64 *)(r1 + 0)\nexit', constant.address)).code).toBe('vm/bad-access')
    expect(run('r0 = *(u64 *)(r1 + 0)\nexit', next.address)).toBe(0n)
  })

  test('the stack ends at 512 bytes a frame, and a frame ends with its function', () => {
    expect(run('*(u64 *)(r10 - 512) = 1\nr0 = *(u64 *)(r10 - 512)\nexit')).toBe(1n)
    expect(caught(() => run('r0 = *(u64 *)(r10 - 513)\nexit')).code).toBe('vm/bad-access')
    expect(caught(() => run('r0 = *(u64 *)(r10 - 7)\nexit')).code).toBe('vm/bad-access')
    expect(caught(() => run('*(u64 *)(r10 + 0) = 1\nexit')).code).toBe('vm/bad-access')
    expect(caught(() => run('call f\nr0 = *(u64 *)(r0 - 8)\nexit\nf: r0 = r10\nexit'))).toMatchObject({ insn: 1 })
  })

  test('a frame that no pointer was made to is closed to made-up ones', () => {
    const forged = 2 * 2 ** 32 + 504
    expect(caught(() => run('*(u64 *)(r10 - 8) = 7\nr0 = *(u64 *)(r1 + 0)\nexit', forged))).toMatchObject({
      ...{ insn: 1, region: { name: 'frame 0', offset: 504, limit: 0 } },
    })
    expect(run('*(u64 *)(r10 - 8) = 7\nr2 = r10\nr0 = *(u64 *)(r1 + 0)\nexit', forged)).toBe(7n)
  })

  test('a frame begins as zeros, however it was left', () => {
    const leave = '*(u64 *)(r10 - 8) = 7\n*(u64 *)(r10 - 512) = 7\nr0 = 0\nexit'
    expect(run(leave)).toBe(0n)
    expect(run('r0 = *(u64 *)(r10 - 8)\nexit')).toBe(0n)
    expect(run('r1 = r10\nr1 += -512\nr0 = *(u64 *)(r1 + 0)\nexit')).toBe(0n)
  })

  test('calls are 8 frames deep at most', () => {
    const nested = (depth: number) =>
      `r1 = ${depth}\ncall f\nexit\nf: r0 = r1\nif r1 == 0 goto out\nr1 -= 1\ncall f\nout: exit`
    expect(run(nested(6))).toBe(0n)
    expect(caught(() => run(nested(7)))).toMatchObject({ code: 'vm/stack-depth', insn: 6, limit: 8 })
    expect(run(nested(6))).toBe(0n)
  })

  test('the budget ends what would not end', () => {
    const insns = assemble('again: r0 += 1\ngoto again\nexit')
    expect(caught(() => machine.load({ name: 'p', insns, budget: 1000 }).run())).toMatchObject({
      ...{ code: 'vm/budget', program: 'p', budget: 1000 },
    })
    const straight = assemble('r0 = 1\nr0 = 2\nexit')
    expect(machine.load({ insns: straight, budget: 3 }).run()).toEqual({ r0: 2n, insns: 3 })
    expect(caught(() => machine.load({ insns: straight, budget: 2 }).run()).code).toBe('vm/budget')
  })

  test('helpers fault at the call, and what they throw has a place', () => {
    expect(caught(() => run('r0 = 0\ncall 900\nexit'))).toEqual({
      ...{ code: 'vm/host-function', program: 'p', insn: 1, name: 'helper 900' },
    })
    expect(caught(() => run('r1 = r10\nr1 += -4\ncall 901\nexit'))).toMatchObject({
      ...{ code: 'vm/bad-access', insn: 2, size: 8, access: 'write', region: { name: 'frame 0', offset: 508 } },
    })
    expect(caught(() => run('r1 = 5\ncall 902\nexit'))).toMatchObject({
      code: 'vm/bad-argument',
      what: 'a map',
      value: 5n,
    })
  })

  test('reads of nothing give 0 where that is wanted; writes fault', () => {
    const load = (text: string) => machine.load({ insns: assemble(text), zeroReads: true })
    expect(load('r0 = 5\nr0 = *(u64 *)(r1 + 8)\nexit').run().r0).toBe(0n)
    expect(caught(() => load('*(u64 *)(r1 + 8) = 1\nexit').run()).code).toBe('vm/bad-access')
  })

  test('what cannot run is told when it is loaded', () => {
    const code = (text: string) => caught(() => machine.load({ insns: assemble(text) })).code
    expect(code('r0 = 0')).toBe('vm/no-exit')
    expect(code('goto +5\nexit')).toBe('vm/bad-jump')
    expect(code('goto +1\nr1 = 5 ll\nexit')).toBe('vm/bad-jump')
    expect(code('call f\nexit\nf: goto -2')).toBe('vm/bad-jump')
    expect(code('call 12345\nexit')).toBe('vm/unknown-helper')
    expect(code('call kernel-function#7\nexit')).toBe('vm/unknown-kfunc')
    expect(code('r1 = map[fd:3]\nexit')).toBe('vm/unknown-map')
    expect(code('r1 = var[btf:3]\nexit')).toBe('vm/unknown-variable')
    expect(caught(() => machine.load({ insns: [] })).code).toBe('vm/empty')
  })

  test('memory and regions are bounded', () => {
    const small = createMachine({ engine, memory: 4096 })
    expect(caught(() => small.region({ name: 'big', size: 2 ** 20 })).code).toBe('vm/out-of-memory')
    expect(caught(() => createMachine({ memory: 2 ** 33 })).code).toBe('vm/bad-size')
    expect(caught(() => createMachine({ memory: Number.NaN })).code).toBe('vm/bad-size')
    expect(caught(() => small.region({ name: 'none', size: -1 })).code).toBe('vm/bad-size')
    // What is closed is used again
    for (let i = 0; i < 70_000; i++) small.region({ name: 'again', size: 1024 }).close()
  })
})
