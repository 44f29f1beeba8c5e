import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeState, defaultFields, encodeState, type PageState, startState, tabs } from '../src/state.ts'

const words = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.trim())
const states: fc.Arbitrary<PageState> = fc.record({
  example: fc.constantFrom('aimd', 'reno', 'bbr'),
  text: fc.oneof(fc.string({ unit: 'grapheme', maxLength: 3000 }), fc.constant(startState().text)),
  tab: fc.constantFrom(...tabs),
  fields: fc.record({
    rate: words,
    rtt: words,
    buffer: words,
    loss: words,
    duration: words,
    flows: words,
    seed: words,
    kernel: words,
    beside: words,
  }),
})

test('the page at its start has an empty address', async () => {
  expect(await encodeState(startState())).toBe('')
  expect(await decodeState('')).toEqual({ ...startState(), refused: false })
})

test('an address gives back what was put into it', async () => {
  await fc.assert(
    fc.asyncProperty(states, async (state) => {
      // Of a lone half of a surrogate pair there is no UTF-8.
      fc.pre([state.text, ...Object.values(state.fields)].every((value) => !/\p{Surrogate}/u.test(value)))
      expect(await decodeState(`#${await encodeState(state)}`)).toEqual({ ...state, refused: false })
    }),
  )
})

test('any address gives a page', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), fc.string(), async (hash, code) => {
      const state = await decodeState(`#${hash}&code=${encodeURIComponent(code)}`)
      expect(tabs).toContain(state.tab)
      expect(typeof state.text).toBe('string')
    }),
  )
})

test('a program that would grow without end is refused', async () => {
  const long = { ...startState(), text: ' '.repeat(50_000_000) }
  const hash = await encodeState({ ...long, text: 'x'.repeat(150_000) })
  expect(await decodeState(hash)).toMatchObject({ refused: false })
  expect(await decodeState('#example=reno&code=AAAA')).toMatchObject({ refused: true, example: 'reno' })
  const bomb = await bombOf(long.text)
  expect(bomb.length).toBeLessThan(100_000)
  expect(await decodeState(`#code=${bomb}`)).toMatchObject({ refused: true, text: startState().text })
})

test('fields that are too long are as at the start', async () => {
  expect((await decodeState(`#rate=${'1'.repeat(100)}`)).fields).toEqual(defaultFields)
})

async function bombOf(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'))
  return Buffer.from(await new Response(stream).arrayBuffer()).toString('base64url')
}
