import type { VerifierReport } from './verifier-log.ts'

/** What a verifier's complaint means to the one who wrote the program. */
export interface VerifierAdvice {
  /** The complaint, with names in the place of offsets. */
  readonly message: string
  /** What to write instead, where that is known. */
  readonly help?: string
  /** It is about how often a loop runs rather than about one instruction. */
  readonly loop?: true
}

/** Says what lies at an offset of a kernel struct, in the program's words; undefined where that is not known. */
export type FieldName = (offset: number) => string | undefined

/** A helper by its number, with the kernel that it came with: `bpf_loop (Linux 5.17)`; undefined where that is not known. */
export type HelperName = (id: number) => string | undefined

/** What is known of a program beyond the log. */
export interface ProgramNames {
  readonly fieldAt: FieldName
  readonly helperOf?: HelperName
}

interface Rule {
  readonly pattern: RegExp
  message?(match: RegExpExecArray, names: ProgramNames): string | undefined
  readonly help?: string
  readonly loop?: true
}

const MAY_BE_NULL = 'test it first: if (x === null) return'
const NO_WRITE =
  'congestion control may write snd_cwnd, snd_cwnd_cnt, snd_ssthresh, ecn_flags, icsk_ack.pending and its private state; sk_pacing_rate and sk_pacing_status from 6.1, snd_cwnd_stamp and app_limited from 6.12'
const BOUND = 'bound it with a constant before it is used: x = min(x, 15), or x & 15'
const FEWER_TURNS = 'the verifier walks every turn: loop(n, body) is walked once; or let it run less often'

/** Complaints of kernel/bpf/verifier.c and net/ipv4/bpf_tcp_ca.c, as kernels from 5.10 on word them. */
const rules: readonly Rule[] = [
  {
    pattern: /^(?:no write support to (\w+) at off (\d+)|R\d+ cannot write into ptr_(\w+) at off=(\d+))/,
    message([, before, atBefore, now, atNow], { fieldAt }) {
      const offset = Number(atBefore ?? atNow)
      return `no write support to ${fieldAt(offset) ?? `${before ?? now} at offset ${offset}`}`
    },
    help: NO_WRITE,
  },
  {
    pattern: /^write access at off (\d+) with size (\d+)(?: exceeds the size|.*beyond the member)/,
    message: ([, offset, size], { fieldAt }) => {
      const field = fieldAt(Number(offset))
      return field === undefined ? undefined : `a store of ${size} bytes is wider than ${field}`
    },
  },
  {
    pattern: /^(?:R\d+ invalid mem access '\w*_or_null_?'|Possibly NULL pointer passed to)/,
    message: () => 'this pointer may be null',
    help: MAY_BE_NULL,
  },
  {
    pattern: /^R\d+ invalid mem access '(?:scalar|inv)'/,
    message: () => 'this is no pointer (any more)',
    help: 'what was given back, submitted or deleted cannot be read; read it before',
  },
  {
    pattern: /^BPF program is too large\. Processed (\d+) insn/,
    message: ([, count]) => `the program has too many steps to be walked (${count})`,
    help: FEWER_TURNS,
    loop: true,
  },
  {
    pattern: /^The sequence of (\d+) jumps is too complex/,
    message: ([, count]) => `the program has too many ways through it (${count} jumps pending)`,
    help: FEWER_TURNS,
    loop: true,
  },
  { pattern: /^infinite loop detected/, message: () => 'this loop may never end', help: FEWER_TURNS, loop: true },
  { pattern: /^back-edge from insn/, message: () => 'this kernel allows no loops (5.3 and later do)', loop: true },
  {
    pattern: /^invalid access to map value, value_size=(\d+) off=(-?\d+) size=(\d+)/,
    message: ([, size, offset, bytes]) => `${bytes} bytes at ${offset} are outside of a map's value of ${size} bytes`,
    help: BOUND,
  },
  {
    pattern: /unbounded memory access|(?:unbounded|min value is negative).*(?:check|bounds|access)/,
    message: () => 'nothing says how large this index or length may be',
    help: BOUND,
  },
  {
    pattern:
      /^(?:invalid (?:variable-offset|unbounded variable-offset)|variable (?:offset )?.*ptr.*access|R\d+ .*variable ptr)/,
    help: 'index with a constant here; a map has room for what needs an index',
  },
  {
    pattern: /^(?:program of this type cannot use helper|unknown func) (?:bpf_)?(\w+)#\d+/,
    message: ([, helper]) => `bpf_${helper} cannot be called here`,
    help: 'some helpers exist only in some callbacks: bpf_setsockopt in all but release',
  },
  {
    pattern: /^invalid func (?:unknown|bpf_\w+)#(\d+)/,
    message: ([, id], { helperOf }) => `this kernel has no ${helperOf?.(Number(id)) ?? `helper ${id}`}`,
    help: 'ask for the kernel first, with kernelAtLeast(), and do without the helper on older ones',
  },
  {
    pattern: /^calling kernel function (\w+) is not allowed/,
    message: ([, name]) => `${name} cannot be called here`,
    help: 'this kernel does not give the function to congestion control',
  },
  {
    pattern: /^attach to unsupported member (\w+) of struct (\w+)/,
    message: ([, member, struct]) => `${struct} takes no ${member} from BPF`,
    help: 'leave it out',
  },
  {
    pattern: /^Unreleased reference/,
    message: () => 'something that was reserved or acquired is still held where the program ends',
    help: 'submit or discard it on every way out',
  },
  {
    pattern: /combined stack size of \d+ calls is (\d+)/,
    message: ([, bytes]) => `functions that call each other need ${bytes} bytes of stack together, of 512`,
    help: 'keep fewer values at a time, or put them into a map',
  },
]

/** The advice for a rejection: its own words where nothing better is known. */
export function verifierAdvice(report: Pick<VerifierReport, 'reason'>, names: ProgramNames): VerifierAdvice {
  const reason = report.reason.slice(0, MAX_REASON)
  for (const { pattern, message, help, loop } of rules) {
    const match = pattern.exec(reason)
    if (match === null) continue
    return {
      message: message?.(match, names) ?? reason,
      ...(help === undefined ? {} : { help }),
      ...(loop === undefined ? {} : { loop }),
    }
  }
  return { message: reason }
}

/** Longer complaints quote the program; what is looked for stands at the start. */
const MAX_REASON = 300
