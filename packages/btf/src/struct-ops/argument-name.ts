/** What the name of a stub's parameter says besides the name. */
export interface ArgumentName {
  readonly name: string
  /** `__nullable`: it has to be looked at before it is used. */
  readonly nullable: boolean
  /** `__ref`: it is the program's, which has to give it on. */
  readonly owned: boolean
}

/** The name of a stub's parameter without its marks (kernel/bpf/bpf_struct_ops.c). */
export function argumentName(marked: string): ArgumentName {
  const [, name = marked, mark = ''] = /^(.+?)__(nullable|ref|arena)$/.exec(marked) ?? []
  return { name, nullable: mark === 'nullable', owned: mark === 'ref' }
}
