import { writeFileSync, writeSync } from 'node:fs'
import { basename } from 'node:path'
import type { ColdCompiler } from './cold-compiler.ts'

/**
 * `tscc build FILE.bpf.ts [-o FILE]` without anything that this does not need. False, and nothing done, where there is more to
 * it: other options, mistakes in the file, a place that cannot be written. Then the command itself says what is to be said.
 */
export function quickBuild(args: readonly string[], compiler: () => ColdCompiler | undefined): boolean {
  const [command, source = '', option, target, ...more] = args
  if (command !== 'build' || source.startsWith('-') || !source.endsWith('.bpf.ts') || more.length > 0) return false
  if (option !== undefined && (!(option === '-o' || option === '--output') || target === undefined)) return false
  const file = target ?? `${basename(source, '.bpf.ts')}.bpf.o`
  if (file.startsWith('-')) return false
  try {
    const built = compiler()?.build(source)
    if (built === undefined) return false
    writeFileSync(file, built.bytes)
    const total = (key: 'instructions' | 'relocations') => built.programs.reduce((sum, one) => sum + one[key], 0)
    // The descriptor itself: the stream over it takes longer to make than the object to write.
    writeSync(
      STDERR,
      `${file}: ${built.bytes.length} bytes, ${built.programs.length} programs, ${total('instructions')} instructions, ${total('relocations')} relocations\n`,
    )
    return true
  } catch {
    return false // the command meets it again, and knows how to tell
  }
}

const STDERR = 2
