import { describe, expect, test } from 'vitest'
import { allPassed, checksOf, parseChecks, renderMarkdown, renderText, tableOf } from '../lib/results.mjs'
import { features, hasFeature, versionOf } from '../suites/features.mjs'

const line = (name: string, status: string, why?: string): string => JSON.stringify({ name, status, why })
const ended = (more: object): object => ({
  ...{ code: 0, timedOut: false, stdout: `${line('a', 'pass')}\n`, stderr: '', console: '', qemu: '' },
  ...more,
})

describe('what a suite prints', () => {
  test('a line for each check', () => {
    expect(parseChecks(`${line('a', 'pass')}\n\n${line('b', 'skip', 'old')}\n`)).toEqual([
      { name: 'a', status: 'pass' },
      { name: 'b', status: 'skip', why: 'old' },
    ])
  })

  test.each(['hello', '{"name":"a"}', '{"name":"a","status":"maybe"}', 'null'])('%s is no check', (text) => {
    expect(() => parseChecks(text)).toThrow('a suite printed what is no check')
  })
})

describe('how a suite ended', () => {
  test.each([
    ['well', {}, ['pass']],
    ['badly', { code: 3, stderr: 'oops' }, ['pass', 'fail']],
    ['not in time', { code: undefined, timedOut: true }, ['pass', 'fail']],
    ['with its guest', { code: undefined, console: 'Kernel panic' }, ['pass', 'fail']],
    ['without a check', { stdout: '' }, ['fail']],
    ['with something else', { stdout: 'hello\n' }, ['fail']],
  ])('%s', (_, more, statuses) => {
    expect(checksOf('s', ended(more)).map((check) => check.status)).toEqual(statuses)
  })

  test('the reason has the last that was said', () => {
    expect(checksOf('s', ended({ code: 3, stderr: 'oops' })).at(-1)).toEqual({
      name: 's: runs to its end',
      status: 'fail',
      why: 'exit code 3: oops',
    })
  })
})

const kernels = [
  {
    ...{ wanted: '5.10', release: '5.10.0-46-cloud-amd64', machine: 'amd64', state: 'ran' },
    checks: [
      { name: 'reno', status: 'pass' },
      { name: 'replace', status: 'skip', why: 'from 6.4 on' },
    ],
  },
  {
    ...{ wanted: 'arm64/6.12', release: '6.12.117+deb13-cloud-arm64', machine: 'arm64', state: 'ran' },
    checks: [
      { name: 'reno', status: 'fail', why: 'a | b' },
      { name: 'replace', status: 'pass' },
      { name: 'more', status: 'skip', why: 'from 6.4 on' },
    ],
  },
  { wanted: '6.3', machine: 'amd64', state: 'not in the archive' },
]

describe('the table', () => {
  test('in text', () => {
    expect(renderText(tableOf(kernels))).toBe(
      [
        '            5.10.0-46       6.12.117+deb13 arm64    6.3',
        'all checks  1 pass, 1 skip  1 pass, 1 fail, 1 skip  not in the archive',
        'reno        pass            fail [1]',
        'replace     skip [2]        pass',
        'more        –               skip [2]',
        '',
        '[1] a | b',
        '[2] from 6.4 on',
        '',
      ].join('\n'),
    )
  })

  test('in Markdown', () => {
    expect(renderMarkdown(tableOf(kernels))).toBe(
      [
        '|  | 5.10.0-46 | 6.12.117+deb13 arm64 | 6.3 |',
        '| --- | --- | --- | --- |',
        '| all checks | 1 pass, 1 skip | 1 pass, 1 fail, 1 skip | not in the archive |',
        '| reno | pass | fail [1] |  |',
        '| replace | skip [2] | pass |  |',
        '| more | – | skip [2] |  |',
        '',
        '1. a | b',
        '2. from 6.4 on',
        '',
      ].join('\n'),
    )
  })

  test('passed is what has no failure; a kernel that the archive lacks is none, one that does not boot is', () => {
    expect(allPassed(kernels)).toBe(false)
    expect(allPassed([kernels[0], kernels[2]])).toBe(true)
    expect(allPassed([{ wanted: '5.10', machine: 'amd64', state: 'not bootable', checks: [] }])).toBe(false)
  })
})

describe('the table of features', () => {
  test('a kernel has what came with it or before', () => {
    expect(hasFeature('6.4.0-1-amd64', 'structOpsLink')).toBe(true)
    expect(hasFeature('6.12.117+deb13-cloud-amd64', 'structOpsLink')).toBe(true)
    expect(hasFeature('6.1.0-56-cloud-amd64', 'structOpsLink')).toBe(false)
    expect(hasFeature('7.0.13', 'cwndEventTxStart')).toBe(false)
    expect(() => hasFeature('6.12.1', 'nonsense')).toThrow('nonsense: is not in the table of features')
    expect(() => versionOf('mainline')).toThrow('mainline: is no kernel release')
  })

  test('every row is a version and a sentence', () => {
    for (const { since, about } of Object.values(features)) {
      expect(since).toMatch(/^\d+\.\d+$/)
      expect(about).toMatch(/\w/)
    }
  })
})
