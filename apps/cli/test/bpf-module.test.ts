import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readObject } from '@tscc/object'
import { describe, expect, it } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { bin, buildFirst, jsonOf, scratch, tsc, tscc, tsccBytes, uniqueName } from './tscc.ts'

buildFirst()
const file = scratch()

const root = fileURLToPath(new URL('../../../', import.meta.url))
const btfOf = (kernel: string): string => `${root}packages/object/fixtures/btf/tcp-${kernel}.btf`
const available = (): readonly string[] =>
  readFileSync('/proc/sys/net/ipv4/tcp_available_congestion_control', 'utf8').trim().split(' ')

const head = `import { bpf_setsockopt, global, max, range, sizeof, structOps, tcp_sk, tunable, type u16, u32, type u64 } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'
`
/** An algorithm; `body` are its callbacks but for the two that each has. */
const algorithm = (
  name: string,
  body: string,
  how = 'export default',
): string => `${how} structOps<tcp_congestion_ops>({
  name: '${name}',
  ${body},
  cong_avoid() {},
  undo_cwnd: (sk) => tcp_sk(sk).snd_cwnd,
})
`
/** A file of the language, and how a person in its folder would name it. */
function source(name: string, text: string): string {
  return file(name, text)
}
const folder = dirname(file('here', ''))
const here = { cwd: folder }

const half = source(
  'util.bpf.ts',
  `import type { tcp_sock } from '@tscc/vmlinux'
import type { u32 } from '@tscc/bpf'
export function half(tp: tcp_sock): u32 {
  return tp.snd_cwnd >> 1
}
`,
)
const good = source(
  'good.bpf.ts',
  `${head}import { half } from './util.bpf.ts'
export const least = tunable<u32>(2)
export const losses = global<u64>(0)
${algorithm(
  'cli_good',
  `ssthresh(sk) {
    losses.value++
    return max(half(tcp_sk(sk)), least.value)
  }`,
)}`,
)
const two = source(
  'two.bpf.ts',
  head +
    algorithm('cli_one', 'ssthresh: (sk) => 2') +
    algorithm('cli_two', 'ssthresh: (sk) => 3', 'export const two ='),
)
const wrong = source(
  'wrong.bpf.ts',
  `${head}${algorithm(
    'cli_wrong',
    `ssthresh(sk) {
    return tcp_sk(sk).snd_cwmd
  },
  min_tso_segs(sk) {
    const x: u16 = tcp_sk(sk).snd_cwnd
    return x
  }`,
  )}`,
)
const wrongText = `wrong.bpf.ts:6:23 error TSCC2002: tcp_sock has no field snd_cwmd
      return tcp_sk(sk).snd_cwmd
                        ^^^^^^^^
help: did you mean snd_cwnd`

