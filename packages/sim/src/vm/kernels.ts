import { kernels } from '../generated/kernels.ts'
import { simErrors } from '../sim-errors.ts'

declare const atob: (text: string) => string // a web global that Node has too

/** Releases whose types come with the simulator, oldest first. */
export const kernelReleases: readonly string[] = Object.keys(kernels)

/** What programs are linked to unless told otherwise: the longterm kernel that most distributions have. */
export const defaultKernel = '6.12'

/** BTF of the TCP part of a release. Throws `sim/kernel`. */
export function kernelTypes(release: string): Uint8Array {
  const text = Object.hasOwn(kernels, release) ? kernels[release] : undefined
  if (text === undefined) throw simErrors.make('kernel', { release, known: kernelReleases.join(', ') })
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}
