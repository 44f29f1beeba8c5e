// Guests and what runs in them.
import { prepareKernel } from './debian-kernels.mjs'
import { guestBase } from './guest-base.mjs'
import { guestPackages } from './guest-packages.mjs'
import { jobArchive } from './job.mjs'
import { kvmWorks } from './kvm.mjs'
import { bootGuest } from './qemu.mjs'
import { checksOf } from './results.mjs'

/** `kvm` or `tcg` for guests of this machine's kind, and why; `chosen` has a kernel to try KVM with. */
export async function accelerator(wanted, chosen, signal) {
  if (wanted !== 'auto') return { accel: wanted, why: `${wanted}, as wanted` }
  const one = chosen.find(({ kernel, archive }) => kernel !== undefined && archive.machine === 'amd64')
  if (one === undefined) return { accel: 'tcg', why: 'software emulation (TCG) of another machine' }
  const { works, why } = await kvmWorks(async (timeout) => {
    const parts = [await guestBase('amd64'), jobArchive('true')]
    const { image } = await prepareKernel(one.archive, one.kernel)
    return await bootGuest({ machine: 'amd64', accel: 'kvm', image, parts, memory: 1024, timeout, signal })
  })
  return works
    ? { accel: 'kvm', why: 'KVM' }
    : { accel: 'tcg', why: `software emulation (TCG), since KVM does not work: ${why}` }
}

/** Everything of one guest but its job, downloaded and unpacked: `boot(command, onOutput)`. */
export async function openGuest({ archive, kernel, wanted }, options) {
  const { machine } = archive
  const { memory, timeout, icount, files, signal, say } = options
  const prepared = await prepareKernel(archive, kernel)
  const parts = [await guestBase(machine), prepared.modules, await guestPackages(machine)]
  const accel = machine === 'amd64' ? options.accel : 'tcg'
  const emulation = { machine, accel, image: prepared.image, memory, timeout, icount, signal }
  const names = kernel.packages.map((one) => `${one.Package} ${one.Version}`).join(', ')
  say(`${wanted.text}: ${kernel.release}, of ${names}`)
  return {
    wanted: wanted.text,
    release: kernel.release,
    machine,
    accel,
    async boot(command, onOutput = () => undefined) {
      const guest = await bootGuest({
        ...emulation,
        parts: [...parts, jobArchive(command, files)],
        onOutput(stream, bytes) {
          if (stream === 'console' && options.console) process.stderr.write(bytes)
          onOutput(stream, bytes)
        },
      })
      if (options.timings) say(`${wanted.text}: ${timingsOf(guest.seconds)}`)
      return guest
    },
  }
}

function timingsOf({ initramfs, qemu, up, end }) {
  const job = up === undefined || end === undefined ? '?' : (end - up).toFixed(1)
  return `initramfs ${initramfs.toFixed(1)} s, QEMU ${qemu.toFixed(1)} s (in the guest: up after ${up ?? '?'} s, the job ${job} s)`
}

/** Run suites in a guest, a boot for each: what the table shows of this kernel. */
export async function runSuites(guest, suites, say) {
  const { wanted, release, machine, accel } = guest
  const checks = []
  const started = performance.now()
  const result = (state) => ({
    ...{ wanted, release, machine, accel, state },
    seconds: Math.round((performance.now() - started) / 100) / 10,
    checks,
  })
  for (const suite of suites) {
    const ended = await guest.boot(`node suites/${suite}.suite.mjs`)
    const found = checksOf(suite, ended)
    checks.push(...found.map((check) => ({ suite, ...check })))
    const booted = ended.seconds.up !== undefined
    const failed = found.filter((check) => check.status === 'fail')
    const how = booted ? `${found.length} checks, ${failed.length} failed` : 'not bootable'
    say(`${wanted}: ${suite}: ${how}, ${Math.round(ended.seconds.qemu)} s`)
    for (const check of failed) say(`${wanted}: FAIL ${check.name}: ${check.why}`)
    if (failed.length > 0 && ended.stderr !== '') say(ended.stderr.trimEnd().replace(/^/gm, `${wanted}: | `))
    if (!booted) return result('not bootable')
  }
  return result('ran')
}

/** Run jobs, some at a time; the results in the order of the jobs. */
export async function runSome(jobs, atOnce) {
  const results = []
  const waiting = [...jobs.entries()]
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results[next[0]] = await next[1]()
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, jobs.length) }, worker))
  return results
}
