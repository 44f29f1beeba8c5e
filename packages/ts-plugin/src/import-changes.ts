import type ts from 'typescript'

const LANGUAGE = '@tscc/bpf'

/** Changes after which a file has these names of the language as values; none where it has them. */
export function importChanges(
  typescript: typeof ts,
  file: ts.SourceFile,
  names: readonly string[],
): readonly ts.TextChange[] {
  const imports = file.statements.filter(typescript.isImportDeclaration)
  const lists = imports.flatMap((one) => {
    const bindings = one.importClause?.namedBindings
    const isOfLanguage = typescript.isStringLiteral(one.moduleSpecifier) && one.moduleSpecifier.text === LANGUAGE
    if (!isOfLanguage || bindings === undefined || !typescript.isNamedImports(bindings)) return []
    return [{ elements: bindings.elements, onlyTypes: one.importClause?.isTypeOnly === true }]
  })
  const values = lists.filter(({ onlyTypes }) => !onlyTypes)
  const absent: string[] = []
  const changes: ts.TextChange[] = []
  for (const name of names) {
    const known = values.flatMap(({ elements }) => elements).find((one) => one.name.text === name)
    if (known === undefined) absent.push(name)
    // `type u16` is the type alone
    else if (known.isTypeOnly) changes.push(cut(known.getStart(file), known.name.getStart(file)))
  }
  // One import of types alone: as a value a name of it would be there twice.
  for (const { elements } of lists.filter(({ onlyTypes }) => onlyTypes))
    for (const [i, one] of elements.entries())
      if (absent.includes(one.name.text)) {
        const next = elements[i + 1]
        const previous = elements[i - 1]
        if (next !== undefined) changes.push(cut(one.getStart(file), next.getStart(file)))
        else if (previous !== undefined) changes.push(cut(previous.getEnd(), one.getEnd()))
        else changes.push(cut(one.getStart(file), one.getEnd()))
      }
  if (absent.length === 0) return changes
  const last = values.at(-1)?.elements.at(-1)
  if (last === undefined) {
    const start = imports[0]?.getStart(file) ?? 0
    const newText = `import { ${absent.join(', ')} } from '${LANGUAGE}'\n`
    return [...changes, { span: { start, length: 0 }, newText }]
  }
  const line = /\n([ \t]*)$/.exec(file.text.slice(last.getFullStart(), last.getStart(file)))
  const separator = line === null ? ', ' : `,\n${line[1]}`
  const newText = absent.map((name) => `${separator}${name}`).join('')
  return [...changes, { span: { start: last.getEnd(), length: 0 }, newText }]
}

const cut = (start: number, end: number): ts.TextChange => ({ span: { start, length: end - start }, newText: '' })
