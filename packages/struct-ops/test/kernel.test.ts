import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { buildBtf, extractBtf, structOpsTypes } from '@tscc/btf'
import { encode, jge32, jne32, label, load, mov, mov32, rsh32, sub32 } from '@tscc/insn'
import {
  aimdSsthresh,
  congAvoidPrologue,
  cwndEventPrologue,
  incrementCwnd,
  type LinkedStructOps,
  linkStructOps,
  loadCwnd,
  loadEnum,
  loadField,
  loadPrivate,
  minimalCongAvoidProgram,
  minimalInitProgram,
  minimalReleaseProgram,
  minimalSsthreshProgram,
  minimalUndoCwndProgram,
  missingCallbacks,
  passthroughSsthreshProgram,
  prologue,
  returnImm,
  returnR0,
  returnReg,
  returnVoid,
  type Steps,
  type StructOpsSpec,
  slowStartCongAvoidProgram,
  ssthreshPrologue,
  storeCwnd,
  storeField,
  storePrivate,
  storeSsthresh,
  TCP_CA_EVENTS,
  TCP_CA_STATES,
  tcpCongestionOpsCallbacks,
} from '@tscc/struct-ops'
import { tcpBtfFixture } from '@tscc/struct-ops/fixture'
import {
  attachStructOps,
  findStructOps,
  hostResolver,
  isRegistered,
  listStructOps,
  openPinnedStructOps,
  prepareStructOps,
  registerStructOps,
  replaceStructOps,
  swapStructOps,
  unregisterStructOps,
  verifyStructOps,
} from '@tscc/struct-ops/kernel'
import { specToObject } from '@tscc/struct-ops/object'
import {
  availableCongestionControls,
  createMap,
  hostKernel,
  linkInfo,
  loadBtf,
  loadProgram,
  lookupElement,
  mapInfo,
  openLinkById,
  openPinnedLink,
  openProgramById,
  programInfo,
  setCongestionControl,
  testRun,
  updateElement,
} from '@tscc/syscall'
import { afterEach, describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { connectedPair, transfer } from './loopback.ts'

const TYPE = 'tcp_congestion_ops'

describe.skipIf(!needs('struct_ops'))('on this kernel', () => {
  const kernel = hostKernel()
  const resolver = hostResolver(kernel, { cache: false })
  const serial = { next: 0 }
  /** A name nobody else has: at most 15 characters. */
  const uniqueName = (): string => `so${process.pid % 100000}_${serial.next++}`

  const minimal = (name = uniqueName(), more: Partial<StructOpsSpec> = {}): StructOpsSpec => ({
    type: TYPE,
    name,
    callbacks: {
      ssthresh: minimalSsthreshProgram(),
      cong_avoid: slowStartCongAvoidProgram(),
      undo_cwnd: minimalUndoCwndProgram(),
    },
    ...more,
  })
  const link = (spec: StructOpsSpec): LinkedStructOps => linkStructOps(spec, resolver)
  const withCallback = (callback: string, steps: Steps): StructOpsSpec => {
    const spec = minimal()
    return { ...spec, callbacks: { ...spec.callbacks, [callback]: steps } }
  }
  const isAvailable = (name: string): boolean => availableCongestionControls(kernel).includes(name)

  afterEach(() => {
    const left = listStructOps(kernel, { resolver }).filter(
      (record) => record.name.startsWith(`so${process.pid % 100000}_`) && isRegistered(record),
    )
    for (const record of left) unregisterStructOps(kernel, record)
    expect(left).toEqual([])
  })

  describe('the tutorial’s programs load and carry traffic', () => {
    const vegasStyle: Steps = [
      ...ssthreshPrologue('r6'),
      loadCwnd('r7', 'r6'),
      mov32('r8', 'r7'),
      rsh32('r8', 2),
      sub32('r7', 'r8'),
      jge32('r7', 2, 1),
      mov32('r7', 2),
      ...returnReg('r7'),
    ]
    const ecnEvent: Steps = [
      ...cwndEventPrologue('r6', 'r7'),
      loadEnum('r8', 'tcp_ca_event', 'CA_EVENT_ECN_IS_CE'),
      jne32('r7', 'r8', 'other'),
      storePrivate('r6', 0, 1),
      label('other'),
      ...returnVoid(),
    ]
    test.each([
      ['AIMD ssthresh and slow-start cong_avoid', {}],
      ['minimal init and release', { init: minimalInitProgram(), release: minimalReleaseProgram() }],
      ['Vegas-style ssthresh', { ssthresh: vegasStyle }],
      ['passthrough ssthresh', { ssthresh: passthroughSsthreshProgram() }],
      ['ECN cwnd_event', { cwnd_event: ecnEvent }],
      ['minimal cong_avoid', { cong_avoid: minimalCongAvoidProgram() }],
    ] satisfies [string, Record<string, Steps>][])('%s', async (_, callbacks) => {
      const spec = minimal()
      using registration = registerStructOps(kernel, link({ ...spec, callbacks: { ...spec.callbacks, ...callbacks } }))
      expect(await transfer(kernel, registration.name, 1 << 20)).toEqual({ arrived: 1 << 20, cc: registration.name })
    })
  })

  test('a callback for every member that BPF may implement', async () => {
    const every = tcpCongestionOpsCallbacks.filter((row) => row.need !== 'refused' && row.callback !== 'cong_control')
    const spec = minimal()
    const empty = Object.fromEntries(
      every.map((row) => [row.callback, row.returns === 'void' ? returnVoid() : returnImm(2)]),
    )
    const linked = link({ ...spec, callbacks: { ...empty, ...spec.callbacks } })
    using registration = registerStructOps(kernel, linked)
    expect(registration.programs.length).toBe(every.length - linked.dropped.length)
    expect((await transfer(kernel, registration.name, 100_000)).arrived).toBe(100_000)
  })

  test('registration: usable by name, listed with its programs, gone with its owner', () => {
    const spec = minimal()
    const registration = registerStructOps(kernel, link(spec))
    expect(isAvailable(spec.name)).toBe(true)
    const record = findStructOps(kernel, spec.name, { resolver })
    expect(record).toMatchObject({ id: registration.mapId, name: spec.name, type: TYPE, by: registration.by })
    expect(record.linkIds).toEqual(registration.linkId === undefined ? [] : [registration.linkId])
    expect(Object.keys(record.programs).sort()).toEqual(['cong_avoid', 'ssthresh', 'undo_cwnd'])
    for (const { id } of registration.programs) {
      using program = openProgramById(kernel, id)
      expect(program?.type).toBe(27)
    }
    expect(findStructOps(kernel, registration.mapId, { resolver }).name).toBe(spec.name)
    registration.close()
    registration.close()
    expect(isAvailable(spec.name)).toBe(false)
    expect(() => registration.mapId).toThrow('this registration was closed')
    expect(() => findStructOps(kernel, spec.name, { resolver })).toThrow(/no struct_ops of this name/)
  })

  test('a process that dies leaves no registration', () => {
    const name = uniqueName()
    const code = `
      import { linkStructOps, minimalCongAvoidProgram, minimalSsthreshProgram, minimalUndoCwndProgram } from '@tscc/struct-ops'
      import { hostResolver, registerStructOps } from '@tscc/struct-ops/kernel'
      import { availableCongestionControls, hostKernel } from '@tscc/syscall'
      const kernel = hostKernel()
      const callbacks = { ssthresh: minimalSsthreshProgram(), cong_avoid: minimalCongAvoidProgram(), undo_cwnd: minimalUndoCwndProgram() }
      registerStructOps(kernel, linkStructOps({ type: '${TYPE}', name: '${name}', callbacks }, hostResolver(kernel, { cache: false })))
      if (!availableCongestionControls(kernel).includes('${name}')) process.exit(3)
      process.kill(process.pid, 'SIGKILL')`
    const run = () =>
      execFileSync(process.execPath, ['--input-type=module', '-e', code], {
        cwd: new URL('..', import.meta.url),
        stdio: 'pipe',
      })
    expect(run).toThrow(expect.objectContaining({ signal: 'SIGKILL' }))
    expect(isAvailable(name)).toBe(false)
  })

  describe('the kernel’s own test scenarios', () => {
    test('invalid licence', () => {
      const spec = withCallback('init', [
        ...prologue('r6'),
        storeField('r6', 'tcp_sock', 'snd_cwnd', 10),
        ...returnVoid(),
      ])
      expect(() => verifyStructOps(kernel, link({ ...spec, license: 'Proprietary' }))).toThrow(
        /(ssthresh|GPL|not GPL compatible)/i,
      )
      verifyStructOps(kernel, link(spec))
    })

    test.each(tcpCongestionOpsCallbacks.filter((row) => row.need !== 'optional' && row.need !== 'refused'))(
      'incomplete ops: $callback ($need)',
      ({ callback, need }) => {
        const { cong_avoid, ...rest } = minimal().callbacks
        const all: Record<string, Steps> =
          callback === 'cong_control'
            ? { ...rest, cong_control: returnVoid() }
            : { ...rest, cong_avoid: cong_avoid ?? [] }
        const { [callback]: _, ...without } = all
        const lacking = { ...minimal(), callbacks: without }
        expect(missingCallbacks(Object.keys(without))).toEqual([
          need === 'required' ? callback : 'cong_avoid or cong_control',
        ])
        expect(() => registerStructOps(kernel, link(lacking))).toThrow(
          `${lacking.name}: ${TYPE} refused as incomplete, it lacks ${need === 'required' ? callback : 'cong_avoid or cong_control'}`,
        )
        expect(isAvailable(lacking.name)).toBe(false)
        using complete = registerStructOps(kernel, link({ ...lacking, callbacks: all }))
        expect(isAvailable(complete.name)).toBe(true)
      },
    )

    test('unsupported member: get_info', () => {
      const spec = withCallback('get_info', returnImm(0))
      expect(() => registerStructOps(kernel, link(spec))).toThrow(
        `${TYPE}.get_info: the kernel does not let BPF implement this member; leave it out`,
      )
      expect(isAvailable(spec.name)).toBe(false)
    })

    test('writes of the pacing fields', async () => {
      const spec = withCallback('init', [
        ...prologue('r6'),
        storeField('r6', 'tcp_sock', 'sk_pacing_rate', 1_000_000_000),
        storeField('r6', 'tcp_sock', 'sk_pacing_status', 2),
        ...returnVoid(),
      ])
      using registration = registerStructOps(kernel, link(spec))
      expect((await transfer(kernel, registration.name, 100_000)).arrived).toBe(100_000)
    })

    describe.skipIf(!needs('struct_ops_link'))('links', () => {
      test('update: another implementation of the same name, atomically', () => {
        using registration = registerStructOps(kernel, link(minimal()))
        const before = registration.mapId
        const { linkId } = registration
        registration.replace(
          link({ ...minimal(registration.name), callbacks: { ...minimal().callbacks, ssthresh: returnImm(4) } }),
        )
        expect(registration.mapId).not.toBe(before)
        expect(registration.linkId).toBe(linkId)
        expect(isAvailable(registration.name)).toBe(true)
        expect(listStructOps(kernel, { resolver }).some((record) => record.id === before)).toBe(false)
      })

      test('update with another name is refused and the old one keeps working', async () => {
        using registration = registerStructOps(kernel, link(minimal()))
        const before = registration.mapId
        const other = minimal()
        expect(() => registration.replace(link(other))).toThrow(
          `${other.name}: a live update must keep the name, which is ${registration.name}`,
        )
        expect(registration.mapId).toBe(before)
        expect(isAvailable(other.name)).toBe(false)
        expect((await transfer(kernel, registration.name, 100_000)).arrived).toBe(100_000)
      })

      test('mixed: a link accepts no map that registers without one', () => {
        using registration = registerStructOps(kernel, link(minimal()))
        using plain = registerStructOps(kernel, link(minimal()), { by: 'map' })
        const unlinked = findStructOps(kernel, plain.name, { resolver })
        expect(unlinked).toMatchObject({ by: 'map', linkIds: [], state: 'inuse' })
        using map = prepareStructOps(kernel, link(minimal()), 'map').map
        expect(() => attachStructOps(kernel, { by: 'link', map, linked: link(minimal()) })).toThrow(/refused|EINVAL/)
        using held = openLinkById(kernel, registration.linkId ?? 0)
        if (held === undefined) throw new Error('link is gone')
        const { name } = registration
        expect(() => swapStructOps(held, { by: 'map', map, linked: link(minimal(name)) }, { name })).toThrow(/EINVAL/)
        expect(isAvailable(registration.name)).toBe(true)
        // Its element is what registers it: delete it, as close() would.
        unregisterStructOps(kernel, findStructOps(kernel, mapInfo(kernel, map.fd).id, { resolver }))
      })

      test('one map is linked, let go and linked again', () => {
        const prepared = prepareStructOps(kernel, link(minimal()), 'link')
        using map = prepared.map
        const { name } = prepared.linked.spec
        for (let round = 0; round < 3; round++) {
          using first = attachStructOps(kernel, prepared)
          expect(linkInfo(kernel, first.fd)).toMatchObject({
            kind: 'BPF_LINK_TYPE_STRUCT_OPS',
            map_id: mapInfo(kernel, map.fd).id,
          })
          expect(isAvailable(name)).toBe(true)
          expect(() => attachStructOps(kernel, prepared)).toThrow(`${name}: this name is registered already`)
        }
        expect(isAvailable(name)).toBe(false)
      })

      test('replace with the wrong, then with the right expected map', () => {
        const name = uniqueName()
        const [first, second, third] = [0, 1, 2].map(() => prepareStructOps(kernel, link(minimal(name)), 'link'))
        if (first === undefined || second === undefined || third === undefined) throw new Error('not prepared')
        using a = first.map
        using b = second.map
        using c = third.map
        using held = attachStructOps(kernel, first)
        expect(() => swapStructOps(held, second, { name, expectedFd: c.fd })).toThrow(
          `${name}: the link holds another map than the expected one`,
        )
        expect(linkInfo(kernel, held.fd)).toMatchObject({ map_id: mapInfo(kernel, a.fd).id })
        swapStructOps(held, second, { name, expectedFd: a.fd })
        expect(linkInfo(kernel, held.fd)).toMatchObject({ map_id: mapInfo(kernel, b.fd).id })
        expect(isAvailable(name)).toBe(true)
      })

      test('a pin keeps the registration; it is listed, replaced and taken away by name', () => {
        const root = mkdtempSync('/tmp/tscc-bpffs-')
        execFileSync('mount', ['-t', 'bpf', 'bpf', root])
        try {
          const spec = minimal()
          const pin = `${root}/${spec.name}`
          const registration = registerStructOps(kernel, link(spec), { pin })
          const before = registration.mapId
          registration.close()
          expect(isAvailable(spec.name)).toBe(true)
          openPinnedLink(kernel, pin).close()
          const options = { resolver, pinFolder: root }
          const record = findStructOps(kernel, spec.name, options)
          expect(record).toMatchObject({ id: before, pins: [pin] })
          expect(openPinnedStructOps(kernel, pin, { resolver })).toMatchObject({ id: before, pins: [pin] })
          expect(() => openPinnedStructOps(kernel, `${pin}x`, { resolver })).toThrow(/no struct_ops/)
          const after = replaceStructOps(kernel, record, link(minimal(spec.name)))
          expect(after).not.toBe(before)
          unregisterStructOps(kernel, findStructOps(kernel, after, options))
          expect(isAvailable(spec.name)).toBe(false)
          expect(() => openPinnedLink(kernel, pin)).toThrow(/ENOENT/)
        } finally {
          execFileSync('umount', [root])
          rmSync(root, { recursive: true })
        }
      })
    })

    test('without a link, the element is what registers', () => {
      const spec = minimal()
      const registration = registerStructOps(kernel, link(spec), { by: 'map' })
      expect(isAvailable(spec.name)).toBe(true)
      expect(registration.linkId).toBeUndefined()
      expect(() => registration.replace(link(minimal(spec.name)))).toThrow(/cannot be replaced atomically/)
      const record = findStructOps(kernel, spec.name, { resolver })
      expect(() => replaceStructOps(kernel, record, link(minimal(spec.name)))).toThrow(/cannot be replaced atomically/)
      const after = replaceStructOps(kernel, record, link(minimal(spec.name)), { allowGap: true })
      expect(findStructOps(kernel, spec.name, { resolver }).id).toBe(after)
      unregisterStructOps(kernel, findStructOps(kernel, after, { resolver }))
      expect(isAvailable(spec.name)).toBe(false)
    })
  })

  describe('the errors of the documents, done right', () => {
    const { layout } = link(minimal())
    const trivial = encode([mov('r0', 2), ...(returnR0() as [{ kind: 'exit' }])])
    const program = (over: object = {}) =>
      loadProgram(kernel, {
        type: 'BPF_PROG_TYPE_STRUCT_OPS',
        instructions: trivial,
        attachBtfId: layout.typeId,
        expectedAttachType: 0,
        ...over,
      })

    test('1: program type 27, map type 26', () => {
      using loaded = program()
      expect(programInfo(kernel, loaded.fd).type).toBe(27)
      using map = prepareStructOps(kernel, link(minimal()), 'auto').map
      expect(mapInfo(kernel, map.fd).type).toBe(26)
      expect(() => program({ type: 26 }).close()).toThrow()
    })
    test('2: r2 is no argument, the context is', () => {
      const steps: Steps = [mov('r0', 'r2'), ...returnR0()]
      expect(() => verifyStructOps(kernel, link(withCallback('cong_avoid', steps)))).toThrow(
        "cong_avoid: the verifier refused 'r0 = r2': R2 !read_ok",
      )
      verifyStructOps(
        kernel,
        link(withCallback('cong_avoid', [load('u64', 'r2', 'r1', 8), mov('r0', 'r2'), ...returnR0()])),
      )
    })
    test('3: attach_btf_id is the struct', () => {
      const func = resolver.kfunc('tcp_reno_ssthresh')
      expect(() => program({ attachBtfId: func }).close()).toThrow()
      program().close()
    })
    test('4: the value is bpf_struct_ops_<type>, and a BTF descriptor is needed', () => {
      using btf = loadBtf(
        kernel,
        buildBtf([
          { kind: 'int', name: 'int', size: 4, bits: 32, bitOffset: 0, signed: true, char: false, bool: false },
        ]),
      )
      const shape = {
        type: 'BPF_MAP_TYPE_STRUCT_OPS',
        keySize: 4,
        valueSize: layout.valueSize,
        maxEntries: 1,
        name: 'x',
      } as const
      const create = (over: object) => createMap(kernel, { ...shape, vmlinuxValueTypeId: layout.valueTypeId, ...over })
      expect(() => create({})).toThrow(/EBADF|EINVAL/)
      expect(() => create({ btf: { fd: btf.fd }, vmlinuxValueTypeId: layout.typeId })).toThrow()
      expect(() => create({ btf: { fd: btf.fd }, valueSize: layout.size })).toThrow(/EINVAL/)
      create({ btf: { fd: btf.fd } }).close()
    })
    test('5 and 12: an all-zero value is EINVAL, and a value is written once', () => {
      const prepared = prepareStructOps(kernel, link(minimal()), 'auto')
      using map = prepared.map
      const key = new Uint8Array(4)
      const value = lookupElement(map, key) ?? new Uint8Array(0)
      expect(() => updateElement(map, key, value)).toThrow(/EBUSY|EINVAL/)
      expect(() => updateElement(map, key, new Uint8Array(layout.valueSize))).toThrow(/EBUSY|EINVAL/)
      const empty = { ...link(minimal()), programs: [] }
      expect(() => registerStructOps(kernel, empty)).toThrow(/refused as incomplete, it lacks ssthresh, undo_cwnd/)
      if (prepared.by === 'map')
        unregisterStructOps(kernel, findStructOps(kernel, mapInfo(kernel, map.fd).id, { resolver }))
    })
    test.skipIf(!needs('setpriv'))('6: CAP_BPF and CAP_PERFMON suffice, and the one that is missing is named', () => {
      const code = (name: string) => `
        import { linkStructOps, minimalCongAvoidProgram, minimalSsthreshProgram, minimalUndoCwndProgram } from '@tscc/struct-ops'
        import { hostResolver, registerStructOps } from '@tscc/struct-ops/kernel'
        import { hostKernel } from '@tscc/syscall'
        const kernel = hostKernel()
        const callbacks = { ssthresh: minimalSsthreshProgram(), cong_avoid: minimalCongAvoidProgram(), undo_cwnd: minimalUndoCwndProgram() }
        const spec = { type: '${TYPE}', name: '${name}', callbacks }
        try {
          registerStructOps(kernel, linkStructOps(spec, hostResolver(kernel, { cache: false }))).close()
          console.log('registered')
        } catch (error) {
          console.log(error.message, error.cause?.message ?? '')
        }`
      const withCaps = (...caps: readonly string[]): string => {
        const drop = ['--reuid', '65534', '--clear-groups', '--inh-caps', `-all${caps.map((c) => `,+${c}`).join('')}`]
        const ambient = caps.length === 0 ? [] : ['--ambient-caps', `-all${caps.map((c) => `,+${c}`).join('')}`]
        const node = [process.execPath, '--input-type=module', '-e', code(uniqueName())]
        return execFileSync('setpriv', [...drop, ...ambient, ...node], {
          cwd: new URL('..', import.meta.url),
          encoding: 'utf8',
        })
      }
      expect(withCaps('bpf', 'perfmon')).toBe('registered\n')
      expect(withCaps('perfmon')).toMatch(/CAP_BPF/)
      expect(withCaps('bpf')).toMatch(/CAP_PERFMON|pointer|not allowed/)
    })
    test('7: offsets and widths are the kernel’s', () => {
      expect(resolver.field('tcp_sock', 'mss_cache').size).toBe(4)
      expect(resolver.field('tcp_sock', 'icsk_ca_state').bitfield).toMatchObject({ bitSize: 5 })
    })
    test('8: cong_control takes rs last where the kernel passes four arguments', () => {
      const spec = minimal()
      const { cong_avoid: _, ...rest } = spec.callbacks
      const steps: Steps = [
        { kind: 'loadArgument', dst: 'r7', name: 'rs', pointee: 'rate_sample', index: 1 },
        loadField('r8', 'r7', 'rate_sample', 'acked_sacked'),
        ...returnVoid(),
      ]
      using registration = registerStructOps(kernel, link({ ...spec, callbacks: { ...rest, cong_control: steps } }))
      expect(isAvailable(registration.name)).toBe(true)
    })
    test('9: CA events and states are the kernel’s', () => {
      for (const [name, value] of Object.entries(TCP_CA_EVENTS))
        if (name !== 'CA_EVENT_TX_START') expect(resolver.enumValue('tcp_ca_event', name), name).toBe(value)
      for (const [name, value] of Object.entries(TCP_CA_STATES))
        expect(resolver.enumValue('tcp_ca_state', name), name).toBe(value)
      expect(() => resolver.enumValue('tcp_ca_event', 'CA_EVENT_DELAYED_ACK')).toThrow(/no such enum constant/)
    })
    test('11: undo_cwnd is max(cwnd, prior_cwnd); writes the verifier refuses name the field', () => {
      verifyStructOps(kernel, link(minimal()))
      const spec = withCallback('init', [
        ...prologue('r6'),
        mov('r7', 1),
        { kind: 'storeField', base: 'r6', struct: 'tcp_sock', field: 'snd_nxt', src: 'r7' },
        ...returnVoid(),
      ])
      expect(() => verifyStructOps(kernel, link(spec))).toThrow(
        /init: the verifier refused 'tcp_sock\.snd_nxt of r6 = r7': /,
      )
    })
    test('12: the same name twice', () => {
      using registration = registerStructOps(kernel, link(minimal()))
      expect(() => registerStructOps(kernel, link(minimal(registration.name)))).toThrow(
        `${registration.name}: this name is registered already`,
      )
    })
  })

  test('setsockopt takes the name while it is registered, and sockets keep it afterwards', async () => {
    const registration = registerStructOps(kernel, link(minimal()))
    const pair = await connectedPair()
    try {
      setCongestionControl(kernel, pair.fd, registration.name)
      registration.close()
      expect(isAvailable(registration.name)).toBe(false)
    } finally {
      pair.close()
    }
  })

  test('stores that the kernel allows take effect', async () => {
    const spec = withCallback('init', [
      ...prologue('r6'),
      storeCwnd('r6', 7),
      storeSsthresh('r6', 3),
      storePrivate('r6', 0, 5),
      loadPrivate('r7', 'r6', 0),
      ...returnVoid(),
    ])
    using registration = registerStructOps(kernel, link(spec))
    expect((await transfer(kernel, registration.name, 50_000)).arrived).toBe(50_000)
  })

  test('every struct_ops type of this kernel is described', () => {
    const types = structOpsTypes(resolver.btf()).map((entry) => entry.name)
    expect(types).toContain(TYPE)
    for (const type of types) {
      const layout = resolver.structOps(type)
      expect(
        layout.members.some((member) => member.kind === 'callback'),
        type,
      ).toBe(true)
      expect(layout.valueSize).toBeGreaterThanOrEqual(layout.dataOffset + layout.size)
    }
  })

  test('another type than congestion control: bpf_dummy_ops is run by BPF_PROG_TEST_RUN, and refuses to register', () => {
    const dummy = { type: 'bpf_dummy_ops', name: uniqueName(), callbacks: { test_1: returnImm(0x5a) } }
    const linked = link(dummy)
    const [program] = linked.programs
    if (program === undefined) throw new Error('not linked')
    using loaded = loadProgram(kernel, {
      type: 'BPF_PROG_TYPE_STRUCT_OPS',
      instructions: program.bytes,
      attachBtfId: linked.layout.typeId,
      expectedAttachType: program.memberIndex,
    })
    // One argument: a pointer to the callback's state, which may be null.
    expect(testRun(kernel, loaded, { context: new Uint8Array(8) }).returnValue).toBe(0x5a)
    expect(() => registerStructOps(kernel, linked)).toThrow()
    expect(() => link({ ...dummy, callbacks: { test_11: returnImm(0) } })).toThrow(
      /no such callback; did you mean test_1/,
    )
  })

  test('a callback whose program may sleep: as a spec and as an object', () => {
    const dummy = { type: 'bpf_dummy_ops', name: uniqueName(), callbacks: { test_sleepable: returnImm(7) } }
    const sleepable = ['test_sleepable']
    verifyStructOps(kernel, link({ ...dummy, sleepable }))
    const refused = { ...dummy, callbacks: { test_1: returnImm(7) }, sleepable: ['test_1'] }
    // The kernel takes such a program for the one callback only
    expect(() => verifyStructOps(kernel, link(refused))).toThrow(/unsupported member test_1/)
    const types = resolver.btf()
    expect(specToObject({ ...dummy, sleepable }, { types }).functions.map(({ section }) => section)).toEqual([
      'struct_ops.s/bpf_dummy_ops/test_sleepable',
    ])
  })

  test('the kernel loads BTF that we cut and wrote', () => {
    loadBtf(kernel, tcpBtfFixture()).close()
    const big = extractBtf(resolver.btf(), ['task_struct', 'sk_buff', 'tcp_congestion_ops'], { depth: 2 })
    loadBtf(kernel, big).close()
  })

  test('building blocks of congestion avoidance pass the verifier', () => {
    verifyStructOps(
      kernel,
      link(
        withCallback('cong_avoid', [
          ...congAvoidPrologue('r6', 'r7', 'r8'),
          ...incrementCwnd('r6', 'r9'),
          ...returnVoid(),
        ]),
      ),
    )
    verifyStructOps(
      kernel,
      link(withCallback('ssthresh', [...ssthreshPrologue('r6'), ...aimdSsthresh('r6', 'r9'), ...returnR0()])),
    )
  })
})
