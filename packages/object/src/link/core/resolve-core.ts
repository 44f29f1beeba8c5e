import { type Btf, kindOf, nameOf, typeOf } from '@tscc/btf'
import type { CoreRelocation } from '../../model.ts'
import { objectErrors } from '../../object-errors.ts'
import type { Candidate, CandidateFinder } from './candidates.ts'
import { typesAreCompatible, typesMatch } from './compatible.ts'
import { type CoreSpec, localSpec, matchSpec, subjectOf } from './core-spec.ts'
import { type CoreValue, coreValue } from './core-value.ts'

/** What a relocation is on one kernel. */
export interface ResolvedCore {
  /** Before, by the object's own BTF. */
  readonly local: CoreValue | undefined
  /** On the kernel; undefined: the instruction is made one that the verifier refuses where it is reached. */
  readonly target: CoreValue | undefined
  /** A load or store cannot be made fit for the kernel's type; only those are then refused like that. */
  readonly unfit: boolean
  readonly localSpec: CoreSpec
  /** Where the kernel has it; undefined when it has not, and for ids of the object itself. */
  readonly targetSpec: CoreSpec | undefined
  /** Name of the module that {@link targetSpec} is of; absent for vmlinux. */
  readonly module?: string
}

/** Resolves the relocations of one object on one kernel. */
export type CoreResolver = (relocation: CoreRelocation) => ResolvedCore

const broken = (why: string): Error => objectErrors.make('bad-core', { why })

/**
 * Resolve relocations as libbpf does: candidates of the same essential name that have what is accessed; all of them have to
 * agree. Candidates that a relocation ruled out are not asked again for that type. Throws `object/bad-core`.
 */
export function coreResolver(btf: Btf, finder: CandidateFinder): CoreResolver {
  const candidatesOf = new Map<number, readonly Candidate[]>()
  const known = new Map<string, ResolvedCore>()
  return (relocation) => {
    const key = `${relocation.kind} ${relocation.typeId} ${relocation.access}`
    const before = known.get(key)
    if (before !== undefined) return before
    const resolved = resolve(btf, relocation, finder, candidatesOf)
    known.set(key, resolved)
    return resolved
  }
}

function resolve(
  btf: Btf,
  relocation: CoreRelocation,
  finder: CandidateFinder,
  candidatesOf: Map<number, readonly Candidate[]>,
): ResolvedCore {
  const { kind, typeId } = relocation
  const spec = localSpec(btf, relocation)
  if (kind === 'type_id_local') {
    const value = coreValue(kind, spec)
    return { local: value, target: value, unfit: false, localSpec: spec, targetSpec: undefined }
  }
  if (nameOf(btf, typeId) === '') throw broken(`${kind} of a ${kindOf(btf, typeId)} without a name`)
  const local = coreValue(kind, spec)
  const candidates = candidatesOf.get(typeId) ?? finder.candidates(btf, typeId)
  const matching = candidates.flatMap((candidate) => {
    const found = matchCandidate(relocation, spec, candidate)
    return found === undefined ? [] : [{ candidate, spec: found, value: coreValue(kind, found) }]
  })
  candidatesOf.set(typeId, matching.length > 0 ? matching.map(({ candidate }) => candidate) : candidates)
  const [first, ...others] = matching
  if (first === undefined)
    return { local, target: coreValue(kind, undefined), unfit: false, localSpec: spec, targetSpec: undefined }
  for (const other of others) {
    if (other.spec.bitOffset === first.spec.bitOffset && other.value?.value === first.value?.value) continue
    const said = [first, other].map(
      ({ candidate, value }) => `${describe(candidate)} says ${value?.value ?? 'nothing'}`,
    )
    throw broken(`ambiguous: ${said.join(', ')}`)
  }
  return {
    local,
    target: first.value,
    unfit: isUnfit(btf, local, first.spec.btf, first.value),
    localSpec: spec,
    targetSpec: first.spec,
    ...(first.candidate.module === undefined ? {} : { module: first.candidate.module }),
  }
}

const describe = ({ btf, id, module = 'vmlinux' }: Candidate): string => `${nameOf(btf, id)} [${id}] of ${module}`

function matchCandidate(
  { kind, typeId }: CoreRelocation,
  spec: CoreSpec,
  { btf, id }: Candidate,
): CoreSpec | undefined {
  if (subjectOf(kind) !== 'type') return matchSpec(spec, btf, id)
  const compare = kind === 'type_matches' ? typesMatch : typesAreCompatible
  return compare(spec.btf, typeId, btf, id) ? { btf, rootId: id, accessors: [], bitOffset: 0 } : undefined
}

/** Sizes differ, and extending or cutting is not what happens to pointers and unsigned integers by themselves. */
function isUnfit(local: Btf, from: CoreValue | undefined, target: Btf, to: CoreValue | undefined): boolean {
  if (from?.size === to?.size) return false
  const [a, b] = [typeOf(local, from?.typeId ?? 0), typeOf(target, to?.typeId ?? 0)]
  const unsigned = a.kind === 'int' && b.kind === 'int' && !isPlainSigned(a) && !isPlainSigned(b)
  return !(unsigned || (a.kind === 'ptr' && b.kind === 'ptr'))
}

/** Signed and nothing else: libbpf lets signed characters pass. */
const isPlainSigned = (type: { readonly signed: boolean; readonly char: boolean; readonly bool: boolean }): boolean =>
  type.signed && !type.char && !type.bool
