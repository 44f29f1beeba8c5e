import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { experimentErrors } from '../src/experiment-errors.ts'
import { parsePath, parseTime } from '../src/parse-path.ts'
import { checkScenario, defaultScenario } from '../src/scenario.ts'

describe('parsePath', () => {
  it('reads rate, round trip and a buffer in bandwidth-delay products', () => {
    expect(parsePath('20mbit 40ms 1bdp')).toEqual({ rate: 20e6, delay: 20, buffer: 100_000, loss: 0, mtu: 1500 })
    expect(parsePath('100mbit 40ms 2bdp').buffer).toBe(1_000_000)
    expect(parsePath('100mbit 40ms 0.5bdp').buffer).toBe(250_000)
  })

  it('takes the words in any order, since units tell them apart', () => {
    const expected = { rate: 20e6, delay: 10, buffer: 75_000, loss: 0.01, ecnThreshold: 30_000, mtu: 1500 }
    expect(parsePath('20mbit 20ms 50pkt 1% ecn 30kB')).toEqual(expected)
    expect(parsePath('ecn 30kB 1% 50pkt 20ms 20mbit')).toEqual(expected)
  })

  it.each([
    ['64kbit', 64_000],
    ['1.5gbit', 1.5e9],
    ['10Mbit/s', 10e6],
    ['10Mbps', 10e6],
    ['5000bit', 5000],
  ])('rate %s', (word, rate) => expect(parsePath(word).rate).toBe(rate))

  it.each([
    ['500us', 0.25],
    ['40ms', 20],
    ['0.2s', 100],
  ])('round trip %s is twice the delay', (word, delay) => expect(parsePath(word).delay).toBeCloseTo(delay, 9))

  it.each([
    ['100kB', 100_000],
    ['64KiB', 65_536],
    ['1MB', 1e6],
    ['9000B', 9000],
    ['10pkt', 15_000],
    ['1B', 3000],
  ])('buffer %s, at least two packets', (word, buffer) => expect(parsePath(`10mbit 10ms ${word}`).buffer).toBe(buffer))

  it('fills in what is missing with the default path', () => {
    expect(parsePath('')).toEqual(defaultScenario.path)
    expect(parsePath('mtu 9000B').mtu).toBe(9000)
  })

  it('lets single words win over the text', () => {
    const path = parsePath('20mbit 40ms', { rate: '40mbit', rtt: '10ms', loss: '2%', ecn: '0.5bdp' })
    expect(path).toEqual({ rate: 40e6, delay: 5, buffer: 50_000, loss: 0.02, ecnThreshold: 25_000, mtu: 1500 })
  })

  it.each([
    ['20mbit 30mbit', /one rate, not both 20mbit and 30mbit/],
    ['fast', /'fast' is none of these/],
    ['20', /'20' is none of these/],
    ['20mb/s', /is none of these/],
    ['-5mbit', /is none of these/],
    ['ecn', /scenario\.ecn: found ''/],
    ['ecn 5ms', /scenario\.ecn: found '5ms'/],
    ['1e9mbit', /is none of these/],
    ['20constructor', /is none of these/],
    ['x'.repeat(300), /300 characters/],
  ])('refuses %s', (text, message) => {
    const parse = () => parsePath(text)
    expect(parse).toThrow(message)
    expect(parse).toThrow(expect.objectContaining({ code: 'experiment/scenario' }))
  })

  it('gives a path or a typed error for any text', () => {
    const word = fc.oneof(
      fc.constantFrom('20mbit', '40ms', '1bdp', '3%', 'ecn', 'mtu', '30kB', '1500B', 'toString', '%'),
      fc.string({ maxLength: 12 }),
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        try {
          const path = parsePath(words.join(' '))
          for (const value of Object.values(path)) expect(Number.isFinite(value)).toBe(true)
        } catch (error) {
          expect(experimentErrors.is(error, 'experiment/scenario')).toBe(true)
        }
      }),
    )
  })

  it('leaves ranges to checkScenario', () => {
    const algorithms = [{ label: 'reno', cc: 'reno', origin: 'native' } as const]
    expect(() => checkScenario({ ...defaultScenario, path: parsePath('1bit 40ms') }, algorithms)).toThrow(/path\.rate/)
  })
})

describe('parseTime', () => {
  it.each([
    ['10s', 10_000],
    ['250ms', 250],
    ['2min', 120_000],
  ])('%s', (text, ms) => expect(parseTime(text, 'duration')).toBe(ms))

  it('names the field', () => expect(() => parseTime('10', 'duration')).toThrow(/scenario\.duration: found '10'/))
})
