// Builds uBPF, a native interpreter and JIT, as a peer of the user-space machine.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const cache = fileURLToPath(new URL('../.cache/bench/', import.meta.url))
const repository = 'https://github.com/iovisor/ubpf'

/** A runner `(code, memory, socket, calls, engine)` → nanoseconds per call and r0; undefined, and why, where there is none. */
export function buildUbpf(folder) {
  mkdirSync(`${cache}ubpf-config`, { recursive: true })
  const peer = `${cache}ubpf-peer`
  try {
    const from = folder ?? `${cache}ubpf`
    if (!existsSync(from))
      execFileSync('git', ['clone', '--depth=1', repository, from], { stdio: 'pipe', timeout: 60_000 })
    // What its own build makes of ubpf_config.h.inc with nothing switched on
    writeFileSync(`${cache}ubpf-config/ubpf_config.h`, '#pragma once\n')
    const include = [`-I${cache}ubpf-config`, `-I${from}/vm`, `-I${from}/vm/inc`]
    const files = readdirSync(`${from}/vm`).flatMap((name) => (/^ubpf_\w+\.c$/.test(name) ? `${from}/vm/${name}` : []))
    const flags = ['-O2', '-w', '-D_GNU_SOURCE', '-o', peer]
    execFileSync('gcc', [...flags, ...include, `${here}peers/ubpf-peer.c`, ...files, '-lm'], { stdio: 'pipe' })
  } catch (error) {
    const why = error.code === 'ENOENT' ? `${error.path ?? 'gcc'} is not installed` : `${error.stderr ?? error}`.trim()
    process.stderr.write(`no uBPF: ${why.split('\n').at(-1)}\n  (a copy of ${repository}: --ubpf DIR)\n`)
    return undefined
  }
  return (code, memory, socket, calls, engine) => {
    writeFileSync(`${cache}ubpf.code`, code)
    writeFileSync(`${cache}ubpf.memory`, memory)
    const args = [`${cache}ubpf.code`, `${cache}ubpf.memory`, `${socket}`, `${calls}`, engine]
    const [ns, r0] = execFileSync(peer, args, { encoding: 'utf8' }).trim().split(' ')
    return { ns: Number(ns), r0: BigInt(`0x${r0}`) }
  }
}
