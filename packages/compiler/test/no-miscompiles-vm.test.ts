import { describe, test } from 'vitest'
import { inMachine } from './random/machine.ts'
import { programs, soak, timeFor } from './random/soak.ts'

describe('random programs do in the user-space machine what JavaScript says', () => {
  const some = Math.ceil(programs / 4)
  test('translated', () => soak(some, 2, {}, (object) => inMachine(object, 'jit')), timeFor(some))
  test('interpreted', () => soak(some, 3, {}, (object) => inMachine(object, 'interpreter')), timeFor(some))
})