describe('build', () => {
  it('compiles to an object that is the same each time and links to every kernel', () => {
    const path = join(folder, 'good.bpf.o')
    expect(tscc(['build', 'good.bpf.ts'], here)).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/^good\.bpf\.o: \d+ bytes, 3 programs, \d+ instructions, \d+ relocations\n$/),
    })
    const bytes = readFileSync(path)
    expect(Buffer.compare(Buffer.from(tsccBytes(['build', good, '-o', '-'])), bytes)).toBe(0)
    for (const kernel of ['5.10', '7.3']) {
      const [result] = jsonOf(tscc(['check', path, '--btf', btfOf(kernel), '--json'])) as readonly {
        readonly ok: boolean
      }[]
      expect(result?.ok).toBe(true)
    }
  })

  it('gives it another name', () => {
    const object = readObject(tsccBytes(['build', good, '--name', 'another', '-o', '-']))
    expect(new TextDecoder().decode(object.structOps[0]?.data)).toContain('another\0')
    expect(tscc(['build', good, '--name', 'much_too_long_for_it']).stderr).toMatch(/has 20 bytes, must be 1 to 15/)
    expect(tscc(['build', two, '--name', 'x'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/cli_one, cli_two/),
    })
  })

  it('shows all mistakes at their places, and writes nothing', () => {
    const built = tscc(['build', 'wrong.bpf.ts'], here)
    expect(built).toMatchObject({ status: 1, stdout: '' })
    expect(built.stderr.startsWith(wrongText)).toBe(true)
    expect(built.stderr).toContain('wrong.bpf.ts:9:20 error TSCC2103: u32 does not fit u16\n')
    expect(built.stderr).toMatch(/error: 2 errors\n$/)
    expect(existsSync(join(folder, 'wrong.bpf.o'))).toBe(false)
    const { error } = JSON.parse(tscc(['build', wrong, '--json']).stderr)
    expect(error).toMatchObject({
      code: 'cli/diagnostics',
      context: {
        diagnostics: [
          { code: 'TSCC2002', line: 6, column: 23, file: expect.stringMatching(/wrong\.bpf\.ts$/) },
          { code: 'TSCC2103', line: 9, column: 20 },
        ],
      },
    })
  })

  it('prints assembly with source lines and field names, IR, and types', () => {
    const asm = tscc(['build', good, '--emit', 'asm'])
    expect(asm.status).toBe(0)
    expect(asm.stdout).toMatch(/^; util\.bpf\.ts:4: return tp\.snd_cwnd >> 1$/m)
    expect(asm.stdout).toMatch(/^ *\d+: r\d = \*\(u32 \*\)\(r\d \+ \d+\) +; tcp_sock\.snd_cwnd$/m)
    expect(asm.stdout).toMatch(/^ *\d+: r\d = \*\(u64 \*\)\(r1 \+ 0\) +; argument sk$/m)
    expect(asm.stdout).toMatch(/r\d = 0 ll +; losses$/m)
    expect(tscc(['asm', '-', '--hex'], { input: asm.stdout }).status).toBe(0)
    expect(tscc(['build', good, '--emit', 'ir']).stdout).toMatch(
      /^ {2}r\d+ = load u32 r\d+\.tcp_sock\.snd_cwnd +\/\/ .*util\.bpf\.ts:4: /m,
    )
    expect(tscc(['build', good, '--emit', 'btf']).stdout).toMatch(/^struct tcp_congestion_ops \{$/m)
    const path = file('good.s', '')
    expect(tscc(['build', good, '--emit', 'asm', '-o', path])).toMatchObject({ status: 0, stdout: '' })
    expect(readFileSync(path, 'utf8')).toBe(asm.stdout)
    const timed = source(
      'timed.bpf.ts',
      head.replace('{ ', '{ bpf_ktime_get_ns, ') + algorithm('cli_timed', 'ssthresh: (sk) => u32(bpf_ktime_get_ns())'),
    )
    expect(tscc(['build', timed, '--emit', 'asm']).stdout).toMatch(/: call 5 +; bpf_ktime_get_ns$/m)
    expect(tscc(['build', 'reno', '--emit', 'asm']).stdout).toMatch(/; tcp_sock\.snd_cwnd$/m)
  })

  it('leaves out passes, and refuses what is none', () => {
    const loads = 'ssthresh: (sk) => tcp_sk(sk).snd_cwnd * tcp_sk(sk).snd_cwnd'
    const twice = source('twice.bpf.ts', head + algorithm('cli_twice', loads))
    const size = (...args: readonly string[]) =>
      readObject(tsccBytes(['build', twice, '-o', '-', ...args])).functions[0]?.code.length ?? 0
    expect(size('--without', 'reuseLoads')).toBeGreaterThan(size())
    expect(size('--cpu', 'v1')).toBeGreaterThan(size())
    expect(tscc(['build', twice, '--cpu', 'v5']).status).toBe(2)
    expect(tscc(['build', 'vegas-style', '--cpu', 'v3']).status).toBe(2)
    expect(tscc(['build', good, '--without', 'folt'])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/there is no pass folt\nhelp: did you mean fold\?/),
    })
    expect(tscc(['build', 'vegas-style', '--without', 'fold']).status).toBe(2)
    expect(tscc(['build', 'vegas-style', '--emit', 'ir']).status).toBe(2)
    expect(tscc(['build', good, '--endian', 'big']).status).toBe(2)
  })

  it('takes names that are those of callbacks, too', () => {
    const text = `${head}export const undo_cwnd = tunable<u32>(2)\n${algorithm('ssthresh', 'ssthresh: (sk) => undo_cwnd.value')}`
    const object = readObject(tsccBytes(['build', source('names.bpf.ts', text), '-o', '-']))
    expect(
      object.structOps[0]?.callbacks.map(({ member, function: f }) => [member, object.functions[f]?.name]),
    ).toEqual(
      expect.arrayContaining([
        ['ssthresh', 'ssthresh_'],
        ['cong_avoid', 'cong_avoid'],
        ['undo_cwnd', 'undo_cwnd_'],
      ]),
    )
  })

  it('says what is not there', () => {
    expect(tscc(['build', 'nowhere.bpf.ts'])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/no such file/),
    })
  })
})

