import {
  add,
  add32,
  and,
  assemble,
  callFunc,
  callHelper,
  callKfunc,
  disassemble,
  encode,
  exit,
  fetchAdd,
  insnErrors,
  insnText,
  ja,
  jeq,
  jne32,
  jsgt,
  ldImm64,
  ldInd,
  load,
  mayGoto,
  mov,
  mov32,
  store,
} from '@tscc/insn'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

describe('assemble reads', () => {
  test('labels, comments, slot numbers and blank lines', () => {
    const text = `
      ; a comment
      # another
      start: first:
        r1 = 5            // five
        3: r2 += r1       # three
      if r1 != 0 goto start ; back
      loop: goto loop
      call helper_less
      exit
      helper_less: exit
    `
    expect(assemble(text)).toEqual([
      mov('r1', 5),
      add('r2', 'r1'),
      { ...jeq('r1', 0, -3), op: 'jne' },
      ja(-1),
      callFunc(1),
      exit(),
      exit(),
    ])
  })
  test('any spacing', () => {
    expect(assemble('r1=*(u32*)(r2+8)\n  *( u8 * ) ( r10 -1 )  =  r3\nif w1!=w2 goto+1')).toEqual([
      load('u32', 'r1', 'r2', 8),
      store('u8', 'r10', -1, 'r3'),
      jne32('r1', 'r2', 1),
    ])
  })
  test("the kernel's forms", () => {
    expect(
      assemble(`
        (18) r1 = 0x5
        (b7) r1 = 5
        if r1 s> 0xfffffffb goto pc+3
        goto pc-1
        may_goto pc+0
        call pc+7
        r2 = atomic64_fetch_add((u64 *)(r1 +8), r2)
        call kernel-function#1234
      `),
    ).toEqual([
      ldImm64('r1', 5n),
      mov('r1', 5),
      jsgt('r1', -5, 3),
      ja(-1),
      mayGoto(0),
      callFunc(7),
      fetchAdd('u64', 'r1', 8, 'r2'),
      callKfunc(1234),
    ])
  })
  test('unsigned 32-bit immediates only where 32 bits count', () => {
    expect(assemble('w1 += 0xffffffff')).toEqual([add32('r1', -1)])
    expect(assemble('w1 = 4294967295')).toEqual([mov32('r1', -1)])
    expect(() => assemble('r1 &= 0xffffffff')).toThrow(/src of and64.imm is 4294967295/)
  })
  test('64-bit immediates signed and unsigned, and pseudo sources', () => {
    expect(assemble('r1 = 0xffffffffffffffff ll\nr1 = -1 ll')).toEqual([ldImm64('r1', -1n), ldImm64('r1', -1n)])
    expect(assemble('r1 = map[fd:3]\nr2 = map[idx:1][0]+16\nr3 = var[btf:7]@9\nr4 = subprog[f]\nf: exit')).toEqual([
      ldImm64('r1', { mapFd: 3 }),
      ldImm64('r2', { mapIdxValue: 1, off: 16 }),
      ldImm64('r3', { btfId: 7, btfFd: 9 }),
      ldImm64('r4', { func: 1 }),
      exit(),
    ])
  })
})

