import { hasStep } from '../ir/accesses.ts'
import { predecessors, reversePostorder } from '../ir/graph.ts'
import { type AccessSize, type Block, BYTES, type Instr, type IrFunction, type Place, sameOperand } from '../ir/ir.ts'
import { laidOut } from '../ir/layout.ts'
import { isOnStack, mayOverlap, mayRead } from '../ir/memory.ts'
import { fits } from './legalize.ts'

const TWICE: Readonly<Partial<Record<AccessSize, AccessSize>>> = { u8: 'u16', u16: 'u32', u32: 'u64' }

/** A store of a number to bytes of ours that lie as one of twice the size may, and where in its block it is. */
interface Open {
  readonly store: NumberStore
  readonly block: number
  readonly index: number
}

type NumberStore = Extract<Instr, { op: 'store' }> & {
  readonly place: Exclude<Place, { kind: 'field' }>
  readonly a: { readonly imm: bigint }
}

/**
 * Two numbers stored side by side are one number, stored where the later one was. Only where it is known how bytes are
 * aligned: private state and objects on the stack start at multiples of 8. Needs SSA form, keeps it; loads of the single
 * numbers find less after it, so it comes late.
 */
export function joinStores(f: IrFunction): IrFunction {
  if (!hasStep(f.blocks, 'store')) return f
  const before = predecessors(f)
  /** By block, what could still be stored behind its end. */
  const atEnd: (readonly Open[])[] = []
  const steps: (Instr | undefined)[][] = []
  let changed = false
  for (const at of reversePostorder(f)) {
    const [from, ...others] = before[at] ?? []
    // Nobody comes to this block but from there, and nobody goes elsewhere from there.
    const goesOn = from !== undefined && others.length === 0 && f.blocks[from]?.end.op === 'jump'
    let open: readonly Open[] = goesOn ? (atEnd[from] ?? []) : []
    const here: (Instr | undefined)[] = [...(f.blocks[at]?.instrs ?? [])]
    steps[at] = here
    for (const [index, instr] of here.entries()) {
      if (instr === undefined) continue
      if (open.length > 0) open = open.filter(({ store }) => !touches(instr, store))
      if (!isJoinable(instr)) continue
      let store = instr
      for (let found = partner(open, store); found !== undefined; found = partner(open, store)) {
        const { other, joined } = found
        const list = steps[other.block]
        if (list !== undefined) list[other.index] = undefined
        open = open.filter((one) => one !== other)
        store = joined
        here[index] = joined
        changed = true
      }
      open = [...open, { store, block: at, index }]
    }
    atEnd[at] = open
  }
  if (!changed) return f
  const blocks = f.blocks.map((block, at): Block => {
    const instrs = steps[at]?.filter((instr) => instr !== undefined)
    return instrs === undefined ? block : { phis: block.phis, instrs, end: block.end }
  })
  return { ...f, blocks }
}

const touches = (instr: Instr, store: NumberStore): boolean =>
  mayRead(instr, store, () => false) || (instr.op === 'store' && mayOverlap(instr, store))

function isJoinable(instr: Instr): instr is NumberStore {
  if (instr.op !== 'store' || 'reg' in instr.a || instr.place.kind === 'field') return false
  return instr.place.kind === 'private' || isOnStack(instr.place)
}

/** An open store beside this one, and both as one. */
function partner(
  open: readonly Open[],
  store: NumberStore,
): { readonly other: Open; readonly joined: NumberStore } | undefined {
  const size = TWICE[store.size]
  if (size === undefined) return undefined
  const bytes = BYTES[store.size]
  const isFirst = store.place.offset % BYTES[size] === 0
  const wanted = isFirst ? store.place.offset + bytes : store.place.offset - bytes
  const other = open.find(
    (one) => one.store.size === store.size && one.store.place.offset === wanted && isSideBySide(one.store, store),
  )
  if (other === undefined) return undefined
  const [low, high] = isFirst ? [store, other.store] : [other.store, store]
  const bits = 8 * bytes
  const imm = BigInt.asUintN(bits, low.a.imm) | (BigInt.asUintN(bits, high.a.imm) << BigInt(bits))
  if (size === 'u64' && !fits(imm, 64)) return undefined
  const a = { imm: BigInt.asIntN(2 * bits, imm) }
  const joined = laidOut({ op: 'store', base: store.base, place: low.place, size, a }, store.span)
  return { other, joined: joined as NumberStore } // a store of a number, to the place of one
}

/** Do they start from one pointer, into one piece of memory? */
function isSideBySide({ base, place }: NumberStore, other: NumberStore): boolean {
  if (!sameOperand(base, other.base)) return false
  return place.kind === 'private'
    ? other.place.kind === 'private'
    : other.place.kind === 'memory' && place.region === other.place.region
}
