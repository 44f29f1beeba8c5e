export { cliErrors } from './cli-errors.ts'
export { runCli } from './run-cli.ts'
