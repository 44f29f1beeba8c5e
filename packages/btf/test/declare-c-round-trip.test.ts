import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Btf, cTagsOf, declareC, membersOf, nameOf, parseBtf, parseBtfElf, sizeOf, typesOfKind } from '@tscc/btf'
import { expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { fixture, vmlinuxPath } from './vmlinux.ts'

/** Name, offset and width of each member of the named structs and unions that have bitfields: these have no offsetof. */
function layouts(btf: Btf, tagOf: (id: number) => string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const kind of ['struct', 'union'] as const)
    for (const id of typesOfKind(btf, kind)) {
      if (nameOf(btf, id) === '' || !membersOf(btf, id).some((member) => member.bitSize > 0)) continue
      const members = membersOf(btf, id).map(({ name, bitOffset, bitSize }) => `${name} ${bitOffset}:${bitSize}`)
      found.set(`${kind} ${tagOf(id)}`, [sizeOf(btf, id), ...members].join('\n'))
    }
  return found
}

/** Declare in C, compile, and read the BTF that clang makes of it. */
function roundTrip(btf: Btf): void {
  const before = layouts(btf, cTagsOf(btf))
  const folder = mkdtempSync(join(tmpdir(), 'tscc-round-trip-'))
  try {
    const [source, object] = [join(folder, 'declared.c'), join(folder, 'declared.o')]
    const uses = [...before.keys()].map((tag, i) => `${tag} use${i};\n`)
    writeFileSync(source, declareC(btf, { preserveAccessIndex: false }) + uses.join(''))
    execFileSync('clang', ['-target', 'bpf', '-g', '-std=gnu11', '-w', '-c', source, '-o', object], { stdio: 'pipe' })
    const back = parseBtfElf(new Uint8Array(readFileSync(object)))
    const after = layouts(back, (id) => nameOf(back, id))
    expect(before.size).toBeGreaterThan(0)
    for (const [tag, layout] of before) expect(`${tag} ${after.get(tag)}`).toBe(`${tag} ${layout}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test.skipIf(!needs('clang'))('bitfields of the TCP part of a kernel survive C', () => {
  roundTrip(parseBtf(fixture('tcp-6.18.btf')))
})

test.skipIf(!needs('clang', 'btf'))('and those of all of this kernel', { timeout: 120_000 }, () => {
  roundTrip(parseBtf(new Uint8Array(readFileSync(vmlinuxPath))))
})
