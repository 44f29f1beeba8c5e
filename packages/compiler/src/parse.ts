import type { Program } from 'oxc-parser'

/** A text as a tree, or what is wrong with it. */
export interface Parsed {
  /** ESTree with TypeScript's types as typescript-eslint has them; parentheses are nodes, and places are UTF-16 offsets. */
  readonly program: Program
  /** None where `program` holds all of the text. */
  readonly errors: readonly SyntaxMistake[]
}

/** What a parser stumbled over. */
export interface SyntaxMistake {
  readonly message: string
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/** Reads the text of a TypeScript module. */
export type Parse = (fileName: string, text: string) => Parsed
