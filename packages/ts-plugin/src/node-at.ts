import type ts from 'typescript'

/** The smallest node that has all of a range. */
export function nodeAt(typescript: typeof ts, file: ts.SourceFile, start: number, end: number): ts.Node {
  let found: ts.Node = file
  for (let next: ts.Node | undefined = file; next !== undefined; ) {
    found = next
    next = typescript.forEachChild(found, (child) =>
      child.getStart(file) <= start && child.getEnd() >= end ? child : undefined,
    )
  }
  return found
}
