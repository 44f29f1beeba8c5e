import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { asNobody, buildFirst, jsonOf, tscc, tsccUntil, uniqueName, withoutMount } from './tscc.ts'

buildFirst()

const available = (): readonly string[] =>
  readFileSync('/proc/sys/net/ipv4/tcp_available_congestion_control', 'utf8').trim().split(' ')

interface Listed {
  readonly id: number
  readonly name: string
  readonly pins: readonly string[]
  readonly programs: Readonly<Record<string, number>>
}

const listed = (name: string): Listed | undefined =>
  (jsonOf(tscc(['list', '--json'])) as readonly Listed[]).find((record) => record.name === name)

describe.skipIf(!needs('struct_ops_link'))('on the running kernel', () => {
  const made: string[] = []
  const fresh = (): string => {
    const name = uniqueName() + made.length
    made.push(name)
    return name
  }
  afterEach(() => {
    for (const name of made.splice(0)) if (available().includes(name)) tscc(['unregister', name])
  })

  it('registers, lists, shows, replaces and unregisters', () => {
    const name = fresh()
    const registered = tscc(['register', 'reno', '--name', name])
    expect(registered).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\n$/) })
    const id = Number(registered.stdout)
    const pin = `/sys/fs/bpf/tscc/${name}`
    expect(registered.stderr).toBe(`registered ${name} (id ${id}), pinned at ${pin}\n`)
    expect(available()).toContain(name)
    expect(existsSync(pin)).toBe(true)

    expect(listed(name)).toMatchObject({ id, type: 'tcp_congestion_ops', registered: true, pins: [pin] })
    expect(tscc(['list']).stdout).toMatch(new RegExp(`^ *${id} +${name} +tcp_congestion_ops +registered`, 'm'))

    expect(tscc(['show', name]).stdout).toMatch(/^ssthresh +\d+ +\d+ +\d+ +[0-9a-f]{16}$/m)
    const shown = jsonOf(tscc(['show', `${id}`, '--json'])) as { programs: { callback: string; id: number }[] }
    expect(shown.programs.map((program) => program.callback).sort()).toEqual(['cong_avoid', 'ssthresh', 'undo_cwnd'])

    const loaded = tscc(['disasm', `prog:${shown.programs[0]?.id}`])
    expect(loaded).toMatchObject({ status: 0, stdout: expect.stringMatching(/r\d = \*\(u64 \*\)\(r1 \+ 0\)/) })

    const replaced = tscc(['replace', name, 'vegas-style', '--json'])
    expect(jsonOf(replaced)).toMatchObject({ name, replaced: id })
    const after = listed(name)
    expect(after?.pins).toEqual([pin])
    expect(after?.id).not.toBe(id)
    expect(available()).toContain(name)

    expect(tscc(['unregister', name])).toEqual({
      status: 0,
      stdout: '',
      stderr: `unregistered ${name} (id ${after?.id})\n`,
    })
    expect(available()).not.toContain(name)
    expect(listed(name)).toBeUndefined()
    expect(existsSync(pin)).toBe(false)
  })

  it('prints JSON', () => {
    const name = fresh()
    const registered = jsonOf(tscc(['register', 'ecn-counter', '--name', name, '--json']))
    expect(registered).toMatchObject({ name, type: 'tcp_congestion_ops', by: 'link', pin: `/sys/fs/bpf/tscc/${name}` })
    expect(jsonOf(tscc(['unregister', name, '--json']))).toMatchObject({ name })
  })

  it('pins where it is told, and undoes the registration where it cannot', async () => {
    const [name, other] = [fresh(), fresh()]
    const pin = `/sys/fs/bpf/tscc-${name}`
    expect(tscc(['register', 'reno', '--name', name, '--pin', pin]).stderr).toContain(`pinned at ${pin}`)
    expect(existsSync(pin)).toBe(true)
    spawnSync('rm', [pin])
    // The kernel lets go of a link some time after its last reference went.
    await expect.poll(available, { timeout: 5000 }).not.toContain(name)

    const refused = tscc(['register', 'reno', '--name', other, '--pin', `/tmp/${other}`])
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain('no BPF file system is mounted there')
    expect(refused.stderr).toContain('tscc register --hold')
    expect(available()).not.toContain(other)
  })

  it('tells how to mount a bpffs where there is none', () => {
    const name = fresh()
    const through = withoutMount('umount -l /sys/fs/bpf')
    const { status, stderr } = tscc(['register', 'reno', '--name', name], { through })
    expect(status).toBe(1)
    expect(stderr).toContain('help: mount -t bpf bpf /sys/fs/bpf')
    expect(available()).not.toContain(name)
  })

  it('holds until ^C', async () => {
    const name = fresh()
    const during = { registered: false }
    const outcome = await tsccUntil(['register', 'reno', '--name', name, '--hold'], 'until ^C', 'SIGINT', () => {
      during.registered = available().includes(name)
    })
    expect(during.registered).toBe(true)
    expect(outcome.status).toBe(0)
    expect(outcome.stdout).toMatch(/^\d+\n$/)
    expect(available()).not.toContain(name)
  })

  it('leaves nothing when killed while holding', async () => {
    const name = fresh()
    await tsccUntil(['register', 'reno', '--name', name, '--hold'], 'until ^C', 'SIGKILL')
    expect(available()).not.toContain(name)
  })

  it('refuses a name twice, and names the ways out', () => {
    const name = fresh()
    tscc(['register', 'reno', '--name', name])
    const again = tscc(['register', 'reno', '--name', name])
    expect(again.status).toBe(1)
    expect(again.stderr).toContain(`${name}: this name is registered already`)
    expect(again.stderr).toContain(`help: tscc replace ${name} ALGORITHM`)
    expect(tscc(['register', 'reno', '--name', name, '--hold']).status).toBe(1)
  })

  it('refuses names that the kernel would', () => {
    const { status, stderr } = tscc(['register', 'reno', '--name', 'far-too-long-a-name'])
    expect(status).toBe(1)
    expect(stderr).toMatch(/must be 1 to 15.*\nhelp: give it another name: --name NAME/)
  })

  it('names the nearest of what is not registered', () => {
    const name = fresh()
    tscc(['register', 'reno', '--name', name])
    for (const args of [['unregister'], ['show'], ['replace']]) {
      const rest = args[0] === 'replace' ? ['reno'] : []
      const { status, stderr } = tscc([...args, `${name}x`, ...rest])
      expect(status).toBe(1)
      expect(stderr).toContain(`did you mean ${name}`)
      expect(stderr).toContain('help: tscc list')
    }
  })

  it('completes what is registered', () => {
    const name = fresh()
    tscc(['register', 'reno', '--name', name])
    expect(tscc(['complete', '--', 'unregister', '']).stdout).toContain(name)
  })
})

