import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { root } from '../../tools/bootstrap.mjs'
import { needs } from '../../tools/needs.ts'
import { docBlocks } from './doc-blocks.ts'
import { readerProject } from './reader-project.ts'

// What the recipes say of capabilities: the commands of their files are run with those of the same files, which suffice, and with one of
// them missing, which does not.

const SLOW = 120_000
const available = '/proc/sys/net/ipv4/tcp_available_congestion_control'
const registered = () => readFileSync(available, 'utf8').trim().split(/\s+/)

/** The text of the file that a recipe writes. */
function fileOf(recipe: string, name: string): string {
  const block = docBlocks(root, `docs/recipes/${recipe}.md`).find(
    ({ marks }) => marks[0] === 'file' && marks[1] === name,
  )
  if (block === undefined) throw new Error(`${recipe}.md: writes no ${name}`)
  return block.text
}

/** Run what follows with these capabilities and no others; `BPF` and `CAP_BPF` are the same. */
function withOnly(capabilities: readonly string[]): readonly string[] {
  const names = capabilities.map((name) => `+${name.replace(/^CAP_/, '').toLowerCase()}`)
  const set = ['-all', ...names].join(',')
  return ['setpriv', '--no-new-privs', '--bounding-set', set, '--inh-caps', set, '--']
}

/** Namespaces as a container has them. */
const container = [
  'unshare',
  '--mount',
  '--propagation',
  'private',
  '--net',
  '--ipc',
  '--uts',
  '--pid',
  '--fork',
  '--kill-child=SIGTERM',
]

