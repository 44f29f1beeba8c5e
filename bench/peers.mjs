import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { clangObjects, pairs } from './objects.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const cache = fileURLToPath(new URL('../.cache/bench/', import.meta.url))

/** Build the libbpf peer and objects of clang's; undefined, with the reason on stderr, where the tools are not there. */
export function buildPeers() {
  mkdirSync(cache, { recursive: true })
  const peer = `${cache}libbpf-peer`
  try {
    execFileSync('gcc', ['-O2', '-Wall', '-o', peer, `${here}peers/libbpf-peer.c`, '-lbpf'], { stdio: 'pipe' })
  } catch (error) {
    const why = error.code === 'ENOENT' ? 'gcc is not installed' : `${error.stderr ?? error}`
    process.stderr.write(`no libbpf peer: ${why.trim()}\n  (Debian: apt-get install gcc libbpf-dev)\n`)
    return undefined
  }
  const objects = pairs([]).map(({ algorithm, c }) => [algorithm, clangObjects(algorithm, c)?.core])
  if (objects.some(([, file]) => file === undefined)) return undefined
  return { peer, objects: Object.fromEntries(objects) }
}
