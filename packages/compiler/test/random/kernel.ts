// Runs programs of the language in the kernel without a socket: a callback becomes a function that a test program calls.
import { readFileSync } from 'node:fs'
import { parseBtf, resolveField } from '@tscc/btf'
import {
  type AsmItem,
  add,
  callFunc,
  decode,
  encode,
  exit,
  label,
  ldImm64,
  load,
  mov,
  placeLabels,
  store,
} from '@tscc/insn'
import { type BpfObject, linkObject } from '@tscc/object'
import { createMap, type Kernel, loadPlan, loadProgram, mapValues, testRun } from '@tscc/syscall'

/** Bytes of private state. */
export const AREA = 104
/** Private state lies on the stack here, below the context. */
const START = -8 - AREA

const btf = parseBtf(
  new Uint8Array(readFileSync(new URL('../../../object/fixtures/btf/tcp-6.18.btf', import.meta.url))),
)
/** Where the private state lies in a socket of that kernel. */
const PRIVATE = resolveField(btf, 'tcp_sock', 'icsk_ca_priv').offset

const MMAPABLE = 1 << 10
const FUNC_INFO = 8

/** A callback in the kernel. */
export interface Runnable {
  /** Private state: written before a run, read after it. */
  readonly state: Uint8Array
  /** Variables of the module by name, but those that are constant. */
  readonly variables: ReadonlyMap<string, Uint8Array>
  run(): void
  [Symbol.dispose](): void
}

/**
 * Load a callback with a caller in front of it: that has a context whose argument is such that the socket's private state is
 * the caller's own stack, which it fills from a map and writes back there.
 */
export function runnable(kernel: Kernel, object: BpfObject, callback = 'ssthresh'): Runnable {
  const owned: Disposable[] = []
  const close = (): void => {
    for (const one of owned.splice(0).reverse()) one[Symbol.dispose]()
  }
  const own = <T extends Disposable>(one: T): T => {
    owned.push(one)
    return one
  }
  try {
    const linked = linkObject(object, { btf })
    const program = linked.programs.find(({ name }) => name === callback)
    if (program === undefined) throw new Error(`there is no ${callback}`)
    const loaded = own(loadPlan(kernel, { ...linked, programs: [] }))
    const io = own(
      createMap(kernel, {
        type: 'BPF_MAP_TYPE_ARRAY',
        keySize: 4,
        valueSize: AREA,
        maxEntries: 1,
        flags: MMAPABLE,
        name: 'io',
      }),
    )
    const before = caller()
    const wide = (item: AsmItem): boolean => item.kind === 'ldImm64'
    const shift = before.reduce((sum, item) => sum + (item.kind === 'label' ? 0 : wide(item) ? 2 : 1), 0)
    const code = encode(placeLabels([...before, label('callback'), ...decode(program.code)]))
    const view = new DataView(code.buffer, code.byteOffset, code.length)
    for (const { at, map } of program.maps) view.setInt32(8 * (shift + at) + 4, loaded.maps[map]?.fd ?? -1, true)
    for (let at = 0, index = 0; index < before.length; index++) {
      const item = before[index]
      if (item === undefined || item.kind === 'label') continue
      if (wide(item)) {
        // BPF_PSEUDO_MAP_VALUE
        view.setUint8(8 * at + 1, (view.getUint8(8 * at + 1) & 0xf) | 0x20)
        view.setInt32(8 * at + 4, io.fd, true)
      }
      at += wide(item) ? 2 : 1
    }
    const loadedProgram = own(
      loadProgram(kernel, {
        type: 'BPF_PROG_TYPE_SOCKET_FILTER',
        instructions: code,
        license: 'GPL',
        ...(loaded.btf === undefined || program.funcInfo.length <= FUNC_INFO
          ? {}
          : { btf: { fd: loaded.btf.fd, funcInfo: shifted(program.funcInfo, shift) } }),
      }),
    )
    const memory = own(mapValues(io, { writable: true }))
    const variables = new Map<string, Uint8Array>()
    for (const [i, map] of linked.maps.entries()) {
      const made = loaded.maps[i]
      if (map.frozen || map.variables.length === 0 || made === undefined) continue
      const values = own(mapValues(made, { writable: true })).element(0)
      for (const { name, offset, size } of map.variables) variables.set(name, values.subarray(offset, offset + size))
    }
    const packet = new Uint8Array(64)
    return {
      state: memory.element(0),
      variables,
      run: () => void testRun(kernel, loadedProgram, { data: packet }),
      [Symbol.dispose]: close,
    }
  } catch (error) {
    close()
    throw error
  }
}

function caller(): readonly AsmItem[] {
  const items: AsmItem[] = [ldImm64('r6', 0n)]
  for (let at = 0; at < AREA; at += 8) items.push(load('u64', 'r1', 'r6', at), store('u64', 'r10', START + at, 'r1'))
  items.push(mov('r2', 'r10'), add('r2', START - PRIVATE), store('u64', 'r10', -8, 'r2'))
  items.push(mov('r1', 'r10'), add('r1', -8), callFunc('callback'))
  for (let at = 0; at < AREA; at += 8) items.push(load('u64', 'r1', 'r10', START + at), store('u64', 'r6', at, 'r1'))
  return [...items, mov('r0', 0), exit()]
}

/** The functions' records behind the caller, which gets the type of one of them, as does the callback: a static one's. */
function shifted(info: Uint8Array, by: number): Uint8Array {
  const result = new Uint8Array(info.length + FUNC_INFO)
  const [from, to] = [new DataView(info.buffer, info.byteOffset), new DataView(result.buffer)]
  const type = from.getUint32(FUNC_INFO + 4, true)
  to.setUint32(4, type, true)
  for (let at = 0; at < info.length; at += FUNC_INFO) {
    to.setUint32(FUNC_INFO + at, from.getUint32(at, true) + by, true)
    to.setUint32(FUNC_INFO + at + 4, at === 0 ? type : from.getUint32(at + 4, true), true)
  }
  return result
}
