import type { CallbackArgument } from '@tscc/btf'
import type { Endian } from '@tscc/insn'

/**
 * A BPF object: what a compiler or the instruction-level DSL makes and what a loader takes, as plain readonly data.
 *
 * Nothing in it depends on a kernel, a machine or a file: the same input gives the same object everywhere. References
 * between its parts are indices into its arrays; type ids are those of its own `btf`.
 */
export interface BpfObject {
  readonly endian: Endian
  /** Content of the section `license`; empty when there is none. */
  readonly license: string
  /** Content of the section `version`, LINUX_VERSION_CODE; only kernels before 5.0 looked at it. */
  readonly kernelVersion?: number
  /** Programs and subprograms, in the order of their sections and places. */
  readonly functions: readonly ObjectFunction[]
  readonly maps: readonly ObjectMap[]
  readonly structOps: readonly ObjectStructOps[]
  /** What the target kernel has to provide: kfuncs, kernel variables, configuration. */
  readonly externs: readonly ObjectExtern[]
  /** Raw BTF in the object's byte order (the section `.BTF`). */
  readonly btf?: Uint8Array
}

/** A function: a program where its section says what it attaches to, a subprogram in `.text`. */
export interface ObjectFunction {
  readonly name: string
  /** `.text`, or what libbpf calls a section definition: `xdp`, `struct_ops/cong_avoid`, `?tc`, `fentry/tcp_ack`. */
  readonly section: string
  /** A weak function may be replaced by another object's; hidden ones are verified as static ones are. */
  readonly linkage: 'static' | 'global' | 'weak'
  readonly hidden: boolean
  /** Encoded instructions in the object's byte order, 8 bytes a slot; fields that relocations fill in hold their addends. */
  readonly code: Uint8Array
  readonly relocations: readonly Relocation[]
  readonly coreRelocations: readonly CoreRelocation[]
  /** FUNC in the object's BTF; undefined without BTF. */
  readonly typeId?: number
  /** In ascending order of `at`. */
  readonly lines: readonly LineInfo[]
  /**
   * Linking may leave out what the target kernel does not need: ours; other loaders take the function as it is. Only for code
   * that lets its instructions move and go, as compilers' code does.
   */
  readonly prunable?: true
}

/** A slot (8 bytes each, counted from the function's start) that another part of the object is written into. */
export type Relocation =
  /** The wide load of a map's descriptor. */
  | { readonly kind: 'map'; readonly at: number; readonly map: number }
  /** The wide load of an address inside a data map. */
  | { readonly kind: 'mapValue'; readonly at: number; readonly map: number; readonly offset: number }
  /** A call of another function, or the wide load of its address. */
  | { readonly kind: 'call'; readonly at: number; readonly function: number }
  | { readonly kind: 'function'; readonly at: number; readonly function: number }
  /** A call of a kfunc, or the wide load of an extern's address (0 for a weak one that the kernel lacks) or of a kconfig value's. */
  | { readonly kind: 'extern'; readonly at: number; readonly extern: number }
  /** The load of a callback's argument, bound to where the target kernel passes it: ours; other loaders take it as compiled. */
  | { readonly kind: 'argument'; readonly at: number; readonly argument: ArgumentRef }

/** An argument of a callback: found by what it points to, else by name, else by position. */
export type ArgumentRef = CallbackArgument

/** What a CO-RE relocation asks for, as `enum bpf_core_relo_kind` in include/uapi/linux/bpf.h. */
export type CoreKind =
  | 'field_byte_offset'
  | 'field_byte_size'
  | 'field_exists'
  | 'field_signed'
  | 'field_lshift_u64'
  | 'field_rshift_u64'
  | 'type_id_local'
  | 'type_id_target'
  | 'type_exists'
  | 'type_size'
  | 'enumval_exists'
  | 'enumval_value'
  | 'type_matches'

