import { describe, expect, test } from 'vitest'
import { mirrors, sourcesList } from '../lib/apt.mjs'
import { compareVersions } from '../lib/debian-version.mjs'
import { kernelPackageNames, kernelsOf, parsePackages } from '../lib/packages-index.mjs'

describe("Debian's order of versions", () => {
  test.each([
    ['1.0~rc1-1', '1.0-1'],
    ['6.12.43-1~bpo12+1', '6.12.43-1'],
    ['6.12.43-1', '6.12.117-1'],
    ['6.9-1', '6.10-1'],
    ['5.10.251-5', '5.10.262-1'],
    ['7.3~rc7-1~exp1', '7.3.4-1~bpo13+1'],
    ['6.1.90-1', '6.1.90-1+b1'],
    ['2.0', '1:1.0'],
    ['1.0a', '1.0+'],
    ['1', '1.1'],
  ])('%s is before %s', (a, b) => {
    expect(compareVersions(a, b)).toBeLessThan(0)
    expect(compareVersions(b, a)).toBeGreaterThan(0)
    expect(compareVersions(a, a)).toBe(0)
  })
})

const stanza = (name: string, version: string, size = 20_000_000): string =>
  `Package: ${name}\nVersion: ${version}\nDescription: a kernel\n more of it\nSize: ${size}\nSHA256: ${name}${version}\n\n`

const index = [
  stanza('linux-libc-dev', '9'),
  stanza('linux-image-cloud-amd64', '6.12.117-1', 1000),
  stanza('linux-image-6.12-cloud-amd64', '6.12.117-1', 1000),
  stanza('linux-image-6.12.43+deb12-cloud-amd64', '6.12.43-1~bpo12+1'),
  stanza('linux-image-6.12.117+deb13-cloud-amd64', '6.12.117-1'),
  stanza('linux-image-6.12.117+deb13-cloud-amd64-unsigned', '6.12.117-1'),
  stanza('linux-image-6.12.117+deb13-cloud-amd64-dbg', '6.12.117-1'),
  stanza('linux-image-6.12.117+deb13-rt-amd64', '6.12.117-1'),
  stanza('linux-image-6.12.117+deb13-amd64', '6.12.117-1'),
  // Split packages
  stanza('linux-image-7.2.12+deb13-cloud-amd64', '7.2.12-1', 1900),
  stanza('linux-binary-7.2.12+deb13-cloud-amd64', '7.2.12-1'),
  stanza('linux-binary-unsigned-7.2.12+deb13-cloud-amd64', '7.2.12-1'),
  stanza('linux-modules-7.2.12+deb13-cloud-amd64', '7.2.12-1'),
  // Signed later than built
  stanza('linux-binary-unsigned-7.3.4+deb13-cloud-amd64', '7.3.4-1'),
  stanza('linux-modules-7.3.4+deb13-cloud-amd64', '7.3.4-1'),
  // The modules are gone
  stanza('linux-image-7.0.13+deb13-cloud-amd64', '7.0.13-1', 1900),
  stanza('linux-binary-7.0.13+deb13-cloud-amd64', '7.0.13-1'),
].join('')

describe('the kernels of an index', () => {
  const kernels = kernelsOf(parsePackages(index, kernelPackageNames), 'cloud-amd64')

  test('fields of the packages that match', () => {
    expect(parsePackages(index, /^linux-libc-dev$/)).toEqual([
      { Package: 'linux-libc-dev', Version: '9', Description: 'a kernel', Size: '20000000', SHA256: 'linux-libc-dev9' },
    ])
  })

  test('newest first, with the packages that make each', () => {
    expect(
      kernels.map(({ release, packages, modules }) => [release, packages.map((one) => one.Package), modules]),
    ).toEqual([
      [
        '7.3.4+deb13-cloud-amd64',
        ['linux-binary-unsigned-7.3.4+deb13-cloud-amd64', 'linux-modules-7.3.4+deb13-cloud-amd64'],
        true,
      ],
      [
        '7.2.12+deb13-cloud-amd64',
        ['linux-binary-7.2.12+deb13-cloud-amd64', 'linux-modules-7.2.12+deb13-cloud-amd64'],
        true,
      ],
      ['7.0.13+deb13-cloud-amd64', ['linux-binary-7.0.13+deb13-cloud-amd64'], false],
      ['6.12.117+deb13-cloud-amd64', ['linux-image-6.12.117+deb13-cloud-amd64'], true],
      ['6.12.43+deb12-cloud-amd64', ['linux-image-6.12.43+deb12-cloud-amd64'], true],
    ])
  })

  test('another flavour has its own', () => {
    const plain = kernelsOf(parsePackages(index, kernelPackageNames), 'amd64').map((one) => one.release)
    expect(plain).toEqual(['6.12.117+deb13-amd64'])
  })
})

describe('sources', () => {
  test('the environment names the mirrors, and each suite is asked for at the right one', () => {
    const found = mirrors({ TSCC_DEBIAN_MIRROR: 'http://a/debian', TSCC_DEBIAN_SECURITY_MIRROR: 'http://b/security' })
    const lines = sourcesList('arm64', found, '/k.gpg').trim().split('\n')
    expect(lines).toContain('deb [signed-by=/k.gpg] http://a/debian trixie main')
    expect(lines).toContain('deb [signed-by=/k.gpg] http://b/security trixie-security main')
    expect(sourcesList('arm64', found, undefined)).toMatch(/^deb http:\/\/a\/debian trixie main\n/)
  })
})
