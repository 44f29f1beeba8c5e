import { describe, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { programs, soak, timeFor } from './random/soak.ts'

describe.skipIf(!needs('bpf'))('random programs do in the kernel what JavaScript says', () => {
  const half = Math.ceil(programs / 2)
  test('with every pass', () => soak(half, 0, {}), timeFor(half))
})
