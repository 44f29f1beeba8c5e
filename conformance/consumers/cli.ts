import { runCli } from '@tscc/cli'

console.log(await runCli(['--version']))
