import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseBtf, requireType, sizeOf } from '@tscc/btf'
import { compileFile } from '@tscc/compiler/node'
import { linkObject } from '@tscc/object'
import { createMachine, type Engine, hostFunction, loadObject, structFields } from '@tscc/vm'
import { describe, expect, test } from 'vitest'

const btfOf = (name: string) =>
  parseBtf(new Uint8Array(readFileSync(new URL(`../../object/fixtures/btf/${name}.btf`, import.meta.url))))

/** A socket of a kernel in a machine, and tscc's Reno linked to that kernel. */
function reno(kernel: string, engine: Engine) {
  const btf = btfOf(kernel)
  const { object } = compileFile(fileURLToPath(new URL('../../algos/src/reno.bpf.ts', import.meta.url)))
  if (object === undefined) throw new Error('reno does not compile')
  const machine = createMachine({
    engine,
    kfuncs: {
      tcp_slow_start: hostFunction(['pointer', 'u32'], 'u32', (_call, _sk, acked) => {
        const grown = Math.min(cwnd.get() + acked, ssthresh.get())
        const rest = acked - (grown - cwnd.get())
        cwnd.set(grown)
        return rest
      }),
      tcp_cong_avoid_ai: hostFunction(['pointer', 'u32', 'u32'], 'void', (_call, _tp, w, acked) => {
        count.set(count.get() + acked)
        if (count.get() < w) return
        cwnd.set(cwnd.get() + Math.floor(count.get() / w))
        count.set(count.get() % w)
      }),
    },
  })
  const socket = machine.region({ name: 'tcp_sock', size: sizeOf(btf, requireType(btf, 'tcp_sock', 'struct')) })
  const fields = structFields(btf, 'tcp_sock', socket.view)
  const cwnd = fields.number('snd_cwnd')
  const count = fields.number('snd_cwnd_cnt')
  const ssthresh = fields.number('snd_ssthresh')
  const loaded = loadObject(machine, linkObject(object, { btf }), { btf })
  return { machine, socket, fields, cwnd, ssthresh, loaded }
}

describe.each(['interpreter', 'jit'] as const)('%s', (engine) => {
  test.each(['tcp-5.10', 'tcp-6.1', 'tcp-6.12', 'tcp-7.3'])('Reno on the types of %s', (kernel) => {
    const { socket, fields, cwnd, ssthresh, loaded } = reno(kernel, engine)
    const [ops] = loaded.structOps.values()
    const call = (name: string, ...values: readonly number[]) => ops?.get(name)?.callback(...values) ?? -1
    fields.number('max_packets_out').set(1000)
    fields.number('is_cwnd_limited').set(1)
    fields.number('snd_cwnd_clamp').set(0xffff_ffff)
    cwnd.set(10)
    expect(call('ssthresh', socket.address)).toBe(5)
    ssthresh.set(0x7fff_ffff)
    call('cong_avoid', socket.address, 0, 3)
    expect(cwnd.get()).toBe(13)
    ssthresh.set(5)
    for (let acked = 0; acked < 13; acked++) call('cong_avoid', socket.address, 0, 1)
    expect(cwnd.get()).toBe(14)
    expect(() => call('ssthresh', 0)).toThrow(/read of 4 bytes/)
  })

  test('a callback in JavaScript’s time', () => {
    const { socket, cwnd, loaded } = reno('tcp-6.12', engine)
    cwnd.set(100)
    const ssthresh = loaded.program('ssthresh')
    for (let i = 0; i < 1000; i++) expect(ssthresh.callback(socket.address)).toBe(50)
  })
})
