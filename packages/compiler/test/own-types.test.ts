import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildBtf, parseBtf } from '@tscc/btf'
import { compileFile } from '@tscc/compiler/node'
import { linkObject } from '@tscc/object'
import { expect, test } from 'vitest'

// A struct_ops type that nobody has heard of: `tscc types --root new_ops -o new.d.ts` wrote new.btf beside it.

const btf = buildBtf([
  { kind: 'int', name: 'int', size: 4, bits: 32, bitOffset: 0, signed: true, char: false, bool: false },
  { kind: 'int', name: 'char', size: 1, bits: 8, bitOffset: 0, signed: false, char: false, bool: false },
  {
    kind: 'struct',
    name: 'new_state',
    size: 4,
    members: [{ name: 'count', typeId: 1, bitOffset: 0, bitSize: 0 }],
  },
  { kind: 'ptr', name: '', typeId: 3 },
  { kind: 'func_proto', name: '', returnTypeId: 1, params: [{ name: '', typeId: 4 }] },
  { kind: 'ptr', name: '', typeId: 5 },
  { kind: 'array', name: '', typeId: 2, indexTypeId: 1, length: 24 },
  {
    kind: 'struct',
    name: 'new_ops',
    size: 40,
    members: [
      { name: 'step', typeId: 6, bitOffset: 0, bitSize: 0 },
      { name: 'label', typeId: 7, bitOffset: 64, bitSize: 0 },
      { name: 'level', typeId: 1, bitOffset: 256, bitSize: 0 },
    ],
  },
  {
    kind: 'struct',
    name: 'bpf_struct_ops_new_ops',
    size: 104,
    members: [{ name: 'data', typeId: 8, bitOffset: 512, bitSize: 0 }],
  },
  { kind: 'func_proto', name: '', returnTypeId: 1, params: [{ name: 'state__nullable', typeId: 4 }] },
  { kind: 'func', name: 'new_ops__step', typeId: 10, linkage: 'static' },
])

test('types of the project’s own are the kernel that its programs see', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tscc-own-types-'))
  const compiled = (text: string) => {
    const path = join(folder, 'mine.bpf.ts')
    writeFileSync(path, text)
    return compileFile(path)
  }
  const program = (body: string): string => `import { structOps } from '@tscc/bpf'
import type { new_ops } from './new.d.ts'
export default structOps<new_ops>({ label: 'a_name_of_its_own', level: -3, step(state) { ${body} } })
`
  try {
    writeFileSync(join(folder, 'new.btf'), btf)
    expect(compiled(program('return state.count')).diagnostics.map(({ code }) => code)).toEqual(['TSCC2107'])
    const { object, diagnostics } = compiled(program('if (state === null) return 0; state.count++; return 1'))
    expect(diagnostics).toEqual([])
    if (object === undefined) return
    const [ops] = linkObject(object, { btf: parseBtf(btf) }).structOps
    expect(ops?.name).toBe('a_name_of_its_own')
    expect(ops?.callbacks.map(({ member }) => member.name)).toEqual(['step'])
    expect(new DataView(ops?.value.buffer ?? new ArrayBuffer(0)).getInt32(64 + 32, true)).toBe(-3)
    const unknown = compiled("import type { x } from './new.d.ts'\n").diagnostics
    expect(unknown.map(({ code }) => code)).toContain('TSCC2006')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