describe('explain, show and disasm', () => {
  it('tell of tunables, with other values', () => {
    const explained = jsonOf(tscc(['explain', good, '--btf', btfOf('6.18'), '--set', 'least=7', '--json']))
    expect(explained).toMatchObject({
      variables: [
        { name: 'least', kind: 'tunable', type: 'u32', value: 7 },
        { name: 'losses', kind: 'global', type: 'u64', value: 0 },
      ],
    })
    const { stdout } = tscc(['explain', good, '--btf', btfOf('6.18')])
    expect(stdout).toMatch(/struct tcp_sock\.snd_cwnd +\d+ +1452$/m)
    expect(stdout).toMatch(/^least +tunable +u32 +2$/m)
    expect(tscc(['show', good, '--btf', btfOf('6.18')]).stdout).toMatch(/^losses +global +u64 +0$/m)
  })

  it.each([
    ['leest=7', /no variable leest; did you mean least\?/],
    ['least=x', /least: wants a whole number, not x/],
    ['least=4294967296', /least: cannot hold 4294967296: it has 32 bits/],
    ['least=-1', /least: cannot hold -1/],
  ])('--set %s', (setting, message) => {
    expect(tscc(['explain', good, '--btf', btfOf('6.18'), '--set', setting])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(message),
    })
  })

  it('disasm names fields', () => {
    expect(tscc(['disasm', good]).stdout).toMatch(/; tcp_sock\.snd_cwnd$/m)
  })
})

describe('check of several files', () => {
  it('shows the mistakes of each', () => {
    const other = source('other.bpf.ts', readFileSync(wrong, 'utf8'))
    const checked = tscc(['check', wrong, good, other, '--btf', btfOf('6.18')])
    expect(checked.status).toBe(1)
    expect(checked.stderr.match(/error TSCC2002/g)).toHaveLength(2)
    expect(checked.stdout).toMatch(/^ok .*good\.bpf\.ts: links to /)
  })
})

describe('init', () => {
  it('makes a project that type-checks and builds, and never overwrites', () => {
    const place = join(folder, 'My CC')
    const first = tscc(['init', place])
    expect(first).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/npm install && npx tscc check my_cc\.bpf\.ts\n$/),
    })
    expect(readdirSync(place).sort()).toEqual([
      '.gitignore',
      '.vscode',
      'README.md',
      'my_cc.bpf.ts',
      'package.json',
      'tsconfig.json',
    ])
    expect(JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')).name).toBe('my-cc')
    mkdirSync(join(place, 'node_modules/@tscc'), { recursive: true })
    for (const name of ['bpf', 'vmlinux'])
      symlinkSync(join(root, 'packages', name), join(place, 'node_modules/@tscc', name))
    const types = spawnOutcome(tsc, place)
    expect(types).toEqual({ status: 0, stdout: '' })
    const path = join(place, 'my_cc.bpf.ts')
    expect(tscc(['build', 'my_cc.bpf.ts'], { cwd: place }).status).toBe(0)
    writeFileSync(path, readFileSync(path, 'utf8').replace('snd_cwnd', 'snd_cwmd'))
    expect(spawnOutcome(tsc, place).stdout).toMatch(/my_cc\.bpf\.ts.*snd_cwmd/)
    const again = tscc(['init', place, '--json'])
    expect(jsonOf(again)).toMatchObject({
      written: [],
      kept: ['package.json', 'tsconfig.json', '.vscode/settings.json', 'my_cc.bpf.ts', '.gitignore', 'README.md'],
    })
    expect(tscc(['init', place]).stderr).toMatch(/my_cc\.bpf\.ts is there already: left as it is\n/)
    expect(readFileSync(path, 'utf8')).toContain('snd_cwmd')
  })

  it('says where it cannot', () => {
    expect(tscc(['init', join(file('a-file', ''), 'x')])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/cannot write it/),
    })
  })
})

