/** What a verifier log says about the rejection; every part that the log does not have is absent. */
export interface VerifierReport {
  /** Index of the instruction at which verification stopped, in 8-byte slots. */
  readonly instruction?: number
  /** That instruction as the kernel prints it. */
  readonly text?: string
  /** Registers (`R1`) and stack slots (`fp-8`) before that instruction, as far as they were printed. */
  readonly registers: Readonly<Record<string, string>>
  /** The verifier's complaint, one line; empty when the log has none. */
  readonly reason: string
  /** The source line in force, from line info; kernels before 6.9 do not print file and line. */
  readonly source?: { readonly text: string; readonly file?: string; readonly line?: number }
  /** Instructions that the verifier walked. */
  readonly processed?: number
  /** Ways through the program that it had to tell apart. */
  readonly states?: number
  /** Bytes of stack, of the program and of each function that it calls. */
  readonly stack?: readonly number[]
  /** The whole text. */
  readonly log: string
}

/** Only the end of a log tells of the rejection; more than this many characters of it are not looked at. */
const windowLength = 256 * 1024
const maxLine = 1024
const maxRegisters = 128

const instructionLine = /^(\d{1,7}): \([0-9a-f]{2}\) /
const stateLine =
  /^(?:from )?\d{1,7}(?: to \d{1,7}(?: \(speculative execution\))?)?: ((?:frame\d{1,3}: )?(?:R\d|fp).*)$/
const processedLine = /^processed (\d{1,10}) insns(?:.{0,80}? total_states (\d{1,10}))?/
const stackLine = /^stack depth (\d{1,5}(?:\+\d{1,5}){0,300})/
const noise =
  /^(?:processed \d|verification time|stack depth|mark_precise|regs=|frame\d|parent |last_idx|propagating|func#|Validating |insns_|\(\d|.{0,40}is safe$|from \d+ to \d+: safe$|\d+: safe$|math between|loop detected$)/
const namedInstruction = /\binsn (\d{1,7})\b/

/**
 * Read the verifier's log (the text behind log_buf of BPF_PROG_LOAD, level 1 or 2).
 *
 * The log quotes names and source lines of the program, so it is untrusted: any text gives a report, in time linear
 * in its length.
 */
export function parseVerifierLog(log: string): VerifierReport {
  const lines = windowOf(log)
  let instruction: number | undefined
  let text: string | undefined
  let source: VerifierReport['source']
  const figures: { processed?: number; states?: number; stack?: readonly number[] } = {}
  let complaint = ''
  const registers = new Map<string, string>()
  for (const line of lines) {
    const started = instructionLine.exec(line)
    if (started !== null) {
      instruction = Number(started[1])
      const comment = line.indexOf(' ; ')
      text = (comment === -1 ? line : line.slice(0, comment)).slice(started[0].length).trim()
      complaint = ''
      // The comment is the state after the instruction: present only when it passed.
      if (comment !== -1) mergeState(registers, line.slice(comment + 3))
      continue
    }
    const state = stateLine.exec(line)
    if (state?.[1] !== undefined) {
      if (/\bR10=/.test(state[1])) registers.clear()
      mergeState(registers, state[1])
      complaint = ''
      continue
    }
    if (line.startsWith('; ')) {
      source = parseSource(line.slice(2))
      continue
    }
    const count = processedLine.exec(line)
    const stack = stackLine.exec(line)
    if (stack?.[1] !== undefined) figures.stack = stack[1].split('+').map(Number)
    else if (count !== null) {
      figures.processed = Number(count[1])
      if (count[2] !== undefined) figures.states = Number(count[2])
    } else if (line.trim() !== '' && !noise.test(line)) complaint = line.trim()
  }
  if (instruction === undefined) {
    const named = namedInstruction.exec(complaint)
    if (named !== null) instruction = Number(named[1])
  }
  return {
    ...(instruction === undefined ? {} : { instruction }),
    ...(text === undefined ? {} : { text }),
    registers: Object.fromEntries(registers),
    reason: complaint,
    ...(source === undefined ? {} : { source }),
    ...figures,
    log,
  }
}

/** The lines of the log's end, each cut to a length that the patterns above are fast on. */
function windowOf(log: string): readonly string[] {
  const cut = log.length > windowLength
  const lines = (cut ? log.slice(-windowLength) : log).split('\n')
  if (cut) lines.shift()
  return lines.map((line) => (line.length > maxLine ? line.slice(0, maxLine) : line))
}

/** `some_source_text(); @ file.ts:17`, or the text alone. */
function parseSource(comment: string): NonNullable<VerifierReport['source']> {
  const at = comment.lastIndexOf(' @ ')
  const place = at === -1 ? null : /^(.+):(\d{1,7})$/.exec(comment.slice(at + 3))
  if (place?.[1] === undefined) return { text: comment.trim() }
  return { text: comment.slice(0, at).trim(), file: place[1], line: Number(place[2]) }
}

/** Take `R1=ctx() R2_w=scalar(smin=0,var_off=(0x0; 0xff)) fp-8=mmmm????` into the map; blanks inside brackets do not separate. */
function mergeState(registers: Map<string, string>, state: string): void {
  let depth = 0
  let start = 0
  for (let i = 0; i <= state.length; i++) {
    const char = state[i]
    if (char === '(' || char === '{') depth++
    else if ((char === ')' || char === '}') && depth > 0) depth--
    if (i < state.length && (char !== ' ' || depth > 0)) continue
    const token = state.slice(start, i)
    start = i + 1
    const match = /^(R\d{1,2}|fp-\d{1,4})(?:_[rwD]{1,3})?=(.+)$/.exec(token)
    if (match?.[1] === undefined || match[2] === undefined) continue
    if (registers.size < maxRegisters || registers.has(match[1])) registers.set(match[1], match[2])
  }
}
