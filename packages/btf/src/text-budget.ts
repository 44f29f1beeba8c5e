import { btfErrors } from './btf-errors.ts'

/** Most characters of one output: names of any length may be used any number of times. All of vmlinux takes 5 million. */
const MAX_TEXT = 1 << 26

/** Counts the characters of one output, and gives them back; `btf/too-large` when there are too many. */
export function textBudget(): (text: string) => string {
  const left = { text: MAX_TEXT }
  return (text) => {
    // Empty text costs too: what it stands for took time.
    left.text -= text.length + 1
    if (left.text < 0)
      throw btfErrors.make('too-large', {
        field: 'text of the declarations',
        value: MAX_TEXT - left.text,
        limit: MAX_TEXT,
      })
    return text
  }
}
