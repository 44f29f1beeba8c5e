// Parts of programs in the documents, as the programs that they are parts of.

/** What stands at the top of a module; other paragraphs are statements of a callback. */
const AT_TOP =
  /^(?:\/\/ at the top|import|export|interface|function|async|class|enum|type|declare|const \w+ = (?:hash|array|lruHash|skStorage|queue|ringbuf|noinline|tunable|global|percpu\w+|lpmTrie)\b|const [A-Z_]+(?:: [^=]+)? =)/

const START =
  "interface V { a: u32; b: u16; c: s32; d: u64; e: FixedArray<u32, 4> } export default structOps<tcp_congestion_ops>({ name: 'example', undo_cwnd: () => 2, cong_avoid() {}, ssthresh(sk) { const tp = tcp_sk(sk); const v = inet_csk_ca<V>(sk)"
const END = 'return tp.snd_cwnd } })'
const OPS =
  "export default structOps<tcp_congestion_ops>({ name: 'example', undo_cwnd: () => 2, cong_avoid() {}, ssthresh: () => 2 })"

/**
 * The program that a fragment is a part of, and how many lines come before its first: `tp`, and `v` with the fields a: u32,
 * b: u16, c: s32, d: u64, e: FixedArray<u32, 4>, are there in callbacks.
 */
export function programOf(fragment) {
  const text = fragment.trimEnd()
  if (text.includes('structOps')) return { text: `${text}\n`, before: 0 }
  const paragraphs = text.split('\n\n')
  const first = paragraphs.findIndex((paragraph) => !AT_TOP.test(paragraph))
  if (first < 0) return { text: `${text}\n${OPS}\n`, before: 0 }
  if (first === 0) return { text: `${START}\n${text}\n${END}\n`, before: 1 }
  // The empty line between the two becomes the callback's beginning: so no line moves.
  const [top, inside] = [paragraphs.slice(0, first), paragraphs.slice(first)]
  return { text: `${top.join('\n\n')}\n${START}\n${inside.join('\n\n')}\n${END}\n`, before: 0 }
}

/** What the compiler prints of a fragment; nothing where there is nothing wrong. */
export function printedOf(fragment, { compile, diagnosticText }) {
  const { text, before } = programOf(fragment)
  return compile(text, { fileName: 'cc.bpf.ts' })
    .diagnostics.map((one) => {
      const lines = diagnosticText(one, text).split('\n')
      return [
        lines[0].replace(/^cc\.bpf\.ts:(\d+)/, (_, line) => `cc.bpf.ts:${line - before}`),
        ...lines.slice(1),
      ].join('\n')
    })
    .join('\n')
}

/** Blocks of a document that are fragments: `typescript`, and the `text` behind it that says what is printed. */
const FRAGMENT = /^```typescript\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm

/** The fragments of a document: what is printed of each, and what the document says is. */
export function fragmentsOf(document, compiler) {
  return [...document.matchAll(FRAGMENT)].map(([, fragment, said]) => ({
    fragment,
    said: said?.trimEnd() ?? '',
    printed: printedOf(fragment, compiler),
  }))
}

/** A document with what is printed today. */
export function refreshed(document, compiler) {
  return document.replace(FRAGMENT, (whole, fragment, said) =>
    said === undefined
      ? whole
      : `\`\`\`typescript\n${fragment}\`\`\`\n\n\`\`\`text\n${printedOf(fragment, compiler)}\n\`\`\`\n`,
  )
}
