// The last part of an initramfs: what to run, and the files that it needs.
import { join } from 'node:path'
import { cpioArchive } from './cpio.mjs'

const suites = join(import.meta.dirname, '../suites')

/** The archive of a job: suites in /job/suites, more files where they are wanted, the command in /etc/job. */
export function jobArchive(command, files = []) {
  const archive = cpioArchive()
  archive.add(suites, 'job/suites')
  for (const { from, to } of files) archive.add(from, to)
  archive.file('etc/job', Buffer.from(`${command}\n`))
  return Buffer.concat(archive.chunks())
}
