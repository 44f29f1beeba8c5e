import { type Attr, nativeLittleEndian, writeAttr } from './attr.ts'
import { type BpfCommand, bpfCommands } from './commands.ts'
import type { Kernel } from './kernel.ts'

/**
 * Calls on single elements, each prepared once per map: attr, key and value buffers stay in place, so that a lookup
 * copies the key in, calls, and copies the value out, and allocates nothing.
 */
export interface ElementCalls {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly lookup: () => number
  readonly lookupAndDelete: () => number
  readonly update: (flags: number) => number
  readonly remove: () => number
  /** The key after `key`, into `next`; `fromStart` takes no key. */
  readonly nextKey: () => number
  readonly firstKey: () => number
  readonly next: Uint8Array
  /** Put an impossible descriptor in every attr: late calls answer EBADF and cannot hit another's descriptor. */
  disable(): void
}

/** The operations on one element. */
type Operation = 'lookup' | 'lookupAndDelete' | 'update' | 'remove' | 'nextKey' | 'firstKey'

/**
 * Prepare the calls of one map; `valueSize` is the size that user space sees. Each is made when it is first used: most
 * maps see one or two of them.
 */
export function prepareElementCalls(kernel: Kernel, fd: number, keySize: number, valueSize: number): ElementCalls {
  const key = new Uint8Array(keySize)
  const next = new Uint8Array(keySize)
  const value = new Uint8Array(valueSize)
  // A queue has no key, and the kernel wants a null pointer then.
  const keyed = keySize === 0 ? { map_fd: fd } : { map_fd: fd, key }
  const element = { ...keyed, value }
  const attrOf: { readonly [Name in Operation]: () => Attr } = {
    lookup: () => writeAttr(kernel, 'BPF_MAP_LOOKUP_ELEM', element),
    lookupAndDelete: () => writeAttr(kernel, 'BPF_MAP_LOOKUP_AND_DELETE_ELEM', element),
    update: () => writeAttr(kernel, 'BPF_MAP_UPDATE_ELEM', element),
    remove: () => writeAttr(kernel, 'BPF_MAP_DELETE_ELEM', keyed),
    nextKey: () => writeAttr(kernel, 'BPF_MAP_GET_NEXT_KEY', { ...keyed, next_key: next }),
    firstKey: () => writeAttr(kernel, 'BPF_MAP_GET_NEXT_KEY', { map_fd: fd, next_key: next }),
  }
  const state: { enabled: boolean; readonly attrs: Attr[] } = { enabled: true, attrs: [] }
  const disableAttr = (attr: Attr): void => attr.view.setUint32(0, 0xffff_ffff, nativeLittleEndian)
  const prepare = (operation: Operation, command: BpfCommand): { readonly attr: Attr; readonly call: () => number } => {
    const attr = attrOf[operation]()
    state.attrs.push(attr)
    if (!state.enabled) disableAttr(attr)
    const { number } = bpfCommands[command]
    let bound: (() => number) | undefined
    let calls = 0
    // A call that happens once is not worth binding.
    const call = (): number => {
      if (bound !== undefined) return bound()
      if (++calls > 1) bound = kernel.bindBpf(number, attr.bytes, attr.size)
      return bound === undefined ? kernel.bpf(number, attr.bytes, attr.size) : bound()
    }
    return { attr, call }
  }
  const onFirstUse = (operation: Operation, command: BpfCommand): (() => number) => {
    let bound: (() => number) | undefined
    return () => {
      bound ??= prepare(operation, command).call
      return bound()
    }
  }
  let update: ReturnType<typeof prepare> | undefined
  const flagsAt = bpfCommands.BPF_MAP_UPDATE_ELEM.fields.flags.at
  return {
    key,
    value,
    next,
    lookup: onFirstUse('lookup', 'BPF_MAP_LOOKUP_ELEM'),
    lookupAndDelete: onFirstUse('lookupAndDelete', 'BPF_MAP_LOOKUP_AND_DELETE_ELEM'),
    update(flags) {
      update ??= prepare('update', 'BPF_MAP_UPDATE_ELEM')
      update.attr.view.setUint32(flagsAt, flags, nativeLittleEndian)
      return update.call()
    },
    remove: onFirstUse('remove', 'BPF_MAP_DELETE_ELEM'),
    nextKey: onFirstUse('nextKey', 'BPF_MAP_GET_NEXT_KEY'),
    firstKey: onFirstUse('firstKey', 'BPF_MAP_GET_NEXT_KEY'),
    disable() {
      state.enabled = false
      state.attrs.forEach(disableAttr)
    },
  }
}
