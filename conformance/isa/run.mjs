// Runs the public bpf_conformance suite: node conformance/isa/run.mjs [--suite DIR] [--kernel] [--plugin] [--verbose]
//
// Without --suite it clones https://github.com/Alan-Jowett/bpf_conformance into .cache/ (needs a network). Both engines of
// @tscc/vm run every test; --kernel runs them in this kernel too (needs CAP_BPF), and --plugin through `tscc vm exec`, as the
// suite's own runner would. Status 1 if a test fails that the kernel passes, or (without --kernel) any but those that no
// kernel takes.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { callFunc, decode, encode, exit, label, ldImm64, mov, placeLabels, store } from '@tscc/insn'
import { createMachine } from '@tscc/vm'
import { readSuiteTest } from './suite-test.mjs'

const { values: options } = parseArgs({
  options: {
    suite: { type: 'string' },
    kernel: { type: 'boolean', default: false },
    plugin: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
})
const root = fileURLToPath(new URL('../..', import.meta.url))
const suite = options.suite ?? cloned(join(root, '.cache/bpf_conformance'))

function cloned(folder) {
  if (!existsSync(folder))
    execFileSync('git', ['clone', '--depth=1', 'https://github.com/Alan-Jowett/bpf_conformance', folder], {
      stdio: 'inherit',
    })
  return folder
}

/** What a test gives, as hex or as the text of an error. */
const outcome = (run) => {
  try {
    return run().toString(16)
  } catch (error) {
    return `error: ${error instanceof Error ? error.message.split('\n')[0] : error}`
  }
}
const runners = {
  interpreter: (one) => inMachine('interpreter', one),
  jit: (one) => inMachine('jit', one),
  ...(options.plugin ? { plugin: throughCommand } : {}),
  ...(options.kernel ? { kernel: await inKernel() } : {}),
}

function inMachine(engine, { code, memory }) {
  const machine = createMachine({ engine, memory: 1 << 20 })
  const region = machine.region({ name: 'memory', size: memory.length })
  region.bytes.set(memory)
  return machine.load({ insns: code }).run(region.address, memory.length).r0
}

function throughCommand({ code, memory }) {
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  const args = memory.length === 0 ? [] : [hex(memory)]
  const { status, stdout, stderr } = spawnSync(join(root, 'conformance/isa/plugin'), args, {
    input: hex(code),
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  return BigInt(`0x${stdout.trim()}`)
}

/** The memory is a map's value, behind which a caller puts r0. */
async function inKernel() {
  const { createMap, hostKernel, loadProgram, lookupElement, testRun, updateElement } = await import('@tscc/syscall')
  const kernel = hostKernel()
  const key = new Uint8Array(4)
  return ({ code, memory }) => {
    const at = Math.ceil(memory.length / 8) * 8
    const value = new Uint8Array(at + 8)
    value.set(memory)
    const shape = { type: 'BPF_MAP_TYPE_ARRAY', name: 'isa_memory', keySize: 4, valueSize: value.length, maxEntries: 1 }
    const map = createMap(kernel, shape)
    try {
      updateElement(map, key, value)
      const memoryAt = (off) => ldImm64('r1', { mapValue: map.fd, off })
      const caller = [memoryAt(0), mov('r2', memory.length), callFunc('main'), memoryAt(at)]
      const end = [store('u64', 'r1', 0, 'r0'), mov('r0', 0), exit(), label('main')]
      const instructions = encode(placeLabels([...caller, ...end, ...decode(code)]))
      const program = loadProgram(kernel, { type: 'BPF_PROG_TYPE_SOCKET_FILTER', license: 'GPL', instructions })
      try {
        testRun(kernel, program, { data: new Uint8Array(64) })
        return new DataView(lookupElement(map, key).buffer).getBigUint64(at, true)
      } finally {
        program.close()
      }
    } finally {
      map.close()
    }
  }
}

const names = Object.keys(runners)
const passed = Object.fromEntries(names.map((name) => [name, 0]))
const bad = []
let [count, skipped] = [0, 0]
for (const file of readdirSync(join(suite, 'tests')).filter((name) => name.endsWith('.data'))) {
  let test
  try {
    test = readSuiteTest(readFileSync(join(suite, 'tests', file), 'utf8'))
  } catch (error) {
    skipped++
    console.log(`skipped ${file}: ${error.message}`)
    continue
  }
  if (test === undefined) {
    skipped++
    continue
  }
  count++
  const wanted = test.result?.toString(16)
  const found = Object.fromEntries(names.map((name) => [name, outcome(() => runners[name](test))]))
  const right = (name) => (wanted === undefined ? found[name].startsWith('error') : found[name] === wanted)
  for (const name of names) if (right(name)) passed[name]++
  const wrong = names.filter((name) => !right(name))
  if (wrong.length > 0)
    console.log(`${file}: wanted ${wanted ?? 'an error'}; ${wrong.map((name) => `${name}: ${found[name]}`).join('; ')}`)
  else if (options.verbose) console.log(`${file}: ${wanted ?? 'error'}`)
  if (wrong.some((name) => name !== 'kernel') && !wrong.includes('kernel')) bad.push(file)
}
console.log(`${count} tests, ${skipped} skipped; passed: ${names.map((name) => `${name} ${passed[name]}`).join(', ')}`)
process.exitCode = bad.length > 0 ? 1 : 0
