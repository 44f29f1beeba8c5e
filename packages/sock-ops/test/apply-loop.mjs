// node apply-loop.mjs FOLDER RULES RULES: puts one policy in force, then the other, over and over, until it is killed.
import { applyPolicy } from '@tscc/sock-ops'
import { hostKernel } from '@tscc/syscall'

const [folder, ...sets] = process.argv.slice(2)
const kernel = hostKernel()
const policies = sets.map((text) => JSON.parse(text))
process.stdout.write('ready\n')
for (let i = 0; ; i++) {
  applyPolicy(policies[i % policies.length], { kernel, folder })
  process.stdout.write('.')
}
