import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ecnCounter, reno, vegasStyle } from '@tscc/algos'
import { type Btf, type BtfType, buildBtf, parseBtf, typeCount, typeOf } from '@tscc/btf'
import { add32, callFunc, exit, jeq, label, mov, mov32, rsh32 } from '@tscc/insn'
import { writeObject } from '@tscc/object'
import {
  callbackPrologue,
  congControlPrologue,
  initPrologue,
  linkStructOps,
  loadCaState,
  loadCwnd,
  loadEnum,
  loadField,
  loadPrivate,
  minimalCongAvoidProgram,
  minimalSsthreshProgram,
  minimalUndoCwndProgram,
  returnReg,
  returnVoid,
  type Steps,
  type StructOpsSpec,
  ssthreshPrologue,
  storePrivate,
  tcpSockStoreU32,
} from '@tscc/struct-ops'
import { tcpBtfFixture } from '@tscc/struct-ops/fixture'
import { findStructOps, hostResolver } from '@tscc/struct-ops/kernel'
import { hostKernel } from '@tscc/syscall'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { type SpecToObjectOptions, specToObject } from '../src/object.ts'
import { transfer } from './loopback.ts'

const ready = needs('root', 'struct_ops', 'bpftool')
const folder = mkdtempSync(join(tmpdir(), 'tscc-object-'))
const registered = new Set<string>()

const bpftool = (...args: readonly string[]): string => execFileSync('bpftool', [...args], { encoding: 'utf8' })
const available = (): readonly string[] =>
  readFileSync('/proc/sys/net/ipv4/tcp_available_congestion_control', 'utf8').trim().split(' ')

/** What `bpftool -j struct_ops dump` and `prog show` tell, as far as it is looked at here. */
interface Row {
  readonly id: number
  readonly name: string
}

function unregister(name: string): void {
  const rows = JSON.parse(bpftool('-j', 'struct_ops', 'list')) as readonly Row[] // bpftool's own output
  for (const row of rows) if (row.name === name) bpftool('struct_ops', 'unregister', 'id', `${row.id}`)
  registered.delete(name)
}

/** Register through bpftool, look, and unregister. */
async function whileRegistered(
  spec: StructOpsSpec,
  look: () => Promise<void> | void,
  options: SpecToObjectOptions = {},
): Promise<void> {
  const file = join(folder, `${spec.name}.bpf.o`)
  writeFileSync(file, writeObject(specToObject(spec, options)))
  bpftool('struct_ops', 'register', file)
  registered.add(spec.name)
  try {
    expect(available()).toContain(spec.name)
    await look()
  } finally {
    unregister(spec.name)
  }
}

/** The kernel's instructions of a callback of what was registered last, without addresses and comments. */
function xlated(callback: string): readonly string[] {
  const record = findStructOps(hostKernel(), [...registered].at(-1) ?? '')
  return bpftool('prog', 'dump', 'xlated', 'id', `${record.programs[callback]}`)
    .split('\n')
    .flatMap((line) => /^\s*\d+: (\([0-9a-f]{2}\) .*)$/.exec(line)?.[1] ?? [])
}

/** The bundled types, changed. */
function typesWith(change: (all: readonly BtfType[]) => readonly BtfType[]): Btf {
  const bundled = parseBtf(tcpBtfFixture())
  const all = Array.from({ length: typeCount(bundled) }, (_, i) => typeOf(bundled, i + 1))
  return parseBtf(buildBtf(change(all)))
}

let serial = 0
const uniqueName = (stem: string): string => `${stem}_${process.pid % 10000}_${serial++}`

const base = (callbacks: Readonly<Record<string, Steps>>): StructOpsSpec => ({
  type: 'tcp_congestion_ops',
  name: uniqueName('ob'),
  callbacks: {
    ssthresh: minimalSsthreshProgram(),
    undo_cwnd: minimalUndoCwndProgram(),
    cong_avoid: minimalCongAvoidProgram(),
    ...callbacks,
  },
})

