import { decode } from '@tscc/insn'
import { codeSections } from '@tscc/object'
import { createMachine, type Engine } from '@tscc/vm'
import { type Command, Option } from 'commander'
import { cliErrors } from '../cli-errors.ts'
import type { CommandContext } from '../command-table.ts'
import { readInput } from '../files.ts'
import { examples } from '../output/examples.ts'

interface ExecOptions {
  readonly program?: string
  readonly elf?: true
  readonly debug?: true
  readonly engine: Engine
  readonly budget: string
  readonly json?: true
}

/** `tscc vm …`. */
export function defineVm(vm: Command, { output }: CommandContext): void {
  examples(
    vm
      .command('exec')
      .description(
        'Run a program in the user-space machine and print r0 in hex: the plugin protocol of the bpf_conformance suite. r1 is ' +
          'the memory, r2 its size. Status 1 for a fault.',
      )
      .argument('[memory]', 'what r1 points to: bytes in hex')
      .option('--program <hex>', 'the instructions in hex; default: a line of standard input')
      .option('--elf', 'they are an object file: its first section with code runs')
      .addOption(
        new Option('--engine <engine>', 'what runs them')
          .choices(['jit', 'interpreter'])
          .default('jit' satisfies Engine),
      )
      .option('--budget <number>', 'instructions that may be executed', '100000000')
      .option('--debug', "print the program's size and what it executed on standard error")
      .option('--json', 'print JSON: r0 in hex, and the number of instructions executed')
      .action((memory: string | undefined, options: ExecOptions) => exec(memory ?? '', options)),
    [
      ['echo b7 00 00 00 07 00 00 00 95 00 00 00 00 00 00 00 | tscc vm exec', '7'],
      ["tscc asm prog.s --hex | tscc vm exec '01 02 03 04'", 'with four bytes of memory'],
    ],
  )

  function exec(memory: string, options: ExecOptions): void {
    const text = options.program ?? new TextDecoder().decode(readInput('-'))
    const bytes = bytesOf(text, 'the program')
    const insns = decode(options.elf === undefined ? bytes : firstSection(bytes))
    const machine = createMachine({ engine: options.engine })
    const content = bytesOf(memory, 'the memory')
    const region = machine.region({ name: 'memory', size: content.length })
    region.bytes.set(content)
    const budget = Number(options.budget)
    if (!(Number.isInteger(budget) && budget > 0 && budget < 2 ** 31))
      throw usage(`--budget is ${options.budget}`, 'a whole number below 2^31')
    const result = machine.load({ insns, budget }).run(content.length === 0 ? 0 : region.address, content.length)
    if (options.debug) output.note(`${insns.length} instructions, ${result.insns} executed`)
    if (options.json) output.json({ r0: result.r0.toString(16), insns: result.insns })
    else output.print(result.r0.toString(16))
  }
}

const usage = (message: string, hint: string): Error =>
  cliErrors.make('usage', { message, command: 'tscc vm exec', hint })

/** Bytes of hex digits; blanks between them do not matter. */
function bytesOf(text: string, what: string): Uint8Array {
  const digits = text.replaceAll(/\s+/g, '')
  if (digits.length % 2 !== 0 || /[^\da-f]/i.test(digits))
    throw usage(`${what} is not bytes in hex`, 'two digits a byte, as tscc asm --hex prints them')
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16))
}

function firstSection(elf: Uint8Array): Uint8Array {
  const [section] = codeSections(elf)
  if (section === undefined) throw usage('the object has no code', 'an object file of a BPF compiler')
  return section.code
}
