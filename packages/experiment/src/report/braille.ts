/** Bits of the eight dots of a cell of Unicode's braille patterns, [row][column] (U+2800 + bits). */
const dotBits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const

/** A canvas of `width` × `height` character cells, 2 × 4 dots each; the origin is the lower left corner. */
export interface BrailleCanvas {
  /** Draw from dot to dot; what lies outside is left out. */
  readonly line: (x0: number, y0: number, x1: number, y1: number) => void
  /** Lines of text, top first. */
  readonly rows: () => readonly string[]
}

/** An empty canvas of `width` × `height` cells. */
export const brailleCanvas = (width: number, height: number): BrailleCanvas => {
  const cells = new Uint8Array(width * height)
  const dot = (x: number, y: number): void => {
    const row = height * 4 - 1 - y
    if (x < 0 || x >= width * 2 || row < 0 || row >= height * 4) return
    const cell = (row >> 2) * width + (x >> 1)
    cells[cell] = (cells[cell] ?? 0) | (dotBits[row & 3]?.[x & 1] ?? 0)
  }
  return {
    line: (x0, y0, x1, y1) => {
      const steps = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))))
      for (let step = 0; step <= steps; step++)
        dot(Math.round(x0 + ((x1 - x0) * step) / steps), Math.round(y0 + ((y1 - y0) * step) / steps))
    },
    rows: () =>
      Array.from({ length: height }, (_, row) =>
        Array.from(cells.subarray(row * width, (row + 1) * width), (bits) =>
          bits === 0 ? ' ' : String.fromCodePoint(0x2800 + bits),
        ).join(''),
      ),
  }
}
