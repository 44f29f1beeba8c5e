// Says where the repository departs from its structure: node tools/check-structure.mjs
import { root } from './bootstrap.mjs'
import { structureFindings } from './structure.mjs'

const findings = structureFindings(root)
for (const finding of findings) console.error(finding)
if (findings.length > 0) console.error(`${findings.length} findings: the rules are in tools/structure.mjs`)
process.exitCode = findings.length === 0 ? 0 : 1
