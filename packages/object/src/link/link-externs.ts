import { type Btf, kindOf, nameOf, sizeOf, skipModifiers, typeOf } from '@tscc/btf'
import { fitsBits, putInteger } from '../integers.ts'
import type { BpfObject, ObjectExtern } from '../model.ts'
import { objectErrors } from '../object-errors.ts'
import { typesAreCompatible } from './core/compatible.ts'
import { essentialName } from './core/essential-name.ts'
import { type ConfigValue, configValues } from './kernel-config.ts'
import type { TargetState } from './link-target.ts'

/** What an extern is on one kernel. */
export type ResolvedExtern =
  | { readonly kind: 'kfunc'; readonly id: number; readonly module?: string }
  | { readonly kind: 'variable'; readonly id: number; readonly module?: string }
  | { readonly kind: 'address'; readonly address: bigint }
  | { readonly kind: 'config' }
  /** Weak, and the kernel lacks it. */
  | { readonly kind: 'absent'; readonly why?: string }
  /** The target does not tell, and was not asked to: its value is zero. */
  | { readonly kind: 'unknown' }

/** Externs resolved, and the content of the map of configuration values. */
export interface ResolvedExterns {
  /** By index; undefined where nothing that is linked refers to it. */
  readonly all: readonly (ResolvedExtern | undefined)[]
  readonly config: Uint8Array
}

/** Look up the externs that are in use; throws `object/unresolved-extern` for one that is neither there nor weak. */
export function linkExterns(
  object: BpfObject,
  btf: Btf | undefined,
  used: ReadonlySet<number>,
  state: TargetState,
  untold: 'error' | 'zero',
): ResolvedExterns {
  const { externs } = object
  const unknown = new Set(untold === 'error' ? [] : externs.filter((extern) => isUntold(extern, state.target)))
  const config = configMap(object, btf, (extern, index) => used.has(index) && !unknown.has(extern), state)
  const all = externs.map((extern, index): ResolvedExtern | undefined => {
    if (!used.has(index)) return undefined
    if (unknown.has(extern)) return { kind: 'unknown' }
    if (extern.kind === 'kconfig') return { kind: 'config' }
    const found = extern.kind === 'kfunc' ? kfunc(extern, btf, state) : ksym(extern, btf, state)
    if (found !== undefined) return found
    if (extern.weak) return { kind: 'absent' }
    throw unresolved(extern, 'the kernel has no such one')
  })
  return { all, config }
}

/** Does the target say nothing of this at all? */
function isUntold(extern: ObjectExtern, target: TargetState['target']): boolean {
  if (extern.kind === 'ksym') return extern.typeId === 0 && target.symbols?.() === undefined
  if (extern.kind !== 'kconfig') return false
  if (extern.name === 'LINUX_KERNEL_VERSION') return target.version === undefined
  return extern.name.startsWith('CONFIG_') && target.config?.() === undefined
}

const unresolved = (extern: ObjectExtern, why: string): Error =>
  objectErrors.make('unresolved-extern', { kind: extern.kind, name: extern.name, why })

function kfunc(extern: ObjectExtern, btf: Btf | undefined, state: TargetState): ResolvedExtern | undefined {
  if (!state.callsKfuncs()) return undefined
  const found = state.finder.locate(essentialName(extern.name), 'func')
  if (found === undefined) return undefined
  const [local, target] = [protoOf(btf, extern.typeId), protoOf(found.btf, found.id)]
  const same = btf === undefined || local === 0 || typesAreCompatible(btf, local, found.btf, target)
  if (!same) return differs(extern)
  return { kind: 'kfunc', id: found.id, ...(found.module === undefined ? {} : { module: found.module }) }
}

function differs(extern: ObjectExtern): ResolvedExtern {
  const why = "the kernel's has another type"
  if (extern.weak) return { kind: 'absent', why }
  throw unresolved(extern, why)
}

function protoOf(btf: Btf | undefined, id: number): number {
  const type = btf === undefined || id === 0 ? undefined : typeOf(btf, id)
  return type?.kind === 'func' ? type.typeId : 0
}

function ksym(extern: ObjectExtern, btf: Btf | undefined, state: TargetState): ResolvedExtern | undefined {
  if (extern.typeId === 0 || btf === undefined) {
    const address = addressOf(state.target.symbols?.(), extern.name)
    return address === undefined ? undefined : { kind: 'address', address }
  }
  const found = state.finder.locate(extern.name, 'var')
  if (found === undefined) return undefined
  const variable = typeOf(found.btf, found.id)
  const target = variable.kind === 'var' ? skipModifiers(found.btf, variable.typeId) : 0
  if (!typesAreCompatible(btf, skipModifiers(btf, extern.typeId), found.btf, target)) return differs(extern)
  return { kind: 'variable', id: found.id, ...(found.module === undefined ? {} : { module: found.module }) }
}