describe('assemble refuses', () => {
  test.each([
    ['nonsense', 'frobnicate r1', 'insn/syntax', 1],
    ['a register that is none', 'r11 = 5', 'insn/syntax', 1],
    ['mixed widths', '\nr1 += w2', 'insn/syntax', 2],
    ['neg of another register', 'r1 = -r2', 'insn/syntax', 1],
    ['a byte swap of another register', 'r1 = be16 r2', 'insn/syntax', 1],
    ['an offset without a sign', 'r1 = *(u32 *)(r2 8)', 'insn/syntax', 1],
    ['a distance without a sign', 'goto 8', 'insn/syntax', 1],
    ['a fourth thing', 'exit exit', 'insn/syntax', 1],
    ['a number that ends in letters', 'r1 = 12abc', 'insn/syntax', 1],
    ['a number of 30 digits', `r1 = ${'9'.repeat(30)} ll`, 'insn/syntax', 1],
    ['an immediate that does not fit', 'exit\nr1 += 2147483648', 'insn/bad-line', 2],
    ['an offset that does not fit', 'r1 = *(u8 *)(r2 + 32768)', 'insn/bad-line', 1],
    ['a 64-bit immediate that does not fit', 'r1 = 0x1ffffffffffffffff ll', 'insn/bad-line', 1],
    ['a write to r10', 'r10 = 5', 'insn/bad-line', 1],
    ['a label that is nowhere', 'exit\n\ngoto away', 'insn/bad-line', 3],
    ['a label twice', 'a: exit\na: exit', 'insn/bad-line', 2],
    ['a verifier line whose opcode is another', '(07) r1 = 5', 'insn/syntax', 1],
  ])('%s', (_, text, code, line) => {
    expect(() => assemble(text)).toThrow(expect.objectContaining({ code, context: expect.objectContaining({ line }) }))
  })
  test('what the cpu lacks, the finding as cause', () => {
    expect(() => assemble('exit\nr1 = (s8)r2', { cpu: 'v3' })).toThrow(
      expect.objectContaining({ code: 'insn/bad-line', cause: expect.objectContaining({ code: 'insn/cpu' }) }),
    )
  })
})

describe('disassemble', () => {
  const insns = [ldImm64('r1', 5n), callHelper(7), ldInd('u16', 'r3', 0), and('r1', -8), exit()]
  test('plain', () => {
    expect(disassemble(insns)).toBe('r1 = 5 ll\ncall 7\nr0 = *(u16 *)skb[r3]\nr1 &= -8\nexit')
    expect(disassemble([])).toBe('')
  })
  test('with numbers, callee names and notes, and read back', () => {
    const text = disassemble(insns, {
      numbers: true,
      callName: (insn) => (insn.kind === 'callHelper' && insn.helper === 7 ? 'bpf_get_prandom_u32' : undefined),
      annotate: (index, insn) => (insn.kind === 'exit' ? `the\nend ${index}` : undefined),
    })
    expect(text).toBe(
      '0: r1 = 5 ll\n2: call 7 ; bpf_get_prandom_u32\n3: r0 = *(u16 *)skb[r3]\n4: r1 &= -8\n5: exit ; the end 4',
    )
    expect(assemble(text)).toEqual(insns)
  })
  test('alu32 names sub-registers in narrow accesses', () => {
    expect(insnText(store('u16', 'r1', -2, 'r2'))).toBe('*(u16 *)(r1 - 2) = r2')
    expect(insnText(store('u16', 'r1', -2, 'r2'), { style: 'alu32' })).toBe('*(u16 *)(r1 - 2) = w2')
    expect(insnText(load('u64', 'r1', 'r2', 0), { style: 'alu32' })).toBe('r1 = *(u64 *)(r2 + 0)')
  })
})

test('fuzz: any text gives instructions that encode, or a typed error', () => {
  const word = fc.constantFrom(
    ...[
      'r1',
      'w2',
      'r10',
      '=',
      '+=',
      '-',
      '5',
      '0xffffffff',
      '*(u32 *)',
      '(',
      ')',
      'ud',
      'if',
      'goto',
      '+3',
      'll',
      ':',
    ],
    ...[
      'a',
      'a:',
      '\n',
      ';',
      '#',
      '//',
      '<a>',
      'call',
      'exit',
      'lock',
      's>',
      '[',
      ']',
      '@',
      '12:',
      '(b7)',
      'map',
      'fd',
    ],
  )
  const text = fc.oneof(
    fc.string(),
    fc.array(word, { maxLength: 24 }).map((words) => words.join(' ')),
  )
  fc.assert(
    fc.property(text, (source) => {
      try {
        encode(assemble(source))
      } catch (error) {
        expect(insnErrors.is(error), String(error)).toBe(true)
      }
    }),
    { numRuns: 3000 },
  )
})

test('hostile lines end soon', () => {
  const start = performance.now()
  const million = 1 << 20
  for (const line of [
    '9'.repeat(million),
    ' '.repeat(million),
    'a:'.repeat(million),
    '<'.repeat(million),
    '+ '.repeat(million),
  ])
    expect(() => assemble(`${line} r1`)).toThrow()
  expect(performance.now() - start).toBeLessThan(10_000)
})
