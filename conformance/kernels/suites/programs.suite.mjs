// Programs of other types than struct_ops, in one object of clang's: loaded, attached, run, and what they counted.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { linkObject, linkTarget, readObject, variablesOf } from '@tscc/object'
import {
  attachCgroup,
  attachProgram,
  createLink,
  detachProgram,
  hostKernel,
  kernelFiles,
  loadPlan,
  lookupElement,
  mapValues,
  openRawTracepoint,
  readIterator,
  testRun,
} from '@tscc/syscall'
import { cgroupRoot } from './cgroup-root.mjs'
import { check, skipped } from './check.mjs'

const kernel = hostKernel()
const files = kernelFiles(kernel)
const target = linkTarget(files)
const object = readObject(new Uint8Array(readFileSync(new URL('objects/any_program.bpf.o', import.meta.url))))

/** Load some of the programs and use them; `get` and `set` are the object's variables. */
async function withPrograms(names, use) {
  const linked = linkObject(object, target, { programs: (f) => names.includes(f.name) })
  const loaded = loadPlan(kernel, linked)
  const values = mapValues(loaded.map('.bss'), { writable: true })
  const bss = linked.maps.find((map) => map.name === '.bss')
  const data = linked.maps.find((map) => map.name === '.data')
  const variables = variablesOf(bss, object.btf, values.element(0))
  try {
    return await use({ loaded, data, program: (name) => loaded.program(name), ...variables })
  } finally {
    values.close()
    loaded.close()
  }
}

/** A directory of cgroup v2 of our own. */
async function inCgroup(use) {
  const folder = `${cgroupRoot()}/tscc-${process.pid}`
  mkdirSync(folder)
  try {
    return await use(folder)
  } finally {
    rmdirSync(folder)
  }
}

/** Connect from a process in the cgroup to a port here; gives its exit code. */
async function connectIn(folder, port) {
  const script = `process.stdin.once('data', () => {
    const socket = require('node:net').connect(${port}, '127.0.0.1')
    socket.on('connect', () => socket.end('x', () => process.exit(0)))
    socket.on('error', () => process.exit(7))
  })`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'ignore', 'inherit'] })
  writeFileSync(`${folder}/cgroup.procs`, `${child.pid}`)
  child.stdin.write('go')
  const [code] = await once(child, 'exit')
  return code
}

async function withServer(use) {
  const server = createServer((socket) => socket.on('error', () => undefined).resume())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await use(server.address().port)
  } finally {
    server.close()
  }
}

await check('sock_ops and cgroup_skb in a cgroup', {}, () =>
  inCgroup((folder) =>
    withServer((port) =>
      withPrograms(['on_sock', 'on_egress'], async ({ program, get }) => {
        const links = [
          attachCgroup(kernel, program('on_sock'), folder, 'BPF_CGROUP_SOCK_OPS'),
          attachCgroup(kernel, program('on_egress'), folder, 'BPF_CGROUP_INET_EGRESS'),
        ]
        try {
          assert.equal(await connectIn(folder, port), 0)
        } finally {
          for (const link of links) link.close()
        }
        assert.ok(get('sockops_calls') > 1n, `${get('sockops_calls')} calls`)
        assert.equal(get('established'), 1n)
        assert.ok(get('packets') > 2n, `${get('packets')} packets`)
        return { calls: get('sockops_calls'), packets: get('packets') }
      }),
    ),
  ),
)

await check('cgroup/connect4 lets connections pass, and not', {}, () =>
  inCgroup((folder) =>
    withServer((port) =>
      withPrograms(['on_connect'], async ({ program, get, set }) => {
        const link = attachCgroup(kernel, program('on_connect'), folder, 'BPF_CGROUP_INET4_CONNECT')
        try {
          assert.equal(await connectIn(folder, port), 0)
          // In network byte order, as the program sees it
          set('blocked_port', ((port & 0xff) << 8) | (port >> 8))
          assert.equal(await connectIn(folder, port), 7)
        } finally {
          link.close()
        }
        assert.equal(get('connects'), 2n)
      }),
    ),
  ),
)

await check('sk_msg on a map of sockets', {}, () =>
  withPrograms(['on_message'], ({ loaded, program }) => {
    const place = { targetFd: loaded.map('sockets').fd, attachType: 'BPF_SK_MSG_VERDICT' }
    attachProgram(kernel, program('on_message'), place)
    detachProgram(kernel, place, program('on_message'))
  }),
)

