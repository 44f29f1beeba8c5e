import type { PolicyRule, RuleSide } from '@tscc/sock-ops'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { type Document, isNode, LineCounter, parseDocument } from 'yaml'
import { cliErrors } from '../cli-errors.ts'
import { parsePorts } from './rule-options.ts'
import { rulesSchema } from './rules-schema.ts'

/** A rules file as its schema lets it be. */
interface RulesFile {
  readonly rules: readonly {
    readonly name: string
    readonly use: string
    readonly to?: string | readonly string[]
    readonly port?: number | string
    readonly side?: RuleSide
    readonly cgroup?: string
    readonly percent?: number
  }[]
}

/** More is no list of rules. */
const MOST_BYTES = 1 << 20

/** The rules of a YAML (or JSON) text; `cli/rules-file` with every mistake at its line. */
export function parseRules(path: string, text: string): readonly PolicyRule[] {
  const refuse = (mistakes: readonly string[]): never => {
    throw cliErrors.make('rules-file', { path, mistakes })
  }
  if (text.length > MOST_BYTES) return refuse([`${path}: larger than 1 MiB`])
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset)
    return `${path}:${line}:${col}`
  }
  if (document.errors.length > 0)
    return refuse(document.errors.map(({ pos, message }) => `${place(pos[0])} error: ${message}`))
  const value: unknown = plain(document, refuse, path)
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true })
  const validate = ajv.compile<RulesFile>(rulesSchema)
  if (!validate(value)) {
    const told = new Map((validate.errors ?? []).map((error) => mistakeOf(document, error, place)))
    return refuse([...told.values()])
  }
  return value.rules.map(
    ({ to, port, ...rule }): PolicyRule => ({
      ...rule,
      ...(to === undefined ? {} : { to: typeof to === 'string' ? [to] : to }),
      ...(port === undefined ? {} : { port: typeof port === 'number' ? port : parsePorts(port) }),
    }),
  )
}

/** Aliases may stand for much more than the text has. */
function plain(document: Document.Parsed, refuse: (mistakes: readonly string[]) => never, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (error) {
    return refuse([`${path}: error: ${error instanceof Error ? error.message : String(error)}`])
  }
}

/** One mistake for a place: what anyOf adds to those of its parts says no more. */
function mistakeOf(
  document: Document.Parsed,
  { instancePath, keyword, params, message = 'not allowed' }: ErrorObject,
  place: (offset: number) => string,
): readonly [string, string] {
  const path = instancePath.split('/').slice(1)
  const unknown = keyword === 'additionalProperties' ? String(params.additionalProperty) : undefined
  const node = document.getIn(path, true)
  const offset = isNode(node) ? (node.range?.[0] ?? 0) : 0
  const field = path
    .reduce((text, part) => (/^\d+$/.test(part) ? `${text}[${part}]` : `${text}.${part}`), '')
    .replace(/^\./, '')
  const text =
    unknown !== undefined
      ? `there is no ${unknown} here`
      : keyword === 'enum'
        ? `must be ${(params.allowedValues as readonly string[]).join(', ')}` // of an enum
        : keyword === 'pattern'
          ? `must match ${String(params.pattern)}`
          : message
  return [`${instancePath} ${unknown ?? ''}`, `${place(offset)} error: ${field === '' ? 'the file' : field}: ${text}`]
}
