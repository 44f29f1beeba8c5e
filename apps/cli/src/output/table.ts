import Table from 'cli-table3'
import type { Output } from './output.ts'
import { printable } from './printable.ts'

const none = ''
const chars = {
  top: none,
  'top-mid': none,
  'top-left': none,
  'top-right': none,
  bottom: none,
  'bottom-mid': none,
  'bottom-left': none,
  'bottom-right': none,
  left: none,
  'left-mid': none,
  mid: none,
  'mid-mid': none,
  right: none,
  'right-mid': none,
  middle: '  ',
}

/** Rows under a head, in columns without rules; numbers are set right. */
export function formatTable(
  output: Output,
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string {
  const right = (column: number): boolean => rows.length > 0 && rows.every((row) => typeof row[column] === 'number')
  const table = new Table({
    head: head.map((text) => output.colors.dim(text)),
    chars,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, column) => (right(column) ? 'right' : 'left')),
  })
  for (const row of rows) table.push(row.map((cell) => (typeof cell === 'number' ? cell : printable(cell))))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
