// What a callback costs: instructions as the kernel has them, and nanoseconds per call under the same traffic, of ours and of
// clang's objects of the same algorithm.
//
// Where the JIT puts the same bits moves a call by more than algorithms differ, a fifth and more: so programs are loaded again
// for each of many placements, in any order and each behind something of any length, and medians are over these.
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { encode, exit, mov } from '@tscc/insn'
import { writeObject } from '@tscc/object'
import { minimalCongAvoidProgram, minimalSsthreshProgram, minimalUndoCwndProgram } from '@tscc/struct-ops'
import { specToObject } from '@tscc/struct-ops/object'
import { enableStats, hostKernel, loadProgram } from '@tscc/syscall'
import { benchArguments } from './arguments.mjs'
import { callbacksTable } from './callbacks-table.mjs'
import { clangObjects, openObject, ourObject, pairs, shippedObject } from './objects.mjs'
import { intoReadme } from './readme.mjs'
import { median, medianInterval, quantile } from './statistics.mjs'
import { openVeth } from './veth.mjs'

const { options, names } = benchArguments(
  `usage: node bench/callbacks.mjs [options] [FILE.bpf.ts=FILE.c...] [NAME=OBJECT...]

What a callback costs: instructions as the kernel has them, and nanoseconds per call under the same traffic, of ours and of
clang's objects of the same algorithm. Root.

  FILE.bpf.ts=FILE.c   one algorithm in both languages; each side may also be an object (.o), and the left one the name of
                       an algorithm of tscc
  NAME=OBJECT          an object alone, or with the C that --c names
                       [bench/programs and bench/baseline, and what tscc ships under these names]

An object beside itself (A.o=A.o) shows what chance does: 1 should be in its ratio's range.

  --placements N       how often programs are loaded anew, wherever chance puts them [90]
  --turns N            at each placement, of which the fastest counts [3]
  --seconds S          of traffic for each turn [0.01]
  --c NAME=FILE.c      the C of an algorithm that is named
  --json               figures as JSON on stdout
  --readme             put the table into the README
  --help
`,
  {
    allowPositionals: true,
    numbers: { placements: 90, turns: 3, seconds: 0.01 },
    options: {
      c: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
      readme: { type: 'boolean', default: false },
    },
  },
)
const { placements, turns, seconds } = options
const kernel = hostKernel()

/**
 * Segment by segment over a veth pair, with a window that is always full, beyond ssthresh and held where it is: every
 * acknowledgement is a call in congestion avoidance, a round has many, and all algorithms get the same ones, a hundred
 * thousand and more a second.
 */
const traffic = { gsoMaxSegs: 1, window: { clamp: 40, ssthresh: 10 }, eachAck: true }

/** An algorithm whose cong_avoid does nothing: a call of it costs what counting costs. */
function floorObject() {
  const callbacks = {
    ssthresh: minimalSsthreshProgram(),
    cong_avoid: minimalCongAvoidProgram(),
    undo_cwnd: minimalUndoCwndProgram(),
  }
  const file = fileURLToPath(new URL('../.cache/bench/floor.bpf.o', import.meta.url))
  writeFileSync(file, writeObject(specToObject({ type: 'tcp_congestion_ops', name: 'floor', callbacks })))
  return file
}

/** What is measured: `{ algorithm, of, file }`. */
function candidates() {
  const found = pairs(names, options.c).flatMap(({ algorithm, ours, c, shipped }) => {
    const objects = [
      ['tscc', ours === undefined ? undefined : ourObject(algorithm, ours)],
      ['shipped', shipped ? shippedObject(algorithm) : undefined],
      ...Object.entries(c === undefined ? {} : (clangObjects(algorithm, c) ?? {})),
    ]
    return objects.flatMap(([of, file]) => (file === undefined ? [] : [{ algorithm, of, file }]))
  })
  return [{ algorithm: 'floor', of: 'floor', file: floorObject() }, ...found]
}

