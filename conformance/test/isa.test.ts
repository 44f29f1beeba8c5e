import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../../tools/bootstrap.mjs'
import { freshDist } from '../../tools/fresh-dist.ts'

// Files of our own in the form of the bpf_conformance suite's.
const files = {
  'jumps.data': `-- asm
mov32 %r0, 0   # a comment
mov %r2, -1
again:
add %r0, 2
jslt %r2, 0, more
exit
more:
add %r2, 1
jeq %r2, 0, again
jne32 %r0, 4, exit
ja exit
-- result
0x4
`,
  'memory.data': `-- asm
ldxh %r0, [%r1+0x2]
be16 %r0
stxdw [%r10-8], %r0
mov %r3, 1
lock fetch add [%r10-8], %r3
ldxdw %r0, [%r10-8]
lsh %r0, 8
ldxsb %r4, [%r1]
movsx832 %r4, %r4
or %r0, %r4
mov %r1, %r0
call local next
exit
next:
mov %r0, %r1
add %r0, 1
exit
-- mem
01 02
0a 0b
-- result
0xa0c02
`,
  'wide.data': `-- raw
0x5566778800000018
0x1122334400000000
0x0000000000000095
-- result
0x1122334455667788
`,
  'fault.data': `-- asm
ldxdw %r0, [%r1]
exit
-- mem
00
-- error
out of bounds
`,
  'nothing.data': '-- c\nint main;\n',
}
const suite = mkdtempSync(join(tmpdir(), 'tscc-isa-'))

beforeAll(async () => {
  mkdirSync(join(suite, 'tests'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(suite, 'tests', name), text)
  await freshDist()
}, 300_000)
afterAll(() => rmSync(suite, { recursive: true, force: true }))

test('files of the form of the ISA suite run in both engines and through the plugin', () => {
  const args = [join(root, 'conformance/isa/run.mjs'), '--suite', suite, '--plugin', '--verbose']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(stdout.split('\n')).toEqual([
    ...['fault.data: error', 'jumps.data: 4', 'memory.data: a0c02', 'wide.data: 1122334455667788'],
    ...['4 tests, 1 skipped; passed: interpreter 4, jit 4, plugin 4', ''],
  ])
  expect(status).toBe(0)
}, 60_000)
