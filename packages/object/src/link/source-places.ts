import type { BpfObject, LineInfo, ObjectFunction } from '../model.ts'
import { subjectText } from './explain-link.ts'
import type { LinkedObject, LinkedProgram, LoadableObject } from './linked-object.ts'

/**
 * Where a linked program's instructions (8-byte slots) came from, in ascending order of `at`: what its records for the
 * kernel say, so that it holds for what the kernel speaks of. Empty for a program without such records.
 */
export function linesOf(linked: LoadableObject, program: LinkedProgram): readonly LineInfo[] {
  const [btf] = linked.btf
  if (btf === undefined || program.lineInfo.length === 0) return []
  const header = new DataView(btf.buffer, btf.byteOffset, btf.byteLength)
  const littleEndian = header.getUint16(0, true) === BTF_MAGIC
  const strings = btf.subarray(header.getUint32(4, littleEndian) + header.getUint32(16, littleEndian))
  const textAt = (offset: number): string => {
    const end = strings.indexOf(0, offset)
    return decoder.decode(strings.subarray(offset, end < 0 ? undefined : end))
  }
  const { lineInfo } = program
  const records = new DataView(lineInfo.buffer, lineInfo.byteOffset, lineInfo.byteLength)
  return Array.from({ length: lineInfo.length / RECORD }, (_, i) => {
    const word = (index: number): number => records.getUint32(RECORD * i + 4 * index, littleEndian)
    const place = word(3)
    return { at: word(0), file: textAt(word(1)), text: textAt(word(2)), line: place >>> 10, column: place & 0x3ff }
  })
}

const BTF_MAGIC = 0xeb9f
/** Bytes of a struct bpf_line_info. */
const RECORD = 16
const decoder = new TextDecoder()

/** The record in force at an instruction: the last one at or before it. */
export function lineAt(lines: readonly LineInfo[], slot: number): LineInfo | undefined {
  return lines.findLast((line) => line.at <= slot)
}

/**
 * What a program calls the field that lies at an offset on the linked kernel: `tcp_sock.snd_cwnd`. Of several, one that is
 * used at `line`, else any of the program's; undefined where it uses no field there.
 */
export function fieldAtOffset(
  object: BpfObject,
  linked: LinkedObject,
  offset: number,
  line: LineInfo | undefined,
): string | undefined {
  const fields = fieldsAt(linked, offset)
  return (fields.find((one) => isUsedAt(object, one, line)) ?? fields[0])?.name
}

/** What a program calls the field that an instruction of it loads or stores; undefined where it is none of the kernel's. */
export function fieldOfInstruction(
  object: BpfObject,
  linked: LinkedObject,
  program: LinkedProgram,
  slot: number,
): string | undefined {
  const { code } = program
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength)
  const opcode = view.getUint8(8 * slot)
  // Memory by a register and an offset: LDX, ST and STX of mode MEM.
  if ((opcode & 0xe0) !== 0x60 || (opcode & 7) === 0 || (opcode & 7) > 3) return undefined
  const offset = view.getInt16(8 * slot + 2, object.endian === 'little')
  const line = lineAt(linesOf(linked, program), slot)
  return offset === 0 ? undefined : fieldsAt(linked, offset).find((one) => isUsedAt(object, one, line))?.name
}

interface FieldUse {
  readonly name: string
  readonly function: string
  readonly slot: number
}

/** Where a program asked for the place of a field that lies at an offset. */
function fieldsAt(linked: LinkedObject, offset: number): readonly FieldUse[] {
  return linked.resolved.core.flatMap(({ function: name, relocation, resolved }) =>
    relocation.kind === 'field_byte_offset' &&
    resolved.target !== undefined &&
    Number(resolved.target.value) + (relocation.addend ?? 0) === offset
      ? [
          {
            name: subjectText(resolved.localSpec).replace(/^(?:struct|union) /, ''),
            function: name,
            slot: relocation.at,
          },
        ]
      : [],
  )
}

const isUsedAt = (object: BpfObject, use: FieldUse, line: LineInfo | undefined): boolean =>
  isAt(
    object.functions.find((f) => f.name === use.function),
    use.slot,
    line,
  )

function isAt(f: ObjectFunction | undefined, slot: number, line: LineInfo | undefined): boolean {
  const own = f === undefined ? undefined : lineAt(f.lines, slot)
  return own !== undefined && own.file === line?.file && own.line === line.line && own.column === line.column
}

/** The record in force where a program first jumps back: in its first loop that ends. */
export function loopLine(
  { code }: LinkedProgram,
  lines: readonly LineInfo[],
  littleEndian = true,
): LineInfo | undefined {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength)
  for (let slot = 0; 8 * slot < code.length; slot++) {
    const opcode = view.getUint8(8 * slot)
    const [kind, operation] = [opcode & 0x07, opcode & 0xf0]
    if ((kind !== JMP && kind !== JMP32) || operation === CALL || operation === EXIT) continue
    const far = kind === JMP32 && operation === 0
    const by = far ? view.getInt32(8 * slot + 4, littleEndian) : view.getInt16(8 * slot + 2, littleEndian)
    if (by < 0) return lineAt(lines, slot)
  }
  return undefined
}

/** Classes and operations of instructions (RFC 9669, 4.3). */
const [JMP, JMP32] = [0x05, 0x06]
const [CALL, EXIT] = [0x80, 0x90]
