import { readdirSync } from 'node:fs'
import type { Kernel } from './kernel.ts'
import { readVmlinuxBtf } from './vmlinux-btf.ts'

/** What the running kernel tells of itself in files, each read when it is asked for and once. */
export interface KernelFiles {
  /** BTF of the kernel proper, raw; throws `syscall/no-vmlinux-btf`. */
  vmlinux(): Uint8Array
  /** Raw split BTF of the loaded modules, by name. */
  modules(): readonly { readonly name: string; readonly bytes: Uint8Array }[]
  /** The configuration it was built with, as lines `CONFIG_HZ=250`; undefined where neither /proc nor /boot has it. */
  config(): string | undefined
  /** `LINUX_VERSION_CODE`: `major << 16 | minor << 8 | patch` (patch at most 255); 0 where /proc cannot be read. */
  version(): number
  /** /proc/kallsyms; undefined where it cannot be read. Addresses in it are zeros for the unprivileged. */
  symbols(): string | undefined
}

const BTF_FOLDER = '/sys/kernel/btf'
const decoder = new TextDecoder()

/** The files of a kernel. */
export function kernelFiles(kernel: Kernel): KernelFiles {
  const once = <T>(read: () => T): (() => T) => {
    const known: { value?: T } = {}
    return () => {
      if (!('value' in known)) known.value = read()
      return known.value as T // set in the line above
    }
  }
  const text = (path: string): string | undefined => {
    const bytes = kernel.readFile(path)
    return bytes === undefined ? undefined : decoder.decode(bytes)
  }
  return {
    vmlinux: () => readVmlinuxBtf(kernel),
    modules: once(() =>
      moduleNames().flatMap((name) => {
        const bytes = kernel.readFile(`${BTF_FOLDER}/${name}`)
        return bytes === undefined ? [] : [{ name, bytes }]
      }),
    ),
    config: once(() => {
      const packed = kernel.readFile('/proc/config.gz')
      if (packed !== undefined) return decoder.decode(process.getBuiltinModule('node:zlib').gunzipSync(packed))
      return text(`/boot/config-${(text('/proc/sys/kernel/osrelease') ?? '').trim()}`)
    }),
    version: once(() => {
      const [release = '', version = ''] = ['osrelease', 'version'].map(
        (name) => text(`/proc/sys/kernel/${name}`) ?? '',
      )
      return versionCode(release, version)
    }),
    symbols: once(() => text('/proc/kallsyms')),
  }
}

function moduleNames(): readonly string[] {
  try {
    return readdirSync(BTF_FOLDER).filter((name) => name !== 'vmlinux')
  } catch {
    return []
  }
}

/**
 * `LINUX_VERSION_CODE` from `uname -r` and `uname -v`. Debian's releases (`6.1.0-56-amd64`) do not say the patch level, its
 * versions (`#1 SMP PREEMPT_DYNAMIC Debian 6.1.177-1`) do.
 */
export function versionCode(release: string, version: string): number {
  const numbers =
    /Debian (\d{1,4})\.(\d{1,4})\.(\d{1,5})/.exec(version) ?? /^(\d{1,4})\.(\d{1,4})(?:\.(\d{1,5}))?/.exec(release)
  if (numbers === null) return 0
  const [major = 0, minor = 0, patch = 0] = numbers.slice(1).map((digits) => Number(digits ?? 0))
  return major * 65536 + minor * 256 + Math.min(patch, 255)
}
