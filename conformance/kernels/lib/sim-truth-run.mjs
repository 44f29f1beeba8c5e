// What the simulator is compared with: native algorithms of a kernel, measured in a guest.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openGuest } from './matrix.mjs'
import { checksOf } from './results.mjs'
import { shapeOf } from './sim-truth-judge.mjs'
import { lengthOf, paths, planOf, twins } from './twins-plan.mjs'

/** Algorithms, and the paths that each is compared on. */
export const truths = {
  reno: ['clean', 'long', 'shallow', 'loss'],
  cubic: ['clean', 'long', 'shallow', 'loss'],
  vegas: ['clean', 'long'],
  bbr: ['clean', 'long'],
  dctcp: ['ecn'],
}

/** The scenario of a path as guests and simulator have it. */
export function scenarioOf(pathName, { duration, rounds = 1 }) {
  return planOf([], { onHost: false, pathNames: [pathName], duration, rounds }).paths[0].scenario
}

/** Boot a guest, let the kernel's own `name` send over its paths, and give a row for each. */
export async function measureNative(one, name, { folder, signal, say, duration, rounds, only }) {
  const pathNames = truths[name].filter((path) => only === undefined || only.includes(path))
  if (pathNames.length === 0) return []
  const algorithm = { name, twin: twins[name].twin }
  const plan = { ...planOf([algorithm], { onHost: false, pathNames, duration, rounds }), only: 'native' }
  const home = join(folder, `${one.kernel.release}-${name}`)
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, 'plan.json'), JSON.stringify(plan))
  const timeout = 240 + 10 * lengthOf(plan)
  const files = [{ from: join(home, 'plan.json'), to: 'job/twins/plan.json' }]
  const emulation = { accel: 'tcg', icount: true, memory: 1024, timeout, signal }
  const guest = await openGuest(one, { ...emulation, files, say: () => undefined })
  const ended = await guest.boot('node suites/twins.suite.mjs', () => undefined)
  const checks = checksOf('twins', ended)
  return pathNames.map((path) => {
    const check = checks.find((found) => found.name === `${name}, ${path}`)
    if (check?.status !== 'pass') throw new Error(`${name}, ${path}: ${check?.why ?? ended.stderr.trim().slice(-500)}`)
    const { native, traces } = check.figures
    say(`${guest.release}: ${name}, ${path}: measured`)
    return {
      kernel: guest.release,
      algorithm: name,
      path,
      words: paths[path].words,
      link: check.figures.link,
      duration,
      runs: native.length,
      ...meanOf(native),
      shape: shapeOf(traces[0], scenarioOf(path, { duration })),
    }
  })
}

/** The runs' figures, each the mean of them. */
export function meanOf(runs) {
  const mean = (key) => runs.reduce((sum, run) => sum + run[key], 0) / runs.length
  return Object.fromEntries(['goodput', 'queue', 'cwndMean', 'rttMean', 'retransmits'].map((key) => [key, mean(key)]))
}
