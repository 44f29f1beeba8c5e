import { type BpfObject, type LinkedObject, linkObject } from '@tscc/object'
import { linkStructOps } from '@tscc/struct-ops'
import { verifyStructOps } from '@tscc/struct-ops/kernel'
import { type Kernel, loadPlan, type Program, parseVerifierLog, programInfo } from '@tscc/syscall'
import { hostTarget, type LoadedSource, objectOf } from '../algorithm/load-source.ts'
import type { LoadedObjectFile } from '../algorithm/loaded-object.ts'
import { atSource } from '../algorithm/rejection.ts'
import { loadBtf } from '../btf/load-btf.ts'
import { openHost } from '../host.ts'

/** A program that was linked, and what the kernel said of it; figures are absent where nothing was verified. */
export interface ProgramCheck {
  readonly name: string
  readonly section: string
  /** Of the linked program, slots of 8 bytes. */
  readonly instructions: number
  /** As the verifier left it. */
  readonly xlated?: number
  /** Bytes of machine code. */
  readonly jited?: number
  /** Bytes of stack, of all its functions. */
  readonly stack?: number
  /** Instructions that the verifier walked, and ways through the program that it told apart. */
  readonly processed?: number
  readonly states?: number
}

/** What came of a source. */
export interface SourceCheck {
  readonly programs: readonly ProgramCheck[]
  readonly dropped: readonly { readonly callback: string; readonly why: string }[]
}

/** Link a source, to another kernel where a BTF is given; else have the running kernel's verifier look at it, and keep nothing. */
export function checkSource(source: LoadedSource, btf: string | undefined): SourceCheck {
  if (btf !== undefined) return described(linkObject(objectOf(source), { btf: loadBtf(btf) }, { untold: 'zero' }))
  const { kernel, resolver } = openHost('check')
  if ('object' in source) {
    const { object } = source
    return verified(kernel, source, object, linkObject(object, hostTarget(kernel, resolver.btf())))
  }
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

/** `BPF_LOG_STATS`: the log is some lines that say how much was walked. */
const STATISTICS = 4

function verified(kernel: Kernel, source: LoadedObjectFile, object: BpfObject, linked: LinkedObject): SourceCheck {
  try {
    using loaded = loadPlan(kernel, linked, { logLevel: STATISTICS, failureLogLevel: 1, pinFolder: 'none' })
    return described(linked, (index) => figuresOf(kernel, loaded.programs[index]))
  } catch (error) {
    throw atSource(source, object, linked, error)
  }
}

type Figures = Omit<ProgramCheck, 'name' | 'section' | 'instructions'>

function figuresOf(kernel: Kernel, program: Program | undefined): Figures {
  if (program === undefined) return {}
  const { processed, states, stack } = parseVerifierLog(program.log)
  const { xlated_prog_len, jited_prog_len } = programInfo(kernel, program.fd)
  return {
    ...(xlated_prog_len > 0 ? { xlated: xlated_prog_len / 8 } : {}),
    ...(jited_prog_len > 0 ? { jited: jited_prog_len } : {}),
    ...(stack === undefined ? {} : { stack: stack.reduce((sum, bytes) => sum + bytes, 0) }),
    ...(processed === undefined ? {} : { processed }),
    ...(states === undefined ? {} : { states }),
  }
}

function described(linked: LinkedObject, figures: (index: number) => Figures = () => ({})): SourceCheck {
  return {
    programs: linked.programs.map(({ name, section, code }, index) => ({
      name,
      section,
      instructions: code.length / 8,
      ...figures(index),
    })),
    dropped: linked.structOps.flatMap((value) => value.dropped),
  }
}
