import { assemble, type Cpu, type Endian, encode } from '@tscc/insn'
import { type Command, Option } from 'commander'
import { cliErrors } from '../cli-errors.ts'
import type { CommandContext } from '../command-table.ts'
import { readInput, writeResult } from '../files.ts'
import { examples } from '../output/examples.ts'

interface AsmOptions {
  readonly output?: string
  readonly hex?: true
  readonly json?: true
  readonly cpu?: Cpu
  readonly endian: Endian
}

/** `tscc asm`. */
export function defineAsm(command: Command, { output }: CommandContext): void {
  examples(
    command
      .description("Assemble text in the kernel's form (what disasm, llvm-objdump and the verifier print).")
      .argument('<file>', 'assembly text; - for standard input')
      .option('-o, --output <file>', 'write the instructions, 8 bytes a slot')
      .option('--hex', 'print the instructions as hex text')
      .addOption(new Option('--cpu <cpu>', 'refuse what needs a later one').choices(['v1', 'v2', 'v3', 'v4']))
      .addOption(new Option('--endian <order>', 'byte order').choices(['little', 'big']).default('little'))
      .option('--json', 'print JSON: the number of instructions, and their bytes as hex')
      .action((file: string, options: AsmOptions) => {
        const text = new TextDecoder().decode(readInput(file))
        const insns = assemble(text, options.cpu === undefined ? {} : { cpu: options.cpu })
        const bytes = encode(insns, { endian: options.endian })
        if (options.output !== undefined) writeResult(options.output, bytes)
        if (options.json)
          output.json({ instructions: insns.length, bytes: bytes.length, hex: hexText(bytes), file: options.output })
        else if (options.hex) output.print(hexText(bytes))
        else if (options.output === undefined) writeBinary(bytes)
      }),
    [
      ['tscc asm prog.s -o prog.bin', 'text to instructions'],
      ["echo 'r0 = 7' | tscc asm - --hex", 'b700000007000000'],
      ['tscc disasm reno | tscc asm - -o reno.bin', 'and back'],
    ],
  )

  function writeBinary(bytes: Uint8Array): void {
    if (process.stdout.isTTY)
      throw cliErrors.make('usage', {
        message: 'instructions are bytes, and standard output is a terminal',
        command: 'tscc asm',
        hint: 'name a file (-o prog.bin), or print text (--hex)',
      })
    output.write(bytes)
  }
}

function hexText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
