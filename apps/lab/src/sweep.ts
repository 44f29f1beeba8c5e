import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { labErrors } from './lab-errors.ts'

/*
 * What outlives a killed process. Namespaces, devices and links of struct_ops vanish with it; a struct_ops registered
 * by map update (kernels before 6.4) does not. Whoever makes such a thing notes it in a file that names its owner, and
 * a later run takes away what belonged to a process that is no more.
 */

/** Something that would stay when its owner is killed: what it is, and what its remover must know (plain JSON). */
export interface Leftover {
  readonly kind: string
  readonly data: Readonly<Record<string, string | number | boolean>>
}

/** Which process made it: a pid alone would name another process after a while. */
interface Owner {
  readonly pid: number
  /** Clock ticks from boot to the process's start. */
  readonly startTime: number
  readonly bootId: string
  /** The pid namespace that `pid` belongs to. */
  readonly pidNamespace: string
}

/** Where the notes are. */
export interface SweepOptions {
  /** Default: /run/tscc where that can be written, else a directory of this user's in the temporary directory. */
  readonly directory?: string
}

/** What {@link sweepLeftovers} did. */
export interface SweepResult {
  readonly removed: readonly Leftover[]
  readonly failed: readonly { readonly leftover: Leftover; readonly error: unknown }[]
}

const SUFFIX = '.leftover.json'
const MAX_NOTE = 65_536
const MAX_NOTES = 10_000
const serial = { next: 0 }

/** Note something before making it; `forget` when it is gone. */
export function noteLeftover(leftover: Leftover, options: SweepOptions = {}): { forget(): void } {
  const directory = notesDirectory(options)
  const path = join(directory, `${process.pid}-${Date.now()}-${serial.next++}${SUFFIX}`)
  const owner = ownerOf(process.pid)
  if (owner === undefined) throw labErrors.make('sweep', { path: '/proc/self', reason: 'procfs cannot be read' })
  writeFileSync(`${path}.new`, JSON.stringify({ version: 1, owner, leftover }), { mode: 0o600, flag: 'wx' })
  renameSync(`${path}.new`, path)
  return { forget: () => rmSync(path, { force: true }) }
}

/**
 * Call `remove` for everything that a dead process left; a note goes when its thing is gone.
 *
 * Notes of an earlier boot are dropped without a call, and notes of another pid namespace are not touched: whether
 * their owner lives cannot be told from here.
 */
export async function sweepLeftovers(
  remove: (leftover: Leftover) => void | Promise<void>,
  options: SweepOptions = {},
): Promise<SweepResult> {
  const directory = notesDirectory(options)
  const self = ownerOf(process.pid)
  const removed: Leftover[] = []
  const failed: { leftover: Leftover; error: unknown }[] = []
  const names = readdirSync(directory).filter((name) => name.endsWith(SUFFIX))
  for (const name of names.slice(0, MAX_NOTES)) {
    const path = join(directory, name)
    const note = readNote(path)
    if (note === undefined || self === undefined) continue
    const { owner, leftover } = note
    if (owner.bootId === self.bootId) {
      if (owner.pidNamespace !== self.pidNamespace || ownerOf(owner.pid)?.startTime === owner.startTime) continue
      try {
        await remove(leftover)
      } catch (error) {
        failed.push({ leftover, error })
        continue
      }
      removed.push(leftover)
    }
    rmSync(path, { force: true })
  }
  return { removed, failed }
}

/** A directory that only this user can write to: notes make privileged processes act. */
function notesDirectory({ directory }: SweepOptions): string {
  const uid = process.getuid?.() ?? 0
  const candidates = directory === undefined ? ['/run/tscc', join(tmpdir(), `tscc-${uid}`)] : [directory]
  let reason = ''
  for (const candidate of candidates) {
    try {
      mkdirSync(candidate, { recursive: true, mode: 0o700 })
      const stat = lstatSync(candidate)
      if (stat.isDirectory() && stat.uid === uid && (stat.mode & 0o022) === 0) return candidate
      reason = 'must be a directory that only its owner, this user, can write to'
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error)
    }
  }
  throw labErrors.make('sweep', { path: candidates.at(-1) ?? '', reason })
}

/** Who runs under a pid now; undefined when nobody does. */
function ownerOf(pid: number): Owner | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Field 22; the second field is a name in parentheses that may hold anything.
    const startTime = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return { pid, startTime, bootId, pidNamespace: readlinkSync('/proc/self/ns/pid') }
  } catch {
    return undefined
  }
}

/** A note as it was written; undefined for a file that is not one. */
function readNote(path: string): { readonly owner: Owner; readonly leftover: Leftover } | undefined {
  try {
    if (statSync(path).size > MAX_NOTE) return undefined
    const note: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (!isRecord(note) || note.version !== 1) return undefined
    const { owner, leftover } = note
    if (!isRecord(owner) || !isRecord(leftover) || !isRecord(leftover.data)) return undefined
    const { pid, startTime, bootId, pidNamespace } = owner
    const { kind } = leftover
    if (typeof pid !== 'number' || typeof startTime !== 'number' || typeof kind !== 'string') return undefined
    if (typeof bootId !== 'string' || typeof pidNamespace !== 'string') return undefined
    const data: Record<string, string | number | boolean> = {}
    for (const [key, value] of Object.entries(leftover.data)) {
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined
      data[key] = value
    }
    return { owner: { pid, startTime, bootId, pidNamespace }, leftover: { kind, data } }
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
