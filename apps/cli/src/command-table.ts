import type { Command } from 'commander'
import type { Output } from './output/output.ts'

/** What a command works with. */
export interface CommandContext {
  readonly output: Output
  /** End with status 1 although the command has said all there is to say. */
  fail(): void
}

/** Fills in a command: arguments, options, help, action. */
export type DefineCommand = (command: Command, context: CommandContext) => void

interface CommandRow {
  readonly name: string
  readonly group: string
  readonly summary: string
  load(): Promise<DefineCommand>
}

const start = 'Start here:'
const types = 'Kernel types (need no privileges):'
const code = 'Instructions (need no privileges):'
const live = 'The running kernel:'
const connections = 'Connections:'

/** Every command in the order of the help; `completion` is added by the completion adapter. */
export const commandTable: readonly CommandRow[] = [
  {
    name: 'demo',
    group: start,
    summary: "compare tscc's Reno with the kernel's Reno, CUBIC and BBR on real traffic",
    load: async () => (await import('./commands/demo.ts')).defineDemo,
  },
  {
    name: 'doctor',
    group: start,
    summary: 'what this machine can do, and the mend for what it cannot',
    load: async () => (await import('./commands/doctor.ts')).defineDoctor,
  },
  {
    name: 'init',
    group: start,
    summary: 'a project for a congestion control of your own, in TypeScript',
    load: async () => (await import('./commands/init.ts')).defineInit,
  },
  {
    name: 'sim',
    group: start,
    summary: 'simulate algorithms on a path: needs no privileges',
    load: async () => (await import('./commands/sim.ts')).defineSim,
  },
  {
    name: 'lab',
    group: start,
    summary: 'measure algorithms on real TCP between network namespaces',
    load: async () => (await import('./commands/lab.ts')).defineLab,
  },
  {
    name: 'btf',
    group: types,
    summary: 'read BTF: dump, find, layout, diff',
    load: async () => (await import('./commands/btf.ts')).defineBtf,
  },
  {
    name: 'types',
    group: types,
    summary: 'TypeScript declarations of kernel types',
    load: async () => (await import('./commands/types.ts')).defineTypes,
  },
  {
    name: 'asm',
    group: code,
    summary: 'BPF assembly text to instructions',
    load: async () => (await import('./commands/asm.ts')).defineAsm,
  },
  {
    name: 'disasm',
    group: code,
    summary: 'instructions to BPF assembly text',
    load: async () => (await import('./commands/disasm.ts')).defineDisasm,
  },
  {
    name: 'build',
    group: code,
    summary: 'TypeScript to an object file for every kernel',
    load: async () => (await import('./commands/build.ts')).defineBuild,
  },
  {
    name: 'explain',
    group: code,
    summary: 'what linking resolves to what on a kernel',
    load: async () => (await import('./commands/explain.ts')).defineExplain,
  },
  {
    name: 'vm',
    group: code,
    summary: 'run instructions in the user-space machine: exec',
    load: async () => (await import('./commands/vm.ts')).defineVm,
  },
  {
    name: 'check',
    group: live,
    summary: 'have the verifier look at an algorithm or object; registers nothing',
    load: async () => (await import('./commands/check.ts')).defineCheck,
  },
  {
    name: 'register',
    group: live,
    summary: 'load an algorithm into the kernel, ready for sysctl and setsockopt',
    load: async () => (await import('./commands/register.ts')).defineRegister,
  },
  {
    name: 'list',
    group: live,
    summary: 'struct_ops registered through BPF',
    load: async () => (await import('./commands/list.ts')).defineList,
  },
  {
    name: 'show',
    group: live,
    summary: 'one registered struct_ops, or what linking makes of an algorithm',
    load: async () => (await import('./commands/show.ts')).defineShow,
  },
  {
    name: 'replace',
    group: live,
    summary: 'put another algorithm in the place of a registered one, atomically',
    load: async () => (await import('./commands/replace.ts')).defineReplace,
  },
  {
    name: 'unregister',
    group: live,
    summary: 'take a registered algorithm away',
    load: async () => (await import('./commands/unregister.ts')).defineUnregister,
  },
  {
    name: 'use',
    group: connections,
    summary: 'choose the congestion control of new connections, live, also for a share of them',
    load: async () => (await import('./commands/use.ts')).defineUse,
  },
  {
    name: 'apply',
    group: connections,
    summary: 'put the rules of a file in force, all at once',
    load: async () => (await import('./commands/apply.ts')).defineApply,
  },
  {
    name: 'top',
    group: connections,
    summary: 'live connections by congestion control: goodput, RTT, retransmits',
    load: async () => (await import('./commands/top.ts')).defineTop,
  },
]
