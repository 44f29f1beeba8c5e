// The workspace's commands, from a clean clone on: node tools/workspace.mjs start|build|playground|site|test|tools|fuzz|bench|run [arguments]
// Each installs and builds what has changed, and nothing else. Plain Node without dependencies.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  bootstrapPnpm,
  childEnv,
  installWorkspace,
  nodeObstacle,
  pnpmVersion,
  root,
  workspaceFolders,
} from './bootstrap.mjs'
import { removeStaleOutputs } from './stale-outputs.mjs'
import { run, steps } from './steps.mjs'
import { testCounts } from './test-counts.mjs'

const [command = '', ...args] = process.argv.slice(2)
const commands = { start, build, playground, site, test, tools, fuzz, bench, run: runCommand }

const obstacle = nodeObstacle()
if (obstacle !== undefined) {
  console.error(obstacle)
  process.exit(1)
}
if (!Object.hasOwn(commands, command)) {
  console.error(`usage: node tools/workspace.mjs ${Object.keys(commands).join('|')} [arguments]`)
  process.exit(2)
}
process.exitCode = await commands[command]()

/** Install, build, and the main job: algorithms side by side on real TCP. */
async function start() {
  const plan = steps(4)
  if (!(await prepare(plan))) return 1
  return plan.step('tscc demo: congestion controls side by side', () =>
    script('apps/cli/bin/tscc.js', ['demo', ...args]),
  )
}

/** Install and build. */
async function build() {
  return (await prepare(steps(3))) ? 0 : 1
}

/** Install, build, and say where the playground is: static files. */
async function playground() {
  if (!(await prepare(steps(3)))) return 1
  const folder = 'apps/playground/dist'
  console.log(`\n${folder}: the playground as static files, for any folder of any web server. To look at it here:\n`)
  console.log(`    python3 -m http.server --bind 127.0.0.1 --directory ${folder} 8080     # http://127.0.0.1:8080/`)
  return 0
}

/** Install, build, and make the documentation: static files. */
async function site() {
  const plan = steps(4)
  if (!(await prepare(plan))) return 1
  const code = await plan.step('site (TypeDoc, VitePress)', () => script('apps/site/tools/build-site.mjs', args))
  if (code !== 0 || args.length > 0) return code
  const folder = 'apps/site/dist'
  console.log(`\n${folder}: the documentation as static files, for the root of any web server. To look at it here:\n`)
  console.log(`    python3 -m http.server --bind 127.0.0.1 --directory ${folder} 8080     # http://127.0.0.1:8080/`)
  return 0
}

/** Install, build, and all checks and tests; arguments are vitest's (file names, -t pattern). */
async function test() {
  const plan = steps(8)
  if (!(await prepare(plan))) return summary(0, 1)
  await plan.step('lint and format (biome)', () => bin('biome', ['check', '.']))
  await plan.step('structure: floors, cycles, files', () => script('tools/check-structure.mjs'))
  await plan.step('types of the tests (tsc)', () => bin('tsc', ['-p', 'tsconfig.test.json']))
  await plan.step('public API snapshots', () => script('tools/api-snapshot.mjs', ['--check']))
  const counts = await vitest(plan, 'tests (vitest)', args)
  // Without the three steps that prepare and vitest itself, which its own numbers stand for
  const stepsPassed = plan.passed.length - 3 - (counts.code === 0 ? 1 : 0)
  const stepsFailed = plan.failed.length - (counts.code === 0 ? 0 : 1)
  if (plan.failed.length > 0) console.log(`\nfailed: ${plan.failed.join(', ')}`)
  return summary(counts.passed + stepsPassed, counts.failed + stepsFailed)
}

/** The tests that use tools which not every machine has; with TSCC_REQUIRE_TOOLS=1 a missing one is a failure. */
async function tools() {
  const plan = steps(4)
  if (!(await prepare(plan))) return summary(0, 1)
  const counts = await vitest(
    plan,
    'tests that use tools',
    testFiles(/\b(?:clang|bpftool|objdump|gcc|libbpf|ethtool|needs)\b/),
  )
  return summary(counts.passed, counts.failed)
}

/** The property-based tests with more runs and new seeds: FUZZ_FACTOR times as many as `npm test`, 20 by default. */
async function fuzz() {
  const plan = steps(4)
  if (!(await prepare(plan))) return summary(0, 1)
  const files = args.length > 0 ? args : testFiles(/from 'fast-check'/)
  const env = { FUZZ_FACTOR: process.env.FUZZ_FACTOR ?? '20' }
  const counts = await vitest(plan, `property-based tests, ${env.FUZZ_FACTOR} times the runs`, files, env)
  return summary(counts.passed, counts.failed)
}

/** Install, build, and measure beside libbpf and the bare calls. */
async function bench() {
  const plan = steps(4)
  if (!(await prepare(plan))) return 1
  return plan.step('benchmarks', () => script('bench/run.mjs', args))
}

/** Install, build, and a command of the workspace with pnpm on PATH: run changeset version. */
async function runCommand() {
  const [name = 'pnpm', ...rest] = args
  const plan = steps(4)
  if (!(await prepare(plan))) return 1
  return plan.step(args.join(' '), () => bin(name, rest))
}

async function prepare(plan) {
  return (
    (await plan.step(`pnpm ${pnpmVersion}`, () => bootstrapPnpm(run))) === 0 &&
    (await plan.step('install (pnpm, frozen lock file)', () => installWorkspace(run))) === 0 &&
    (await plan.step('build (turbo, tsc)', buildPackages)) === 0
  )
}

async function buildPackages() {
  const code = await bin('turbo', ['run', 'build', '--output-logs=errors-only'])
  if (code === 0) for (const path of removeStaleOutputs()) console.log(`removed ${path}, which nothing needs any more`)
  return code
}

/** Run vitest with its usual output, and count from its JSON. */
async function vitest(plan, title, vitestArgs, env = {}) {
  const report = join(root, '.cache', `vitest-${command}.json`)
  mkdirSync(join(root, '.cache'), { recursive: true })
  rmSync(report, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const code = await plan.step(title, () => bin('vitest', ['run', ...reporters, ...vitestArgs], env))
  const text = existsSync(report) ? readFileSync(report, 'utf8') : undefined
  return { code, ...testCounts(text, code) }
}

/** Test files, from the root, whose text has this. */
function testFiles(pattern) {
  return workspaceFolders().flatMap((folder) => {
    const tests = join(root, folder, 'test')
    if (!existsSync(tests)) return []
    return readdirSync(tests, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts') && pattern.test(readFileSync(join(tests, name), 'utf8')))
      .map((name) => `${folder}/test/${name}`)
  })
}

function summary(passed, failed) {
  console.log(`\n${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

/** A script of this repository, by this Node. */
function script(path, scriptArgs = []) {
  return run(process.execPath, [join(root, path), ...scriptArgs], { env: childEnv })
}

/** A command of the installed workspace. */
function bin(name, binArgs, env = {}) {
  return run(join(root, 'node_modules/.bin', name), binArgs, {
    env: { ...childEnv, ...env },
    shell: process.platform === 'win32',
  })
}
