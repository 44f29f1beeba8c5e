// Objects to be measured: ours as `tscc build` makes them, clang's of the same algorithm, and opening either.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { algorithms } from '@tscc/algos'
import { linkHere, registerStructOps, renameStructOps, structOpsOf } from '@tscc/struct-ops/kernel'
import { loadPlan, programInfo } from '@tscc/syscall'

const here = fileURLToPath(new URL('.', import.meta.url))
const cache = fileURLToPath(new URL('../.cache/bench/', import.meta.url))
const tscc = fileURLToPath(new URL('../node_modules/.bin/tscc', import.meta.url))

/** Algorithms that are there in both languages, the same in each. */
const programs = readdirSync(`${here}baseline`).flatMap((name) => /^(\w+)\.bpf\.c$/.exec(name)?.[1] ?? [])

const folder = (name) => `${here}${name}/`
const baseName = (path) => basename(path).replace(/\.(?:bpf\.)?\w+$/, '')

/**
 * What is compared, `{ algorithm, ours, c, shipped }`: `OURS=FILE.c` is a pair; `NAME=OURS` is one whose C, if any, `--c NAME=FILE.c`
 * names. Without any: the repository's programs, and algorithms of tscc that have the name of one.
 */
export function pairs(texts, inC = []) {
  const split = (text) => [text.replace(/=.*/, ''), text.replace(/^[^=]*=/, '')]
  const named = new Map(inC.map(split))
  if (texts.length === 0)
    return programs.map((algorithm) => ({
      algorithm,
      ours: `${folder('programs')}${algorithm}.bpf.ts`,
      c: `${folder('baseline')}${algorithm}.bpf.c`,
      shipped: algorithms.some(({ name }) => name === algorithm),
    }))
  return texts.map((text) => {
    const [left, right] = split(text)
    if (text.includes('=') && /\.(?:ts|o)$/.test(left))
      return { algorithm: baseName(left), ours: left, c: right, shipped: false }
    const own = programs.includes(left) ? `${folder('baseline')}${left}.bpf.c` : undefined
    return { algorithm: left, ours: right, c: named.get(left) ?? own, shipped: false }
  })
}

/** How clang's objects are made; direct offsets are those of the running kernel, from its own header. */
const flavours = { direct: ['-DBPF_NO_PRESERVE_ACCESS_INDEX'], core: [] }

/** tscc's own algorithm of this name, which calls the kernel's functions where there are some. */
export const shippedObject = (name) => ourObject(`shipped-${name}`, name)

/** Our object of an algorithm: a file as it is, or what `tscc build` makes of a name or a source; undefined, and why, where it makes none. */
export function ourObject(name, source = name) {
  if (source.endsWith('.o')) return resolve(source)
  mkdirSync(cache, { recursive: true })
  const file = `${cache}tscc-${name}.bpf.o`
  try {
    execFileSync(tscc, ['build', source, '-o', file], { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
    return file
  } catch (error) {
    process.stderr.write(`${name}: ${`${error.stderr ?? error.message}`.trim().split('\n')[0]}\n`)
    return undefined
  }
}

/** Are there clang and a header to compile with? */
export function hasClang() {
  try {
    execFileSync('clang', ['--version'], { stdio: 'ignore' })
    mkdirSync(cache, { recursive: true })
    return kernelHeader() !== undefined
  } catch {
    process.stderr.write('no clang to compare with  (Debian: apt-get install clang bpftool libbpf-dev)\n')
    return false
  }
}

/** The command that makes `file` of C. */
export function clangCommand(source, file, flavour = 'direct') {
  const include = ['-I', dirname(kernelHeader()), '-I', `${here}baseline`, '-I', dirname(resolve(source))]
  const flags = ['-target', 'bpf', '-mcpu=v3', '-O2', '-g', ...flavours[flavour], ...include]
  return ['clang', ...flags, '-c', source, '-o', file]
}

/** clang's objects of a C file, by how they find fields; undefined, and why, where clang or bpftool is not there. */
export function clangObjects(name, source) {
  mkdirSync(cache, { recursive: true })
  if (source.endsWith('.o')) return { direct: resolve(source) }
  try {
    return Object.fromEntries(
      Object.keys(flavours).map((flavour) => {
        const file = `${cache}${basename(name)}-${flavour}.bpf.o`
        const [command, ...args] = clangCommand(source, file, flavour)
        execFileSync(command, args, { stdio: 'pipe' })
        return [flavour, file]
      }),
    )
  } catch (error) {
    const why = error.code === 'ENOENT' ? 'clang or bpftool is not installed' : `${error.stderr ?? error.message}`
    process.stderr.write(
      `${name}: none of clang's: ${why.trim()}\n  (Debian: apt-get install clang bpftool libbpf-dev)\n`,
    )
    return undefined
  }
}

/** A header of the running kernel: made anew after another kernel was booted, since direct offsets are only good for one. */
function kernelHeader() {
  const header = `${cache}vmlinux.h`
  const booted = Date.now() - 1000 * Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])
  if (existsSync(header) && statSync(header).mtimeMs > booted) return header
  const btf = '/sys/kernel/btf/vmlinux'
  const options = { maxBuffer: 1 << 28 }
  writeFileSync(header, execFileSync('bpftool', ['btf', 'dump', 'file', btf, 'format', 'c'], options))
  return header
}

const linkedFiles = new Map()

async function linkedFile(kernel, file) {
  const known = linkedFiles.get(file)
  if (known !== undefined) return known
  const linked = await linkHere(kernel, new Uint8Array(readFileSync(file)), {
    programs: 'struct_ops',
    // What an earlier linker made is not what is measured.
    cache: false,
  })
  linkedFiles.set(file, linked)
  return linked
}

/**
 * An object file, linked, loaded and registered under `name`. `programs`: instructions as the kernel has them now (`xlated`),
 * runs and their nanoseconds so far, of each callback.
 */
export async function openObject(kernel, file, name) {
  const linked = await linkedFile(kernel, file)
  const loaded = loadPlan(kernel, linked)
  try {
    const [ops] = structOpsOf(linked, loaded)
    const registration = registerStructOps(kernel, renameStructOps(ops, name))
    return {
      programs: () => ops.load(kernel).programs.map(({ program }, i) => figuresOf(kernel, ops.programs[i], program)),
      close() {
        registration.close()
        loaded.close()
      },
    }
  } catch (error) {
    loaded.close()
    throw error
  }
}

function figuresOf(kernel, { callback }, program) {
  const { xlated_prog_len, run_cnt, run_time_ns } = programInfo(kernel, program.fd)
  return { callback, xlated: xlated_prog_len / 8, runs: Number(run_cnt), ns: Number(run_time_ns) }
}
