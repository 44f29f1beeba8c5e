// A cpio archive in the kernel's "newc" form (Documentation/driver-api/early-userspace/buffer-format.rst): what an
// initramfs is made of. Archives can be concatenated; the kernel unpacks one after the other.
import { closeSync, lstatSync, openSync, readdirSync, readFileSync, readlinkSync, renameSync, writeSync } from 'node:fs'
import { posix } from 'node:path'

const S_IFDIR = 0o040000
const S_IFREG = 0o100000
const S_IFLNK = 0o120000
const S_IFCHR = 0o020000

/** Everything but headers is aligned to 4 bytes, an archive's end to 512. */
const padding = (length, to) => Buffer.alloc((to - (length % to)) % to)

/**
 * Collects entries; `chunks()` is the finished archive. Parent directories are made when first needed.
 *
 * Nothing in it depends on the machine's clock or users: the same entries are the same bytes.
 */
export function cpioArchive() {
  const chunks = []
  const known = new Set()
  const state = { inode: 1, length: 0 }
  const push = (bytes) => {
    chunks.push(bytes)
    state.length += bytes.length
  }

  function entry(path, mode, data = Buffer.alloc(0), device = [0, 0]) {
    const name = Buffer.from(`${path}\0`)
    const fields = [state.inode, mode, 0, 0, 1, 0, data.length, 0, 0, ...device, name.length, 0]
    state.inode += 1
    const header = Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`)
    push(Buffer.concat([header, name, padding(header.length + name.length, 4)]))
    push(data)
    push(padding(data.length, 4))
  }

  function claim(path) {
    const clean = posix.normalize(path).replace(/^\/+|\/+$/g, '')
    if (clean === '' || clean === '.' || known.has(clean)) return undefined
    known.add(clean)
    const parent = posix.dirname(clean)
    if (parent !== '.') archive.directory(parent)
    return clean
  }

  const archive = {
    directory(path) {
      const clean = claim(path)
      if (clean !== undefined) entry(clean, S_IFDIR | 0o755)
    },
    file(path, data, mode = 0o644) {
      const clean = claim(path)
      if (clean !== undefined) entry(clean, S_IFREG | mode, Buffer.from(data))
    },
    link(path, target) {
      const clean = claim(path)
      if (clean !== undefined) entry(clean, S_IFLNK | 0o777, Buffer.from(target))
    },
    device(path, major, minor) {
      const clean = claim(path)
      if (clean !== undefined) entry(clean, S_IFCHR | 0o666, Buffer.alloc(0), [major, minor])
    },
    /**
     * A file, a symbolic link or a whole folder of this machine; `keep(path)` says of each path within it whether it is
     * wanted.
     * @param {string} from
     * @param {string} to
     * @param {(path: string) => boolean} [keep]
     */
    add(from, to, keep = () => true) {
      const stat = lstatSync(from)
      if (stat.isSymbolicLink()) archive.link(to, readlinkSync(from))
      else if (stat.isFile()) archive.file(to, readFileSync(from), stat.mode & 0o777)
      else if (stat.isDirectory()) {
        archive.directory(to)
        for (const name of readdirSync(from).sort())
          if (keep(`${to}/${name}`)) archive.add(`${from}/${name}`, `${to}/${name}`, keep)
      }
    },
    /** The archive so far with its trailer, as a list of buffers. */
    chunks() {
      entry('TRAILER!!!', 0)
      push(padding(state.length, 512))
      return chunks
    },
  }
  return archive
}

/** Write a finished archive; it appears at `path` only when it is whole. */
export function writeArchive(path, archive) {
  const unfinished = `${path}.${process.pid}`
  const fd = openSync(unfinished, 'w')
  try {
    for (const chunk of archive.chunks()) for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at)
  } finally {
    closeSync(fd)
  }
  renameSync(unfinished, path)
}
