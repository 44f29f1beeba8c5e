import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { openChecker } from '../src/checker.ts'

const folder = mkdtempSync(join(tmpdir(), 'tscc-checker-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A thread that does with a text what the text says: `now`, `in 600`, `never`, `throw`, `exit`. */
const script = join(folder, 'worker.cjs')
writeFileSync(
  script,
  `const { replies, port } = require('node:worker_threads').workerData
port.on('message', ({ id, fileName, texts }) => {
  const [what, time] = texts.get(fileName).split(' ')
  if (what === 'never') for (;;);
  if (what === 'throw') throw new Error('thrown')
  if (what === 'exit') process.exit(3)
  if (what === 'in') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(time))
  port.postMessage({ id, answer: { diagnostics: [], echo: texts.get(fileName) } })
  Atomics.add(replies, 0, 1)
  Atomics.notify(replies, 0)
})`,
)
const of = (fileName: string, text: string) => new Map([[fileName, text]])

/** Ask until there is an answer; how often it was said that there is one. */
async function answerOf(checker: ReturnType<typeof openChecker>, file: string, text: string) {
  const late = { times: 0 }
  const ask = () => checker.check(file, of(file, text), () => late.times++)
  for (let rounds = 0; rounds < 100; rounds++) {
    const answer = ask()
    if (answer !== undefined) return { answer, late: late.times }
    for (const end = performance.now() + 3000; late.times === 0 && performance.now() < end; ) await sleep(5)
  }
  throw new Error('never an answer')
}

test('an answer, the same for the same texts, another for others', async () => {
  const checker = openChecker(script)
  expect((await answerOf(checker, 'a', 'now 1')).answer).toMatchObject({ echo: 'now 1' })
  expect(checker.check('a', of('a', 'now 1'), () => undefined)).toMatchObject({ echo: 'now 1' })
  expect((await answerOf(checker, 'a', 'now 2')).answer).toMatchObject({ echo: 'now 2' })
})

test('what takes long is not waited for, and told once it is there', async () => {
  const checker = openChecker(script)
  await answerOf(checker, 'a', 'now')
  const begin = performance.now()
  expect(checker.check('a', of('a', 'in 900'), () => undefined)).toBe(undefined)
  expect(performance.now() - begin).toBeLessThan(800)
  expect(await answerOf(checker, 'a', 'in 900')).toMatchObject({ answer: { echo: 'in 900' } })
})

test('of many texts in a row only the last is checked', async () => {
  const checker = openChecker(script)
  const begin = performance.now()
  for (let i = 0; i < 5; i++) checker.check('a', of('a', `in ${2000 + i}`), () => undefined)
  expect((await answerOf(checker, 'a', 'in 2004')).answer).toMatchObject({ echo: 'in 2004' })
  expect(performance.now() - begin).toBeLessThan(7000)
}, 30_000)

test('what never ends is given up, and the next text is checked', async () => {
  const checker = openChecker(script, 700)
  const { answer, late } = await answerOf(checker, 'a', 'never')
  expect([answer, late]).toEqual([{ failed: 'it took longer than 0.7 s' }, 1])
  expect((await answerOf(checker, 'a', 'now')).answer).toMatchObject({ echo: 'now' })
})

test.each([
  ['throw', 'thrown'],
  ['exit', 'its thread ended with code 3'],
])('a thread that ends by itself (%s) is started again, but not for ever', async (how, why) => {
  const checker = openChecker(script)
  expect((await answerOf(checker, 'a', how)).answer).toEqual({ failed: why })
  expect((await answerOf(checker, 'a', 'now')).answer).toMatchObject({ echo: 'now' })
  for (let i = 0; i < 3; i++) await answerOf(checker, `b${i}`, how)
  expect((await answerOf(checker, 'a', 'now again')).answer).toEqual({ failed: 'its thread ended 3 times' })
})

test('a thread that cannot be started is no error of the server', async () => {
  const checker = openChecker(join(folder, 'absent.cjs'))
  expect((await answerOf(checker, 'a', 'now')).answer).toEqual({ failed: expect.stringMatching(/Cannot find module/) })
})
