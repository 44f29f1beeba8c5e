import { helperTable } from '@tscc/bpf/helpers'
import { headerParts } from '@tscc/vmlinux/header'
import type { ImportDeclarationSpecifier, StringLiteral } from 'oxc-parser'
import { nearest } from '../kernel-header.ts'
import { intTypes, kernelValues } from '../types.ts'
import { builtins } from './builtins.ts'
import { languageConstants } from './language-constants.ts'
import type { LowerOptions } from './module.ts'
import { type FunctionInfo, fail, giveUp, type ModuleScope } from './scope.ts'

/** What a module offers: another file's declarations, or names that the compiler knows by itself. */
export type NamesOf =
  | { readonly scope: ModuleScope }
  | { has(name: string): boolean; readonly all: () => readonly string[]; readonly mayRename: boolean }

/** Packages whose names the compiler knows by itself. */
const LANGUAGE = '@tscc/bpf'
const KERNEL = '@tscc/vmlinux'
const isKernel = (from: string): boolean =>
  from === KERNEL || from.startsWith(`${KERNEL}/`) || /(?:^|\/)vmlinux(?:\.d)?(?:\.[jt]s)?$/.test(from)

/** Names of the language and of the kernel; undefined where a module is a file. */
export function knownNames(
  scope: ModuleScope,
  source: StringLiteral,
  { library, part, typesFrom }: Pick<LowerOptions, 'library' | 'part' | 'typesFrom'>,
): NamesOf | undefined {
  const from = source.value
  if (from === LANGUAGE) {
    const names = languageNames(library)
    return { has: (name) => names.has(name), all: () => [...names], mayRename: false }
  }
  const { header } = scope
  const other = from.startsWith(`${KERNEL}/`) ? from.slice(KERNEL.length + 1) : ''
  if (part !== undefined && other !== '' && other !== part)
    return fail({ module: scope }, source, 'no-module', {
      from,
      why: headerParts.includes(other)
        ? 'a program sees one part of the kernel, that which its first file imports'
        : 'there is no such part of the kernel',
      instead: headerParts.includes(other)
        ? 'a file of its own for each struct_ops type'
        : headerParts.map((name) => `${KERNEL}/${name}`).join(', '),
    })
  // A project's own declarations may have what this header has not: it is told where it is used.
  if (isKernel(from) || from === typesFrom)
    return {
      has: (name) => (from !== KERNEL && from !== typesFrom && other === '') || header.has(name),
      all: () => [...header.structNames(), ...header.kfuncNames()],
      mayRename: false,
    }
  return undefined
}

/** The file that is meant. */
export function fileOf<T>(
  scope: ModuleScope,
  source: StringLiteral,
  read: (specifier: string, from: string) => T | undefined,
): T {
  const from = source.value
  if (!from.startsWith('.'))
    fail({ module: scope }, source, 'no-module', {
      from,
      why: 'only @tscc/bpf, @tscc/vmlinux and other *.bpf.ts files can be imported',
      instead: 'tunable<u32>(…), global<u64>(0) and maps carry numbers between programs and Node',
    })
  return (
    read(from, scope.file.name) ?? fail({ module: scope }, source, 'no-module', { from, why: 'there is no such file' })
  )
}

/** Take up one imported name. */
export function takeName(
  scope: ModuleScope,
  from: string,
  specifier: ImportDeclarationSpecifier,
  given: NamesOf,
): true {
  if (specifier.type !== 'ImportSpecifier' || specifier.imported.type !== 'Identifier') {
    const what =
      specifier.type === 'ImportDefaultSpecifier'
        ? 'a default import'
        : specifier.type === 'ImportNamespaceSpecifier'
          ? 'import *'
          : 'this import'
    return fail({ module: scope }, specifier, 'not-in-language', { what, instead: `import { name } from '${from}'` })
  }
  const { name } = specifier.imported
  const to = specifier.local.name
  if (!('scope' in given)) {
    if (!given.has(name))
      return fail({ module: scope }, specifier.imported, 'unknown-import', {
        name,
        from,
        nearest: nearest(name, given.all()),
      })
    if (to !== name && !given.mayRename)
      return fail({ module: scope }, specifier, 'not-in-language', {
        what: `another name for ${name}`,
        instead: `import { ${name} } from '${from}'`,
      })
    return true
  }
  const { functions, constants, layouts, handles, options, broken } = given.scope
  if (broken.has(name)) return giveUp()
  const [f, constant, layout, handle] = [functions.get(name), constants.get(name), layouts.get(name), handles.get(name)]
  const option = options.get(name)
  if (f !== undefined) scope.functions.set(to, f)
  else if (constant !== undefined) scope.constants.set(to, constant)
  else if (layout !== undefined) scope.layouts.set(to, layout)
  else if (handle !== undefined) scope.handles.set(to, handle)
  else if (option !== undefined) scope.options.set(to, option)
  else
    return fail({ module: scope }, specifier.imported, 'unknown-import', {
      name,
      from,
      nearest: nearest(name, [...functions.keys(), ...constants.keys(), ...layouts.keys(), ...handles.keys()]),
    })
  return true
}

const WORDS: readonly string[] =
  `structOps sockOps headerOption tunable global noinline range hash array percpuHash percpuArray lruHash lruPercpuHash lpmTrie skStorage
  queue stack ringbuf sleepable FixedArray Kptr bool Ref HashMap ArrayMap Tunable Global StructOps MapOptions Pointer KernelArray Opaque`.split(
    /\s+/,
  )

function languageNames(library: ReadonlyMap<string, FunctionInfo>): ReadonlySet<string> {
  return new Set([
    ...WORDS,
    ...intTypes.keys(),
    ...kernelValues.keys(),
    ...builtins.keys(),
    ...library.keys(),
    ...languageConstants.keys(),
    ...helperTable.map(({ name }) => name),
  ])
}
