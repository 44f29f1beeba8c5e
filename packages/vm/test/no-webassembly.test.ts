import { assemble } from '@tscc/insn'
import { createMachine } from '@tscc/vm'
import { afterEach, expect, test, vi } from 'vitest'

afterEach(() => {
  vi.unstubAllGlobals()
})

test('where there is no WebAssembly, or none may be made, the interpreter runs everything', () => {
  const forbidden = {
    Module: class {
      constructor() {
        throw new Error('refused by policy')
      }
    },
    Memory: WebAssembly.Memory,
  }
  for (const instead of [undefined, forbidden]) {
    vi.stubGlobal('WebAssembly', instead)
    const program = createMachine({ memory: 4096 }).load({ insns: assemble('r0 = 7\nexit') })
    expect([program.engine, program.call()]).toEqual(['interpreter', 7])
  }
})
