import { exampleOf, examples } from './examples.ts'
import type { SimFields } from './messages.ts'

/** The parts on the right. */
export const tabs = ['problems', 'disassembly', 'simulation'] as const
export type Tab = (typeof tabs)[number]

/** All of the page that a link holds. */
export interface PageState {
  readonly example: string
  readonly text: string
  readonly tab: Tab
  readonly fields: SimFields
}

/** What links need not say. */
export const defaultFields: SimFields = {
  rate: '50mbit',
  rtt: '40ms',
  buffer: '1bdp',
  loss: '0%',
  duration: '10s',
  flows: '1',
  seed: '1',
  kernel: '6.12',
  beside: 'cubic',
}

/** Longest program that is taken from a link, bytes. */
const MAX_TEXT = 200_000
/** Longest value of a field. */
const MAX_FIELD = 40

/** The page at its start. */
export function startState(): PageState {
  const { name, text } = exampleOf('')
  return { example: name, text, tab: 'simulation', fields: defaultFields }
}

/** The page as the part of an address after `#`: what differs from the start, a changed program compressed. */
export async function encodeState(state: PageState): Promise<string> {
  const start = startState()
  const words = new URLSearchParams()
  if (state.example !== start.example) words.set('example', state.example)
  if (state.tab !== start.tab) words.set('tab', state.tab)
  for (const name of fieldNames) if (state.fields[name] !== defaultFields[name]) words.set(name, state.fields[name])
  if (state.text !== exampleOf(state.example).text) words.set('code', await packed(state.text))
  return words.toString()
}

/** Read an address: what it does not say, or says wrongly, is as at the start; `refused` where its program cannot be read. */
export async function decodeState(hash: string): Promise<PageState & { readonly refused: boolean }> {
  const words = new URLSearchParams(hash.replace(/^#/, ''))
  const start = startState()
  const name = words.get('example') ?? ''
  const { name: example, text } = examples.find((one) => one.name === name) ?? exampleOf(start.example)
  const tab = tabs.find((one) => one === words.get('tab')) ?? start.tab
  const fields = { ...defaultFields }
  for (const field of fieldNames) {
    const value = words.get(field)
    if (value !== null && value.length <= MAX_FIELD) Object.assign(fields, { [field]: value })
  }
  const code = words.get('code')
  const own = code === null ? text : await unpacked(code)
  return { example, tab, fields, text: own ?? text, refused: own === undefined }
}

const fieldNames = Object.keys(defaultFields) as readonly (keyof SimFields)[] // the keys of a literal

async function packed(text: string): Promise<string> {
  const bytes = await through(new TextEncoder().encode(text), new CompressionStream('deflate-raw'))
  let binary = ''
  for (const byte of bytes ?? []) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

async function unpacked(code: string): Promise<string | undefined> {
  try {
    const binary = atob(code.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
    const text = await through(bytes, new DecompressionStream('deflate-raw'))
    return text === undefined ? undefined : new TextDecoder('utf-8', { fatal: true }).decode(text)
  } catch {
    return undefined // whatever is wrong with an address, there is no program in it
  }
}

/** A stream's output, undefined where it is longer than a program may be: a few bytes can become gigabytes. */
async function through(
  bytes: Uint8Array,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array | undefined> {
  const reader = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(stream).getReader()
  const parts: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    length += value.length
    if (length > MAX_TEXT) {
      await reader.cancel()
      return undefined
    }
    parts.push(value)
  }
  const all = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
