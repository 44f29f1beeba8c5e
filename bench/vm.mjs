// How fast @tscc/vm is: nanoseconds per instruction of loops, and per call of callbacks on a socket laid out by BTF, beside
// uBPF's interpreter and JIT (native code) and, for loops, the kernel's JIT.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseBtf, requireType, sizeOf } from '@tscc/btf'
import { compileFile } from '@tscc/compiler/node'
import { assemble, encode } from '@tscc/insn'
import { linkObject } from '@tscc/object'
import { hostKernel, loadProgram, testRun } from '@tscc/syscall'
import { createMachine, loadObject, structFields } from '@tscc/vm'
import { benchArguments } from './arguments.mjs'
import { median } from './statistics.mjs'
import { buildUbpf } from './ubpf.mjs'
import { vmTable } from './vm-table.mjs'

const { options } = benchArguments(
  `usage: node bench/vm.mjs [options]

How fast @tscc/vm is: nanoseconds per instruction of loops and per call of callbacks, beside uBPF's interpreter and JIT and,
for loops, the kernel's JIT.

  --rounds N   of each engine in turn [9]
  --ubpf DIR   uBPF's sources, which are built here [a clone of its repository]
  --json       figures as JSON on stdout
  --help
`,
  { numbers: { rounds: 9 }, options: { ubpf: { type: 'string' }, json: { type: 'boolean', default: false } } },
)
const { rounds } = options
const ubpf = buildUbpf(options.ubpf)
const fixture = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

/** A loop around some lines; what they compute ends in r0. */
const looped = (count, lines) => `
  r0 = 1
  r6 = r10
  r6 += -64
  r7 = 12345
  *(u64 *)(r10 - 64) = r7
  *(u64 *)(r10 - 8) = r7
  r9 = ${count}
again:
  ${lines}
  r9 -= 1
  if r9 != 0 goto again
  exit
`
const COUNT = 20_000
const loops = [
  { name: '64-bit arithmetic', lines: 'r0 += r7\nr0 *= 7\nr0 ^= r9\nr8 = r0\nr8 >>= 13\nr0 += r8\nr0 |= 1' },
  { name: '32-bit arithmetic', lines: 'w0 += w7\nw0 *= 7\nw0 ^= w9\nw8 = w0\nw8 >>= 13\nw0 += w8\nw0 |= 1' },
  { name: 'division', lines: 'r8 = r9\nr8 |= 1\nr0 += 1000003\nr0 /= r8\nr0 += r7\nr0 %= 10007' },
  { name: 'stack, by r10', lines: 'r8 = *(u64 *)(r10 - 8)\nr8 += r0\n*(u64 *)(r10 - 8) = r8\nr0 = *(u32 *)(r10 - 8)' },
  {
    name: 'memory, by a pointer',
    lines: 'r8 = *(u64 *)(r6 + 0)\nr8 += r0\n*(u64 *)(r6 + 0) = r8\nr0 = *(u32 *)(r6 + 4)',
  },
  {
    name: 'branches',
    lines: 'r8 = r9\nr8 &= 3\nif r8 == 0 goto +3\nif r8 == 1 goto +3\nr0 += 3\ngoto +2\nr0 += 1\nr0 += 2',
  },
]

const now = () => Number(process.hrtime.bigint())
/** Nanoseconds of one run of the body, of as many as take a while. */
function timed(body, least = 20e6) {
  let runs = 1
  for (;;) {
    const started = now()
    for (let i = 0; i < runs; i++) body()
    const spent = now() - started
    if (spent >= least) return spent / runs
    runs = Math.ceil(runs * Math.max(2, Math.min(10, (1.2 * least) / spent)))
  }
}

function kernelRunner(insns) {
  try {
    const kernel = hostKernel()
    const program = loadProgram(kernel, {
      ...{ type: 'BPF_PROG_TYPE_SOCKET_FILTER', license: 'GPL', instructions: encode(insns) },
    })
    const data = new Uint8Array(64)
    return { run: () => testRun(kernel, program, { data, repeat: 200 }).durationNs, close: () => program.close() }
  } catch {
    return undefined
  }
}

