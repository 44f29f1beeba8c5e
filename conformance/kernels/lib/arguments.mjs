import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { defaultKernels, parseWanted } from './wanted-kernels.mjs'

export const usage = `usage: node conformance/kernels/run.mjs [options]

Boots real kernels of Debian's archive under QEMU and runs tscc's suites in each, from packed tarballs.

  --kernels A,B       kernels: 6.12 (the newest build of that series), 6.12:oldest, newest, arm64/6.12, a whole
                      release; default: ${defaultKernels.join(',')}
  --suite NAME        only this suite; can be given several times
  --list              what the archive has, and what would be taken; boots nothing
  --run COMMAND       run one shell command in /job of each kernel instead of the suites
  --file FROM[:TO]    take a file or folder of this machine along (to /job/NAME); can be given several times
  --icount            time is the number of executed instructions: TCP runs become nearly reproducible
  --accel NAME        auto (default), kvm or tcg
  --memory MB         of the guest [1024]
  --timeout SECONDS   for one suite on one kernel, its boot included [300]
  --jobs N            kernels at the same time [one for each CPU of this machine, at most 4]
  --timings           how long each part took, on stderr
  --console           the kernel's console on stderr
  --json              the results as JSON on stdout, instead of the table
  --markdown FILE     write the table to this file, too
  --btf DIR           write each kernel's BTF to DIR/RELEASE.btf; boots nothing
  --update            look for new kernels now (otherwise once a day)
  --help

Environment: TSCC_KERNEL_CACHE (default $XDG_CACHE_HOME/tscc-kernels), TSCC_DEBIAN_MIRROR, TSCC_DEBIAN_SECURITY_MIRROR.
Exit code: 0 all passed, 1 a check failed or a kernel did not boot, 2 wrong usage or a tool that is missing.
With --run: the command's own.
`

/** The command line as data; throws an Error with one line for what is wrong. */
export function parseArguments(argv) {
  const { values } = parseArgs({
    args: argv,
    strict: true,
    allowPositionals: false,
    options: {
      kernels: { type: 'string' },
      suite: { type: 'string', multiple: true },
      list: { type: 'boolean', default: false },
      run: { type: 'string' },
      file: { type: 'string', multiple: true, default: [] },
      icount: { type: 'boolean', default: false },
      accel: { type: 'string', default: 'auto' },
      memory: { type: 'string', default: '1024' },
      timeout: { type: 'string', default: '300' },
      jobs: { type: 'string', default: `${Math.min(4, availableParallelism())}` },
      timings: { type: 'boolean', default: false },
      console: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      markdown: { type: 'string' },
      btf: { type: 'string' },
      update: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const { kernels = defaultKernels.join(','), suite, memory, timeout, jobs, accel, file, ...rest } = values
  if (!['auto', 'kvm', 'tcg'].includes(accel)) throw new Error(`--accel: ${accel}: expected auto, kvm or tcg`)
  if (rest.icount && accel === 'kvm') throw new Error('--icount: counts emulated instructions, which KVM has none of')
  return {
    ...rest,
    accel: rest.icount ? 'tcg' : accel,
    wanted: kernels
      .split(',')
      .filter((text) => text !== '')
      .map(parseWanted),
    ...(suite === undefined ? {} : { suites: suite }),
    files: file.map(parseFile),
    jobs: count('--jobs', jobs, 1, 64),
    memory: count('--memory', memory, 256, 65536),
    timeout: count('--timeout', timeout, 1, 86400),
  }
}

function parseFile(text) {
  const [from = '', to = from.replace(/\/+$/, '').replace(/^.*\//, '')] = text.split(':')
  return { from, to: to.startsWith('/') ? to : `/job/${to}` }
}

function count(name, text, least, most) {
  const number = Number(text)
  if (Number.isInteger(number) && number >= least && number <= most) return number
  throw new Error(`${name}: ${text}: expected a whole number from ${least} to ${most}`)
}
