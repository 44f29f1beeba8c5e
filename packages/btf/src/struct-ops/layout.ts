/** A member of a struct_ops type. */
export interface StructOpsMember {
  readonly name: string
  /** Position in the struct: the `expected_attach_type` of its program. */
  readonly index: number
  /** Byte offset within the ops struct. */
  readonly offset: number
  /** Bytes. */
  readonly size: number
  readonly kind: 'callback' | 'string' | 'integer' | 'other'
}

/** Where everything of one struct_ops type is, on one kernel: plain data, so that it can be cached. */
export interface StructOpsLayout {
  readonly type: string
  /** BTF id of the ops struct: the programs' `attach_btf_id`. */
  readonly typeId: number
  /** Bytes of the ops struct. */
  readonly size: number
  /** BTF id of `struct bpf_struct_ops_<type>`: the map's `btf_vmlinux_value_type_id`. */
  readonly valueTypeId: number
  /** Bytes of the map's value. */
  readonly valueSize: number
  /** Where the ops struct starts in the value. */
  readonly dataOffset: number
  readonly members: readonly StructOpsMember[]
}

/** One argument of a callback, as the kernel's prototype has it. */
export interface CallbackParameter {
  /** From the kernel's stub function; empty where the BTF has no name. */
  readonly name: string
  /** As C writes it, such as `struct sock *` or `u32`. */
  readonly type: string
  /** It may be null: `__nullable` behind the stub's name. */
  readonly nullable?: true
  /** It is the program's, which has to give it on: `__ref` behind the stub's name. */
  readonly owned?: true
}

/** A callback in the kernel's own words. */
export interface CallbackSignature {
  readonly callback: string
  readonly parameters: readonly CallbackParameter[]
  /** `void`, or the C type. */
  readonly returns: string
  /** The kernel has a stub for it: false means BPF may not implement it, undefined that the BTF cannot tell. */
  readonly stub?: boolean
}

/** `u32 ssthresh(struct sock *sk)`. */
export function signatureText(signature: CallbackSignature): string {
  const parameters = signature.parameters.map(({ name, type }) => (name === '' ? type : joinC(type, name)))
  return `${joinC(signature.returns, signature.callback)}(${parameters.join(', ')})`
}

const joinC = (type: string, name: string): string => (type.endsWith('*') ? `${type}${name}` : `${type} ${name}`)
