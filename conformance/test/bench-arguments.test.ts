import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const run = (name: string, args: readonly string[]) => {
  const file = fileURLToPath(new URL(`../../bench/${name}.mjs`, import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

test.each([
  ['run', '--rounds'],
  ['callbacks', '--placements'],
  ['compile-time', '--warm'],
  ['simulation', '--flows'],
  ['sock-ops', '--rounds'],
  ['throughput', '--seconds'],
  ['vm', '--rounds'],
])('bench/%s.mjs says what it takes, and refuses the rest in a line', (name, count) => {
  const help = run(name, ['--help'])
  expect(help).toMatchObject({ status: 0, stderr: '' })
  expect(help.stdout).toMatch(new RegExp(`^usage: node bench/${name}\\.mjs [^]*^  ${count} `, 'm'))
  const [none, unknown] = [run(name, [count, 'some']), run(name, ['--nonsense'])]
  expect(none).toMatchObject({ status: 2, stdout: '' })
  expect(none.stderr).toBe(`${count} some: a number above 0 is wanted\n\n${help.stdout}`)
  expect(unknown.status).toBe(2)
  expect(unknown.stderr).toMatch(/^Unknown option '--nonsense'/)
})
