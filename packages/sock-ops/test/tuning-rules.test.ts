import { sockOpsErrors, type TuningRule } from '@tscc/sock-ops'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { maskBytes, parsePrefix } from '../src/prefix.ts'
import { compileRules } from '../src/tuning-rules.ts'

const compiled = (...rules: readonly TuningRule[]) => compileRules(rules, 4000)

test('prefixes of both families are keys of one map; times are ticks', () => {
  const [one, two, ...all] = compiled({ to: ['10.0.0.0/8', '2001:db8::/32'], port: 443, synRtoMs: 100 }, {})
  expect(one?.key).toEqual({ prefixlen: 32 + 96 + 8, port: 443, address: [0, 0, 0xffff0000, 10] })
  expect(two?.key).toEqual({ prefixlen: 64, port: 443, address: [0xb80d0120, 0, 0, 0] })
  expect(one?.value.syn_rto).toBe(25)
  expect(all.map(({ key }) => key.prefixlen)).toEqual([128, 32])
})

test.each<[TuningRule, string]>([
  [{ to: '10.0.0.1/8' }, 'rules[0].to: not a prefix, found "10.0.0.1/8", there are bits behind its length'],
  [{ to: '10.0.0.0/33' }, 'rules[0].to: not a prefix, found "10.0.0.0/33", its length is 0 to 32'],
  [{ to: ['::/0', 'x/1'] }, 'rules[0].to[1]: not an IPv4 or IPv6 address, found "x"'],
  [{ to: '::/0', port: 0 }, 'rules[0].port: out of range, found 0, allowed 1 to 65535'],
  [{ rtoMinMs: 300 }, 'rules[0].rtoMinMs: out of range, found 300, allowed 8 to 200 ms'],
  [{ rtoMinMs: 7 }, 'rules[0].rtoMinMs: out of range, found 7, allowed 8 to 200 ms'],
  [{ cc: 'a b' }, 'rules[0].cc: a congestion control has a name of 1 to 15 printable characters, found "a b"'],
  [{ learn: { lower: 10, upper: 5 } }, 'rules[0].learn.upper: out of range, found 5, allowed 10 to 65535 segments'],
  [{ to: ['10.0.0.0/8', '10.0.0.0/8'] }, 'rules[0]: the same connections as rules[0]'],
])('%j', (rule, message) => {
  expect(() => compiled(rule)).toThrow(message)
})

test('masks have so many ones', () => {
  for (let bits = 0; bits <= 128; bits++) {
    const ones = [...maskBytes(bits)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
    expect(ones).toBe('1'.repeat(bits).padEnd(128, '0'))
  }
})

test('whatever the rules, they are compiled or a typed error', () => {
  const numbers = fc.oneof(fc.integer(), fc.double(), fc.nat(100))
  const rule = fc.record(
    {
      to: fc.oneof(fc.string(), fc.ipV4Extended(), fc.ipV6(), fc.array(fc.stringMatching(/^[0-9a-f:./]{0,12}$/))),
      port: numbers,
      synRtoMs: numbers,
      initialWindow: numbers,
      rtoMinMs: numbers,
      cc: fc.string(),
      learn: fc.record({ lower: numbers, upper: numbers }),
      sameWithin: fc.record({ ipv4: numbers, ipv6: numbers }),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 4 }), (rules) => {
      try {
        compiled(...rules)
      } catch (error) {
        if (!sockOpsErrors.is(error)) throw error
      }
    }),
  )
  expect(parsePrefix('::ffff:10.0.0.0/104', 'x')).toEqual(parsePrefix('10.0.0.0/8', 'x'))
})
