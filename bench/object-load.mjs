// One object file from disk to attached, in a fresh process and then once more in the same one: a JSON line of milliseconds.
//   node object-load.mjs FILE [kept]     `kept`: with what an earlier process kept of linking the same file
import { readFileSync } from 'node:fs'
import { linkObject, linkTarget, readObject } from '@tscc/object'
import { linkHere, registerStructOps, renameStructOps, structOpsOf } from '@tscc/struct-ops/kernel'
import { hostKernel, kernelFiles, loadPlan } from '@tscc/syscall'

const ms = () => Number(process.hrtime.bigint()) / 1e6

const kernel = hostKernel()
// koffi loads its library on the first call: that is start-up, as the dynamic linker's work is for C
kernel.close(-1)

const [file, how] = process.argv.slice(2)
if (file === undefined) throw new Error('usage: node object-load.mjs FILE [kept]')

const targets = {}
const linkAnew = (bytes) => {
  targets.here ??= linkTarget(kernelFiles(kernel))
  return linkObject(readObject(bytes), targets.here)
}

async function loadOnce() {
  const t0 = ms()
  const bytes = readFileSync(file)
  const linked = how === 'kept' ? await linkHere(kernel, bytes) : linkAnew(bytes)
  const t1 = ms()
  const loaded = loadPlan(kernel, linked)
  const t2 = ms()
  const [ops] = structOpsOf(linked, loaded)
  const registration = registerStructOps(kernel, renameStructOps(ops, `bench_${process.pid}`))
  const t3 = ms()
  registration.close()
  loaded.close()
  return { all: t3 - t0, link: t1 - t0, load: t2 - t1, attach: t3 - t2 }
}

const first = await loadOnce()
const second = await loadOnce()
console.log(JSON.stringify({ first, second, peakKb: process.resourceUsage().maxRSS }))
