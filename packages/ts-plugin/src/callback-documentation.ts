import type ts from 'typescript'
import { nodeAt } from './node-at.ts'

/** What the kernel's type says of a callback or field that a program writes: TypeScript shows it where it is read only. */
export function callbackDocumentation(
  typescript: typeof ts,
  languageService: ts.LanguageService,
  fileName: string,
  position: number,
): readonly ts.SymbolDisplayPart[] {
  const program = languageService.getProgram()
  const file = program?.getSourceFile(fileName)
  if (program === undefined || file === undefined) return []
  const name = nodeAt(typescript, file, position, position)
  const object = name.parent?.parent
  if (!typescript.isIdentifier(name) || object === undefined || !typescript.isObjectLiteralExpression(object)) return []
  const checker = program.getTypeChecker()
  return checker.getContextualType(object)?.getProperty(name.text)?.getDocumentationComment(checker) ?? []
}