/** A CO-RE relocation: the instruction at `at` gets a number that depends on the target kernel's types. */
export interface CoreRelocation {
  readonly at: number
  readonly kind: CoreKind
  /** Root type in the object's BTF. */
  readonly typeId: number
  /** Member and element indices with colons (`0:1:2`), or the enumerator's index, or `0`. */
  readonly access: string
  /** Added to the number: ours, for places inside a field; other loaders know only 0. */
  readonly addend?: number
}

/** Where a slot came from. */
export interface LineInfo {
  readonly at: number
  readonly file: string
  /** The line's text, for the verifier's log; may be empty. */
  readonly text: string
  /** From 1. */
  readonly line: number
  /** From 1; 0 when unknown. */
  readonly column: number
}

/** A map to create, or a data section that becomes one. */
export interface ObjectMap {
  /** As user space knows it: the variable's name, or the section's for data. */
  readonly name: string
  /** `declared`: in `.maps`; the others are sections of data, `kconfig` made of externs. */
  readonly kind: 'declared' | 'data' | 'rodata' | 'bss' | 'kconfig'
  /** ELF section: `.maps`, `.data.counters`, `.rodata` …; empty for an inner map's template. */
  readonly section: string
  /** BPF_MAP_TYPE_* number. */
  readonly type: number
  readonly keySize: number
  readonly valueSize: number
  readonly maxEntries: number
  /** BPF_F_* sum. */
  readonly flags: number
  /** In the object's BTF; 0 when not given. For data, `valueTypeId` is the DATASEC. */
  readonly keyTypeId: number
  readonly valueTypeId: number
  readonly numaNode?: number
  readonly mapExtra?: bigint
  readonly pinning: 'none' | 'byName'
  /** Template of the inner maps of a map of maps. */
  readonly inner?: ObjectMap
  /** Initial elements of a map of maps or of programs. */
  readonly slots: readonly { readonly index: number; readonly kind: 'map' | 'function'; readonly target: number }[]
  /** Initial content of data; empty for `declared`. A `bss` of `valueSize` bytes is all zeros and has none. */
  readonly data: Uint8Array
  /** Variables of data, in order of their offsets. */
  readonly variables: readonly ObjectVariable[]
}

/** A variable in a data map. */
export interface ObjectVariable {
  readonly name: string
  readonly offset: number
  readonly size: number
  /** Its type (not the VAR) in the object's BTF; 0 without BTF. */
  readonly typeId: number
  readonly linkage: 'static' | 'global' | 'weak'
}

/** A struct_ops value: a struct of callbacks and data, to be registered. */
export interface ObjectStructOps {
  /** The variable's name; names the map. */
  readonly name: string
  /** `.struct_ops` registers by map update, `.struct_ops.link` by a link; with a `?` in front it is not loaded by itself. */
  readonly section: string
  /** The kernel's struct, such as `tcp_congestion_ops`, without flavour. */
  readonly type: string
  /** That struct in the object's BTF: members match the kernel's by name. */
  readonly typeId: number
  /** The value as the object's BTF lays it out; callbacks are zero. */
  readonly data: Uint8Array
  readonly callbacks: readonly { readonly member: string; readonly offset: number; readonly function: number }[]
}

/** Something that the target kernel provides. */
export interface ObjectExtern {
  readonly name: string
  /** `kfunc`: a kernel function that BPF may call; `ksym`: a kernel variable or symbol; `kconfig`: a value of its configuration. */
  readonly kind: 'kfunc' | 'ksym' | 'kconfig'
  /** The kernel may lack it: its address is 0 then. */
  readonly weak: boolean
  /** Of the FUNC (kfunc) or of the variable's type (ksym, kconfig) in the object's BTF; 0 for an untyped ksym (`void`). */
  readonly typeId: number
  /** Of kconfig: where its value lies in the kconfig map, and its size. */
  readonly offset?: number
  readonly size?: number
}
