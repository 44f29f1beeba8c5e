import { dirname, join, resolve } from 'node:path'
import { DEFAULT_PIN_FOLDER, type Registration } from '@tscc/struct-ops/kernel'
import { type Kernel, makePinFolder } from '@tscc/syscall'
import { cliErrors } from '../cli-errors.ts'

/** Where BPF file systems are mounted by convention. */
const BPFFS = '/sys/fs/bpf'

/**
 * Make a registration outlive this process: pin its link, or, where it has none, nothing is needed. Gives the path of
 * the pin. When it cannot be pinned it is unregistered again.
 */
export function keepRegistered(
  kernel: Kernel,
  registration: Registration,
  wanted: string | true | undefined,
): string | undefined {
  if (registration.by === 'map' && wanted === undefined) return undefined
  const path = typeof wanted === 'string' ? resolve(wanted) : join(DEFAULT_PIN_FOLDER, registration.name)
  try {
    if (!isOnBpffs(kernel, path)) throw cliErrors.make('no-bpffs', { path: typeof wanted === 'string' ? path : BPFFS })
    makePinFolder(dirname(path))
    registration.pin(path)
    return path
  } catch (error) {
    registration.close()
    throw error
  }
}

/** Is the file system that holds a path a BPF one? The longest mount point that contains it decides. */
function isOnBpffs(kernel: Kernel, path: string): boolean {
  const mounts = kernel.readFile('/proc/self/mounts')
  if (mounts === undefined) return true
  const lines = new TextDecoder()
    .decode(mounts)
    .split('\n')
    .map((line) => line.split(' '))
  const holders = lines
    .map(([, point = '', type = '']) => ({ point, type }))
    .filter(({ point }) => path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`))
  const longest = Math.max(...holders.map(({ point }) => point.length))
  return holders.findLast(({ point }) => point.length === longest)?.type === 'bpf'
}
