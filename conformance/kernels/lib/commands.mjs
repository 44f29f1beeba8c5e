import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']

/** The path of a command, or undefined. */
export function findCommand(name) {
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/** Debian's package of each command that is needed. */
const packageOf = {
  'apt-get': 'apt',
  'dpkg-deb': 'dpkg',
  'qemu-system-x86_64': 'qemu-system-x86',
  'qemu-system-aarch64': 'qemu-system-arm',
  busybox: 'busybox-static',
  ldd: 'libc-bin',
  zstd: 'zstd',
  xz: 'xz-utils',
  lz4: 'lz4',
}

/** The path of a command; where it is missing an Error says what to install. */
export function needCommand(name) {
  const path = findCommand(name)
  if (path !== undefined) return path
  throw new Error(`${name}: is not installed: apt-get install ${packageOf[name] ?? name}`)
}

/** What a command printed, however it ended; undefined where it could not be started. */
export function anyOutput(name, args, options = {}) {
  return spawnSync(needCommand(name), args, { maxBuffer: 1 << 30, stdio: ['pipe', 'pipe', 'ignore'], ...options })
    .stdout
}

/** Run a command to its end and take its output as bytes; an Error has what it said. */
export function output(name, args, options = {}) {
  const result = spawnSync(name.startsWith('/') ? name : needCommand(name), args, { maxBuffer: 1 << 30, ...options })
  if (result.status === 0) return result.stdout
  const said = `${result.stderr ?? ''}`.trim().split('\n').slice(-5).join('\n')
  throw new Error(`${name} ${args.join(' ')}: exit code ${result.status ?? result.signal}\n${said}`, {
    cause: result.error,
  })
}
