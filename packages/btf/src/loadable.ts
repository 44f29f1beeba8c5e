import { type Btf, kindOf, recordOf } from './btf.ts'
import { COMMON_WORDS, infoKind, infoVlen, kindNumber } from './kinds.ts'
import { typeOf } from './type-of.ts'

/** What {@link loadableBtf} does beyond what every kernel wants. */
export interface LoadableBtfOptions {
  /** FUNCs to make static: the verifier then checks them where they are called, not for all arguments. */
  readonly staticFuncs?: ReadonlySet<number>
}

const KIND = { union: kindNumber('union'), struct: kindNumber('struct'), int: kindNumber('int') }
const TYPEDEF = kindNumber('typedef')
const CONST = kindNumber('const')
const GLOBAL = 1

/**
 * A program's BTF as the kernel's loader takes it, and, where that is another, as kernels from 5.10 on take it: what they
 * refuse becomes types of the same length that they take, so that every id and string stays where it is. The caller's own
 * bytes stay as they are.
 *
 *     extern FUNC    a typedef of its prototype              5.10: FLOAT     a struct of its size
 *     extern VAR     an allocated one, of some integer             TYPE_TAG  const
 *     .ksyms         a union of integers                           DECL_TAG  an integer
 *     empty DATASEC  the same                                      ENUM64    a union of integers
 *                                                                  `?` in a section's name: `_`
 */
export function loadableBtf(btf: Btf, options: LoadableBtfOptions = {}): readonly Uint8Array[] {
  const full = rewritten(btf, options, false)
  return full.newer ? [full.bytes, rewritten(btf, options, true).bytes] : [full.bytes]
}

function rewritten(
  btf: Btf,
  { staticFuncs }: LoadableBtfOptions,
  plain: boolean,
): { readonly bytes: Uint8Array; readonly newer: boolean } {
  const bytes = new Uint8Array(btf.bytes)
  const view = new DataView(bytes.buffer)
  const { types, strings } = btf.state.header
  const end = btf.firstId + btf.state.types.count()
  const state = { newer: false }
  const int = someInt(btf, end)
  for (let id = btf.firstId; id < end; id++) {
    const { word } = recordOf(btf, id)
    const at = types.at + 4 * word
    const get = (n: number): number => view.getUint32(at + 4 * n, btf.littleEndian)
    const put = (n: number, value: number): void => view.setUint32(at + 4 * n, value >>> 0, btf.littleEndian)
    const info = get(1)
    const vlen = infoVlen(info)
    /** Members of a union in the place of elements of three words. */
    const asUnion = (): void => {
      const size = int.id === 0 ? 0 : int.size
      put(0, 0)
      put(1, ((int.id === 0 ? KIND.struct : KIND.union) << 24) | (int.id === 0 ? 0 : vlen))
      put(2, size)
      for (let i = 0; i < vlen; i++)
        for (const [n, value] of [0, int.id, 0].entries()) put(COMMON_WORDS + 3 * i + n, value)
    }
    switch (kindOf(btf, id)) {
      case 'func':
        if (vlen > GLOBAL) put(1, TYPEDEF << 24)
        else if (staticFuncs?.has(id) === true) put(1, infoKind(info) << 24)
        break
      case 'var':
        if (get(COMMON_WORDS) > GLOBAL) {
          put(COMMON_WORDS, GLOBAL)
          if (isVoid(btf, get(2))) put(2, int.id)
        }
        break
      case 'datasec': {
        const type = typeOf(btf, id)
        if (type.name === '.ksyms' || get(2) === 0 || vlen === 0) asUnion()
        else if (type.name.includes('?')) {
          state.newer = true
          if (!plain) break
          const offset = strings.at + get(0)
          for (let i = 0; i < type.name.length; i++) if (bytes[offset + i] === 0x3f) bytes[offset + i] = 0x5f
        }
        break
      }
      case 'float':
        if (plain) put(1, KIND.struct << 24)
        state.newer = true
        break
      case 'type_tag':
        if (plain) {
          put(0, 0)
          put(1, CONST << 24)
        }
        state.newer = true
        break
      case 'decl_tag':
        if (plain) {
          // Sizes are of int's record: 32 bits of 4 bytes.
          put(1, KIND.int << 24)
          put(2, 4)
          put(3, 32)
        }
        state.newer = true
        break
      case 'enum64':
        if (plain) {
          const size = get(2)
          asUnion()
          put(2, Math.max(size, int.size))
        }
        state.newer = true
        break
    }
  }
  return { bytes, newer: state.newer }
}

function someInt(btf: Btf, end: number): { readonly id: number; readonly size: number } {
  for (let id = btf.firstId; id < end; id++) {
    const type = kindOf(btf, id) === 'int' ? typeOf(btf, id) : undefined
    if (type?.kind === 'int') return { id, size: type.size }
  }
  return { id: 0, size: 0 }
}

function isVoid(btf: Btf, id: number): boolean {
  let current = id
  for (let steps = 0; steps < 32; steps++) {
    const type = typeOf(btf, current)
    if (type.kind !== 'const' && type.kind !== 'volatile' && type.kind !== 'restrict') return type.kind === 'void'
    current = type.typeId
  }
  return false
}
