import type { AttachedSockOps, SockOps, SockOpsAttachOptions } from '@tscc/bpf'
import { compile, diagnosticText } from '@tscc/compiler'
import { type LiveModule, liveModule } from '@tscc/compiler/live'
import type { CompiledFile } from '@tscc/compiler/node'
import type { BpfObject } from '@tscc/object'
import { hostKernel, type Kernel, syscallErrors } from '@tscc/syscall'
import { sockOpsErrors } from './errors.ts'
import { sources } from './generated/sources.ts'

/** A program of this package, compiled. */
export interface CompiledProgram extends CompiledFile {
  readonly object: BpfObject
}

/** Compile one of this package's programs; its exports are live handles, and nothing is loaded before one is used. */
export const loadProgram = (name: keyof typeof sources, kernel: Kernel = hostKernel()): LiveModule =>
  liveModule(compileProgram(name), kernel)

/** Compile one of this package's programs. */
export function compileProgram(name: keyof typeof sources): CompiledProgram {
  const text = sources[name]
  const fileName = `${name}.bpf.ts`
  const textOf = (file: string): string | undefined =>
    Object.entries(sources).find(([one]) => file === `${one}.bpf.ts`)?.[1]
  const compiled = compile(text, {
    fileName,
    read(specifier) {
      const file = specifier.replace(/^\.\//, '')
      const found = textOf(file)
      return found === undefined ? undefined : { fileName: file, text: found }
    },
  })
  // The tests compile all of them.
  if (compiled.object === undefined)
    throw new Error(compiled.diagnostics.map((one) => diagnosticText(one, text)).join('\n'))
  return { ...compiled, object: compiled.object, sourceOf: textOf, files: [] }
}

/** Attach; a directory that is no cgroup of version 2 has an error of its own. */
export const attach = (program: SockOps, options: SockOpsAttachOptions): AttachedSockOps =>
  atCgroup(options.cgroup, () => program.attach(options))

/** What is attached at a directory; one that is no cgroup of version 2 has an error of its own. */
export function atCgroup<T>(path: string, attached: () => T): T {
  try {
    return attached()
  } catch (error) {
    const isNone = syscallErrors.is(error, 'syscall/bpf') && error.context.name === 'EBADF'
    if (isNone) throw sockOpsErrors.make('not-cgroup', { path }, error)
    throw error
  }
}
