// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g

/** Text from outside for a terminal: what could move the cursor, recolour or reorder becomes U+FFFD; tabs and line ends stay. */
export function printable(text: string): string {
  return text.replace(controls, '\ufffd')
}
