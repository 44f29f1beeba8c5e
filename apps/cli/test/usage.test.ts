import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { commandTable } from '../src/command-table.ts'
import { bin, buildFirst, jsonOf, tcpBtf, tscc } from './tscc.ts'

buildFirst()

const names = commandTable.map((row) => row.name)
const leaves = [
  ...names.filter((name) => name !== 'btf' && name !== 'vm').map((name) => [name]),
  ['btf', 'dump'],
  ['btf', 'find'],
  ['btf', 'layout'],
  ['btf', 'diff'],
  ['vm', 'exec'],
  ['completion'],
]

describe('help', () => {
  it('lists every command', () => {
    const { status, stdout } = tscc(['--help'])
    expect(status).toBe(0)
    for (const name of [...names, 'completion']) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
  })

  it.each(leaves.map((words) => [words]))('%j explains itself with examples', (words) => {
    const { status, stdout, stderr } = tscc([...words, '--help'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain(`Usage: tscc ${words.join(' ')}`)
    expect(stdout).toContain('Examples:')
  })

  it('is there as a command too', () => {
    expect(tscc(['help', 'lab']).stdout).toContain('Usage: tscc lab')
  })

  it('prints the version', () => {
    const { status, stdout } = tscc(['--version'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^\d+\.\d+\.\d+/)
  })
})

describe('wrong usage is status 2, on stderr', () => {
  it.each([
    ['an unknown command, with the nearest', ['lst'], /error: unknown command 'lst'\nhelp: did you mean list\?/],
    ['an unknown option', ['list', '--jsn'], /error: unknown option '--jsn'\nhelp: did you mean --json\?/],
    ['a missing argument', ['btf', 'dump'], /error: missing required argument 'file'\nhelp: tscc btf dump --help/],
    ['one too many', ['list', 'all'], /error: too many arguments/],
    ['a value that is none of the choices', ['btf', 'dump', 'x', '--format', 'xml'], /raw, c, ts, json/],
    ['a path that is none', ['lab', 'reno', '--path', '20zz'], /'20zz' is none of these/],
    ['a number without unit', ['lab', 'reno', '--rate', '5'], /one of bit kbit mbit gbit/],
    ['a half number', ['lab', 'reno', '--flows', '1.5'], /expected a whole number/],
    ['options that exclude each other', ['register', 'reno', '--pin', '--hold'], /cannot be used with/],
    ['a shell nobody knows', ['completion', 'tcsh'], /zsh, bash, fish, powershell/],
  ])('%s', (_, args, message) => {
    const { status, stdout, stderr } = tscc(args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(message)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it.each([[[]], [['btf']]])('a command line that stops too early shows the help: %s', (args) => {
    const { status, stdout, stderr } = tscc(args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain('Usage: tscc')
  })

  it('is JSON with --json', () => {
    const { status, stdout, stderr } = tscc(['list', '--json', '--nope'])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'cli/usage', message: "unknown option '--nope'" } })
  })
})

describe('failures are status 1, with the mend', () => {
  it('names what is missing, and never a stack', () => {
    const { status, stdout, stderr } = tscc(['btf', 'dump', '/nowhere.btf'])
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toBe('error: /nowhere.btf: cannot read it, no such file or folder\n')
  })

  it('shows causes with --verbose or DEBUG', () => {
    expect(tscc(['btf', 'dump', '/nowhere.btf', '--verbose']).stderr).toMatch(/^\s+at .*ENOENT|ENOENT[\s\S]*^\s+at /m)
    expect(tscc(['btf', 'dump', '/nowhere.btf'], { env: { DEBUG: '1' } }).stderr).toContain('ENOENT')
  })

  it('is one JSON document on stderr with --json', () => {
    const { stdout, stderr } = tscc(['btf', 'layout', 'tcp_sokc', '--btf', tcpBtf, '--json'])
    expect(stdout).toBe('')
    const { error } = JSON.parse(stderr)
    expect(error).toMatchObject({ code: 'cli/not-found', context: { name: 'tcp_sokc' } })
    expect(error.context.nearest[0]).toBe('tcp_sock')
  })
})

describe('streams', () => {
  it('ends quietly when its reader goes away', () => {
    const command = `set -o pipefail; '${process.execPath}' '${bin}' btf dump '${tcpBtf}' | true`
    const { status, stderr } = spawnSync('bash', ['-c', command], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  it('colours only terminals, unless told', () => {
    const csi = '\u001b['
    expect(tscc(['show']).stdout).not.toContain(csi)
    expect(tscc(['show'], { env: { FORCE_COLOR: '1' } }).stdout).toContain(csi)
    expect(tscc(['show'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }).stdout).not.toContain(csi)
    expect(tscc(['show', 'nope'], { env: { FORCE_COLOR: '1' } }).stderr).toContain(csi)
  })

  it('prints only JSON with --json', () => {
    expect(jsonOf(tscc(['show', '--json']))).toContainEqual(expect.objectContaining({ name: 'reno' }))
  })
})

describe('completion', () => {
  it.each([
    ['bash', 'complete -F'],
    ['zsh', '#compdef tscc'],
    ['fish', 'complete -c tscc'],
    ['powershell', 'Register-ArgumentCompleter'],
  ])('prints a script for %s', (shell, text) => {
    const { status, stdout } = tscc(['completion', shell])
    expect(status).toBe(0)
    expect(stdout).toContain(text)
  })

  it('prints a script that bash accepts', () => {
    const { stdout } = tscc(['completion', 'bash'])
    const checked = spawnSync('bash', ['-n'], { input: stdout, encoding: 'utf8' })
    expect(checked).toMatchObject({ status: 0, stderr: '' })
  })

  const complete = (...words: string[]): readonly string[] =>
    tscc(['complete', '--', ...words])
      .stdout.split('\n')
      .map((line) => line.split('\t')[0] ?? '')

  it('completes commands, subcommands, options, choices and algorithms', () => {
    expect(complete('')).toEqual(expect.arrayContaining([...names, 'completion']))
    expect(complete('un')).toContain('unregister')
    expect(complete('btf', '')).toEqual(expect.arrayContaining(['dump', 'find', 'layout', 'diff']))
    expect(complete('btf', 'dump', '--f')).toContain('--format')
    expect(complete('btf', 'dump', '--format', '')).toEqual(expect.arrayContaining(['raw', 'c', 'ts', 'json']))
    expect(complete('lab', 're')).toContain('reno')
    expect(complete('lab', 'reno', 'veg')).toContain('vegas-style')
  })
})
