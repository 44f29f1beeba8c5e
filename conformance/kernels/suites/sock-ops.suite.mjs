// sock_ops programs in the language: compiled in the guest, attached to a cgroup of this process, seen by TCP_INFO.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { applyPolicy, clearPolicy, createHandover, createMaxDelack, createTuning, policyRules } from '@tscc/sock-ops'
import { congestionControl, hostKernel, openCgroup, queryPrograms, tcpInfo } from '@tscc/syscall'
import { callLibc } from '@tscc/syscall/libc'
import { cgroupRoot } from './cgroup-root.mjs'
import { check } from './check.mjs'
import { connection, transfer } from './sockets.mjs'

const kernel = hostKernel()
const root = cgroupRoot()

/** Run in a cgroup of our own: sockets that are made are its. */
async function inCgroup(use) {
  const folder = `${root}/tscc-${process.pid}`
  const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/'
  mkdirSync(folder)
  writeFileSync(`${folder}/cgroup.procs`, `${process.pid}`)
  try {
    return await use(folder)
  } finally {
    writeFileSync(`${root}${own}/cgroup.procs`, `${process.pid}`)
    rmdirSync(folder)
  }
}

function withAttached(make, use) {
  return inCgroup(async (cgroup) => {
    const one = make()
    try {
      one.attach({ cgroup })
      return await use(one, cgroup)
    } finally {
      one.close()
    }
  })
}

/** Both ends of a connection to ::1, closed again. */
async function withConnection(options, use) {
  const pair = connection(kernel, options)
  try {
    return await use(pair)
  } finally {
    pair.close()
  }
}

await check('a window handed over: on the first packets, once, and not after it expired', {}, () =>
  withAttached(createHandover, (windows) =>
    // A threshold is what Reno keeps; BBR would not.
    withConnection({ client: 'reno' }, (plain) => {
      const { tcpi_snd_mss: mss, tcpi_snd_cwnd: before } = tcpInfo(kernel, plain.client)
      const first = () =>
        withConnection({ client: 'reno' }, ({ client }) => {
          const { tcpi_snd_cwnd, tcpi_snd_ssthresh } = tcpInfo(kernel, client)
          return [tcpi_snd_cwnd, tcpi_snd_ssthresh]
        })
      return (async () => {
        const state = { cwndBytes: 41 * mss + 1, ssthreshBytes: 99 * mss + 1 }
        windows.handover(state, { address: '::1' })
        assert.deepEqual(await first(), [42, 100])
        assert.deepEqual(await first(), [before, 0x7fffffff])
        windows.handover({ ...state, expiresInSeconds: 0 }, { address: '::1' })
        assert.deepEqual(await first(), [before, 0x7fffffff])
        assert.deepEqual(windows.counts, { applied: 1, expired: 1, refused: 0 })
        return { mss }
      })()
    }),
  ),
)

await check('tuning: windows, buffers, congestion control and retransmission timeout of a rule', {}, () => {
  const rule = { to: '::1', initialWindow: 33, clamp: 200, sendBuffer: 60_000, cc: 'reno', rtoMinMs: 20 }
  return withAttached(
    () => createTuning({ rules: [rule] }),
    (tuning) =>
      withConnection({}, (pair) => {
        const { tcpi_snd_cwnd, tcpi_snd_ssthresh } = tcpInfo(kernel, pair.client)
        assert.deepEqual([tcpi_snd_cwnd, tcpi_snd_ssthresh], [33, 200])
        assert.equal(congestionControl(kernel, pair.client), 'reno')
        const sndbuf = new Uint8Array(4)
        kernel.getSocketOption(pair.client, 1, 7, sndbuf)
        assert.equal(new DataView(sndbuf.buffer).getInt32(0, true), 120_000)
        transfer(pair, 1 << 20)
        const { tcpi_rto } = tcpInfo(kernel, pair.client)
        assert.ok(tcpi_rto < 200_000, `${tcpi_rto} us`)
        assert.deepEqual(tuning.counts, { tuned: 2, ccMissing: 0, refused: 0, learned: 0 })
        return { rto: tcpi_rto }
      }),
  )
})

