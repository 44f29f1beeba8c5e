import { tsPlugin } from '@sveltejs/acorn-typescript'
import { Parser } from 'acorn'
import type { Parse, Parsed } from './parse.ts'

/** The part of acorn's parser that its declarations leave out: where it complains of what it could go on after. */
interface Recovering {
  raiseRecoverable(position: number, message: string): void
}

/** What is no grammar, and the compiler's to tell: it has words for it that are its own, and looks at the rest of the file too. */
const NOT_GRAMMAR =
  /already been declared$|^Argument name clash$|^Export '.*' is not defined$|^Duplicate (?:export|constructor)|^Redefinition of|is reserved$|in strict mode$|outside an async function$|^Invalid regular expression/

function grammarOnly(Base: typeof Parser): typeof Parser {
  const { raiseRecoverable } = Base.prototype as unknown as Recovering // every parser is one
  return class extends Base {
    raiseRecoverable(this: Recovering, position: number, message: string): void {
      if (!NOT_GRAMMAR.test(message)) raiseRecoverable.call(this, position, message)
    }
  }
}

const TypeScriptParser = Parser.extend(tsPlugin(), grammarOnly)

/** Acorn's error: `pos` is where it stopped, and the message ends with the place. */
interface AcornError extends SyntaxError {
  readonly pos: number
}

/** Parse by acorn, which is plain JavaScript and runs in a browser too: its trees are those of the native parser. It stops at the first mistake. */
export const parseByAcorn: Parse = (_fileName, text) => {
  try {
    const tree = TypeScriptParser.parse(text, { ecmaVersion: 'latest', sourceType: 'module', preserveParens: true })
    addAbsent(tree)
    // Both are ESTree with the types of typescript-eslint; the tests compare what the compiler makes of them.
    return { program: tree as unknown as Parsed['program'], errors: [] }
  } catch (error) {
    if (!isAcornError(error)) throw error
    const start = Math.min(error.pos, text.length)
    const message = error.message.replace(/ \(\d+:\d+\)$/, '')
    return { program: noProgram, errors: [{ message, start, end: Math.min(start + 1, text.length) }] }
  }
}

/** What acorn leaves out of a node where the text has nothing of it, and the native parser writes down. */
const absent: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  ArrowFunctionExpression: { returnType: null, typeParameters: null },
  AssignmentPattern: { decorators: [], optional: false, typeAnnotation: null },
  ArrayPattern: { decorators: [], optional: false, typeAnnotation: null },
  CallExpression: { optional: false, typeArguments: null },
  ClassDeclaration: { decorators: [], implements: [], typeParameters: null },
  ExportAllDeclaration: { attributes: [] },
  ExportNamedDeclaration: { attributes: [] },
  ExpressionStatement: { directive: null },
  FunctionDeclaration: { declare: false, returnType: null, typeParameters: null },
  FunctionExpression: { declare: false, returnType: null, typeParameters: null },
  Identifier: { decorators: [], optional: false, typeAnnotation: null },
  ImportDeclaration: { attributes: [], phase: null },
  ImportExpression: { options: null, phase: null },
  NewExpression: { typeArguments: null },
  ObjectPattern: { decorators: [], optional: false, typeAnnotation: null },
  Property: { optional: false },
  RestElement: { decorators: [], optional: false, typeAnnotation: null, value: null },
  TSDeclareFunction: { body: null, declare: false, typeParameters: null },
  TSInterfaceDeclaration: { declare: false, extends: [], typeParameters: null },
  TSMethodSignature: { accessibility: null, optional: false, readonly: false, static: false, typeParameters: null },
  TSPropertySignature: { accessibility: null, optional: false, readonly: false, static: false },
  TSTypeAliasDeclaration: { declare: false, typeParameters: null },
  TSTypeParameter: { const: false, constraint: null, default: null, in: false, out: false },
  TSTypeQuery: { typeArguments: null },
  TSTypeReference: { typeArguments: null },
  VariableDeclaration: { declare: false },
  VariableDeclarator: { definite: false },
}

/** Deeper nesting than that of any program is the compiler's to refuse: a list instead of calls follows it. */
function addAbsent(tree: object): void {
  const rest: object[] = [tree]
  for (let node = rest.pop(); node !== undefined; node = rest.pop()) {
    const type = 'type' in node ? absent[String(node.type)] : undefined
    if (type !== undefined)
      for (const [key, value] of Object.entries(type))
        if (Reflect.get(node, key) === undefined) Reflect.set(node, key, value)
    for (const child of Object.values(node)) if (typeof child === 'object' && child !== null) rest.push(child)
  }
}

const noProgram: Parsed['program'] = {
  type: 'Program',
  body: [],
  sourceType: 'module',
  hashbang: null,
  start: 0,
  end: 0,
}

function isAcornError(error: unknown): error is AcornError {
  return error instanceof SyntaxError && 'pos' in error && typeof error.pos === 'number'
}
