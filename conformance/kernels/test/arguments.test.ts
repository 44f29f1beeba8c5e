import { describe, expect, test } from 'vitest'
import { parseArguments } from '../lib/arguments.mjs'
import { defaultKernels, parseWanted, pickKernel } from '../lib/wanted-kernels.mjs'

describe('the command line', () => {
  test('without arguments: every kernel and suite, an accelerator to be found out', () => {
    const options = parseArguments([])
    expect(options.wanted.map((one) => one.text)).toEqual(defaultKernels)
    expect(options).toMatchObject({ accel: 'auto', memory: 1024, timeout: 300, icount: false, json: false, files: [] })
    expect(options).not.toHaveProperty('suites')
    expect(options.jobs).toBeGreaterThan(0)
  })

  test('kernels, suites, files', () => {
    const options = parseArguments(['--kernels', '5.10,arm64/6.12:oldest', '--suite', 'btf', '--suite', 'register'])
    expect(options.wanted).toEqual([
      { text: '5.10', machine: 'amd64', version: '5.10', which: 'newest' },
      { text: 'arm64/6.12:oldest', machine: 'arm64', version: '6.12', which: 'oldest' },
    ])
    expect(options.suites).toEqual(['btf', 'register'])
    expect(parseArguments(['--file', 'a/b.o', '--file', 'c:/etc/c', '--file', 'd/:e']).files).toEqual([
      { from: 'a/b.o', to: '/job/b.o' },
      { from: 'c', to: '/etc/c' },
      { from: 'd/', to: '/job/e' },
    ])
  })

  test('counted instructions take emulation', () => {
    expect(parseArguments(['--icount']).accel).toBe('tcg')
    expect(() => parseArguments(['--icount', '--accel', 'kvm'])).toThrow('--icount: counts emulated instructions')
  })

  test.each([
    [['--memory', '12'], '--memory: 12: expected a whole number from 256 to 65536'],
    [['--timeout', 'x'], '--timeout: x: expected a whole number from 1 to 86400'],
    [['--jobs', '0'], '--jobs: 0: expected a whole number from 1 to 64'],
    [['--accel', 'xen'], '--accel: xen: expected auto, kvm or tcg'],
    [['--kernels', 'latest'], '--kernels: latest: expected a version'],
    [['--kernels', 'riscv/6.12'], '--kernels: riscv/6.12: expected a version'],
    [['--nonsense'], "Unknown option '--nonsense'"],
    [['6.12'], 'Unexpected argument'],
  ])('%j is refused', (argv, message) => {
    expect(() => parseArguments(argv)).toThrow(message)
  })
})

describe('which kernel is meant', () => {
  const kernel = (release: string, flavour = 'cloud-amd64', modules = true) => ({ release, flavour, modules })
  const kernels = [
    kernel('7.3.4+deb13-cloud-amd64', 'cloud-amd64', false),
    kernel('7.2.13+deb14-cloud-amd64'),
    kernel('7.2.6+deb13-cloud-amd64'),
    kernel('7.0.13+deb13-cloud-amd64', 'cloud-amd64', false),
    kernel('6.12.117+deb13-cloud-amd64'),
    kernel('6.1.0-56-cloud-amd64'),
    kernel('5.4.0-1-amd64', 'amd64'),
  ]
  test.each([
    ['7.2', '7.2.13+deb14-cloud-amd64'],
    ['7.2:oldest', '7.2.6+deb13-cloud-amd64'],
    ['7.2.6', '7.2.6+deb13-cloud-amd64'],
    // Without modules where there is no other, not where there is
    ['7.0', '7.0.13+deb13-cloud-amd64'],
    ['newest', '7.2.13+deb14-cloud-amd64'],
    // 6.1 is no 6.12
    ['6.1', '6.1.0-56-cloud-amd64'],
    ['6.12', '6.12.117+deb13-cloud-amd64'],
    ['6.1.0-56-cloud-amd64', '6.1.0-56-cloud-amd64'],
    ['5.4', '5.4.0-1-amd64'],
    ['6.3', undefined],
  ])('%s is %s', (text, release) => {
    expect(pickKernel(parseWanted(text), kernels)?.release).toBe(release)
  })
})
