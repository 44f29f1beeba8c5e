import { parseBtf } from '@tscc/btf'
import {
  btfResolver,
  linkStructOps,
  loadCwnd,
  minimalCongAvoidProgram,
  minimalUndoCwndProgram,
  returnR0,
  type StructOpsSpec,
  ssthreshPrologue,
} from '@tscc/struct-ops'
import { tcpBtfFixture } from '@tscc/struct-ops/fixture'
import { registerStructOps } from '@tscc/struct-ops/kernel'

const spec: StructOpsSpec = {
  type: 'tcp_congestion_ops',
  name: 'consumer',
  callbacks: {
    ssthresh: [...ssthreshPrologue('r6'), loadCwnd('r6', 'r0'), ...returnR0()],
    cong_avoid: minimalCongAvoidProgram(),
    undo_cwnd: minimalUndoCwndProgram(),
  },
}
const { programs } = linkStructOps(spec, btfResolver(parseBtf(tcpBtfFixture())))
console.log(programs.length, typeof registerStructOps)