describe.skipIf(!needs('struct_ops_link', 'bpf_ids'))('on the running kernel', () => {
  it('check prints what the kernel says of each program', () => {
    const checked = tscc(['check', 'good.bpf.ts'], here)
    expect(checked).toMatchObject({ status: 0, stderr: '' })
    expect(checked.stdout).toMatch(
      /^ok good\.bpf\.ts: the verifier accepts it\nprogram +section +insns +xlated +jited B +stack B +verified +states\n/,
    )
    expect(jsonOf(tscc(['check', good, '--json']))).toMatchObject([
      {
        ok: true,
        programs: [
          {
            name: 'ssthresh',
            xlated: expect.any(Number),
            stack: 0,
            processed: expect.any(Number),
            states: expect.any(Number),
          },
          { name: 'cong_avoid', xlated: 1 },
          { name: 'undo_cwnd', xlated: 3 },
        ],
      },
    ])
  })

  it('registers with another value of a tunable, replaces and unregisters', () => {
    const name = uniqueName()
    expect(tscc(['register', good, '--name', name, '--set', 'least=5']).status).toBe(0)
    try {
      expect(available()).toContain(name)
      expect(tscc(['replace', name, two])).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/several algorithms \(cli_one, cli_two\)\nhelp: say which: --only NAME/),
      })
      expect(tscc(['replace', name, two, '--only', 'cli_two']).status).toBe(0)
      expect(available()).toContain(name)
    } finally {
      expect(tscc(['unregister', name]).status).toBe(0)
    }
    expect(available()).not.toContain(name)
  })

  it('registers all algorithms of a file, or some', () => {
    const [one, other] = [`${uniqueName()}a`, `${uniqueName()}b`]
    const text = readFileSync(two, 'utf8').replace('cli_one', one).replace('cli_two', other)
    const both = source('both.bpf.ts', text)
    const registered = tscc(['register', both, '--json'])
    try {
      expect(jsonOf(registered)).toMatchObject([{ name: one }, { name: other }])
      expect(available()).toEqual(expect.arrayContaining([one, other]))
    } finally {
      for (const name of [one, other]) tscc(['unregister', name])
    }
    expect(tscc(['register', both, '--name', 'x'])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/several algorithms/),
    })
    expect(tscc(['register', both, '--only', `${other}x`]).stderr).toContain(`did you mean ${other}`)
    expect(tscc(['register', both, '--only', other]).status).toBe(0)
    try {
      expect(available()).toContain(other)
      expect(available()).not.toContain(one)
    } finally {
      expect(tscc(['unregister', other]).status).toBe(0)
    }
  })

  it('lab takes it', { timeout: 60_000 }, () => {
    const lab = tscc(['lab', good, '--duration', '1s', '--path', '20mbit 10ms', '--link', 'user', '--json'])
    expect(lab.status).toBe(0)
    expect(lab.stdout).toContain('"good"')
    const bad = tscc(['lab', wrong, two, source('more.bpf.ts', readFileSync(wrong, 'utf8'))])
    expect(bad.stderr.match(/error TSCC2002/g)).toHaveLength(2)
  })

  it('check --watch of what is not there says so', () => {
    expect(tscc(['check', join(folder, 'nowhere/x.bpf.ts'), '--watch'])).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/nowhere: cannot read it, no such file or folder/),
    })
  })

  describe('shows a refusal of the verifier at its place', () => {
    const refused = (name: string, body: string) => {
      source(`${name}.bpf.ts`, head + algorithm(name, body))
      const { status, stderr } = tscc(['check', `${name}.bpf.ts`], here)
      expect(status).toBe(1)
      return stderr
    }

    it('a helper that is not allowed there', () => {
      const body = `ssthresh: (sk) => 2,
  release(sk) {
    const value: Value = { window: 7 }
    bpf_setsockopt(sk, 6, 10, value, sizeof<Value>())
  }`
      source('release.bpf.ts', `${head}interface Value { window: u32 }\n${algorithm('release', body)}`)
      const checked = tscc(['check', 'release.bpf.ts'], here)
      expect(checked).toMatchObject({
        status: 1,
        stderr: `failed release.bpf.ts
release.bpf.ts:9:5 error: the verifier: bpf_setsockopt cannot be called here
      bpf_setsockopt(sk, 6, 10, value, sizeof<Value>())
      ^^^^^^^^^^^^^^
help: some helpers exist only in some callbacks: bpf_setsockopt in all but release
help: --verbose prints the verifier's whole log
`,
      })
      expect(tscc(['check', 'release.bpf.ts', '--verbose'], here).stderr).toMatch(
        /^\d+: \(85\) call bpf_setsockopt#49/m,
      )
      const registered = JSON.parse(tscc(['register', 'release.bpf.ts', '--json'], here).stderr)
      expect(registered.error).toMatchObject({
        code: 'cli/rejected',
        context: {
          program: 'release_',
          file: 'release.bpf.ts',
          line: 9,
          column: 5,
          complaint: 'bpf_setsockopt cannot be called here',
        },
      })
    })

    it('behind code that linking took out', () => {
      const body = `ssthresh: (sk) => 2,
  release(sk) {
    const value: Value = { window: 7 }
    if (kernelAtLeast(99, 0)) tcp_sk(sk).snd_cwnd = value.window * tcp_sk(sk).snd_ssthresh
    bpf_setsockopt(sk, 6, 10, value, sizeof<Value>())
  }`
      const text = `${head.replace('{ ', '{ kernelAtLeast, ')}interface Value { window: u32 }\n${algorithm('pruned', body)}`
      source('pruned.bpf.ts', text)
      const { stderr } = tscc(['check', 'pruned.bpf.ts', '--verbose'], here)
      expect(stderr).toMatch(
        /^pruned\.bpf\.ts:10:5 error: the verifier: bpf_setsockopt cannot be called here\n {6}bpf_setsockopt\(sk/m,
      )
      const written = readObject(tsccBytes(['build', join(folder, 'pruned.bpf.ts'), '-o', '-']))
      const at = written.functions.find(({ name }) => name === 'release')?.lines.find(({ line }) => line === 10)?.at
      const failing = Number(/^(\d+): \(85\) call bpf_setsockopt/m.exec(stderr)?.[1])
      expect(failing).toBeLessThan(at ?? 0)
    })

    it.skipIf(!needs('clang'))('in a program of clang, at its line of C', () => {
      const path = file(
        'stores.bpf.c',
        `#define SEC(x) __attribute__((section(x), used))
struct sock { int x; } __attribute__((preserve_access_index));
struct tcp_sock { unsigned snd_nxt; } __attribute__((preserve_access_index));
struct tcp_congestion_ops { unsigned (*ssthresh)(struct sock *); };
SEC("struct_ops/stores") unsigned stores(unsigned long long *ctx) {
\tstruct tcp_sock *tp = (void *)ctx[0];
\ttp->snd_nxt = 5;
\treturn 2;
}
char _license[] SEC("license") = "GPL";
SEC(".struct_ops") struct tcp_congestion_ops ops = { .ssthresh = (void *)stores };
`,
      )
      const flags = ['-O2', '-g', '-target', 'bpf', '-mcpu=v3', '-c', path, '-o', join(folder, 'stores.bpf.o')]
      expect(spawnSync('clang', flags, { encoding: 'utf8', cwd: folder })).toMatchObject({ status: 0, stderr: '' })
      expect(tscc(['check', 'stores.bpf.o'], here).stderr).toMatch(
        /stores\.bpf\.c:7:14 error: the verifier: no write support to tcp_sock\.snd_nxt\n {2}\ttp->snd_nxt = 5;\n {2}\t {12}\^\nhelp: /,
      )
    })

    it('a loop that runs too often', () => {
      const stderr = refused(
        'loops',
        `ssthresh(sk) {
    let sum: u32 = 0
    for (const i of range(2000))
      for (const j of range(2000)) sum += tcp_sk(sk).snd_cwnd ^ i ^ j
    return sum
  }`,
      )
      expect(stderr).toMatch(
        /^loops\.bpf\.ts:[78]:\d+ error: the verifier: the program has too many steps to be walked \(1000001\)$/m,
      )
      expect(stderr).toMatch(/^ {6,8}for \(const [ij] of range\(2000\)\)/m)
    })

    it('a field that may not be written, of an object file too, by its name', () => {
      source(
        'writes.bpf.ts',
        head +
          algorithm(
            'writes',
            `ssthresh: (sk) => 2,
  init(sk) {
    tcp_sk(sk).snd_cwnd = 5
  }`,
          ),
      )
      // The compiler refuses such a store; so the field is given another name in the object.
      const bytes = Buffer.from(tsccBytes(['build', join(folder, 'writes.bpf.ts'), '-o', '-']))
      const at = bytes.indexOf('\0snd_cwnd\0')
      expect(at).toBeGreaterThan(0)
      bytes.write('\0snd_nxt\0\0', at)
      file('writes.bpf.o', bytes)
      expect(tscc(['check', 'writes.bpf.o'], here)).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(
          /^failed writes\.bpf\.o\nwrites\.bpf\.ts:7:5 error: the verifier: no write support to tcp_sock\.snd_nxt\n {6}tcp_sk\(sk\)\.snd_cwnd = 5\n {6}\^+\nhelp: congestion control may write snd_cwnd, /,
        ),
      })
    })
  })

  it('--watch checks again when a file changes that it is made of, and ^C ends it', { timeout: 60_000 }, async () => {
    const util = source('watched-util.bpf.ts', readFileSync(half, 'utf8'))
    const watched = source('watched.bpf.ts', readFileSync(good, 'utf8').replace('./util', './watched-util'))
    const child = spawn(process.execPath, [bin, 'check', watched, '--watch'], { stdio: ['ignore', 'pipe', 'pipe'] })
    const seen = { text: '' }
    child.stdout.setEncoding('utf8').on('data', (data: string) => {
      seen.text += data
    })
    child.stderr.setEncoding('utf8').on('data', (data: string) => {
      seen.text += data
    })
    const rounds = async (count: number): Promise<void> => {
      while ((seen.text.match(/\^C ends\n/g) ?? []).length < count) await new Promise((done) => setTimeout(done, 20))
    }
    try {
      await rounds(1)
      writeFileSync(util, readFileSync(half, 'utf8').replace('snd_cwnd', 'snd_cwmd'))
      await rounds(2)
      expect(seen.text).toMatch(/watched-util\.bpf\.ts:4:13 error TSCC2002/)
      expect(seen.text).toMatch(/^1 of 1 failed; watching for changes/m)
      writeFileSync(util, readFileSync(half, 'utf8'))
      await rounds(3)
      expect(seen.text.match(/^all is well/gm)).toHaveLength(2)
    } finally {
      child.kill('SIGINT')
    }
    expect(await new Promise((done) => child.once('close', done))).toBe(0)
  })
})

function spawnOutcome(script: string, cwd: string): { readonly status: number | null; readonly stdout: string } {
  const { status, stdout } = spawnSync(script, { cwd, encoding: 'utf8' })
  return { status, stdout }
}
