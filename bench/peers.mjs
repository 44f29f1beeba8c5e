import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const cache = fileURLToPath(new URL('../.cache/bench/', import.meta.url))

/** Build the libbpf peer and objects of clang's; undefined, with the reason on stderr, where the tools are not there. */
export function buildPeers() {
  mkdirSync(cache, { recursive: true })
  const peer = `${cache}libbpf-peer`
  const objects = Object.fromEntries(['reno', 'vegas'].map((name) => [name, `${cache}${name}.bpf.o`]))
  try {
    execFileSync('gcc', ['-O2', '-Wall', '-o', peer, `${here}peers/libbpf-peer.c`, '-lbpf'], { stdio: 'pipe' })
    const header = `${cache}vmlinux.h`
    if (!existsSync(header))
      writeFileSync(
        header,
        execFileSync('bpftool', ['btf', 'dump', 'file', '/sys/kernel/btf/vmlinux', 'format', 'c'], {
          maxBuffer: 1 << 28,
        }),
      )
    const flags = ['-target', 'bpf', '-mcpu=v3', '-O2', '-g', '-I', cache, '-I', `${here}baseline`]
    for (const [name, object] of Object.entries(objects)) {
      execFileSync('clang', [...flags, '-c', `${here}baseline/${name}.bpf.c`, '-o', object], { stdio: 'pipe' })
    }
  } catch (error) {
    const why =
      error.code === 'ENOENT' ? `${error.path ?? error.spawnargs?.[0]} is not installed` : `${error.stderr ?? error}`
    process.stderr.write(`no libbpf peer: ${why.trim()}\n  (Debian: apt-get install gcc clang bpftool libbpf-dev)\n`)
    return undefined
  }
  return { peer, objects }
}
