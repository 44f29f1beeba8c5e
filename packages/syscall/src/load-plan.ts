/** What {@link loadPlan} loads: maps and programs already bound to the running kernel, as plain data. `@tscc/object` makes it. */
export interface LoadPlan {
  /** Of the programs. */
  readonly license: string
  /**
   * The object's BTF, in forms from the fullest to one that old kernels take too: the first that the kernel accepts is
   * used. Without any, maps and programs go without BTF.
   */
  readonly btf: readonly Uint8Array[]
  readonly maps: readonly LoadableMap[]
  readonly programs: readonly LoadableProgram[]
}

/** A map to create. */
export interface LoadableMap {
  readonly name: string
  /** BPF_MAP_TYPE_* number. */
  readonly type: number
  readonly keySize: number
  readonly valueSize: number
  readonly maxEntries: number
  /** BPF_F_* sum. */
  readonly flags: number
  /** In the plan's BTF; 0 when unknown. */
  readonly keyTypeId: number
  readonly valueTypeId: number
  readonly numaNode?: number
  readonly mapExtra?: bigint
  /** `byName`: shared through `<pin folder>/<name>`. */
  readonly pinning: 'none' | 'byName'
  /** Template of the inner maps of a map of maps. */
  readonly inner?: LoadableMap
  /** Elements that hold other maps or programs of the plan, by their indices. */
  readonly slots: readonly { readonly index: number; readonly kind: 'map' | 'program'; readonly target: number }[]
  /** The one element's first content; empty for zeros and for maps that start empty. */
  readonly data: Uint8Array
  /** Frozen once it has its content: the verifier then takes it for constants. */
  readonly frozen: boolean
}

/** A program to load. */
export interface LoadableProgram {
  readonly name: string
  readonly type: number
  readonly expectedAttachType: number
  /** BPF_F_* sum. */
  readonly flags: number
  readonly attachBtfId: number
  /** Name of the module whose BTF {@link attachBtfId} is of; absent: vmlinux. */
  readonly attachModule?: string
  /** Encoded in this machine's byte order. */
  readonly code: Uint8Array
  /** Wide loads (8-byte slots) that take a map's descriptor. */
  readonly maps: readonly { readonly at: number; readonly map: number }[]
  /** Modules of the kfuncs that are called, in the order of the calls' offsets from 1 on. */
  readonly modules: readonly string[]
  /** Records of 8 and 16 bytes (struct bpf_func_info, bpf_line_info), ids of the plan's BTF; empty for none. */
  readonly funcInfo: Uint8Array
  readonly lineInfo: Uint8Array
}
