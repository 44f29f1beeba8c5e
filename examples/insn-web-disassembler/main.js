// @ts-check
// A page that shows eBPF instructions as text. Nothing leaves the browser.
import { decode, disassemble, insnErrors } from '@tscc/insn'

/** @type {<T extends HTMLElement>(id: string, kind: new () => T) => T} */
function element(id, kind) {
  const found = document.getElementById(id)
  if (found instanceof kind) return found
  throw new Error(`${id}: not in the page`)
}
const hex = element('hex', HTMLTextAreaElement)
const file = element('file', HTMLInputElement)
const text = element('text', HTMLPreElement)
const problem = element('error', HTMLParagraphElement)

/** @param {string} input */
function bytesOf(input) {
  const digits = input.replace(/0x|[\s,]/g, '')
  if (!/^(?:[\da-f]{2})*$/i.test(digits)) throw new SyntaxError('not hex: want two digits for each byte')
  return Uint8Array.from(digits.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))
}

/** @param {() => Uint8Array} read */
function show(read) {
  text.textContent = ''
  problem.textContent = ''
  try {
    text.textContent = disassemble(decode(read(), { endian: 'little' }), { numbers: true })
  } catch (error) {
    if (!insnErrors.is(error) && !(error instanceof SyntaxError)) throw error
    problem.textContent = error.message
  }
}

hex.addEventListener('input', () => show(() => bytesOf(hex.value)))
file.addEventListener('change', async () => {
  const bytes = new Uint8Array((await file.files?.[0]?.arrayBuffer()) ?? [])
  show(() => bytes)
})
show(() => bytesOf(hex.value))
