/** A file of a new project. */
export interface ProjectFile {
  readonly path: string
  readonly text: string
}

/** The files of a new project; `version` is that of this command, and of the packages beside it. */
export function projectFiles(name: string, version: string): readonly ProjectFile[] {
  return [
    { path: 'package.json', text: `${JSON.stringify(manifest(name, version), null, 2)}\n` },
    { path: 'tsconfig.json', text: `${JSON.stringify(tsconfig, null, 2)}\n` },
    { path: '.vscode/settings.json', text: `${JSON.stringify(vscode, null, 2)}\n` },
    { path: 'my_cc.bpf.ts', text: algorithm },
    { path: '.gitignore', text: 'node_modules/\n*.bpf.o\nreport.html\n' },
    { path: 'README.md', text: readme(name) },
  ]
}

const manifest = (name: string, version: string) => ({
  name,
  private: true,
  type: 'module',
  scripts: {
    types: 'tsc',
    check: 'tscc check my_cc.bpf.ts',
    build: 'tscc build my_cc.bpf.ts',
    lab: 'tscc lab my_cc.bpf.ts cubic',
  },
  dependencies: { '@tscc/bpf': `^${version}`, '@tscc/cli': `^${version}`, '@tscc/vmlinux': `^${version}` },
  // TypeScript 7 has no plugins; see docs/editor.md
  devDependencies: { '@tscc/ts-plugin': `^${version}`, typescript: '^5.9.0 || ^6.0.0' },
})

/** For the editor: the compiler of tscc reads no configuration. */
const tsconfig = {
  compilerOptions: {
    strict: true,
    noEmit: true,
    target: 'esnext',
    lib: ['esnext'],
    types: [],
    module: 'nodenext',
    moduleResolution: 'nodenext',
    allowImportingTsExtensions: true,
    verbatimModuleSyntax: true,
    skipLibCheck: true,
    // What the compiler says, as you type
    plugins: [{ name: '@tscc/ts-plugin' }],
  },
}

/** VS Code loads a project's plugins with the project's TypeScript, and asks once whether to use it. */
const vscode = {
  'typescript.tsdk': 'node_modules/typescript/lib',
  'typescript.enablePromptUseWorkspaceTsdk': true,
}

const algorithm = `// A congestion control for Linux: additive increase, multiplicative decrease (AIMD), as in RFC 5681.
// The kernel calls these functions for each connection that uses it; windows are counted in segments.
import {
  global,
  max,
  structOps,
  tcp_cong_avoid_ai,
  tcp_in_slow_start,
  tcp_is_cwnd_limited,
  tcp_sk,
  tcp_slow_start,
  tunable,
  type u32,
  type u64,
} from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'

/** Percent of the window that stay after a loss. Set when it is loaded: tscc register my_cc.bpf.ts --set keep=70 */
export const keep = tunable<u32>(50)

/** Losses of all connections. It lives as long as the algorithm is registered. */
export const losses = global<u64>(0)

export default structOps<tcp_congestion_ops>({
  name: 'my_cc',

  // After a loss: where slow start shall end from now on.
  ssthresh(sk) {
    losses.value++
    return max((tcp_sk(sk).snd_cwnd * keep.value) / 100, 2)
  },

  // At each acknowledgement of new data: \`acked\` segments arrived.
  cong_avoid(sk, ack, acked) {
    const tp = tcp_sk(sk)
    // Not the window but the application was what limited us: it proves nothing about the path.
    if (!tcp_is_cwnd_limited(tp)) return
    let left = acked
    if (tcp_in_slow_start(tp)) {
      left = tcp_slow_start(tp, acked) // one segment more for each that arrived
      if (left === 0) return
    }
    tcp_cong_avoid_ai(tp, tp.snd_cwnd, left) // one segment more for each window that arrived
  },

  // It was no loss after all: back to the window of before.
  undo_cwnd(sk) {
    const tp = tcp_sk(sk)
    return max(tp.snd_cwnd, tp.prior_cwnd)
  },
})
`

const readme = (name: string): string => `# ${name}

TCP congestion control in TypeScript, compiled to BPF by [tscc](https://github.com/tscc/tscc).

    npm install
    npm run types           # what TypeScript says
    npm run build           # my_cc.bpf.o: for every kernel from 5.10 on
    sudo npm run check      # what the kernel's verifier says; registers nothing
    sudo npm run lab        # real TCP between network namespaces, beside CUBIC

On a live machine:

    sudo npx tscc register my_cc.bpf.ts --set keep=70
    sudo sysctl -w net.ipv4.tcp_congestion_control=my_cc
    sudo npx tscc replace my_cc my_cc.bpf.ts      # after a change, without a moment of neither
    sudo npx tscc unregister my_cc

\`npx tscc check my_cc.bpf.ts --watch\` checks at every save. Editors that use this project's TypeScript (VS Code asks) say as you type
what the compiler says.
`
