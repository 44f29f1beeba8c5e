// Does KVM work here? A device file is no answer, and neither is a first instruction: there are machines whose KVM runs
// real mode and then stops in the middle of a kernel. So a kernel has to boot.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cached } from './cache.mjs'

/** Long enough for a boot under KVM, and short enough to wait for in vain once. */
const patience = 10

/** What `boot(seconds)`, a guest under KVM whose job ends with 0, showed on this boot of this machine; with `why`. */
export async function kvmWorks(boot) {
  if (!existsSync('/dev/kvm')) return { works: false, why: 'there is no /dev/kvm' }
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  const known = join(cached('kvm'), bootId)
  if (existsSync(known)) return JSON.parse(readFileSync(known, 'utf8'))
  const { code, qemu, timedOut } = await boot(patience)
  const why = code === 0 ? 'a guest booted' : reason(qemu, timedOut)
  const answer = { works: code === 0, why }
  writeFileSync(known, JSON.stringify(answer))
  return answer
}

function reason(qemu, timedOut) {
  if (/^[RE]AX=/m.test(qemu)) return 'it stopped in the middle of a guest'
  const line = qemu.split('\n').find((text) => /KVM|kvm/.test(text))
  return line ?? (timedOut ? `a guest was not up after ${patience} seconds` : 'a guest did not boot')
}
