import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { parseBtf } from '@tscc/btf'
import { isTsccError } from '@tscc/core'
import { linkObject, linkTarget, readObject, writeObject } from '@tscc/object'
import { expect, test } from 'vitest'
import { sampleObject } from './sample-object.ts'

// Hostile files that fuzzing found, one for each thing that can be wrong, with what they end in: TSCC_NEW_CORPUS=1 looks for
// them anew. What a later fuzzing run finds is added here by hand.

const folder = new URL('corpus/', import.meta.url)
const kernel = parseBtf(new Uint8Array(readFileSync(new URL('../fixtures/btf/tcp-6.18.btf', import.meta.url))))
const target = linkTarget({ vmlinux: () => kernel.bytes, config: () => 'CONFIG_HZ=250\n' }, kernel)

/** How reading and linking a file ends. */
function outcome(bytes: Uint8Array): string {
  try {
    linkObject(readObject(bytes), target)
    return 'links'
  } catch (error) {
    if (isTsccError(error)) return `${error.code} ${error.message}`
    throw error
  }
}

/** The same code and the same last words are the same mistake. */
function kindOf(end: string): string {
  const [code = '', ...message] = end.split(' ')
  const last = message.join(' ').split(':').at(-1) ?? ''
  return `${code} ${last
    .replace(/[^a-z ]+/g, '')
    .trim()
    .split(/ +/)
    .slice(0, 3)
    .join(' ')}`
}

const MOST = 90

/** The same numbers each time. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function findCorpus(): void {
  rmSync(folder, { recursive: true })
  mkdirSync(folder)
  const whole = writeObject(sampleObject())
  const found = new Map<string, string>()
  const pick = random(7)
  const interesting = [0, 1, 2, 4, 7, 8, 0x7f, 0x80, 0xff]
  for (let run = 0; run < 30_000 && found.size < MOST; run++) {
    const bytes = whole.slice()
    for (let i = pick(3); i >= 0; i--) {
      const at = pick(bytes.length)
      bytes[at] = pick(2) === 0 ? (interesting[pick(interesting.length)] ?? 0) : pick(256)
    }
    const end = outcome(pick(50) === 0 ? bytes.subarray(0, pick(bytes.length)) : bytes)
    const kind = kindOf(end)
    if (found.has(kind)) continue
    found.set(kind, end)
    writeFileSync(new URL(`${String(found.size).padStart(3, '0')}.bpf.o`, folder), bytes)
  }
}

if (process.env.TSCC_NEW_CORPUS === '1') {
  findCorpus()
  const ends = Object.fromEntries(files().map((name) => [name, outcome(open(name))]))
  writeFileSync(new URL('ends.json', folder), `${JSON.stringify(ends, null, 2)}\n`)
}

function files(): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.o'))
    .sort()
}

function open(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, folder)))
}

test('every file of the corpus ends as it did', () => {
  const ends: unknown = JSON.parse(readFileSync(new URL('ends.json', folder), 'utf8'))
  expect(Object.fromEntries(files().map((name) => [name, outcome(open(name))]))).toEqual(ends)
  expect(files().length).toBeGreaterThan(40)
})