describe('doctor', () => {
  it('tells what this machine can do', () => {
    const { status, stdout } = tscc(['doctor'])
    expect([0, 1]).toContain(status)
    expect(stdout).toMatch(/^ok +platform +linux|^no +platform/m)
    expect(stdout).toContain('This machine can')
  })

  it.skipIf(!needs('struct_ops_link', 'namespaces'))('finds nothing lacking here', () => {
    const { status, stdout } = tscc(['doctor', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ register: true, lab: true })
    expect(JSON.parse(stdout).checks.filter((check: { status: string }) => check.status === 'lacking')).toEqual([])
    expect(status).toBe(0)
  })

  it.skipIf(!needs('linux'))('names the native module where it does not load', () => {
    const refuse = `import Module from 'node:module'; const resolve = Module._resolveFilename; Module._resolveFilename = (name, ...rest) => { if (name === 'koffi') throw new Error('no koffi'); return resolve(name, ...rest) }`
    const preload = `data:text/javascript,${encodeURIComponent(refuse)}`
    const { status, stdout } = tscc(['doctor', '--json'], { env: { NODE_OPTIONS: `--import=${preload}` } })
    expect(status).toBe(1)
    expect(JSON.parse(stdout).checks.at(-1)).toMatchObject({ name: 'native module', status: 'lacking' })
  })

  it.skipIf(!needs('root', 'struct_ops'))('names what nobody lacks, with the mend', () => {
    const { status, stdout } = tscc(['doctor', '--json'], { through: asNobody })
    expect(status).toBe(1)
    const { register, lab, checks } = JSON.parse(stdout)
    expect({ register, lab }).toEqual({ register: false, lab: false })
    expect(checks).toContainEqual(
      expect.objectContaining({ name: 'CAP_BPF', status: 'lacking', mend: expect.any(String) }),
    )
    expect(checks).toContainEqual(expect.objectContaining({ name: 'BPF JIT', status: 'untried' }))
  })
})

describe.skipIf(!needs('root', 'struct_ops'))('without privileges', () => {
  it.each([[['register', 'reno']], [['list']], [['unregister', 'x']]])(
    '%j names the capability that is missing',
    (args) => {
      const { status, stdout, stderr } = tscc(args, { through: asNobody })
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toMatch(/this process lacks CAP_/)
      expect(stderr).toContain('help: run it as root')
    },
  )
})
