import type { Diagnostic, Mend } from '@tscc/compiler'
import type ts from 'typescript'
import { importChanges } from './import-changes.ts'
import { nodeAt } from './node-at.ts'

/** What an editor offers for a mistake: its mends, as changes of the text, with the imports that they need. */
export function fixesOf(typescript: typeof ts, file: ts.SourceFile, mistake: Diagnostic): readonly ts.CodeFixAction[] {
  return (mistake.mends ?? []).flatMap((mend) => {
    const change = changeOf(typescript, file, mistake, mend)
    if (change === undefined) return []
    const textChanges = [...importChanges(typescript, file, mend.uses), change.change]
    return [
      {
        fixName: `tscc-${mend.kind}`,
        description: change.title,
        changes: [{ fileName: file.fileName, textChanges }],
      },
    ]
  })
}

interface Change {
  readonly title: string
  readonly change: ts.TextChange
}

/** Undefined where the text around the mistake is of another form. */
function changeOf(typescript: typeof ts, file: ts.SourceFile, { span }: Diagnostic, mend: Mend): Change | undefined {
  const node = nodeAt(typescript, file, span.start, span.end)
  switch (mend.kind) {
    case 'replace': {
      // `{ a }` has no place for another value than that of its name.
      const isShort = typescript.isIdentifier(node) && typescript.isShorthandPropertyAssignment(node.parent)
      const newText = isShort ? `${node.text}: ${mend.text}` : mend.text
      const change = { span: { start: span.start, length: span.end - span.start }, newText }
      return { title: `Write ${shortened(mend.text)}`, change }
    }
    case 'guard': {
      const statement = statementOf(typescript, node)
      if (statement === undefined || !typescript.isExpressionStatement(statement)) return undefined
      return { title: `Ask first: if (${mend.condition})`, change: before(file, statement, `if (${mend.condition}) `) }
    }
    case 'leave': {
      const statement = statementOf(typescript, node)
      if (statement === undefined || givesValue(typescript, statement)) return undefined
      const text = `if (${mend.condition}) return`
      return {
        title: `Leave before: ${text}`,
        change: before(file, statement, `${text}\n${indentOf(file, statement)}`),
      }
    }
    case 'callback': {
      const call = node.parent
      const object = typescript.isCallExpression(call) ? call.arguments[0] : undefined
      if (object === undefined || !typescript.isObjectLiteralExpression(object)) return undefined
      const last = object.properties.at(-1)
      if (last === undefined) return undefined
      const end = last.getEnd()
      const isLong = file.text.slice(object.getStart(file), end).includes('\n')
      const newText = isLong ? `,\n${indentOf(file, last)}${mend.text}` : `, ${mend.text}`
      return { title: `Add ${shortened(mend.text)}`, change: { span: { start: end, length: 0 }, newText } }
    }
    default:
      return mend satisfies never
  }
}

const before = (file: ts.SourceFile, node: ts.Node, newText: string): ts.TextChange => ({
  span: { start: node.getStart(file), length: 0 },
  newText,
})

const shortened = (text: string): string => {
  const line = text.replace(/\s+/g, ' ')
  return line.length > 60 ? `${line.slice(0, 59)}…` : line
}

/** The statement that a node is in, where another can be put before it. */
function statementOf(typescript: typeof ts, node: ts.Node): ts.Node | undefined {
  for (let at = node; at.parent !== undefined; at = at.parent) {
    if (typescript.isFunctionLike(at)) return undefined
    if (typescript.isBlock(at.parent) || typescript.isCaseOrDefaultClause(at.parent)) return at
  }
  return undefined
}

/** Does the function around a node return values? */
function givesValue(typescript: typeof ts, node: ts.Node): boolean {
  let around = node
  while (around.parent !== undefined && !typescript.isFunctionLike(around)) around = around.parent
  const returnsValue = (at: ts.Node): boolean =>
    (typescript.isReturnStatement(at) && at.expression !== undefined) ||
    (typescript.forEachChild(at, (child) => !typescript.isFunctionLike(child) && returnsValue(child)) ?? false)
  return returnsValue(around)
}

/** White space before what starts a node's line. */
function indentOf(file: ts.SourceFile, node: ts.Node): string {
  const { text } = file
  const line = text.lastIndexOf('\n', node.getStart(file) - 1) + 1
  return /^[ \t]*/.exec(text.slice(line))?.[0] ?? ''
}
