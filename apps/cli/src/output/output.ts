import pc from 'picocolors'

type Colors = ReturnType<typeof pc.createColors>

/** Where a command writes: data to stdout, everything else to stderr. */
export interface Output {
  /** Colours for stdout; functions that change nothing where colours are off. */
  readonly colors: Colors
  /** Colours for stderr. */
  readonly errorColors: Colors
  /** Columns of the terminal, or 100. */
  readonly width: number
  /** Both streams are terminals: progress may redraw its line. */
  readonly interactive: boolean
  /** Data, and a line end. */
  print(text: string): void
  /** Data as it is: text without line end, or bytes. False when nobody reads any more. */
  write(data: string | Uint8Array): boolean
  /** One JSON document on stdout. */
  json(value: unknown): void
  /** A line on stderr: progress, notes, errors. */
  note(text: string): void
}

/** The real streams. A reader that went away (`tscc … | head`) ends the process quietly. */
export function processOutput(): Output {
  const { stdout, stderr } = process
  for (const stream of [stdout, stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') process.exit()
      throw error
    })
  return {
    colors: pc.createColors(wantsColor(stdout)),
    errorColors: pc.createColors(wantsColor(stderr)),
    width: stdout.columns || 100,
    // A terminal of no columns (a pseudo terminal nobody sized) cannot redraw.
    interactive: stdout.isTTY === true && stderr.isTTY === true && stderr.columns > 0,
    print: (text) => stdout.write(`${text}\n`),
    write(data) {
      stdout.write(data)
      return stdout.writable && !stdout.errored
    },
    json: (value) => stdout.write(`${JSON.stringify(value, jsonValue, 2)}\n`),
    note: (text) => stderr.write(`${text}\n`),
  }
}

/** https://no-color.org: NO_COLOR wins, then FORCE_COLOR, then what the stream is. */
function wantsColor(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0') return true
  return stream.isTTY === true && TERM !== 'dumb'
}

/** 64-bit numbers become strings only where a JSON reader would lose digits. */
export function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value !== 'bigint') return value
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}
