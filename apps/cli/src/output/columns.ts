/** Comments below each other, unless an instruction is too long for that. */
export function inColumns(text: string): string {
  const lines = text.split('\n').map((line) => line.split(' ; '))
  const width = Math.min(44, Math.max(...lines.filter((parts) => parts.length > 1).map(([code = '']) => code.length)))
  return lines
    .map(([code = '', ...notes]) => [code.padEnd(notes.length > 0 ? width : 0), ...notes].join(' ; '))
    .join('\n')
}
