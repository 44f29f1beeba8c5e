import { type LinkedObject, linkObject } from '@tscc/object'
import { linkStructOps } from '@tscc/struct-ops'
import { verifyStructOps } from '@tscc/struct-ops/kernel'
import { loadPlan, parseVerifierLog } from '@tscc/syscall'
import { type Command, Option } from 'commander'
import { hostTarget, type LoadedObjectFile, loadSource, objectOf, sourceText } from '../algorithm/load-source.ts'
import { btfSource, loadBtf } from '../btf/load-btf.ts'
import type { CommandContext } from '../command-table.ts'
import { openHost, openKernel } from '../host.ts'
import { examples } from '../output/examples.ts'
import { describeError, reportError } from '../output/report-error.ts'
import { formatTable } from '../output/table.ts'

interface CheckOptions {
  readonly btf?: string
  readonly json?: true
}

interface ProgramCheck {
  readonly name: string
  readonly section: string
  readonly instructions: number
  /** Instructions that the verifier walked; absent where nothing was verified. */
  readonly processed?: number
}

interface SourceCheck {
  readonly programs: readonly ProgramCheck[]
  readonly dropped: readonly { readonly callback: string; readonly why: string }[]
}

/** `tscc check`. */
export function defineCheck(command: Command, { output, fail }: CommandContext): void {
  examples(
    command
      .description(
        "Link and have the kernel's verifier look at every program, of any type; nothing is registered or attached. With --btf only linking is tried, against another kernel.",
      )
      .argument('<source...>', sourceText)
      .addOption(new Option('--btf <file>', `link only, against ${btfSource}`))
      .option('--json', 'print JSON')
      .action(async (sources: readonly string[], options: CheckOptions) => {
        const results: unknown[] = []
        for (const text of sources) {
          try {
            const found = await checkSource(text, options.btf)
            results.push({ source: text, ok: true, verified: options.btf === undefined, ...found })
            if (options.json) continue
            const { green, dim } = output.colors
            const how = options.btf === undefined ? 'the verifier accepts it' : `links to ${options.btf}`
            output.print(`${green('ok')} ${text}: ${how}`)
            output.print(
              formatTable(
                output,
                ['program', 'section', 'insns', 'verified'],
                found.programs.map((one) => [one.name, one.section, one.instructions, one.processed ?? '-']),
              ),
            )
            for (const { callback, why } of found.dropped) output.print(dim(`left out ${callback}: ${why}`))
          } catch (error) {
            fail()
            results.push({ source: text, ok: false, error: describeError(error) })
            if (!options.json) {
              output.note(`${output.errorColors.red('failed')} ${text}`)
              reportError(output, error, { json: false, verbose: command.optsWithGlobals().verbose === true })
            }
          }
        }
        if (options.json) output.json(results)
      }),
    [
      ['tscc check reno', "tscc's Reno on the running kernel"],
      ['tscc check prog.bpf.o', 'every program of an object, of whatever type'],
      ['tscc check reno.bpf.o --btf vmlinux-6.1', 'does it link to another kernel?'],
    ],
  )
}

async function checkSource(text: string, btf: string | undefined): Promise<SourceCheck> {
  const source = await loadSource(text)
  if (btf !== undefined) return described(linkObject(objectOf(source), { btf: loadBtf(btf) }, { untold: 'zero' }))
  const { kernel, resolver } = openHost('check')
  if ('object' in source) return checkObject(source)
  const linked = linkStructOps(source.spec, resolver)
  verifyStructOps(kernel, linked)
  resolver.save()
  return {
    programs: linked.programs.map((one) => ({
      name: one.name,
      section: `struct_ops/${one.callback}`,
      instructions: one.bytes.length / 8,
    })),
    dropped: linked.dropped,
  }
}

/** `BPF_LOG_STATS`: the log is one line that says how much was walked. */
const STATISTICS = 4

function checkObject({ object }: LoadedObjectFile): SourceCheck {
  const kernel = openKernel('check')
  const linked = linkObject(object, hostTarget(kernel, openHost('check').resolver.btf()))
  using loaded = loadPlan(kernel, linked, { logLevel: STATISTICS, failureLogLevel: 1, pinFolder: 'none' })
  const walked = loaded.programs.map((program) => parseVerifierLog(program?.log ?? '').processed)
  return described(linked, walked)
}

function described(linked: LinkedObject, walked: readonly (number | undefined)[] = []): SourceCheck {
  return {
    programs: linked.programs.map(({ name, section, code }, i) => {
      const processed = walked[i]
      return { name, section, instructions: code.length / 8, ...(processed === undefined ? {} : { processed }) }
    }),
    dropped: linked.structOps.flatMap((value) => value.dropped),
  }
}
