import { type Btf, callbackSignatures, type FieldLocation, resolveField } from '@tscc/btf'
import { type AsmItem, add, callFunc, decode, encode, exit, label, ldImm64, mov, placeLabels, store } from '@tscc/insn'
import { type BpfObject, linkObject } from '@tscc/object'
import { createMap, hostKernel, loadProgram, lookupElement, type Program, testRun, updateElement } from '@tscc/syscall'
import { fixtureTypes } from './compiled.ts'

const SIZE = 8192
const BPF_F_SLEEPABLE = 1 << 4
/** The newest kernel of the fixtures: it has every callback that the algorithms write. */
const types: Btf = fixtureTypes('tcp-7.3.btf')
const PRIVATE = resolveField(types, 'tcp_sock', 'icsk_ca_priv').offset

/** A connection made up: private state, and fields by name (`snd_cwnd`, `icsk_ca_state`, `rs.delivered`). */
export interface FakeSocket {
  /** Run a callback in the kernel on this connection; scalar arguments by name. What it returns, where it does. */
  call(callback: string, args?: Readonly<Record<string, number>>): number
  set(fields: Readonly<Record<string, number | bigint>>): void
  get(field: string): number
  /** Private state, as the interface of the program lays it out. */
  state(offset: number, bytes: 1 | 2 | 4 | 8): number
  [Symbol.dispose](): void
}

/** Where a socket's fields are found, from the outside inwards. */
const INSIDE = [
  '',
  'inet_conn.',
  'inet_conn.icsk_inet.',
  'inet_conn.icsk_inet.sk.',
  'inet_conn.icsk_inet.sk.__sk_common.',
]

function locate(name: string): FieldLocation {
  const [sample, path = ''] = name.startsWith('rs.') ? ['rate_sample', name.slice(3)] : ['', name]
  for (const [struct, before] of sample === ''
    ? INSIDE.map((one) => ['tcp_sock', one] as const)
    : ([
        ['rate_sample', ''],
        ['ack_sample', ''],
      ] as const))
    try {
      return resolveField(types, struct, `${before}${path}`)
    } catch {
      // further inside
    }
  throw new RangeError(`there is no field ${name}`)
}

/**
 * The callbacks of an algorithm as functions of programs that BPF_PROG_TEST_RUN runs: the socket is an element of a map, and
 * so are samples, whose fields lie where no algorithm looks at a socket's.
 */
export function fakeSocket(object: BpfObject): FakeSocket {
  const kernel = hostKernel()
  const memory = new Uint8Array(SIZE)
  const view = new DataView(memory.buffer)
  // The kernel's own functions are not for what is no socket: the algorithms' own stand in for them.
  const externs = object.externs.map((extern) => ({ ...extern, name: `no_${extern.name}` }))
  const linked = linkObject({ ...object, externs }, { btf: types })
  const signatures = callbackSignatures(types, 'tcp_congestion_ops')
  const map = createMap(kernel, {
    type: 'BPF_MAP_TYPE_ARRAY',
    name: 'fake_socket',
    keySize: 4,
    valueSize: SIZE,
    maxEntries: 1,
  })
  const first = new Uint8Array(4)
  const programs = new Map<string, Program>()
  /** Arguments are constants of the program, so that each set of them makes one. */
  const programOf = (callback: string, args: Readonly<Record<string, number>>): Program => {
    const key = `${callback} ${JSON.stringify(args)}`
    const found = programs.get(key)
    if (found !== undefined) return found
    const code = linked.programs.find((program) => program.name === callback)?.code
    const parameters = signatures.find((one) => one.callback === callback)?.parameters
    if (code === undefined || parameters === undefined) throw new RangeError(`there is no ${callback}`)
    const frame = 8 * parameters.length
    const main: AsmItem[] = parameters.flatMap(({ name, type }, i): AsmItem[] => {
      if (type.includes('*'))
        return [ldImm64('r2', { mapValue: map.fd, off: 0 }), store('u64', 'r10', 8 * i - frame, 'r2')]
      return [ldImm64('r2', BigInt.asUintN(64, BigInt(args[name] ?? 0))), store('u64', 'r10', 8 * i - frame, 'r2')]
    })
    // What gives nothing leaves r0 as it is, which a function must not.
    main.push(mov('r1', 'r10'), add('r1', -frame), mov('r0', 0), callFunc('callback'), exit())
    const program = loadProgram(kernel, {
      type: 'BPF_PROG_TYPE_SYSCALL',
      instructions: encode(placeLabels([...main, label('callback'), mov('r0', 0), ...decode(code)])),
      license: 'GPL',
      flags: BPF_F_SLEEPABLE,
    })
    programs.set(key, program)
    return program
  }
  const put = ({ offset, size, bitfield }: FieldLocation, value: bigint): void => {
    let word = value
    if (bitfield !== undefined) {
      const mask = ((1n << BigInt(bitfield.bitSize)) - 1n) << BigInt(bitfield.shift)
      word = (read(offset, size) & ~mask) | ((value << BigInt(bitfield.shift)) & mask)
    }
    for (let i = 0; i < size; i++) view.setUint8(offset + i, Number(BigInt.asUintN(8, word >> BigInt(8 * i))))
  }
  const read = (offset: number, size: number): bigint => {
    let value = 0n
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(view.getUint8(offset + i))
    return value
  }
  return {
    call(callback, args = {}) {
      updateElement(map, first, memory)
      const { returnValue } = testRun(kernel, programOf(callback, args), {})
      memory.set(lookupElement(map, first) ?? [])
      return returnValue
    },
    set(fields) {
      for (const [name, value] of Object.entries(fields)) put(locate(name), BigInt(value))
    },
    get(field) {
      const { offset, size, bitfield } = locate(field)
      const word = read(offset, size)
      return Number(
        bitfield === undefined ? word : (word >> BigInt(bitfield.shift)) & ((1n << BigInt(bitfield.bitSize)) - 1n),
      )
    },
    state: (offset, bytes) => Number(read(PRIVATE + offset, bytes)),
    [Symbol.dispose]() {
      for (const program of programs.values()) program.close()
      map.close()
    },
  }
}
