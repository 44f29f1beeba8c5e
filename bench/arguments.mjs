// The command line of a benchmark: what its options are, said by --help, and refused where it cannot be.
import { parseArgs } from 'node:util'

/**
 * Options and names of a benchmark. `--help` prints `usage` and ends the process; what cannot be parsed, or a count that is
 * none (options of `numbers`), ends it with a line and exit code 2.
 */
export function benchArguments(usage, config, args = process.argv.slice(2)) {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usage)
    process.exit(0)
  }
  try {
    const { numbers = {}, options = {}, ...more } = config
    const counts = Object.keys(numbers)
    const given = Object.fromEntries(counts.map((name) => [name, { type: 'string', default: String(numbers[name]) }]))
    const { values, positionals } = parseArgs({ ...more, args, options: { ...given, ...options } })
    for (const name of counts) {
      const value = Number(values[name])
      if (!(value > 0)) throw new Error(`--${name} ${values[name]}: a number above 0 is wanted`)
      values[name] = value
    }
    return { options: values, names: positionals }
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${usage}`)
    process.exit(2)
  }
}
