import { compile } from '@tscc/compiler'
import { expect, test } from 'vitest'

const program = (top: string): string => `import { structOps, tcp_sk } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'
${top}
export default structOps<tcp_congestion_ops>({
  name: 'mine',
  ssthresh: (sk) => tcp_sk(sk).snd_cwnd,
  cong_avoid() {},
  undo_cwnd: (sk) => tcp_sk(sk).snd_cwnd,
})
`

test.each([
  ['', 'Dual MIT/GPL'],
  ["export const license = 'GPL'", 'GPL'],
  ["export const license = 'Proprietary'", 'Proprietary'],
  ["const license = 'GPL v2'", 'GPL v2'],
  // A constant like others.
  ['export const license = 5', 'Dual MIT/GPL'],
])('%s: the object has the licence %s', (top, license) => {
  const { object, diagnostics } = compile(program(top))
  expect(diagnostics).toEqual([])
  expect(object?.license).toBe(license)
})

test('what the caller says of the licence counts more than the module', () => {
  expect(compile(program("export const license = 'GPL'"), { license: 'BSD' }).object?.license).toBe('BSD')
})

test.each(["export const licence = 'GPL'", 'export const license = `GPL`', "export let license = 'GPL'"])(
  '%s is no licence, and no constant',
  (top) => {
    expect(compile(program(top)).diagnostics.map(({ code, line }) => [code, line])).toEqual([[expect.any(String), 3]])
  },
)