describe.skipIf(!ready)('bpftool registers what specs become', () => {
  beforeAll(() => expect(available()).toContain('reno'))
  afterAll(() => {
    for (const name of registered) unregister(name)
    rmSync(folder, { recursive: true })
  })

  test.each([
    ['reno', reno],
    ['vegas-style', vegasStyle],
    ['ecn-counter', ecnCounter],
  ] as const)('%s, and it carries traffic', async (_, algorithm) => {
    const spec = algorithm(uniqueName('ob'))
    await whileRegistered(spec, async () => {
      const bytes = 1 << 20
      expect(await transfer(hostKernel(), spec.name, bytes)).toEqual({ arrived: bytes, cc: spec.name })
    })
  })

  test('programs without bitfields and odd private places are instruction for instruction those of our linker', async () => {
    const kernel = hostKernel()
    const spec = base({
      init: [...initPrologue('r6'), storePrivate('r6', 8, 7), loadPrivate('r7', 'r6', 16, 'u64'), ...returnVoid()],
    })
    const { programs } = linkStructOps(spec, hostResolver(kernel))
    await whileRegistered(spec, () => {
      for (const program of programs)
        expect([program.callback, xlated(program.callback).length]).toEqual([
          program.callback,
          program.bytes.length / 8,
        ])
      const offset = hostResolver(kernel).field('tcp_sock', 'icsk_ca_priv').offset
      expect(xlated('init')).toEqual([
        '(79) r6 = *(u64 *)(r1 +0)',
        `(62) *(u32 *)(r6 +${offset + 8}) = 7`,
        `(79) r7 = *(u64 *)(r6 +${offset + 16})`,
        '(b7) r0 = 0',
        '(95) exit',
      ])
    })
  })

  test('a bitfield is read where this kernel has it, loads of other sizes are gone', async () => {
    const spec = base({
      ssthresh: [...ssthreshPrologue('r6'), loadCaState('r0', 'r6'), ...returnReg('r0')],
      undo_cwnd: [...ssthreshPrologue('r6'), loadCaState('r6', 'r6'), ...returnReg('r6')],
    })
    const at = hostResolver(hostKernel()).field('tcp_sock', 'icsk_ca_state')
    const { shift = 0, bitSize = 0 } = at.bitfield ?? {}
    await whileRegistered(spec, () => {
      expect(xlated('ssthresh')).toEqual([
        '(79) r6 = *(u64 *)(r1 +0)',
        '(b7) r0 = 1',
        `(71) r0 = *(u8 *)(r6 +${at.offset})`,
        `(67) r0 <<= ${64 - shift - bitSize}`,
        `(77) r0 >>= ${64 - bitSize}`,
        '(95) exit',
      ])
      expect(xlated('undo_cwnd').slice(1, 4)).toEqual([
        `(79) r6 = *(u64 *)(r6 +${at.offset})`,
        `(67) r6 <<= ${64 - shift - bitSize}`,
        `(77) r6 >>= ${64 - bitSize}`,
      ])
    })
  })

  test('a kfunc that the kernel has is called, one that it lacks gives way to its fallback', async () => {
    const call = (name: string): Steps => [
      ...callbackPrologue('cong_avoid', { sk: 'r1', ack: 'r2', acked: 'r3' }),
      { kind: 'kfunc', name, fallback: [mov('r0', 5), jeq('r0', 5, 1), mov32('r0', 6)] },
      ...returnVoid(),
    ]
    await whileRegistered(base({ cong_avoid: call('tcp_reno_cong_avoid') }), () => {
      const text = xlated('cong_avoid').join('\n')
      expect(text).toMatch(/\(85\) call (tcp_reno_cong_avoid|kernel_function)#/)
    })
  })

  test('a kfunc that the kernel lacks', async () => {
    const types = typesWith((all) => {
      const like = all.findIndex((type) => type.kind === 'func' && type.name === 'tcp_slow_start')
      const [func] = all.slice(like, like + 1)
      return func?.kind === 'func' ? [...all, { ...func, name: 'tscc_no_such_kfunc' }] : all
    })
    const cong_avoid: Steps = [
      ...callbackPrologue('cong_avoid', { sk: 'r1', acked: 'r2' }),
      {
        kind: 'kfunc',
        name: 'tscc_no_such_kfunc',
        fallback: [mov('r0', 5), jeq('r0', 5, 1), mov32('r0', 6), mov32('r7', 'r0')],
      },
      ...returnVoid(),
    ]
    await whileRegistered(
      base({ cong_avoid }),
      () => {
        expect(xlated('cong_avoid').slice(2)).toEqual([
          '(18) r0 = 0x0',
          '(b7) r0 = 5',
          '(bc) w7 = w0',
          '(b7) r0 = 0',
          '(95) exit',
        ])
      },
      { types },
    )
  })

  test('a bitfield that was declared in another integer, at another place, when the program was written', async () => {
    const types = typesWith((all) => {
      const wide = 1 + all.findIndex((type) => type.kind === 'int' && type.size === 4 && !type.signed)
      return all.map((type) => {
        if (type.kind !== 'struct' || type.name !== 'inet_connection_sock') return type
        const members = type.members.map((member) =>
          member.name === 'icsk_ca_state' ? { ...member, typeId: wide, bitOffset: 8 * type.size - 9 } : member,
        )
        return { ...type, members }
      })
    })
    const ssthresh: Steps = [...ssthreshPrologue('r6'), loadCaState('r0', 'r6'), ...returnReg('r0')]
    const at = hostResolver(hostKernel()).field('tcp_sock', 'icsk_ca_state')
    const { shift = 0, bitSize = 0 } = at.bitfield ?? {}
    await whileRegistered(
      base({ ssthresh }),
      () => {
        expect(xlated('ssthresh').slice(1, 5)).toEqual([
          '(b7) r0 = 1',
          `(71) r0 = *(u8 *)(r6 +${at.offset})`,
          `(67) r0 <<= ${64 - shift - bitSize}`,
          `(77) r0 >>= ${64 - bitSize}`,
        ])
      },
      { types },
    )
  })

  test('from bpftool gen object, which keeps what is ours', () => {
    const spec = reno(uniqueName('ob'))
    const [file, linked] = [join(folder, 'single.bpf.o'), join(folder, 'linked.bpf.o')]
    writeFileSync(file, writeObject(specToObject(spec)))
    bpftool('gen', 'object', linked, file)
    bpftool('struct_ops', 'register', linked)
    registered.add(spec.name)
    expect(available()).toContain(spec.name)
    unregister(spec.name)
    expect(readFileSync(linked, 'latin1')).toContain('{"version":1,"functions":[{"section":"struct_ops/')
    expect(bpftool('gen', 'skeleton', linked)).toContain('struct bpf_program *cong_avoid;')
  })

  test('functions of a program', async () => {
    const ssthresh: Steps = [
      ...ssthreshPrologue('r6'),
      loadCwnd('r1', 'r6'),
      callFunc('half'),
      ...returnReg('r0'),
      label('half'),
      mov32('r0', 'r1'),
      rsh32('r0', 1),
      exit(),
    ]
    await whileRegistered(base({ ssthresh, min_tso_segs: ssthresh }), () => {
      expect(xlated('ssthresh').slice(-5)).toEqual([
        expect.stringMatching(/\(85\) call pc\+1#bpf_prog_\w+_ssthresh_half|\(85\) call pc\+1/),
        '(95) exit',
        '(bc) w0 = w1',
        '(74) w0 >>= 1',
        '(95) exit',
      ])
    })
  })

  test('enum constants, private state between elements, a field of an embedded struct', async () => {
    const spec = base({
      init: [
        ...initPrologue('r6'),
        loadEnum('r7', 'tcp_ca_event', 'CA_EVENT_ECN_IS_CE'),
        storePrivate('r6', 4, 'r7'),
        storePrivate('r6', 100, 1),
        loadPrivate('r8', 'r6', 4),
        loadPrivate('r9', 'r6', 103, 'u8'),
        loadField('r2', 'r6', 'tcp_sock', 'sk_pacing_rate'),
        loadField('r3', 'r6', 'sock', 'sk_pacing_rate'),
        loadCwnd('r4', 'r6'),
        add32('r4', 1),
        tcpSockStoreU32('r6', 'snd_cwnd', 'r4'),
        loadPrivate('r6', 'r6', 12),
        ...returnVoid(),
      ],
    })
    const resolver = hostResolver(hostKernel())
    const area = resolver.field('tcp_sock', 'icsk_ca_priv').offset
    const rate = resolver.field('sock', 'sk_pacing_rate').offset
    await whileRegistered(spec, () => {
      expect(xlated('init')).toEqual([
        '(79) r6 = *(u64 *)(r1 +0)',
        `(b4) w7 = ${resolver.enumValue('tcp_ca_event', 'CA_EVENT_ECN_IS_CE')}`,
        `(07) r6 += ${area}`,
        '(63) *(u32 *)(r6 +4) = r7',
        `(17) r6 -= ${area}`,
        `(07) r6 += ${area}`,
        '(62) *(u32 *)(r6 +100) = 1',
        `(17) r6 -= ${area}`,
        '(bf) r8 = r6',
        `(07) r8 += ${area}`,
        '(61) r8 = *(u32 *)(r8 +4)',
        '(bf) r9 = r6',
        `(07) r9 += ${area}`,
        '(71) r9 = *(u8 *)(r9 +103)',
        `(79) r2 = *(u64 *)(r6 +${rate})`,
        `(79) r3 = *(u64 *)(r6 +${rate})`,
        `(61) r4 = *(u32 *)(r6 +${resolver.field('tcp_sock', 'snd_cwnd').offset})`,
        '(04) w4 += 1',
        `(63) *(u32 *)(r6 +${resolver.field('tcp_sock', 'snd_cwnd').offset}) = r4`,
        `(07) r6 += ${area}`,
        '(61) r6 = *(u32 *)(r6 +12)',
        '(b7) r0 = 0',
        '(95) exit',
      ])
    })
  })

  test('an argument that moved since the program was written', async () => {
    const types = typesWith((all) =>
      all.map((type) =>
        type.kind === 'func_proto' && type.params.length === 4 ? { ...type, params: type.params.slice(0, 3) } : type,
      ),
    )
    const { cong_avoid: _, ...others } = base({}).callbacks
    const cong_control: Steps = [...congControlPrologue('r6', 'r7'), ...returnVoid()]
    await whileRegistered(
      { ...base({}), callbacks: { ...others, cong_control } },
      () => {
        expect(xlated('cong_control').slice(1, 3)).toEqual(['(b7) r7 = 0', '(79) r7 = *(u64 *)(r1 +8)'])
      },
      { types },
    )
  })

  test('cong_control with its sample, and numeric jumps over steps of many instructions', async () => {
    const spec: StructOpsSpec = {
      ...base({}),
      callbacks: {
        ssthresh: minimalSsthreshProgram(),
        undo_cwnd: minimalUndoCwndProgram(),
        cong_control: [
          ...congControlPrologue('r6', 'r7'),
          loadField('r8', 'r7', 'rate_sample', 'acked_sacked'),
          jeq('r8', 0, 2),
          loadCaState('r9', 'r6'),
          mov32('r8', 'r9'),
          label('end'),
          ...returnVoid(),
        ],
      },
    }
    await whileRegistered(spec, () => {
      expect(xlated('cong_control').slice(0, 3)).toEqual([
        '(79) r6 = *(u64 *)(r1 +0)',
        '(b7) r7 = 1',
        '(79) r7 = *(u64 *)(r1 +24)',
      ])
      expect(xlated('cong_control').at(-1)).toBe('(95) exit')
    })
  })
})
