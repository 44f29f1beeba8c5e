import { type Btf, cTagsOf, membersOf, nameOf, typeCount, typeOf } from '@tscc/btf'

const IDENTIFIER = /^[A-Za-z_]\w*$/

/** C that fails to compile unless every named struct and union has the BTF's sizes and offsets. */
export function layoutAsserts(btf: Btf): string {
  const tags = cTagsOf(btf)
  const lines: string[] = []
  for (let id = 1; id <= typeCount(btf); id++) {
    const type = typeOf(btf, id)
    if ((type.kind !== 'struct' && type.kind !== 'union') || nameOf(btf, id) === '') continue
    const tag = `${type.kind} ${tags(id)}`
    lines.push(`_Static_assert(sizeof(${tag}) == ${type.size}, "sizeof ${tag}");`)
    for (const member of membersOf(btf, id)) {
      if (member.bitSize > 0 || !IDENTIFIER.test(member.name)) continue
      lines.push(
        `_Static_assert(__builtin_offsetof(${tag}, ${member.name}) == ${member.bitOffset / 8}, "${tag}.${member.name}");`,
      )
    }
  }
  return `${lines.join('\n')}\n`
}
