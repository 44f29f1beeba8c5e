import { passNames } from '@tscc/compiler'
import { describe, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { programs, soak, timeFor } from './random/soak.ts'

const ways = [
  ...passNames.map((pass) => ({ name: pass as string, without: [pass] })),
  { name: 'all', without: passNames },
]
const share = Math.ceil(programs / 2 / ways.length)

describe.skipIf(!needs('bpf'))('random programs do in the kernel what JavaScript says', () => {
  for (const [i, { name, without }] of ways.entries())
    test(`without ${name}`, () => soak(share, i + 1, { without }), timeFor(share))
})
