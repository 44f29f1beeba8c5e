import type { TextFormat } from './isa-table.ts'

/** One piece of a row's text: literal characters, or an operand and how it is shown. */
export type TemplatePart =
  | { readonly literal: string }
  | { readonly literal?: never; readonly prop: string; readonly format: TextFormat }

const formats: Readonly<Record<string, TextFormat>> = {
  w: 'w',
  offset: 'offset',
  jump: 'jump',
  condition: 'condition',
  label: 'label',
}

/** Split `{dst} += {src}` into its parts. */
export function templateParts(template: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = []
  for (const [index, piece] of template.split(/[{}]/).entries()) {
    if (index % 2 === 1) {
      const [prop = '', format = ''] = piece.split(':')
      parts.push({ prop, format: formats[format] ?? 'plain' })
    } else if (piece !== '') parts.push({ literal: piece })
  }
  return parts
}

/** A lexical unit of assembly text; a number keeps its sign, since `+ 8` and `8` are different operands. */
export interface Token {
  readonly kind: 'register' | 'subregister' | 'number' | 'word' | 'mark'
  readonly text: string
}

const lexeme = /\s*(?:([+-]\s*)?(0[xX][0-9a-fA-F]+|[0-9]+)(?![\w.$])|([A-Za-z_.$][\w.$]*)|(\S))/y

/** Split one instruction's text; white space only separates. Undefined when there are more than `limit` tokens. */
export function tokensOf(text: string, limit: number): readonly Token[] | undefined {
  const tokens: Token[] = []
  lexeme.lastIndex = 0
  for (let match = lexeme.exec(text); match !== null; match = lexeme.exec(text)) {
    if (tokens.length === limit) return undefined
    const [, sign, digits, word, mark] = match
    if (digits !== undefined) tokens.push({ kind: 'number', text: `${sign?.trim() ?? ''}${digits}` })
    else if (word !== undefined) tokens.push({ kind: wordKind(word), text: word })
    else if (mark !== undefined) tokens.push({ kind: 'mark', text: mark })
  }
  return tokens
}

function wordKind(word: string): Token['kind'] {
  if (/^r(?:10|[0-9])$/.test(word)) return 'register'
  return /^w(?:10|[0-9])$/.test(word) ? 'subregister' : 'word'
}
