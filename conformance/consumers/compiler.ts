import { compile, irText, passNames } from '@tscc/compiler'
import { compileFile } from '@tscc/compiler/node'

const text = `import { structOps, tcp_sk } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'
export default structOps<tcp_congestion_ops>({
  name: 'mine',
  ssthresh: (sk) => tcp_sk(sk).snd_cwnd,
  cong_avoid() {},
  undo_cwnd: (sk) => tcp_sk(sk).snd_cwnd,
})
`
const { object, functions, diagnostics } = compile(text)
console.log(object?.functions.map((one) => one.name).join(' '), functions.map(({ ir }) => irText(ir)).length)
console.log(diagnostics.length, passNames.includes('fold'))
const wrong = compile(text.replace('snd_cwnd', 'snd_cwmd'), { fileName: 'mine.bpf.ts' })
console.log(wrong.diagnostics.map(({ code, line }) => `${code} ${line}`).join(' '), typeof compileFile)
