import { describe, expect, it } from 'vitest'
import { buildFirst, jsonOf, tscc } from './tscc.ts'

buildFirst()

const hexOf = (text: string): string => tscc(['asm', '-', '--hex'], { input: text }).stdout

describe('vm exec', () => {
  it('speaks the plugin protocol: instructions on standard input, memory as argument, r0 in hex', () => {
    const spaced = 'b7 00 00 00 ff ff ff ff  95 00 00 00 00 00 00 00 \n'
    expect(tscc(['vm', 'exec'], { input: spaced })).toEqual({ status: 0, stdout: 'ffffffffffffffff\n', stderr: '' })
    const sum = hexOf('r0 = *(u8 *)(r1 + 3)\nr0 += r2\nexit\n')
    expect(tscc(['vm', 'exec', '01 02 03 0a '], { input: sum }).stdout).toBe('e\n')
    expect(tscc(['vm', 'exec', '--program', sum.trim(), '01 02 03 0a', '--engine', 'interpreter']).stdout).toBe('e\n')
    expect(jsonOf(tscc(['vm', 'exec', '01020304', '--json'], { input: sum }))).toEqual({ r0: '8', insns: 3 })
  })

  it('ends with status 1 for a fault or a program that cannot run, and 2 for what is not hex', () => {
    const bad = hexOf('r0 = *(u8 *)(r1 + 4)\nexit\n')
    const fault = tscc(['vm', 'exec', '01 02 03 04'], { input: bad })
    expect([fault.status, fault.stdout]).toEqual([1, ''])
    expect(fault.stderr).toContain('insn 0: read of 1 bytes')
    expect(tscc(['vm', 'exec'], { input: hexOf('again: goto again\nexit\n'), env: {} }).status).toBe(1)
    expect(tscc(['vm', 'exec'], { input: hexOf('call 12345\nexit\n') }).stderr).toContain('helper 12345')
    expect(tscc(['vm', 'exec'], { input: 'zz' }).status).toBe(2)
    expect(tscc(['vm', 'exec', '0'], { input: bad }).status).toBe(2)
  })
})
