import { parseVerifierLog } from '@tscc/syscall'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { measured } from '../../../tools/measured.ts'

describe('parseVerifierLog', () => {
  it('a log of 6.18 with line info', () => {
    const log = `func#0 @0
0: R1=ctx() R10=fp0
; const ca = inetCsk(sk).icsk_ca_priv @ reno.bpf.ts:12
0: (79) r1 = *(u64 *)(r1 +0)          ; R1_w=trusted_ptr_tcp_sock()
1: (b7) r2 = 5                        ; R2_w=5
2: (67) r2 <<= 1                      ; R2_w=scalar(smin=0,smax=10,var_off=(0x0; 0xa))
; tp.snd_cwnd = 5 @ reno.bpf.ts:17
3: (63) *(u32 *)(r1 +2000) = r2
no write support to tcp_sock at off 2000
processed 4 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`
    expect(parseVerifierLog(log)).toEqual({
      instruction: 3,
      text: '*(u32 *)(r1 +2000) = r2',
      registers: { R1: 'trusted_ptr_tcp_sock()', R2: 'scalar(smin=0,smax=10,var_off=(0x0; 0xa))', R10: 'fp0' },
      reason: 'no write support to tcp_sock at off 2000',
      source: { text: 'tp.snd_cwnd = 5', file: 'reno.bpf.ts', line: 17 },
      processed: 4,
      states: 0,
      log,
    })
  })

  it('statistics of a program with functions', () => {
    const log = `verification time 40 usec
stack depth 16+8+0
processed 41 insns (limit 1000000) max_states_per_insn 1 total_states 5 peak_states 4 mark_read 2
`
    expect(parseVerifierLog(log)).toEqual({
      registers: {},
      reason: '',
      processed: 41,
      states: 5,
      stack: [16, 8, 0],
      log,
    })
  })

  it('a log of 5.10: no file and line, states on lines of their own', () => {
    const log = `; return sk->snd_cwnd;
0: (79) r1 = *(u64 *)(r1 +0)
func 'ssthresh' arg0 has btf_id 1234 type STRUCT 'sock'
1: R1_w=ptr_sock(id=0,off=0,imm=0) R10=fp0
1: (85) call pc+100
BPF_CALL uses reserved fields
processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`
    expect(parseVerifierLog(log)).toMatchObject({
      instruction: 1,
      text: 'call pc+100',
      reason: 'BPF_CALL uses reserved fields',
      source: { text: 'return sk->snd_cwnd;' },
      registers: { R1: 'ptr_sock(id=0,off=0,imm=0)', R10: 'fp0' },
    })
  })

  it('branches: the state of the branch replaces the one before', () => {
    const log = `0: R1=ctx() R10=fp0
0: (b7) r0 = 0                        ; R0_w=0
1: (15) if r0 == 0x1 goto pc+1        ; R0=0
from 1 to 3: R0=1 R1=ctx() R10=fp0 fp-8=mmmmmmmm
3: (95) exit
R0 has bad value
`
    expect(parseVerifierLog(log)).toMatchObject({
      instruction: 3,
      registers: { R0: '1', 'fp-8': 'mmmmmmmm' },
      reason: 'R0 has bad value',
    })
  })

  it('structural complaints name the instruction themselves', () => {
    expect(parseVerifierLog('unreachable insn 7\nprocessed 0 insns (limit 1)\n')).toMatchObject({
      instruction: 7,
      reason: 'unreachable insn 7',
      processed: 0,
    })
  })

  it('an empty log, and a success', () => {
    expect(parseVerifierLog('')).toEqual({ registers: {}, reason: '', log: '' })
    const success = '0: R1=ctx() R10=fp0\n0: (b7) r0 = 0   ; R0_w=0\n1: (95) exit\nprocessed 2 insns (limit 1000000)\n'
    expect(parseVerifierLog(success)).toMatchObject({ reason: '', instruction: 1 })
  })

  it('source text cannot pass for a place, nor a name for a register set', () => {
    expect(parseVerifierLog('; a @ b @ c.ts:x\n').source).toEqual({ text: 'a @ b @ c.ts:x' })
    expect(Object.getPrototypeOf(parseVerifierLog('0: R1=ctx() R10=fp0 __proto__=1\n').registers)).toBe(
      Object.prototype,
    )
  })

  it('any text gives a report', () => {
    const pieces = fc.constantFrom(
      '0: ',
      '(b7) ',
      'R1=',
      'ctx(',
      ')',
      ' ; ',
      '; ',
      ' @ f.ts:1',
      'from 1 to 2: ',
      'processed 9 insns',
      '\n',
      'x',
      ' ',
      'insn 5',
      'frame1: ',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 200 }).map((parts) => parts.join('')),
        ),
        (log) => {
          const report = parseVerifierLog(log)
          expect(report.log).toBe(log)
          expect(report.reason).not.toMatch(/\n/)
          if (report.instruction !== undefined) expect(Number.isInteger(report.instruction)).toBe(true)
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('16 MB of anything takes bounded time', measured, () => {
    for (const unit of ['0: (b7) ', '(((((', '; @ ', 'R1=( ', '\n', 'from 1 to 2: R1=ctx() ']) {
      const log = unit.repeat(Math.floor(0xff_ffff / unit.length))
      const start = performance.now()
      parseVerifierLog(log)
      expect(performance.now() - start).toBeLessThan(1000)
    }
  })
})