describe.skipIf(!needs('struct_ops_link', 'namespaces', 'setpriv'))('the capabilities of the recipes', () => {
  const project = readerProject()
  const children: ChildProcess[] = []

  /** A recipe's object, under a name of this run's; the command's path of it becomes that of the file. */
  function object(recipe: string, name: string): string {
    const source = fileOf(recipe, `${name}.bpf.ts`).replace(`name: '${name}'`, `name: '${own(name)}'`)
    writeFileSync(join(project.folder, `${name}.bpf.ts`), source)
    expect(project.run('tscc', ['build', `${name}.bpf.ts`]).status).toBe(0)
    return join(project.folder, `${name}.bpf.o`)
  }
  const own = (name: string) => `${name}_${(process.pid % 36 ** 4).toString(36)}`

  /** Start a command; it has registered, or ended. */
  async function begin(line: readonly string[], name: string): Promise<{ child: ChildProcess; said: () => string }> {
    const [command = '', ...args] = line
    const path = `${join(project.folder, 'node_modules/.bin')}:${process.env.PATH}`
    const home = join(project.folder, 'home')
    mkdirSync(home, { recursive: true, mode: 0o777 })
    const child = spawn(command, args, { cwd: project.folder, env: { PATH: path, XDG_CACHE_HOME: home } })
    children.push(child)
    const parts: string[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => parts.push(String(part)))
    const ended = once(child, 'close')
    while (!registered().includes(name)) {
      const over = await Promise.race([ended, sleep(50)])
      if (over !== undefined) break
    }
    return { child, said: () => parts.join('') }
  }

  async function end({ child, said }: { child: ChildProcess; said: () => string }): Promise<string> {
    const closed = child.exitCode === null ? once(child, 'close') : undefined
    // unshare itself heeds no SIGTERM: when it ends, what it started gets one, as from `docker stop`.
    child.kill(child.spawnfile === 'unshare' ? 'SIGKILL' : 'SIGTERM')
    await closed
    return said()
  }

  /** The command registers with these capabilities, is gone when it ends, and is refused where one of them is missing. */
  async function suffices(
    before: readonly string[],
    capabilities: readonly string[],
    command: readonly string[],
    name: string,
    meanwhile = () => {},
  ) {
    const started = await begin([...before, ...withOnly(capabilities), ...command], name)
    expect(registered(), started.said()).toContain(name)
    meanwhile()
    await end(started)
    await expect.poll(registered).not.toContain(name)
    for (const missing of capabilities) {
      const fewer = capabilities.filter((one) => one !== missing)
      const refused = await begin([...before, ...withOnly(fewer), ...command], name)
      expect(registered()).not.toContain(name)
      expect(await end(refused)).toContain(`lacks CAP_${missing.replace(/^CAP_/, '')}`)
    }
  }

  beforeAll(() => mkdirSync(join(project.folder, 'home')))
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL')
    project.remove()
  })

  test('systemd: what the unit starts, with what it grants', { timeout: SLOW }, async () => {
    const unit = new Map(
      [...fileOf('systemd', 'tscc-my-boot.service').matchAll(/^(\w+)=(.*)$/gm)].map(([, key = '', value = '']) => [
        key,
        value,
      ]),
    )
    const capabilities = unit.get('AmbientCapabilities')?.split(' ') ?? []
    expect(capabilities).toEqual(['CAP_BPF', 'CAP_PERFMON'])
    expect(unit.get('CapabilityBoundingSet')).toBe(unit.get('AmbientCapabilities'))
    const path = object('systemd', 'my_boot')
    const command = (unit.get('ExecStart') ?? '').replace('/usr/local/lib/tscc/my_boot.bpf.o', path).split(' ')
    await suffices([], capabilities, command, own('my_boot'))
  })

  test('container: what the image starts, with what docker run grants', { timeout: SLOW }, async () => {
    const file = fileOf('container', 'Dockerfile')
    const line = (key: string): readonly string[] => JSON.parse(new RegExp(`^${key} (.*)$`, 'm').exec(file)?.[1] ?? '')
    const text = readFileSync(join(root, 'docs/recipes/container.md'), 'utf8')
    const capabilities = [...text.matchAll(/--cap-add (\w+)/g)].map(([, name = '']) => name)
    expect(capabilities).toEqual(['BPF', 'PERFMON'])
    const path = object('container', 'my_box')
    const command = [...line('ENTRYPOINT'), ...line('CMD')].map((word) => word.replace('/cc/my_box.bpf.o', path))
    await suffices(container, capabilities, command, own('my_box'))
  })

  test('Kubernetes: what the container starts, its probe, and a pod that uses it', { timeout: SLOW }, async () => {
    const set = parse(fileOf('kubernetes', 'daemonset.yaml'))
    expect([set.apiVersion, set.kind]).toEqual(['apps/v1', 'DaemonSet'])
    expect(set.spec.template.metadata.labels).toEqual(set.spec.selector.matchLabels)
    const pod = set.spec.template.spec
    const [one] = pod.containers
    expect(pod.hostNetwork ?? pod.hostPID ?? one.securityContext.privileged).toBeUndefined()
    expect(one.securityContext.capabilities.drop).toEqual(['ALL'])
    expect(pod.volumes.map(({ name }: { name: string }) => name)).toEqual(
      one.volumeMounts.map(({ name }: { name: string }) => name),
    )
    const name = own('my_box')
    const path = object('container', 'my_box')
    const command = ['tscc', ...one.args.map((word: string) => word.replace('/cc/my_box.bpf.o', path))]
    const [probe, ...probeArgs] = one.readinessProbe.exec.command.map((word: string) => word.replace('my_box', name))
    const [sysctl] = parse(fileOf('kubernetes', 'pod.yaml')).spec.securityContext.sysctls
    expect(sysctl).toEqual({ name: 'net.ipv4.tcp_congestion_control', value: 'my_box' })
    expect(spawnSync(probe, probeArgs).status).toBe(1)
    await suffices(container, one.securityContext.capabilities.add, command, name, () => {
      expect(spawnSync(probe, probeArgs).status).toBe(0)
      const file = join('/proc/sys', sysctl.name.replaceAll('.', '/'))
      const set = spawnSync('unshare', ['--net', 'sh', '-euc', `echo ${name} > ${file}; cat ${file}`], {
        encoding: 'utf8',
      })
      expect(set.stdout.trim()).toBe(name)
    })
  })
})
