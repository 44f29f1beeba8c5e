import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const cache = fileURLToPath(new URL('../.cache/bench/', import.meta.url))

/** Build the libbpf peer and its Reno; undefined, with the reason on stderr, where the tools are not there. */
export function buildPeers() {
  mkdirSync(cache, { recursive: true })
  const peer = `${cache}libbpf-peer`
  const object = `${cache}reno.bpf.o`
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
    const include = ['-I', cache, '-I', `${here}baseline`]
    const clang = [
      '-target',
      'bpf',
      '-mcpu=v3',
      '-O2',
      '-g',
      ...include,
      '-c',
      `${here}baseline/reno.bpf.c`,
      '-o',
      object,
    ]
    execFileSync('clang', clang, { stdio: 'pipe' })
  } catch (error) {
    const why =
      error.code === 'ENOENT' ? `${error.path ?? error.spawnargs?.[0]} is not installed` : `${error.stderr ?? error}`
    process.stderr.write(`no libbpf peer: ${why.trim()}\n  (Debian: apt-get install gcc clang bpftool libbpf-dev)\n`)
    return undefined
  }
  return { peer, object }
}
