// The command line, as it is installed in a guest.
import { spawn, spawnSync } from 'node:child_process'

const path = 'node_modules/@tscc/cli/bin/tscc.js'

/** tscc with arguments, to its end: status, stdout, stderr. */
export const tscc = (...args) => spawnSync(process.execPath, [path, ...args], { encoding: 'utf8', timeout: 60_000 })

/** The process of a tscc that goes on; what it says to stderr is told. */
export const tsccProcess = (...args) =>
  spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
