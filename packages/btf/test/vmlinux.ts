import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** The live kernel's BTF, or why there is none; tests that need it say so when they skip. */
export const vmlinuxPath = '/sys/kernel/btf/vmlinux'
export const vmlinux: Uint8Array | undefined = existsSync(vmlinuxPath) ? readFileSync(vmlinuxPath) : undefined

/** Output of a tool, or undefined where it is not installed. */
export function runTool(command: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** A file among the fixtures. */
export const fixture = (name: string): Uint8Array => readFileSync(new URL(`./fixtures/${name}`, import.meta.url))