await check('fentry and fexit, run by the kernel', {}, async () => {
  try {
    return await withPrograms(['on_entry', 'on_exit'], ({ program, get }) => {
      const attached = ['on_entry', 'on_exit'].map((name) => openRawTracepoint(kernel, program(name)))
      testRun(kernel, program('on_entry'))
      for (const one of attached) one.close()
      assert.deepEqual([get('fentry_argument'), get('fexit_result')], [1n, 2n])
    })
  } catch (error) {
    // Where a machine forbids tracing, nobody can: it is only a guest of ours that has to be able to.
    if (process.env.TSCC_MAY_FORBID_TRACING === '1' && error?.context?.name === 'EPERM')
      return skipped('this machine forbids tracing kernel functions')
    throw error
  }
})

await check('tp_btf and raw tracepoints, with a per-CPU map', {}, () =>
  withPrograms(['on_switch', 'on_enter'], async ({ loaded, program, get }) => {
    const attached = [
      openRawTracepoint(kernel, program('on_switch')),
      openRawTracepoint(kernel, program('on_enter'), 'sys_enter'),
    ]
    await new Promise((resolve) => setTimeout(resolve, 50))
    for (const one of attached) one.close()
    assert.ok(get('switches') > 0n && get('sys_enters') > 0n)
    const counts = new BigUint64Array(lookupElement(loaded.map('per_cpu'), new Uint8Array(4)).slice().buffer)
    const sum = counts.reduce((total, count) => total + count, 0n)
    assert.ok(sum > 0n && sum <= get('sys_enters'), `${sum} of ${get('sys_enters')}`)
  }),
)

await check('xdp: a packet in, a verdict and the packet out', {}, () =>
  withPrograms(['mirror'], ({ program }) => {
    const data = Uint8Array.from({ length: 64 }, (_, i) => i)
    const out = testRun(kernel, program('mirror'), { data, dataOutSize: 64 })
    assert.equal(out.returnValue, 3)
    assert.deepEqual([...out.data.subarray(0, 14)], [6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 12, 13])
  }),
)

await check('socket filter', {}, () =>
  withPrograms(['length'], ({ program }) => {
    assert.equal(testRun(kernel, program('length'), { data: new Uint8Array(100) }).returnValue, 100 - 14)
  }),
)

await check('iter: what it prints', {}, () =>
  withPrograms(['list_maps'], ({ program }) => {
    const link = createLink(kernel, { fd: program('list_maps').fd, attachType: 'BPF_TRACE_ITER' })
    try {
      assert.match(readIterator(kernel, link), /^(?:a map\n){3,}$/)
    } finally {
      link.close()
    }
  }),
)

await check('syscall: arguments, configuration, symbols', { feature: 'syscallProgram' }, () =>
  withPrograms(['call'], ({ program, get }) => {
    const context = new Uint8Array(new BigUint64Array([40n, 2n, 0n]).buffer)
    const run = testRun(kernel, program('call'), { context })
    assert.equal(run.returnValue, 42)
    assert.equal(new DataView(run.context.buffer, run.context.byteOffset).getBigUint64(16, true), 42n)
    assert.equal(get('version'), files.version())
    assert.equal(get('has_hz'), files.config() === undefined ? 0 : 1)
    const line = files
      .symbols()
      .split('\n')
      .find((one) => one.endsWith(' tcp_sendmsg'))
    assert.equal(get('kallsyms_address'), BigInt(`0x${line.split(' ')[0]}`))
    return { hz: get('has_hz') }
  }),
)

await check('kfuncs of a program that is no struct_ops', { feature: 'syscallKfuncs' }, () =>
  withPrograms(['call_kfunc'], ({ program, get, set }) => {
    set('own_pid', process.pid)
    assert.equal(testRun(kernel, program('call_kfunc'), { context: new Uint8Array(8) }).returnValue, 0)
    assert.equal(get('found_task'), 1)
  }),
)

await check('a kernel variable with its type', { feature: 'btfVariables' }, async () => {
  if (!/ bpf_prog_active\b/m.test(files.symbols() ?? '')) return skipped('this kernel lists no data symbols')
  return withPrograms(['typed_variable'], async ({ program, get }) => {
    const attached = openRawTracepoint(kernel, program('typed_variable'), 'sys_enter')
    await new Promise((resolve) => setTimeout(resolve, 20))
    attached.close()
    assert.equal(get('typed_there'), 1)
  })
})
