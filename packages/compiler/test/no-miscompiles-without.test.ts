import { type CompileOptions, passNames } from '@tscc/compiler'
import { describe, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { programs, soak, timeFor } from './random/soak.ts'

const ways: readonly { readonly name: string; readonly options: CompileOptions }[] = [
  ...passNames.map((pass) => ({ name: `without ${pass}`, options: { without: [pass] } })),
  { name: 'without all', options: { without: passNames } },
  ...(['v1', 'v2', 'v4'] as const).map((cpu) => ({ name: `for cpu ${cpu}`, options: { cpu } })),
]
const share = Math.ceil(programs / 2 / ways.length)

describe.skipIf(!needs('bpf'))('random programs do in the kernel what JavaScript says', () => {
  for (const [i, { name, options }] of ways.entries()) test(name, () => soak(share, i + 1, options), timeFor(share))
})
