import { isElf } from '@tscc/btf'
import { isTsccError } from '@tscc/core'
import { decode, type Insn } from '@tscc/insn'
import {
  type BpfObject,
  type CodeSection,
  codeSections,
  fieldOfInstruction,
  type LinkedObject,
  relocationTexts,
} from '@tscc/object'
import { linkStructOps, originOf, type Resolver, type Step, type SymbolicStep } from '@tscc/struct-ops'
import { openProgramById, programCode, programInfo } from '@tscc/syscall'
import { cliErrors } from '../cli-errors.ts'
import { readInput } from '../files.ts'
import { openKernel } from '../host.ts'
import type { LoadedAlgorithm } from './load-algorithm.ts'

/** Instructions to be shown, under a heading. */
export interface Listing {
  readonly title: string
  readonly insns: readonly Insn[]
  /** By slot: the symbolic step whose instructions begin there; empty elsewhere. */
  readonly origins?: readonly string[]
}

/** Instructions in a file: bare ones, or each section with code of a BPF object. */
export function fileListings(path: string, endian: 'little' | 'big' | undefined, bare: boolean): readonly Listing[] {
  const bytes = readInput(path)
  if (bare || !isElf(bytes)) return [{ title: path, insns: decode(bytes, endian === undefined ? {} : { endian }) }]
  const sections = codeOf(bytes, path)
  if (sections.length === 0) throw cliErrors.make('not-code', { path, found: 'no section with instructions' })
  return sections.map((section) => ({
    title: `section ${section.name}`,
    insns: decode(section.code, { endian: section.endian }),
  }))
}

function codeOf(bytes: Uint8Array, path: string): readonly CodeSection[] {
  try {
    return codeSections(bytes)
  } catch (error) {
    if (!isTsccError(error)) throw error
    throw cliErrors.make('not-code', { path, found: error.message }, error)
  }
}

/** A loaded program after the verifier rewrote it. */
export function loadedListing(id: number): Listing {
  const kernel = openKernel('a loaded program')
  using program = openProgramById(kernel, id)
  if (program === undefined) throw cliErrors.make('not-found', { what: 'program', name: `${id}`, nearest: [] })
  const bytes = programCode(kernel, program.fd)
  if (bytes.length === 0)
    throw cliErrors.make('not-code', {
      path: `prog:${id}`,
      found: 'the kernel does not show it (kernel.kptr_restrict)',
    })
  return {
    title: `program ${id} ${programInfo(kernel, program.fd).name}, as the verifier left it`,
    insns: decode(bytes),
  }
}

/** Each function of an object, not linked yet: beside an instruction stands what linking will write into it. */
export function objectListings(object: BpfObject): readonly Listing[] {
  return object.functions.map((f) => {
    const texts = relocationTexts(object, f)
    return {
      title: `${f.name}, ${f.section}`,
      insns: decode(f.code, { endian: object.endian }),
      origins: Array.from({ length: f.code.length / 8 }, (_, slot) => texts.get(slot) ?? ''),
    }
  })
}

/** Each program of an object that was linked. */
export function linkedListings(label: string, object: BpfObject, linked: LinkedObject): readonly Listing[] {
  return linked.programs.map((program) => ({
    title: `${label}: ${program.name}`,
    insns: decode(program.code),
    origins: Array.from(
      { length: program.code.length / 8 },
      (_, slot) => fieldOfInstruction(object, linked, program, slot) ?? '',
    ),
  }))
}

/** Each callback of an algorithm, linked. */
export function algorithmListings(algorithm: LoadedAlgorithm, resolver: Resolver): readonly Listing[] {
  return linkStructOps(algorithm.spec, resolver).programs.map((program) => ({
    title: `${algorithm.label}: ${program.callback}`,
    insns: program.insns,
    origins: program.origins.map((step, slot) =>
      step === program.origins[slot - 1] || !isSymbolic(program.steps[step]) ? '' : originOf(program, slot),
    ),
  }))
}

/** Does a step say more than the instructions that it became? */
function isSymbolic(step: Step | undefined): boolean {
  return step !== undefined && symbolicKinds.has(step.kind)
}

const symbolicKinds: ReadonlySet<string> = new Set<SymbolicStep['kind']>([
  'loadArgument',
  'loadField',
  'storeField',
  'loadPrivate',
  'storePrivate',
  'loadEnum',
  'kfunc',
])
