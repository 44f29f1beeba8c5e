/** What to do about an error, a line each, from its context; the key is the error's code. */
type Mend = (context: Readonly<Record<string, unknown>>) => readonly string[]

const listAlgorithms = 'tscc show lists the algorithms that tscc brings'
const runDoctor = 'tscc doctor tells what this machine lacks'
const asRoot = 'run it as root: sudo npx tscc …'

/** Advice by error code: one table, so that every command gives the same. */
const mends: Readonly<Record<string, Mend>> = {
  'cli/unknown-algorithm': () => [
    'a name of tscc (tscc show lists them), or a path: my_cc.bpf.ts (tscc init makes one), an object file, a module',
  ],
  'cli/bad-module': () => ['export the StructOpsSpec as default, or under the name algorithm or spec'],
  'cli/no-congestion-control': (c) => [
    ...(Array.isArray(c.names) ? c.names : []).map(
      (name) => `tscc register ALGORITHM --name ${String(name)} --pin registers one`,
    ),
    'sysctl net.ipv4.tcp_available_congestion_control names those that the kernel has; modprobe tcp_NAME loads one',
  ],
  'cli/rules-file': () => ['tscc apply --schema prints what a rules file may say'],
  'cli/no-rule': () => ['tscc use lists the rules'],
  'sock-ops/not-cgroup': () => ['systemd-cgls shows the cgroups of this machine; /sys/fs/cgroup has them as folders'],
  'sock-ops/policy-version': () => ['tscc use --clear takes all rules away'],
  'cli/rejected': () => ["--verbose prints the verifier's whole log"],
  'cli/several': () => ['say which: --only NAME'],
  'cli/needs-type-stripping': (c) => [
    `compile it to JavaScript first (npx tsc ${String(c.path)}), or use Node 22.18 or later`,
  ],
  'cli/no-bpffs': (c) => [
    `mount -t bpf bpf ${String(c.path)}`,
    'or keep this process in charge of it: tscc register --hold',
  ],
  'cli/no-parser': (c) => {
    const [, library] = /(\S+\.so[.\d]*): cannot open shared object file/.exec(String(c.why)) ?? []
    if (library === undefined)
      return [
        'install again, with the packages for this platform: npm install --include=optional, without an old lock file',
      ]
    return [library === 'libgcc_s.so.1' ? 'apt-get install libgcc-s1' : `install the package that has ${library}`]
  },
  'cli/not-linux': () => ['btf, types, asm and disasm work here with files; the rest runs on a Linux host'],
  'cli/no-kernel-btf': () => [
    'use a kernel with CONFIG_DEBUG_INFO_BTF=y (every current distribution has it)',
    'or give a BTF file instead: --btf FILE',
  ],
  'object/not-elf': () => ['an object is what tscc build or clang -target bpf -c makes'],
  'object/unresolved-extern': (c) => [
    c.kind === 'kfunc'
      ? 'declare it weak (__weak) and ask for it first (bpf_ksym_exists), or use a kernel that has it'
      : 'declare it weak (__weak) where the program can do without',
  ],
  'object/unknown-section': () => ['name the section as libbpf does: xdp, tc, fentry/FUNCTION, struct_ops/CALLBACK …'],
  'object/bad-relocation': () => ['tscc explain FILE --all lists the others'],
  'btf/unknown-struct-ops': () => ["tscc btf find 'bpf_struct_ops_*' lists the kernel's struct_ops types"],
  'btf/unknown-type': () => ["tscc btf find 'PATTERN*' lists the names of a BTF"],
  'btf/unknown-field': (c) => [`tscc btf layout ${String(c.type)} lists its fields`],
  'btf/magic': () => ['expected raw BTF, an ELF file with a .BTF section, or the word vmlinux'],
  'btf/no-btf-section': () => ['compile it with -g (clang -target bpf), or run pahole -J on it'],
  'struct-ops/exists': (c) => [
    `tscc replace ${String(c.name)} ALGORITHM puts another in its place`,
    'tscc register ALGORITHM --name OTHER_NAME registers a second one',
  ],
  'struct-ops/not-registered': () => ['tscc list shows what is registered'],
  'struct-ops/replace-unsupported': () => [
    'tscc replace --allow-gap unregisters first; new connections in between cannot use it',
  ],
  'struct-ops/bad-name': () => ['give it another name: --name NAME'],
  'struct-ops/rejected': () => ["--verbose prints the verifier's whole log"],
  'syscall/map-btf': () => ["--verbose prints the kernel's whole log of the BTF"],
  'syscall/verifier': () => ["--verbose prints the verifier's whole log"],
  'syscall/unsupported-platform': () => ['btf, types, asm and disasm work here with files'],
  'syscall/bpf': (c) => (c.name === 'EPERM' || c.name === 'EACCES' ? [asRoot, runDoctor] : [runDoctor]),
  'lab/missing-privilege': () => [asRoot, runDoctor],
  'lab/no-algorithm': () => [
    'sysctl net.ipv4.tcp_available_congestion_control names the loaded ones; modprobe tcp_NAME loads one',
    listAlgorithms,
  ],
  'lab/not-qdisc': () => [
    'export default structOps<Qdisc_ops>({ … }) from the file; examples/struct-ops/qdisc-ops has two',
  ],
  'lab/no-qdisc-ops': () => ['the user-space link makes the path on every kernel: --link user'],
  'lab/qdisc-ecn': () => ['--link user marks, or leave ecn out of the path'],
  'lab/qdisc-tunable': (c) => [
    `have it in the program: export const ${String(c.name)} = tunable<${String(c.type)}>(0) // ${String(c.unit)}`,
    'examples/struct-ops/qdisc-ops/netem.bpf.ts has all of them',
  ],
  'lab/qdisc-limit': () => [
    'a lower rate, a shorter round trip or a smaller buffer',
    'or more room in the program, and its tunable limit with it',
  ],
  'lab/no-netem': () => ['--link user, or modprobe sch_netem'],
}

/** The advice for an error; empty where its message says it all. */
export function mendsFor(code: string, context: unknown): readonly string[] {
  return typeof context === 'object' && context !== null
    ? (mends[code]?.(context as Record<string, unknown>) ?? [])
    : [] // fields are read as unknown
}