/** The address of a symbol in lines `ffffffff81000000 T name [module]`; one that is hidden (0) is none. */
function addressOf(symbols: string | undefined, name: string): bigint | undefined {
  for (let at = symbols?.indexOf(` ${name}`) ?? -1; symbols !== undefined && at >= 0; ) {
    const behind = symbols[at + 1 + name.length]
    if (behind === undefined || behind === '\n' || behind === '\t') {
      const start = symbols.lastIndexOf('\n', at) + 1
      const digits = symbols.slice(start, at - 2)
      if (/^[0-9a-f]{1,16}$/.test(digits)) {
        const address = BigInt(`0x${digits}`)
        if (address !== 0n) return address
      }
    }
    at = symbols.indexOf(` ${name}`, at + 1)
  }
  return undefined
}

function configMap(
  object: BpfObject,
  btf: Btf | undefined,
  isUsed: (extern: ObjectExtern, index: number) => boolean,
  state: TargetState,
): Uint8Array {
  const wanted = object.externs.filter((extern, index) => extern.kind === 'kconfig' && isUsed(extern, index))
  const size = object.maps.find((map) => map.kind === 'kconfig')?.valueSize ?? 0
  const bytes = new Uint8Array(size)
  if (wanted.length === 0 || btf === undefined) return bytes
  const keys = wanted.map(({ name }) => name).filter((name) => name.startsWith('CONFIG_'))
  const values = new Map<string, ConfigValue>()
  if (keys.length > 0) {
    const text = state.target.config?.()
    const [needed] = wanted.filter((extern) => !extern.weak && extern.name.startsWith('CONFIG_'))
    if (text === undefined && needed !== undefined) throw unresolved(needed, "the kernel's configuration is not known")
    for (const [key, value] of configValues(text ?? '', keys)) values.set(key, value)
  }
  for (const extern of wanted) {
    const value = extern.name.startsWith('CONFIG_') ? values.get(extern.name) : virtualValue(extern, state)
    if (value !== undefined) putValue(bytes, object.endian === 'little', btf, extern, value)
    else if (!extern.weak) throw unresolved(extern, "the kernel's configuration does not set it")
  }
  return bytes
}

/** What is no line of the configuration, but asked for in the same way. */
function virtualValue(extern: ObjectExtern, state: TargetState): ConfigValue | undefined {
  switch (extern.name) {
    case 'LINUX_KERNEL_VERSION': {
      const version = state.target.version?.()
      if (version === undefined) throw unresolved(extern, "the kernel's version is not known")
      return integer(BigInt(version))
    }
    case 'LINUX_HAS_BPF_COOKIE':
      return integer(state.finder.locate('bpf_get_attach_cookie_trace', 'func') === undefined ? 0n : 1n)
    case 'LINUX_HAS_SYSCALL_WRAPPER':
      return integer(
        ['__x64_sys_bpf', '__arm64_sys_bpf', '__s390x_sys_bpf'].some(
          (name) => state.finder.locate(name, 'func') !== undefined,
        )
          ? 1n
          : 0n,
      )
    default:
      return undefined
  }
}

function putValue(bytes: Uint8Array, littleEndian: boolean, btf: Btf, extern: ObjectExtern, value: ConfigValue): void {
  const { offset = 0, typeId } = extern
  const id = skipModifiers(btf, typeId)
  const type = typeOf(btf, id)
  const size = sizeOf(btf, typeId)
  const room = bytes.subarray(offset, offset + size)
  const mismatch = (): Error => unresolved(extern, `is ${value.value}, which its type cannot hold`)
  const holdsInteger = [1, 2, 4, 8].includes(size) && room.length === size
  switch (value.kind) {
    case 'text': {
      const element = type.kind === 'array' ? typeOf(btf, skipModifiers(btf, type.typeId)) : type
      if (type.kind !== 'array' || element.kind !== 'int' || element.size !== 1) throw mismatch()
      room.set(new TextEncoder().encode(value.value).subarray(0, Math.max(0, size - 1)))
      return
    }
    case 'integer':
      if (type.kind !== 'int' || !holdsInteger || !fitsBits(value.value, 8 * size, type.signed)) throw mismatch()
      putInteger(room, littleEndian, value.value)
      return
    case 'tristate':
      if (!holdsInteger) throw mismatch()
      if (isTristate(btf, id)) putInteger(room, littleEndian, { n: 0n, y: 1n, m: 2n }[value.value])
      else if (type.kind === 'int' && type.bool && value.value !== 'm')
        putInteger(room, littleEndian, value.value === 'y' ? 1n : 0n)
      else if (type.kind === 'int' && size === 1 && !type.bool) room[0] = value.value.charCodeAt(0)
      else throw mismatch()
  }
}

const integer = (value: bigint): ConfigValue => ({ kind: 'integer', value })

/** libbpf's `enum libbpf_tristate { TRI_NO, TRI_YES, TRI_MODULE }`. */
const isTristate = (btf: Btf, id: number): boolean =>
  kindOf(btf, id) === 'enum' && nameOf(btf, id) === 'libbpf_tristate'
