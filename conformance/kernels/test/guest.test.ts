import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { guestPorts, initScript } from '../lib/guest-init.mjs'
import { runSome } from '../lib/matrix.mjs'
import { loadOrder, moduleName, parseModinfo } from '../lib/modules.mjs'
import { qemuArguments } from '../lib/qemu.mjs'

describe("QEMU's command line", () => {
  const guest = { image: '/k', initrd: '/i', memory: 512, icount: false, sockets: { out: '/s/out' } }
  const argumentsOf = (more: object): string => {
    const { command, args } = qemuArguments({ machine: 'amd64', accel: 'tcg', ...guest, ...more })
    return `${command} ${args.join(' ')}`
  }
  test('emulation on one thread and one CPU', () => {
    expect(argumentsOf({})).toMatch(
      /^qemu-system-x86_64 -M pc -cpu max,la57=off -accel tcg,thread=single -smp 1 -m 512 /,
    )
    expect(argumentsOf({})).toContain('-chardev socket,id=out,path=/s/out')
    expect(argumentsOf({})).not.toContain('-icount')
  })
  test('KVM, another machine, counted instructions', () => {
    expect(argumentsOf({ accel: 'kvm' })).toContain('-cpu host -accel kvm')
    expect(argumentsOf({ machine: 'arm64' })).toMatch(/^qemu-system-aarch64 -M virt -cpu cortex-a72 /)
    expect(argumentsOf({ icount: true })).toContain('-icount shift=1,sleep=off -rtc base=2026-01-01T00:00:00,clock=vm')
  })
})

test('init is a shell script that parses, and talks on the ports of its machine', () => {
  for (const ports of Object.values(guestPorts)) {
    const script = initScript(ports)
    execFileSync('sh', ['-n'], { input: script })
    for (const port of ports) expect(script).toContain(`/dev/${port}`)
  }
})

describe('modules', () => {
  const info = (text: string) => parseModinfo(Buffer.from(text.replaceAll(' | ', '\0')))
  test('what a module says of itself', () => {
    expect(
      info('license=GPL | depends=tcp-foo,bar | alias=net-sch-x | alias=sch-x | softdep=pre: crc-a b post: c'),
    ).toEqual({
      depends: ['tcp_foo', 'bar'],
      before: ['crc_a', 'b'],
      aliases: ['net-sch-x', 'sch-x'],
    })
    expect(info('license=GPL | depends=')).toEqual({ depends: [], before: [], aliases: [] })
    expect(moduleName('kernel/net/sched/sch-fq.ko.xz')).toBe('sch_fq')
  })

  test('what is needed comes first, once, and rings end', () => {
    const needs: Readonly<Record<string, readonly string[]>> = { a: ['b', 'c'], b: ['c', 'built-in'], c: ['a'] }
    const of = (name: string) => {
      const depends = needs[name]
      return depends === undefined ? undefined : { depends, before: [] }
    }
    expect(loadOrder('a', of)).toEqual(['c', 'b', 'a'])
    expect(loadOrder('built-in', of)).toEqual([])
  })
})

test('jobs run some at a time, and answer in their order', async () => {
  const running = { now: 0, most: 0 }
  const job = (value: number) => async () => {
    running.now += 1
    running.most = Math.max(running.most, running.now)
    await new Promise((resolve) => setTimeout(resolve, 20 - 4 * value))
    running.now -= 1
    return value
  }
  expect(await runSome([0, 1, 2, 3].map(job), 2)).toEqual([0, 1, 2, 3])
  expect(running.most).toBe(2)
})