/** Medians of the rounds, each with every engine in turn. */
function inTurn(runners) {
  const found = Object.fromEntries(Object.keys(runners).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++)
    for (const [name, run] of Object.entries(runners)) found[name].push(run())
  return Object.fromEntries(Object.entries(found).map(([name, all]) => [name, median(all)]))
}

function measureLoop({ name, lines }) {
  const insns = assemble(looped(COUNT, lines))
  const code = encode(insns)
  const machine = createMachine()
  const jit = machine.load({ insns })
  const interpreter = machine.load({ insns: assemble(looped(COUNT / 100, lines)), engine: 'interpreter' })
  const { insns: executed, r0 } = jit.run()
  const few = interpreter.run().insns
  const kernel = kernelRunner(insns)
  if (ubpf !== undefined && ubpf(code, new Uint8Array(8), 0, 1, 'interpreter').r0 !== r0)
    throw new Error(`${name}: uBPF computes something else`)
  timed(() => jit.call(), 200e6)
  const perInsn = inTurn({
    jit: () => timed(() => jit.call()) / executed,
    interpreter: () => timed(() => interpreter.call()) / few,
    ...(ubpf === undefined
      ? {}
      : {
          ubpf: () => ubpf(code, new Uint8Array(8), 0, 100, 'interpreter').ns / executed,
          ubpfJit: () => ubpf(code, new Uint8Array(8), 0, 400, 'jit').ns / executed,
        }),
    ...(kernel === undefined ? {} : { kernel: () => kernel.run() / executed }),
  })
  kernel?.close()
  return { name, ...perInsn }
}

const btf = parseBtf(new Uint8Array(readFileSync(fixture('packages/object/fixtures/btf/tcp-6.18.btf'))))
const CONTEXT = 96
/** What the callbacks of an algorithm find in a connection in congestion avoidance. */
const connection = {
  snd_cwnd: 40,
  snd_ssthresh: 10,
  snd_cwnd_clamp: 0xffff_ffff,
  max_packets_out: 40,
  is_cwnd_limited: 1,
}

function measureCallbacks(name) {
  const { object } = compileFile(fixture(`bench/programs/${name}.bpf.ts`))
  const linked = linkObject(object, { btf })
  const size = sizeOf(btf, requireType(btf, 'tcp_sock', 'struct'))
  return ['ssthresh', 'cong_avoid'].flatMap((callback) => {
    const made = ['jit', 'interpreter'].map((engine) => {
      const machine = createMachine({ engine })
      const socket = machine.region({ name: 'tcp_sock', size })
      const fields = structFields(btf, 'tcp_sock', socket.view)
      for (const [field, value] of Object.entries(connection)) fields.number(field).set(value)
      const [callbacks] = loadObject(machine, linked, { btf }).structOps.values()
      const program = callbacks?.get(callback)
      return { socket, program }
    })
    const [jit, interpreter] = made
    if (jit.program === undefined) return []
    const code = linked.programs.find((one) => one.name === jit.program.name).code
    const memory = new Uint8Array(CONTEXT + size)
    memory.set(jit.socket.bytes, CONTEXT)
    memory.set([1], 16)
    const native = (engine, calls) => ubpf(code, memory, CONTEXT, calls, engine).ns
    const call = ({ program, socket }) => program.callback(socket.address, 0, 1)
    timed(() => call(jit), 200e6)
    return [
      {
        name: `${name}: ${callback}`,
        ...inTurn({
          jit: () => timed(() => call(jit)),
          interpreter: () => timed(() => call(interpreter)),
          ...(ubpf === undefined
            ? {}
            : { ubpf: () => native('interpreter', 100_000), ubpfJit: () => native('jit', 1_000_000) }),
        }),
      },
    ]
  })
}

const result = {
  rounds,
  loops: loops.map(measureLoop),
  callbacks: ['reno', 'aimd', 'illinois', 'vegas'].flatMap(measureCallbacks),
}
process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : vmTable(result))
