import type { LinkedStructOps as LinkedValue, LoadableObject } from '@tscc/object'
import type { LoadedObject } from '@tscc/syscall'
import { structOpsErrors } from '../errors.ts'
import { putData, sinceText } from '../link.ts'
import type { StructOpsSpec } from '../spec.ts'
import type { LoadableStructOps } from './load-programs.ts'

/**
 * The struct_ops values of an object, to be registered, replaced or verified; `loaded` is what `loadPlan` made of it, and
 * stays the caller's to close. A registered struct_ops keeps its programs and their maps by itself.
 */
export function structOpsOf(linked: LoadableObject, loaded: LoadedObject): readonly LoadableStructOps[] {
  return linked.structOps.map((value) => structOpsOfValue(linked, value, loaded))
}

function structOpsOfValue(linked: LoadableObject, value: LinkedValue, loaded: LoadedObject): LoadableStructOps {
  const { layout, name, module } = value
  return {
    spec: { type: layout.type, name },
    layout,
    programs: value.callbacks.map(({ member, valueOffset }) => ({ callback: member.name, valueOffset })),
    value: value.value,
    dropped: value.dropped.map(({ callback, why }) => ({ callback, why: sinceText(layout.type, callback) ?? why })),
    ...(module === undefined ? {} : { module }),
    load: () => ({
      programs: value.callbacks.map(({ function: index, member, valueOffset }) => {
        const program = loaded.programs[linked.programs.findIndex((one) => one.function === index)]
        if (program === undefined) throw structOpsErrors.make('not-loaded', { name, callback: member.name })
        return { linked: { valueOffset }, program }
      }),
      close() {},
      [Symbol.dispose]() {},
    }),
  }
}

/**
 * The same struct_ops under another name, in its member `name`, or else its first text (`id` of Qdisc_ops); throws
 * `struct-ops/bad-name` where that is too long or the type has no name.
 */
export function renameStructOps(ops: LoadableStructOps, name: string): LoadableStructOps {
  const texts = ops.layout.members.filter((one) => one.kind === 'string')
  const member = texts.find((one) => one.name === 'name') ?? texts[0]
  if (member === undefined)
    throw structOpsErrors.make('bad-name', { name, why: `${ops.layout.type} has no member for it` })
  const bytes = new TextEncoder().encode(name)
  if (bytes.length === 0 || bytes.length >= member.size)
    throw structOpsErrors.make('bad-name', {
      name,
      why: `has ${bytes.length} bytes, must be 1 to ${member.size - 1}`,
    })
  const value = ops.value.slice()
  const start = ops.layout.dataOffset + member.offset
  value.fill(0, start, start + member.size)
  value.set(bytes, start)
  return { ...ops, spec: { ...ops.spec, name }, value }
}

/**
 * The same struct_ops with other plain data: what is known only when it is registered, such as the descriptor in `ring_fd` of
 * `io_uring_bpf_ops`. Integers by number or bigint, texts by string; throws `struct-ops/unknown-member`, `bad-value` and `bad-name`.
 */
export function withStructOpsData(ops: LoadableStructOps, data: NonNullable<StructOpsSpec['data']>): LoadableStructOps {
  const { name } = data
  if (typeof name === 'string')
    throw structOpsErrors.make('bad-name', { name, why: 'renameStructOps gives it another' })
  const value = ops.value.slice()
  putData(value, ops.layout, data)
  return { ...ops, value }
}
