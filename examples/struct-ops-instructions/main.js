// @ts-check
// node main.js: the programs as a 6.18 kernel would get them. Needs no kernel: its types come with the package.
import { parseBtf } from '@tscc/btf'
import { disassemble } from '@tscc/insn'
import { btfResolver, linkStructOps } from '@tscc/struct-ops'
import { tcpBtfFixture } from '@tscc/struct-ops/fixture'
import { aimd } from './aimd.js'

const { programs } = linkStructOps(aimd('example_aimd'), btfResolver(parseBtf(tcpBtfFixture())))
for (const { callback, insns } of programs) console.log(`${callback}:\n${disassemble(insns)}`)
