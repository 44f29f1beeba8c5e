import { byteWriter } from '@tscc/core'
import type { BtfStrings } from '../write/btf-strings.ts'
import type { PlacedFunction } from './place-program.ts'

/** Records that tell the kernel which function and which source line an instruction is of. */
export interface ProgramInfo {
  /** struct bpf_func_info, 8 bytes each. */
  readonly funcInfo: Uint8Array
  /** struct bpf_line_info, 16 bytes each. */
  readonly lineInfo: Uint8Array
}

const NONE = new Uint8Array(0)

/** The records of a program; empty where one of its functions has none, since the kernel wants all or nothing. */
export function programInfo(
  placed: readonly PlacedFunction[],
  strings: BtfStrings | undefined,
  littleEndian: boolean,
): ProgramInfo {
  if (strings === undefined || placed.some(({ function: f }) => f.typeId === undefined))
    return { funcInfo: NONE, lineInfo: NONE }
  const funcs = byteWriter({ littleEndian, path: 'func_info', capacity: 8 * placed.length })
  for (const { function: f, start } of placed) {
    funcs.u32(start, 'insn_off')
    funcs.u32(f.typeId ?? 0, 'type_id')
  }
  // Every function needs a line at its first instruction.
  const complete = placed.every(({ function: f }) => f.lines[0]?.at === 0)
  if (!complete) return { funcInfo: funcs.finish(), lineInfo: NONE }
  const count = placed.reduce((sum, { function: f }) => sum + f.lines.length, 0)
  const lines = byteWriter({ littleEndian, path: 'line_info', capacity: 16 * count })
  for (const { function: f, start } of placed)
    for (const [i, line] of f.lines.entries()) {
      if (i > 0 && line.at === f.lines[i - 1]?.at) continue // the kernel wants ascending places
      lines.u32(start + line.at, 'insn_off')
      lines.u32(strings.add(line.file), 'file_name_off')
      lines.u32(strings.add(line.text), 'line_off')
      lines.u32(((line.line << 10) | line.column) >>> 0, 'line_col')
    }
  return { funcInfo: funcs.finish(), lineInfo: lines.finish() }
}