const random = (below) => Math.floor(Math.random() * below)

/** Native code of these many steps fills a page. */
const PAGE = 800

/** A program that nobody calls: what is loaded after it lies anywhere in a page. */
const loadPad = () =>
  loadProgram(kernel, {
    type: 'BPF_PROG_TYPE_SOCKET_FILTER',
    instructions: encode([mov('r0', 0), ...new Array(random(PAGE)).fill(mov('r0', 1)), exit()]),
  })

function shuffled(list) {
  const found = [...list]
  for (let i = found.length - 1; i > 0; i--) {
    const at = random(i + 1)
    ;[found[i], found[at]] = [found[at], found[i]]
  }
  return found
}

const since = (before, after) => ({ ...after, runs: after.runs - before.runs, ns: after.ns - before.ns })

/**
 * Load everything in another order and place, send with each in turn, again and again: what the counters say of the fastest
 * turn of each, since what else the machine does only adds.
 */
async function place(veth, all, round) {
  const pads = []
  const opened = []
  try {
    for (const [i, one] of shuffled(all).entries()) {
      pads.push(loadPad())
      const cc = `b${process.pid}_${round}_${i}`
      opened.push({ ...one, cc, ...(await openObject(kernel, one.file, cc)) })
    }
    const fastest = new Map()
    for (let turn = 0; turn < turns; turn++)
      for (const one of shuffled(opened)) {
        const before = one.programs()
        await veth.send({ cc: one.cc, seconds })
        const programs = one.programs().map((after, i) => since(before[i], after))
        const known = fastest.get(one)
        if (known === undefined || perCall({ programs }) < perCall({ programs: known })) fastest.set(one, programs)
      }
    return [...fastest].map(([{ algorithm, of }, programs]) => ({ algorithm, of, programs }))
  } finally {
    for (const one of [...opened, ...pads]) one.close()
  }
}

const sum = (programs, key) => programs.reduce((total, one) => total + one[key], 0)
const ratioOf = (ratios) => ({ median: median(ratios), ...medianInterval(ratios) })
const perCall = ({ programs }) => sum(programs, 'ns') / sum(programs, 'runs')

const all = candidates()
const stats = enableStats(kernel)
const veth = await openVeth(traffic)
const rounds = []
try {
  for (let round = 0; round < placements; round++) {
    if (!options.json) process.stderr.write(`placement ${round + 1} of ${placements}\n`)
    rounds.push(await place(veth, all, round))
  }
} finally {
  veth.close()
  stats.close()
}

const rows = all.map(({ algorithm, of }) => {
  const each = rounds.map((round) => round.find((one) => one.algorithm === algorithm && one.of === of))
  const [first] = each
  const against = (other) => {
    const theirs = rounds.map((round) => round.find((one) => one.algorithm === algorithm && one.of === other))
    return theirs[0] === undefined || !['tscc', 'shipped'].includes(of)
      ? undefined
      : ratioOf(each.map((one, i) => perCall(one) / perCall(theirs[i])))
  }
  const ns = each.map(perCall)
  return {
    ...{
      algorithm,
      of,
      xlated: sum(first.programs, 'xlated'),
      runs: each.reduce((n, one) => n + sum(one.programs, 'runs'), 0),
    },
    ns: { median: median(ns), low: quantile(ns, 0.25), high: quantile(ns, 0.75) },
    ...{ toDirect: against('direct'), toCore: against('core') },
    callbacks: first.programs.map(({ callback, xlated }, i) => ({
      ...{ callback, xlated },
      ns: median(
        each.filter(({ programs }) => programs[i].runs > 0).map(({ programs }) => programs[i].ns / programs[i].runs),
      ),
    })),
  }
})
const floor = rows[0].callbacks.find(({ callback }) => callback === 'cong_avoid').ns

const result = { placements, turns, seconds, floor, rows }
if (options.readme) intoReadme('callbacks', callbacksTable(result))
process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `\n${callbacksTable(result)}`)
