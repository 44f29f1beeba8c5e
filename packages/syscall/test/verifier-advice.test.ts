import { verifierAdvice } from '@tscc/syscall'
import { describe, expect, it } from 'vitest'
import { measured } from '../../../tools/measured.ts'

const fieldAt = (offset: number): string | undefined => (offset === 1676 ? 'tcp_sock.snd_nxt' : undefined)
const helperOf = (id: number) => (id === 181 ? 'bpf_loop (Linux 5.17 and later have it)' : undefined)
const advice = (reason: string) => verifierAdvice({ reason }, { fieldAt, helperOf })

describe('verifierAdvice', () => {
  it.each([
    ['6.18', 'no write support to tcp_sock at off 1676'],
    ['7.2', 'R1 cannot write into ptr_tcp_sock at off=1676 size=4'],
  ])('names the field that may not be written (%s)', (_, reason) => {
    expect(advice(reason)).toEqual({
      message: 'no write support to tcp_sock.snd_nxt',
      help: expect.stringMatching(/^congestion control may write snd_cwnd, /),
    })
  })

  it('keeps the offset where the program has no name for it', () => {
    expect(advice('no write support to tcp_sock at off 8').message).toBe('no write support to tcp_sock at offset 8')
    expect(advice('R1 cannot write into ptr_sock at off=8 size=4').message).toBe('no write support to sock at offset 8')
  })

  it.each([
    ["R1 invalid mem access 'map_value_or_null'", 'this pointer may be null', 'test it first: if (x === null) return'],
    [
      "R7 invalid mem access 'trusted_ptr_or_null_'",
      'this pointer may be null',
      'test it first: if (x === null) return',
    ],
    [
      'Possibly NULL pointer passed to trusted arg0',
      'this pointer may be null',
      'test it first: if (x === null) return',
    ],
    [
      "R6 invalid mem access 'scalar'",
      'this is no pointer (any more)',
      'what was given back, submitted or deleted cannot be read; read it before',
    ],
    [
      'invalid access to map value, value_size=8 off=8 size=4',
      "4 bytes at 8 are outside of a map's value of 8 bytes",
      'bound it with a constant before it is used: x = min(x, 15), or x & 15',
    ],
    [
      'R2 unbounded memory access, make sure to bounds check any such access',
      'nothing says how large this index or length may be',
      'bound it with a constant before it is used: x = min(x, 15), or x & 15',
    ],
    [
      'program of this type cannot use helper bpf_setsockopt#49',
      'bpf_setsockopt cannot be called here',
      'some helpers exist only in some callbacks: bpf_setsockopt in all but release',
    ],
    [
      'unknown func bpf_setsockopt#49',
      'bpf_setsockopt cannot be called here',
      'some helpers exist only in some callbacks: bpf_setsockopt in all but release',
    ],
    [
      'invalid func unknown#181',
      'this kernel has no bpf_loop (Linux 5.17 and later have it)',
      'ask for the kernel first, with kernelAtLeast(), and do without the helper on older ones',
    ],
    [
      'invalid func unknown#999',
      'this kernel has no helper 999',
      'ask for the kernel first, with kernelAtLeast(), and do without the helper on older ones',
    ],
    [
      'calling kernel function bbr_init is not allowed',
      'bbr_init cannot be called here',
      'this kernel does not give the function to congestion control',
    ],
    [
      'attach to unsupported member get_info of struct tcp_congestion_ops',
      'tcp_congestion_ops takes no get_info from BPF',
      'leave it out',
    ],
    [
      'Unreleased reference id=2 alloc_insn=5',
      'something that was reserved or acquired is still held where the program ends',
      'submit or discard it on every way out',
    ],
    [
      'combined stack size of 2 calls is 544. Too large',
      'functions that call each other need 544 bytes of stack together, of 512',
      'keep fewer values at a time, or put them into a map',
    ],
  ])('%s', (reason, message, help) => {
    expect(advice(reason)).toEqual({ message, help })
  })

  it.each([
    ['BPF program is too large. Processed 1000001 insn', 'the program has too many steps to be walked (1000001)'],
    ['The sequence of 8193 jumps is too complex.', 'the program has too many ways through it (8193 jumps pending)'],
    ['infinite loop detected at insn 7', 'this loop may never end'],
  ])('%s: is about a loop', (reason, message) => {
    expect(advice(reason)).toEqual({ message, help: expect.stringContaining('loop(n, body)'), loop: true })
  })

  it('keeps what it does not know, and any text takes no time', measured, () => {
    expect(advice('something new')).toEqual({ message: 'something new' })
    const long = 'R1 '.repeat(1 << 18)
    const before = performance.now()
    expect(advice(long).message.length).toBeLessThanOrEqual(300)
    expect(performance.now() - before).toBeLessThan(100)
  })
})
