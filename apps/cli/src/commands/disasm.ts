import { existsSync } from 'node:fs'
import { disassemble, type Endian, encode, type Insn, insnSlots, insnText } from '@tscc/insn'
import { linkObject } from '@tscc/object'
import { type Command, Option } from 'commander'
import { compileSource, isBpfModulePath, isCompiled } from '../algorithm/compile-source.ts'
import {
  algorithmListings,
  fileListings,
  type Listing,
  linkedListings,
  loadedListing,
  objectListings,
} from '../algorithm/listings.ts'
import { isModulePath, loadAlgorithm } from '../algorithm/load-algorithm.ts'
import { openTarget } from '../algorithm/load-source.ts'
import { btfSource } from '../btf/load-btf.ts'
import type { CommandContext } from '../command-table.ts'
import { openResolver } from '../host.ts'
import { inColumns } from '../output/columns.ts'
import { examples } from '../output/examples.ts'
import { printable } from '../output/printable.ts'

interface DisasmOptions {
  readonly raw?: true
  readonly bytes?: true
  readonly endian?: Endian
  readonly btf?: string
  readonly json?: true
}

/** `tscc disasm`. */
export function defineDisasm(command: Command, { output }: CommandContext): void {
  examples(
    command
      .description("Print instructions as text in the kernel's form; tscc asm reads it back.")
      .argument(
        '<what>',
        'a TypeScript file (.bpf.ts), instructions or a BPF object (.bpf.o) in a file, prog:ID, an algorithm, or a module',
      )
      .option('--raw', 'the file holds bare instructions, whatever it looks like')
      .option('--bytes', 'show the bytes of each instruction')
      .addOption(new Option('--endian <order>', 'byte order of bare instructions').choices(['little', 'big']))
      .addOption(new Option('--btf <file>', `for an algorithm: link against ${btfSource}`))
      .option('--json', 'print JSON')
      .action(async (what: string, options: DisasmOptions) => {
        const listings = await findListings(what, options)
        if (options.json) output.json(listings.map(asJson))
        else output.print(listings.map((listing) => listingText(listing, options.bytes === true)).join('\n\n'))
      }),
    [
      ['tscc disasm reno', "tscc's Reno, linked against the running kernel"],
      ['tscc disasm reno --btf vmlinux-6.1', 'against another kernel'],
      ['tscc disasm prog.bpf.o', 'every section with code of an object file'],
      ['tscc disasm prog:42', 'a loaded program, as the verifier left it'],
      ['tscc disasm prog.bin --raw --bytes', 'bare instructions'],
    ],
  )
}

async function findListings(what: string, options: DisasmOptions): Promise<readonly Listing[]> {
  const id = /^prog:(\d{1,10})$/.exec(what)?.[1]
  if (id !== undefined) return [loadedListing(Number(id))]
  if (isCompiled(what) && options.raw !== true) return compiledListings(what, options)
  const isFile = options.raw === true || what === '-' || (existsSync(what) && !/\.[cm]?[jt]s$/.test(what))
  if (isFile || (isModulePath(what) && !/\.[cm]?[jt]s$/.test(what)))
    return fileListings(what, options.endian, options.raw === true)
  return algorithmListings(await loadAlgorithm(what), openResolver(options.btf))
}

/** What is written for all kernels as it is; an algorithm of tscc, linked. */
async function compiledListings(what: string, { btf }: DisasmOptions): Promise<readonly Listing[]> {
  const { object, label } = await compileSource(what)
  if (isBpfModulePath(what)) return objectListings(object)
  const target = openTarget('disasm', btf)
  return linkedListings(label, object, linkObject(object, target, { untold: 'zero' }))
}

/** Text that `tscc asm` reads back: headings and origins are comments. */
export function listingText({ title, insns, origins }: Listing, withBytes = false): string {
  const slots = slotsOf(insns)
  const annotate = (index: number, insn: Insn): string => {
    const origin = origins?.[slots[index] ?? 0] ?? ''
    return [withBytes ? hexText(insn) : '', origin].filter((text) => text !== '').join('  ')
  }
  const heading = `; ${title} (${insns.length} instructions)`
  return printable(`${heading}\n${inColumns(disassemble(insns, { numbers: true, annotate }))}`)
}

function asJson({ title, insns, origins }: Listing) {
  const slots = slotsOf(insns)
  return {
    title,
    instructions: insns.map((insn, index) => {
      const slot = slots[index] ?? 0
      const origin = origins?.[slot]
      return {
        slot,
        text: insnText(insn),
        hex: hexText(insn),
        ...(origin === undefined || origin === '' ? {} : { origin }),
      }
    }),
  }
}

/** Slot number of each instruction: a 64-bit immediate takes two. */
function slotsOf(insns: readonly Insn[]): readonly number[] {
  let next = 0
  return insns.map((insn) => {
    const slot = next
    next += insnSlots(insn)
    return slot
  })
}

function hexText(insn: Insn): string {
  return Array.from(encode([insn]), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