await check('tuning: until the SYN is sent again', {}, () =>
  withAttached(
    () => createTuning({ rules: [{ synRtoMs: 100 }] }),
    () => {
      // A queue of one that is full: the next SYN is not answered.
      const address = new Uint8Array(28)
      new DataView(address.buffer).setUint16(0, 10, true)
      address[23] = 1
      const socket = (flags) => callLibc('int socket(int domain, int type, int protocol)', 10, 1 | flags, 0)
      const open = []
      const own = (fd) => {
        open.push(fd)
        return fd
      }
      try {
        const listener = own(socket(0))
        callLibc('int bind(int fd, void *address, unsigned int length)', listener, address, 28)
        callLibc('int listen(int fd, int backlog)', listener, 0)
        callLibc('int getsockname(int fd, void *address, void *length)', listener, address, Uint8Array.of(28, 0, 0, 0))
        callLibc('int connect(int fd, void *address, unsigned int length)', own(socket(0)), address, 28)
        const late = own(socket(0o4000))
        try {
          callLibc('int connect(int fd, void *address, unsigned int length)', late, address, 28)
        } catch (error) {
          assert.equal(error.context?.name, 'EINPROGRESS')
        }
        const { tcpi_rto, tcpi_state } = tcpInfo(kernel, late)
        assert.deepEqual([tcpi_rto, tcpi_state], [100_000, 2])
      } finally {
        for (const fd of open) callLibc('int close(int fd)', fd)
      }
    },
  ),
)

await check('the longest delayed acknowledgement, in header options; socket storage by descriptor', {}, () =>
  withAttached(
    () => createMaxDelack({ ms: 24 }),
    (delack) =>
      withConnection({}, (pair) => {
        transfer(pair, 1 << 16)
        assert.deepEqual(delack.peer(pair.client), { maxDelayMs: 24, via: 'handshake' })
        assert.deepEqual(delack.peer(pair.server), { maxDelayMs: 24, via: 'handshake' })
        assert.deepEqual(delack.counts, { told: 2, again: 0, refused: 0 })
        const { tcpi_rto } = tcpInfo(kernel, pair.client)
        assert.ok(tcpi_rto < 200_000, `${tcpi_rto} us`)
        return { rto: tcpi_rto }
      }),
  ),
)

await check('the same with SYN cookies: said again', {}, async () => {
  const path = '/proc/sys/net/ipv4/tcp_syncookies'
  const before = readFileSync(path, 'utf8')
  writeFileSync(path, '2')
  try {
    return await withAttached(
      () => createMaxDelack({ ms: 24 }),
      (delack) =>
        withConnection({}, (pair) => {
          transfer(pair, 1 << 16)
          assert.deepEqual(delack.peer(pair.server), { maxDelayMs: 24, via: 'repeated' })
          assert.equal(delack.counts.again, 1)
        }),
    )
  } finally {
    writeFileSync(path, before)
  }
})

const programsOf = (cgroup) => {
  const directory = openCgroup(kernel, cgroup)
  try {
    return queryPrograms(kernel, { targetFd: directory.fd, attachType: 'BPF_CGROUP_SOCK_OPS' }).programIds
  } finally {
    directory.close()
  }
}

await check('attached by program and by link, replaced', {}, () =>
  inCgroup((cgroup) => {
    const one = createTuning({ rules: [] })
    try {
      const link = one.attach({ cgroup })
      const program = one.attach({ cgroup, by: 'program' })
      assert.deepEqual(programsOf(cgroup), [link.programId, program.programId])
      program.close()
      assert.deepEqual([programsOf(cgroup), link.active, program.active], [[link.programId], true, false])
    } finally {
      one.close()
    }
    assert.deepEqual(programsOf(cgroup), [])
  }),
)

await check('attached in an order', { feature: 'cgroupOrder' }, () =>
  inCgroup((cgroup) => {
    const [one, two] = [createTuning({ rules: [] }), createTuning({ rules: [] })]
    try {
      const last = one.attach({ cgroup })
      const first = two.attach({ cgroup, order: { before: last } })
      assert.deepEqual(programsOf(cgroup), [first.programId, last.programId])
    } finally {
      one.close()
      two.close()
    }
  }),
)

await check('a policy: by network, port and cgroup, changed at once, with figures', {}, () =>
  inCgroup(async (cgroup) => {
    const folder = `/sys/fs/bpf/tscc-matrix-${process.pid}`
    const chosen = () => withConnection({}, ({ client }) => congestionControl(kernel, client))
    const byDefault = await chosen()
    const other = byDefault === 'reno' ? 'cubic' : 'reno'
    const rule = { name: 'all', use: other, cgroup, to: ['::1', '127.0.0.0/8'], side: 'connect' }
    const apart = `${cgroup}/below`
    try {
      applyPolicy([rule], { kernel, folder })
      assert.equal(await chosen(), other)
      mkdirSync(apart)
      const changed = [
        { name: 'none', use: byDefault, cgroup: apart },
        { ...rule, to: ['192.0.2.0/24'] },
      ]
      applyPolicy(changed, { kernel, folder })
      assert.equal(await chosen(), byDefault)
      applyPolicy([rule], { kernel, folder })
      rmdirSync(apart)
      assert.equal(await chosen(), other)
      const [state] = policyRules({ kernel, folder })
      assert.deepEqual([state.rule.name, state.chosen.matched, state.chosen.ended, state.attached], ['all', 1, 1, true])
    } finally {
      clearPolicy({ kernel, folder })
    }
    assert.equal(await chosen(), byDefault)
  }),
)
