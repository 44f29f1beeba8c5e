import type { TSType } from 'oxc-parser'
import { nearest } from '../kernel-header.ts'
import { BOOL, intTypes, isData, kernelValues, kptrLayout, sizeOfData, type Type, VOID } from '../types.ts'
import { fail, type ModuleScope } from './scope.ts'
import { textOf } from './syntax-tree.ts'

/** A type annotation of the program. */
export function typeOfAnnotation(context: { readonly module: ModuleScope }, node: TSType): Type {
  switch (node.type) {
    case 'TSBooleanKeyword':
      return BOOL
    case 'TSVoidKeyword':
      return VOID
    case 'TSParenthesizedType':
      return typeOfAnnotation(context, node.typeAnnotation)
    case 'TSUnionType': {
      const kept = node.types.filter((one) => one.type !== 'TSNullKeyword')
      const [only, ...others] = kept
      if (only === undefined || others.length > 0 || kept.length === node.types.length) break
      return { kind: 'nullable', of: typeOfAnnotation(context, only) }
    }
    case 'TSTypeReference':
      if (node.typeName.type === 'Identifier') return named(context, node, node.typeName.name)
      break
    case 'TSNumberKeyword':
    case 'TSBigIntKeyword':
      return fail(context, node, 'not-in-language', {
        what: `the type ${node.type === 'TSNumberKeyword' ? 'number' : 'bigint'}`,
        instead: 'an integer type says how wide it is: u32, u64, s32 …',
      })
    case 'TSAnyKeyword':
    case 'TSUnknownKeyword':
      return fail(context, node, 'not-in-language', {
        what: `the type ${node.type === 'TSAnyKeyword' ? 'any' : 'unknown'}`,
        instead: 'an integer type such as u32, an interface, or a struct of the kernel',
      })
    case 'TSArrayType':
      return fail(context, node, 'not-in-language', {
        what: 'an array of any length',
        instead: `FixedArray<${textOf(context, node.elementType)}, 8>`,
      })
    case 'TSTypeLiteral':
      return fail(context, node, 'not-in-language', {
        what: 'a type without a name',
        instead: 'an interface of the module',
      })
    case 'TSFunctionType':
      return fail(context, node, 'not-in-language', {
        what: 'a function as a value',
        instead: 'functions of the module, called by their names',
      })
    case 'TSStringKeyword':
      return fail(context, node, 'not-in-language', {
        what: 'the type string',
        instead: 'texts are only for names and printk formats; FixedArray<u8, N> holds bytes',
      })
  }
  return fail(context, node, 'not-in-language', {
    what: 'this type',
    instead: 'an integer type such as u32, bool, an interface, or a struct of the kernel',
  })
}

/** Bytes of one array: more than any map of variables needs, and little enough to be written down. */
const MOST_BYTES = 1 << 24

function named(
  context: { readonly module: ModuleScope },
  node: Extract<TSType, { type: 'TSTypeReference' }>,
  name: string,
): Type {
  if (name === 'bool') return BOOL
  const { layouts, header } = context.module
  const parameters = node.typeArguments?.params ?? []
  if (name === 'FixedArray') {
    const [element, length] = parameters
    const count =
      length?.type === 'TSLiteralType' && 'value' in length.literal
        ? Number(length.literal.value)
        : countOf(context, length)
    if (element === undefined || length === undefined)
      return fail(context, node, 'needs-type', { what: 'FixedArray', instead: 'FixedArray<u32, 4>' })
    if (count === undefined || !Number.isInteger(count) || count < 1)
      return fail(context, length, 'wrong-type', {
        want: 'a length: a number from 1 on',
        found: textOf(context, length),
      })
    const of = typeOfAnnotation(context, element)
    if (!isData(of)) return fail(context, element, 'wrong-type', { want: 'a type that lies in memory', found: name })
    const size = count * sizeOfData(of)
    if (size > MOST_BYTES) return fail(context, node, 'too-large', { name, size, limit: MOST_BYTES })
    return { kind: 'array', element: of, length: count }
  }
  if (name === 'Kptr') {
    const [of] = parameters
    const type = of === undefined ? undefined : typeOfAnnotation(context, of)
    if (type?.kind === 'struct' && type.path === '') return { kind: 'record', layout: kptrLayout(type.root) }
    return fail(context, of ?? node, 'wrong-type', {
      want: 'a struct of the kernel, as in Kptr<sk_buff>',
      found: of === undefined ? 'nothing' : textOf(context, of),
    })
  }
  const layout = layouts.get(name) ?? kernelValues.get(name)
  const type: Type | undefined =
    intTypes.get(name) ?? (layout === undefined ? header.struct(name) : { kind: 'record', layout })
  if (type !== undefined) return type
  return fail(context, node, 'unknown-type', { name, nearest: nearest(name, [...intTypes.keys(), ...layouts.keys()]) })
}

/** `typeof N` of a constant. */
function countOf(context: { readonly module: ModuleScope }, node: TSType | undefined): number | undefined {
  if (node?.type !== 'TSTypeQuery' || node.exprName.type !== 'Identifier') return undefined
  const constant = context.module.constants.get(node.exprName.name)
  return constant === undefined ? undefined : Number(constant.value)
}
