// One object file from disk to attached, in a fresh process and then once more in the same one: a JSON line of milliseconds,
// in all and of each part; `bpf` is what of it passed inside bpf(2).
//   node object-load.mjs FILE [kept]     `kept`: with what an earlier process kept of linking the same file
import { readFileSync } from 'node:fs'
import { linkObject, linkTarget, readObject } from '@tscc/object'
import { linkHere, registerStructOps, renameStructOps, structOpsOf } from '@tscc/struct-ops/kernel'
import { hostKernel, kernelFiles, loadPlan } from '@tscc/syscall'
import { ms, timed } from './timed-kernel.mjs'

const { kernel, inside } = timed(hostKernel())
// koffi loads its library on the first call: that is start-up, as the dynamic linker's work is for C
kernel.close(-1)

const [file, how] = process.argv.slice(2)
if (file === undefined) throw new Error('usage: node object-load.mjs FILE [kept]')

const targets = {}
const linkAnew = (object) => {
  targets.here ??= linkTarget(kernelFiles(kernel))
  return linkObject(object, targets.here)
}

async function loadOnce() {
  inside.ms = 0
  const t0 = ms()
  const bytes = readFileSync(file)
  const object = how === 'kept' ? undefined : readObject(bytes)
  const t1 = ms()
  const linked = object === undefined ? await linkHere(kernel, bytes) : linkAnew(object)
  const t2 = ms()
  const loaded = loadPlan(kernel, linked)
  const t3 = ms()
  const [ops] = structOpsOf(linked, loaded)
  const registration = registerStructOps(kernel, renameStructOps(ops, `bench_${process.pid}`))
  const t4 = ms()
  const bpf = inside.ms
  registration.close()
  loaded.close()
  return { all: t4 - t0, open: t1 - t0, link: t2 - t1, load: t3 - t2, attach: t4 - t3, bpf }
}

const first = await loadOnce()
const second = await loadOnce()
console.log(JSON.stringify({ first, second, peakKb: process.resourceUsage().maxRSS }))
