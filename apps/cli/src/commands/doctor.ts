import type { Command } from 'commander'
import type { CommandContext } from '../command-table.ts'
import { type Diagnosis, diagnose } from '../doctor/checks.ts'
import { examples } from '../output/examples.ts'
import type { Output } from '../output/output.ts'
import { printable } from '../output/printable.ts'

/** `tscc doctor`: status 1 where something is lacking. */
export function defineDoctor(command: Command, { output, fail }: CommandContext): void {
  examples(
    command
      .description(
        'Find out what this machine can do, by trying: kernel, BTF, JIT, capabilities, file systems, struct_ops types, lab. Nothing is changed. Status 1 when something is lacking; what is missing comes with its mend.',
      )
      .option('--json', 'print JSON')
      .action(async (options: { readonly json?: true }) => {
        const diagnosis = await diagnose()
        if (options.json) output.json(diagnosis)
        else printDiagnosis(output, diagnosis)
        if (!diagnosis.register || !diagnosis.lab) fail()
      }),
    [
      ['tscc doctor', 'before anything else'],
      ['sudo tscc doctor', 'what root could do'],
      ['tscc doctor --json', 'for scripts'],
    ],
  )
}

function printDiagnosis(output: Output, diagnosis: Diagnosis): void {
  const { green, red, bold, dim } = output.colors
  const marks = { ok: green('ok'), lacking: red('no'), noted: dim('--'), untried: dim('??') }
  const width = Math.max(...diagnosis.checks.map((check) => check.name.length))
  for (const check of diagnosis.checks) {
    output.print(`${marks[check.status]}  ${check.name.padEnd(width)}  ${printable(check.found)}`)
    if (check.mend !== undefined) output.print(`${' '.repeat(width + 6)}${dim(printable(check.mend))}`)
  }
  const verdict = (can: boolean, what: string): string => `${can ? green('yes') : red('no ')}  ${what}`
  output.print(`\n${bold('This machine can')}`)
  output.print(
    verdict(
      true,
      'compile, read types, assemble, disassemble and link (build, explain, btf, types, asm, disasm, show)',
    ),
  )
  output.print(verdict(diagnosis.register, 'register algorithms (register, replace, unregister)'))
  output.print(verdict(diagnosis.lab, 'measure them on real traffic (lab, demo)'))
}
