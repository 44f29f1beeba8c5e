// What is compared: the algorithms with a native twin, the paths, how long and how often.
import { defaultScenario, parsePath } from '@tscc/lab'

/**
 * Algorithms by name, each with the kernel's own of the same idea. `feature` (of suites/features.mjs): what a kernel needs
 * to run ours at all.
 */
export const twins = {
  reno: { twin: 'reno' },
  cubic: { twin: 'cubic' },
  vegas: { twin: 'vegas' },
  westwood: { twin: 'westwood' },
  dctcp: { twin: 'dctcp' },
  bbr: { twin: 'bbr', feature: 'pacingWrite' },
}

/** Algorithms that answer to marks. */
const ecn = ['dctcp']

/**
 * Paths by name. Losses and marks come from the lab's link, whose seeds give both twins the same ones on every kernel;
 * the others from tbf and netem, where the kernel has them. More runs where losses are random, which each has its own of.
 */
export const paths = {
  clean: { words: '10mbit 20ms 1bdp', about: '10 Mbit/s, 20 ms, 1 BDP of buffer' },
  loss: { words: '10mbit 20ms 1bdp 1%', about: 'the same with 1 % random loss', link: 'user', rounds: 2 },
  long: { words: '10mbit 40ms 1bdp', about: '10 Mbit/s, 40 ms, 1 BDP' },
  shallow: { words: '10mbit 40ms 0.25bdp', about: '10 Mbit/s, 40 ms, a quarter of a BDP' },
  ecn: { words: '10mbit 20ms 4bdp ecn 20kB', about: '10 Mbit/s, 20 ms, CE above 20 kB', link: 'user', only: ecn },
}

/** The host has no netem, and its time is the clock's: the link is the lab's, and there are more runs. */
const host = { link: 'user', rounds: 2 }

/** Plan of one kernel, for suites/twins.suite.mjs. `algorithms`: `{ name, twin, file }`. */
export function planOf(algorithms, { onHost, pathNames, duration, rounds }) {
  const chosen = pathNames.map((name) => ({ name, ...paths[name] }))
  return {
    algorithms: algorithms.map(({ name, twin, feature }) => ({ name, twin, feature, file: `${name}.bpf.o` })),
    paths: chosen.map(({ name, words, link = 'auto', rounds: more = 1, only }) => ({
      name,
      only,
      scenario: {
        ...defaultScenario,
        path: parsePath(words),
        link: onHost ? host.link : link,
        duration,
        warmup: Math.min(2000, duration / 4),
        interval: 20,
        // One round more than is measured
        repeat: 1 + rounds * more * (onHost ? host.rounds : 1),
      },
    })),
  }
}

/** Seconds of sending in a plan. */
export function lengthOf({ algorithms, paths }) {
  const of = ({ twin }) => paths.filter(({ only }) => only === undefined || only.includes(twin))
  const seconds = ({ scenario }) => (2 * scenario.repeat * scenario.duration) / 1000
  return algorithms.flatMap(of).reduce((sum, path) => sum + seconds(path), 0)
}
