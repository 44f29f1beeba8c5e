import {
  deleteRegistration,
  type LoadableStructOps,
  type PreparedStructOps,
  prepareStructOps,
  type RegisterBy,
  type RegistrableStructOps,
  type Registration,
  registerPrepared,
  registerStructOps,
  renameStructOps,
  withStructOpsData,
} from '@tscc/struct-ops/kernel'
import { type Kernel, mapInfo } from '@tscc/syscall'

interface Options {
  readonly by?: RegisterBy
  readonly name?: string
  readonly data?: Readonly<Record<string, number | bigint | string>>
}

/** What is behind the handles: whatever module they come from, one can take another's place. */
const algorithms = new WeakMap<object, () => RegistrableStructOps>()
const preparations = new WeakMap<object, PreparedStructOps>()

/** An algorithm of a module for user space, with the members that `@tscc/bpf` declares; `open` loads the module. */
export function liveStructOps(kernel: Kernel, name: string, open: () => LoadableStructOps): object {
  const opened = ({ name: wanted, data }: Options): LoadableStructOps => {
    const named = wanted === undefined ? open() : renameStructOps(open(), wanted)
    return data === undefined ? named : withStructOpsData(named, data)
  }
  const attach = (options: Options = {}): object =>
    attached(registerStructOps(kernel, opened(options), options.by === undefined ? {} : { by: options.by }))
  const handle = {
    name,
    register: attach,
    attach,
    prepare: (options: Options = {}) => prepared(kernel, prepareStructOps(kernel, opened(options), options.by)),
  }
  algorithms.set(handle, open)
  return handle
}

function prepared(kernel: Kernel, made: PreparedStructOps): object {
  const state = { closed: false }
  const close = (): void => {
    if (state.closed) return
    state.closed = true
    if (made.by === 'map') deleteRegistration(made.map)
    made.map.close()
  }
  const handle = {
    name: made.linked.spec.name,
    get mapId() {
      return mapInfo(kernel, made.map.fd).id
    },
    attach: () => attached(registerPrepared(kernel, made)),
    close,
    [Symbol.dispose]: close,
  }
  preparations.set(handle, made)
  return handle
}

/** What a registration has, with `replace` by handles. */
function attached(registration: Registration): object {
  return Object.create(registration, {
    replace: {
      value(next: object, { expected }: { readonly expected?: object } = {}): void {
        const wanted = expected === undefined ? undefined : preparations.get(expected)
        if (expected !== undefined && wanted === undefined)
          throw new TypeError(`${registration.name}: expected is not something that prepare() gave`)
        registration.replace(behind(next), wanted === undefined ? {} : { expected: wanted })
      },
    },
  })
}

function behind(handle: object): RegistrableStructOps | PreparedStructOps {
  const found = preparations.get(handle) ?? algorithms.get(handle)?.()
  if (found === undefined) throw new TypeError('expected an algorithm of a *.bpf.ts file, or one that is prepared')
  return found
}
