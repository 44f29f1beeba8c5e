import { existsSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { type Btf, isElf, parseBtf, parseBtfElf } from '@tscc/btf'
import { hostKernel, readVmlinuxBtf, syscallErrors } from '@tscc/syscall'
import { cliErrors } from '../cli-errors.ts'
import { readInput } from '../files.ts'

/** Where a running kernel shows its BTF and its modules'. */
const KERNEL_BTF = '/sys/kernel/btf'

/** What names a BTF on the command line, for help texts. */
export const btfSource = 'raw BTF, an ELF file, vmlinux (the running kernel), or the name of a loaded module'

/** BTF by what a user wrote; split BTF (of a module) gets the running kernel's as its base unless one is given. */
export function loadBtf(source: string, base?: string): Btf {
  if (source === 'vmlinux' && !existsSync(source)) return vmlinuxBtf()
  const module = `${KERNEL_BTF}/${source}`
  const path = !source.includes('/') && !existsSync(source) && existsSync(module) ? module : source
  const isModule = dirname(resolve(path)) === KERNEL_BTF && basename(path) !== 'vmlinux'
  const bytes = readInput(path)
  const under = base === undefined ? (isModule ? vmlinuxBtf() : undefined) : loadBtf(base)
  const options = under === undefined ? {} : { base: under }
  return isElf(bytes) ? parseBtfElf(bytes, options) : parseBtf(bytes, options)
}

function vmlinuxBtf(): Btf {
  if (process.platform !== 'linux') throw cliErrors.make('not-linux', { what: 'vmlinux', platform: process.platform })
  try {
    return parseBtf(readVmlinuxBtf(hostKernel()))
  } catch (error) {
    if (syscallErrors.is(error, 'syscall/no-vmlinux-btf')) throw cliErrors.make('no-kernel-btf', {}, error)
    throw error
  }
}
