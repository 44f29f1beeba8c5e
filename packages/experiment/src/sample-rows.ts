/** Samples over time, a row of numbers each. */
export interface SampleRows<Name extends string> {
  /** Rows so far. */
  readonly count: number
  /** A new row, zeros in the order of the names, to be written before the next is asked for. */
  add(): Float64Array
  /** Each name's numbers, from the first row to the last. */
  columns(): Readonly<Record<Name, readonly number[]>>
}

/** Rows with a number for each name, all in one typed array; it grows beyond the `expected` rows. */
export function sampleRows<Name extends string>(names: readonly Name[], expected: number): SampleRows<Name> {
  const width = names.length
  let rows = new Float64Array(expected * width)
  let count = 0
  return {
    get count() {
      return count
    },
    add() {
      if ((count + 1) * width > rows.length) {
        const grown = new Float64Array(rows.length * 2 + width)
        grown.set(rows)
        rows = grown
      }
      count++
      return rows.subarray((count - 1) * width, count * width)
    },
    columns() {
      const column = (index: number) => Array.from({ length: count }, (_, row) => rows[row * width + index] ?? 0)
      // A column for each of the names
      return Object.fromEntries(names.map((name, index) => [name, column(index)])) as Record<Name, number[]>
    },
  }
}
