import { nativeLittleEndian, writeAttr } from './attr.ts'
import { type BpfCommand, bpfCommands } from './commands.ts'
import type { Kernel } from './kernel.ts'

/**
 * Calls on single elements, prepared once per map: attr, key and value buffers stay in place, so that a lookup
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

/** Prepare the calls of one map; `valueSize` is the size that user space sees. */
export function prepareElementCalls(kernel: Kernel, fd: number, keySize: number, valueSize: number): ElementCalls {
  const key = new Uint8Array(keySize)
  const next = new Uint8Array(keySize)
  const value = new Uint8Array(valueSize)
  // A queue has no key, and the kernel wants a null pointer then.
  const keyed = keySize === 0 ? { map_fd: fd } : { map_fd: fd, key }
  const element = { ...keyed, value }
  const attrs = {
    lookup: writeAttr(kernel, 'BPF_MAP_LOOKUP_ELEM', element),
    lookupAndDelete: writeAttr(kernel, 'BPF_MAP_LOOKUP_AND_DELETE_ELEM', element),
    update: writeAttr(kernel, 'BPF_MAP_UPDATE_ELEM', element),
    remove: writeAttr(kernel, 'BPF_MAP_DELETE_ELEM', keyed),
    nextKey: writeAttr(kernel, 'BPF_MAP_GET_NEXT_KEY', { ...keyed, next_key: next }),
    firstKey: writeAttr(kernel, 'BPF_MAP_GET_NEXT_KEY', { map_fd: fd, next_key: next }),
  }
  const bind = (command: BpfCommand, attr: keyof typeof attrs): (() => number) =>
    kernel.bindBpf(bpfCommands[command].number, attrs[attr].bytes, attrs[attr].size)
  const update = bind('BPF_MAP_UPDATE_ELEM', 'update')
  const flagsAt = bpfCommands.BPF_MAP_UPDATE_ELEM.fields.flags.at
  return {
    key,
    value,
    next,
    lookup: bind('BPF_MAP_LOOKUP_ELEM', 'lookup'),
    lookupAndDelete: bind('BPF_MAP_LOOKUP_AND_DELETE_ELEM', 'lookupAndDelete'),
    update(flags) {
      attrs.update.view.setUint32(flagsAt, flags, nativeLittleEndian)
      return update()
    },
    remove: bind('BPF_MAP_DELETE_ELEM', 'remove'),
    nextKey: bind('BPF_MAP_GET_NEXT_KEY', 'nextKey'),
    firstKey: bind('BPF_MAP_GET_NEXT_KEY', 'firstKey'),
    disable() {
      for (const attr of Object.values(attrs)) attr.view.setUint32(0, 0xffff_ffff, nativeLittleEndian)
    },
  }
}
