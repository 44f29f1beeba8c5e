// What people ask for: `6.12`, `6.12:oldest`, `newest`, `arm64/6.12`, a whole release; and what that is among the kernels there are.

/** The matrix: a series is its newest build. 6.12 twice, since tcp_sock's layout changed within the series. */
export const defaultKernels = [
  '5.10',
  '6.1',
  '6.12:oldest',
  '6.12',
  '6.16',
  '6.17',
  '6.18',
  '7.0',
  '7.2',
  'newest',
  'arm64/6.12',
]

/** Debian's names of the machines, the flavour to boot, and QEMU's. */
export const machines = {
  amd64: { flavours: ['cloud-amd64', 'amd64'], uname: 'x86_64' },
  arm64: { flavours: ['cloud-arm64', 'arm64'], uname: 'aarch64' },
  s390x: { flavours: ['s390x'], uname: 's390x' },
}

/** `arm64/6.12:oldest` in parts; throws for what cannot be one. */
export function parseWanted(text) {
  const match = /^(?:([a-z0-9]+)\/)?([0-9A-Za-z.+~-]+)(?::(oldest|newest))?$/.exec(text)
  const [, machine = 'amd64', version = '', which = 'newest'] = match ?? []
  if (match === null || !Object.hasOwn(machines, machine) || !/^(?:\d|newest$)/.test(version))
    throw new Error(`--kernels: ${text}: expected a version (6.12), newest, or MACHINE/VERSION[:oldest]`)
  return { text, machine, version, which }
}

/** The kernel that is meant, of a list by flavour, then the newest first; undefined where the archive has none. */
export function pickKernel(wanted, kernels) {
  const candidates = kernels.filter((kernel) => wanted.version === 'newest' || isOf(wanted.version, kernel))
  // The machine's first flavour, and a kernel with its modules before a newer one without
  const flavour = candidates.filter((kernel) => kernel.flavour === candidates[0]?.flavour)
  const whole = flavour.filter((kernel) => kernel.modules)
  const pool = whole.length > 0 ? whole : flavour
  return wanted.which === 'oldest' ? pool.at(-1) : pool[0]
}

/** 6.1 is 6.1.0-49-cloud-amd64 and no 6.12. */
function isOf(version, { release }) {
  return release === version || (release.startsWith(version) && !/[0-9]/.test(release[version.length] ?? ''))
}
