// One guest: boot, stream what it prints, kill it when it takes too long or the user stops it.
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { needCommand } from './commands.mjs'

const kernelLine =
  'quiet loglevel=4 panic=-1 mitigations=off audit=0 nowatchdog random.trust_cpu=on rootfstype=ramfs rdinit=/init net.ifnames=0'

/** The machine that QEMU shows: `accel` is kvm or tcg. One CPU: several under software emulation crashed some kernels. */
function machineArguments(machine, accel) {
  if (machine === 'arm64') {
    const cpu = accel === 'kvm' ? 'host' : 'cortex-a72'
    return {
      command: 'qemu-system-aarch64',
      args: ['-M', 'virt', '-cpu', cpu],
      // The board has one port, which is the console
      ports: ['-device', 'pci-serial-4x,chardev1=out,chardev2=err,chardev3=control'],
      line: 'console=ttyAMA0',
    }
  }
  const cpu = accel === 'kvm' ? 'host' : 'max,la57=off'
  const tcg = accel === 'kvm' ? '' : ' no_timer_check tsc=reliable lpj=8000000'
  return {
    command: 'qemu-system-x86_64',
    args: ['-M', 'pc', '-cpu', cpu],
    ports: ['out', 'err', 'control'].flatMap((name) => ['-serial', `chardev:${name}`]),
    line: `console=ttyS0${tcg}`,
  }
}

/** QEMU's whole command line. */
export function qemuArguments({ machine, accel, image, initrd, memory, icount, sockets }) {
  const { command, args, ports, line } = machineArguments(machine, accel)
  const chardevs = Object.entries(sockets).flatMap(([id, path]) => ['-chardev', `socket,id=${id},path=${path}`])
  return {
    command,
    args: [
      ...args,
      ...['-accel', accel === 'kvm' ? 'kvm' : 'tcg,thread=single'],
      ...['-smp', '1', '-m', `${memory}`, '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
      ...['-kernel', image, '-initrd', initrd, '-append', `${line} ${kernelLine}`],
      ...chardevs,
      ...['-serial', 'chardev:console', ...ports],
      // Time is then the number of instructions, and idle time is skipped
      ...(icount ? ['-icount', 'shift=1,sleep=off', '-rtc', 'base=2026-01-01T00:00:00,clock=vm', '-seed', '1'] : []),
    ],
  }
}

/** One initramfs of several archives. */
function joinArchives(path, parts) {
  const fd = openSync(path, 'w')
  try {
    for (const part of parts) {
      const bytes = Buffer.isBuffer(part) ? part : readFileSync(part)
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
    }
  } finally {
    closeSync(fd)
  }
}

/**
 * Boot, run the job of the initramfs to its end. The result says how it ended: `code` of the job, or `timedOut`, or
 * neither where the guest died; `stdout` and `stderr` of the job, the kernel's `console`, seconds by part.
 *
 * `onOutput(stream, bytes)` sees `stdout`, `stderr` and `console` as they come. An abort of `signal` kills QEMU and rejects.
 */
export async function bootGuest(options) {
  const { parts, timeout, signal, onOutput = () => undefined, ...machine } = options
  signal?.throwIfAborted()
  const folder = mkdtempSync(join(tmpdir(), 'tscc-vm-'))
  const started = performance.now()
  const channels = new Map()
  try {
    const initrd = join(folder, 'initrd')
    joinArchives(initrd, parts)
    const streams = { console: 'console', out: 'stdout', err: 'stderr', control: 'control' }
    for (const [id, stream] of Object.entries(streams))
      channels.set(id, await listen(join(folder, id), (bytes) => onOutput(stream, bytes)))
    const sockets = Object.fromEntries(Object.keys(streams).map((id) => [id, join(folder, id)]))
    const { command, args } = qemuArguments({ ...machine, initrd, sockets })
    const booted = performance.now()
    const ended = await runToEnd(needCommand(command), args, timeout, signal)
    const text = (id) => channels.get(id)?.text() ?? ''
    await Promise.all([...channels.values()].map((channel) => channel.ended))
    const control = text('control')
    const number = (pattern) => (pattern.test(control) ? Number(pattern.exec(control)?.[1]) : undefined)
    return {
      ...ended,
      code: number(/^RC (\d+)$/m),
      stdout: text('out'),
      stderr: text('err'),
      console: text('console'),
      seconds: {
        initramfs: (booted - started) / 1000,
        qemu: (performance.now() - booted) / 1000,
        up: number(/^UP ([\d.]+)$/m),
        end: number(/^END ([\d.]+)$/m),
      },
    }
  } finally {
    for (const channel of channels.values()) channel.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A socket that QEMU connects to; what came through it so far. */
function listen(path, onBytes) {
  const chunks = []
  const finished = {}
  const ended = new Promise((resolve) => {
    finished.resolve = resolve
  })
  const server = createServer((socket) => {
    socket.on('data', (bytes) => {
      chunks.push(bytes)
      onBytes(bytes)
    })
    socket.on('close', () => finished.resolve())
    socket.on('error', () => finished.resolve())
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () =>
      resolve({
        ended: Promise.race([ended, new Promise((done) => server.once('close', done))]),
        text: () => Buffer.concat(chunks).toString('utf8').replaceAll('\r\n', '\n'),
        close: () => server.close(),
      }),
    )
  })
}

function runToEnd(command, args, timeout, signal) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    const said = []
    const state = { timedOut: false }
    const timer = setTimeout(() => {
      state.timedOut = true
      child.kill('SIGKILL')
    }, timeout * 1000)
    const stop = () => child.kill('SIGKILL')
    signal?.addEventListener('abort', stop)
    // However this process ends, no guest outlives it
    process.on('exit', stop)
    child.stderr.on('data', (bytes) => {
      said.push(bytes)
      // Registers: KVM gave up in the middle of the guest, which QEMU then keeps for someone to look at
      if (/^[RE]AX=/m.test(bytes.toString('latin1'))) child.kill('SIGKILL')
    })
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
      process.off('exit', stop)
    }
    child.on('error', (error) => {
      done()
      reject(error)
    })
    child.on('close', (status) => {
      done()
      if (signal?.aborted) reject(signal.reason)
      else resolve({ timedOut: state.timedOut, status, qemu: Buffer.concat(said).toString('utf8').trim() })
    })
  })
}
