import { execFileSync, spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cpioArchive, writeArchive } from '../lib/cpio.mjs'

const cpio = cpioCommand()
const at = { folder: '' }
beforeEach(() => {
  at.folder = mkdtempSync(join(tmpdir(), 'tscc-cpio-'))
})
afterEach(() => rmSync(at.folder, { recursive: true }))

/** Entries of an archive, read by its own headers. */
function entriesOf(archive: Buffer): { name: string; mode: string; data: string }[] {
  const found = []
  for (let offset = 0; ; ) {
    expect(archive.toString('latin1', offset, offset + 6)).toBe('070701')
    const field = (index: number): number =>
      Number.parseInt(archive.toString('latin1', offset + 6 + 8 * index, offset + 14 + 8 * index), 16)
    const [mode, size, nameSize] = [field(1), field(6), field(11)]
    const name = archive.toString('latin1', offset + 110, offset + 110 + nameSize - 1)
    const data = Math.ceil((offset + 110 + nameSize) / 4) * 4
    if (name === 'TRAILER!!!') return found
    found.push({ name, mode: mode.toString(8), data: archive.toString('latin1', data, data + size) })
    offset = Math.ceil((data + size) / 4) * 4
  }
}

const bytesOf = (archive: ReturnType<typeof cpioArchive>): Buffer => Buffer.concat(archive.chunks())

describe('an archive', () => {
  test('has parents before children, once each', () => {
    const archive = cpioArchive()
    archive.file('/usr/bin/a', Buffer.from('abc'), 0o755)
    archive.file('usr/bin/b', Buffer.from(''))
    archive.file('usr/bin/b', Buffer.from('the first one stays'))
    archive.link('bin', 'usr/bin')
    archive.device('dev/null', 1, 3)
    const bytes = bytesOf(archive)
    expect(bytes.length % 512).toBe(0)
    expect(entriesOf(bytes)).toEqual([
      { name: 'usr', mode: '40755', data: '' },
      { name: 'usr/bin', mode: '40755', data: '' },
      { name: 'usr/bin/a', mode: '100755', data: 'abc' },
      { name: 'usr/bin/b', mode: '100644', data: '' },
      { name: 'bin', mode: '120777', data: 'usr/bin' },
      { name: 'dev', mode: '40755', data: '' },
      { name: 'dev/null', mode: '20666', data: '' },
    ])
  })

  test('is the same for the same entries', () => {
    const make = (): Buffer => {
      const archive = cpioArchive()
      archive.file('a/b', Buffer.from('c'))
      return bytesOf(archive)
    }
    expect(make().equals(make())).toBe(true)
  })

  test('takes folders of this machine, but for what is not wanted', () => {
    mkdirSync(join(at.folder, 'in/sub'), { recursive: true })
    writeFileSync(join(at.folder, 'in/sub/run'), '#!', { mode: 0o700 })
    writeFileSync(join(at.folder, 'in/note.md'), 'x')
    symlinkSync('sub/run', join(at.folder, 'in/go'))
    const archive = cpioArchive()
    archive.add(join(at.folder, 'in'), 'job', (path) => !path.endsWith('.md'))
    expect(entriesOf(bytesOf(archive)).map(({ name, mode }) => `${mode} ${name}`)).toEqual([
      '40755 job',
      '120777 job/go',
      '40755 job/sub',
      '100700 job/sub/run',
    ])
  })

  test.skipIf(cpio === undefined)('is what cpio reads', () => {
    const archive = cpioArchive()
    archive.file('x/y', Buffer.from('hello'), 0o600)
    archive.link('x/z', 'y')
    const path = join(at.folder, 'a.cpio')
    writeArchive(path, archive)
    const out = join(at.folder, 'out')
    mkdirSync(out)
    const [command = '', ...args] = cpio ?? []
    execFileSync(command, [...args, '-i'], { cwd: out, input: readFileSync(path), stdio: 'pipe' })
    expect(readFileSync(join(out, 'x/y'), 'utf8')).toBe('hello')
    expect(statSync(join(out, 'x/y')).mode & 0o777).toBe(0o600)
    expect(readlinkSync(join(out, 'x/z'))).toBe('y')
    expect(readdirSync(at.folder).sort()).toEqual(['a.cpio', 'out'])
  })
})

/** cpio, or busybox's; undefined, and a word about it, where there is neither. */
function cpioCommand(): readonly string[] | undefined {
  const found = [['cpio'], ['busybox', 'cpio']].find(([command = '']) => {
    const { error } = spawnSync(command, ['--help'], { stdio: 'ignore' })
    return error === undefined
  })
  if (found === undefined) console.log('skipped: neither cpio nor busybox is installed')
  return found
}
