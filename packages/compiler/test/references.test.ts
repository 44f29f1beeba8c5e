import { expect, test } from 'vitest'
import { mistakesOf } from './mistakes.ts'

// What a program owns: it is given on on every way, once, and only that is given away.

const top = `import { array, type Kptr, noinline, ringbuf, structOps, type u32 } from '@tscc/bpf'
import { bpf_kfree_skb, bpf_qdisc_skb_drop, bpf_task_acquire, bpf_task_release, type Qdisc, type Qdisc_ops, type sk_buff } from '@tscc/vmlinux/Qdisc_ops'
interface Slot { skb: Kptr<sk_buff>; at: u32 }
interface Note { length: u32 }
const slots = array<Slot>(8)
const notes = ringbuf<Note>(4096)
function hand(note: Note): void { note.length = 2; notes.submit(note) }
const called = noinline((note: Note): void => { notes.discard(note) })
function drop(skb: sk_buff): void { bpf_kfree_skb(skb) }
function first(): u32 { return 0 }
`
const qdisc = (enqueue: string, dequeue = 'return null'): string => `${top}
export default structOps<Qdisc_ops>({
  id: 'x',
  enqueue(skb, sch, to_free) {
    ${enqueue}
  },
  dequeue(sch) {
    ${dequeue}
  },
  init: () => 0,
  reset() {},
  destroy() {},
})
`
const DROP = 'bpf_qdisc_skb_drop(skb, to_free); return 1'
const found = (enqueue: string, dequeue?: string) =>
  mistakesOf(qdisc(enqueue, dequeue)).map(([code, marked]) => [code, marked])

const HELD = [['TSCC2401', 'skb']]

test.each([
  ['dropped', DROP],
  ['dropped by a function that is put in its place', 'drop(skb); return 1'],
  ['dropped on either way', `if (skb.len > 100) { ${DROP} }\nbpf_kfree_skb(skb); return 0`],
  [
    'put into a map, and what was there is dropped',
    `const slot = slots.lookup(0)
    if (slot === null) { ${DROP} }
    const old = slot.skb.exchange(skb)
    if (old !== null) bpf_qdisc_skb_drop(old, to_free)
    return 0`,
  ],
  ['by another name', 'const mine = skb; bpf_kfree_skb(mine); return 0'],
  ['read before it goes', 'const length = skb.len; bpf_kfree_skb(skb); if (length > 5) return 0; return 1'],
  [
    'a record of a ring buffer',
    `const note = notes.reserve()
    if (note !== null) { note.length = skb.len; notes.submit(note) }
    ${DROP}`,
  ],
])('nothing is wrong: %s', (_, enqueue) => {
  expect(found(enqueue)).toEqual([])
})

test.each([
  ['never', 'return 0'],
  ['not on one way', `if (skb.len > 100) return 1\n${DROP}`],
  ['not after a switch', `switch (skb.len) { case 1: return 0; default: ${DROP} }`],
])('an argument that is owned is kept: %s', (_, enqueue) => {
  expect(found(enqueue)).toEqual(HELD)
})

test('the help names what takes it back', () => {
  expect(mistakesOf(qdisc('return 0'))[0]?.slice(2)).toEqual([
    "skb is the program's, and on some way still is where enqueue ends",
    'on every way one of: bpf_kfree_skb(skb), bpf_qdisc_skb_drop(skb, to_free_list), or into a map',
  ])
})

test('what an exchange gave is kept', () => {
  const enqueue = `const slot = slots.lookup(0)
    if (slot === null) { ${DROP} }
    slot.skb.exchange(skb)
    return 0`
  expect(found(enqueue)).toEqual([['TSCC2401', 'slot.skb.exchange(skb)']])
})

test('a record of a ring buffer is kept', () => {
  expect(found(`const note = notes.reserve()\nif (note !== null) note.length = 1\n${DROP}`)).toEqual([
    ['TSCC2401', 'notes.reserve()'],
  ])
})

const record = (body: string) => found(`const note = notes.reserve()\n${body}\n${DROP}`)

test.each([
  'if (note) { note.length = 1; notes.submit(note) }',
  'if (note !== null && skb.len > 1) notes.submit(note)\nelse if (note !== null) notes.discard(note)',
  'if (note !== null) hand(note)',
  'if (note !== null) called(note)',
  'for (const i of range(4)) { const other = notes.reserve(); if (other === null) break; other.length = i; notes.submit(other) }\nif (note) notes.discard(note)',
])('nothing is wrong with a record: %s', (body) => {
  expect(record(body)).toEqual([])
})

test.each([
  'if (note === null || skb.len > 5) { bpf_kfree_skb(skb); return 1 }\nnotes.submit(note)',
  'for (const i of range(4)) { if (note === null) continue; if (i > 2) break }',
])('a record is kept on some way: %s', (body) => {
  expect(record(body)).toEqual([['TSCC2401', 'notes.reserve()']])
})

test('a task is kept, in a loop too', () => {
  const loop = `for (const i of range(4)) { const slot = slots.lookup(i); if (slot !== null) slot.skb.exchange(null) }\n${DROP}`
  expect(found(loop.replace('range(4)', 'range(4)'))).toEqual([['TSCC2401', 'slot.skb.exchange(null)']])
})

test.each([
  ['read', 'bpf_kfree_skb(skb); if (skb.len > 5) return 0; return 1', 'skb'],
  ['given away again', `bpf_kfree_skb(skb); ${DROP}`, 'bpf_qdisc_skb_drop(skb, to_free)'],
  ['given away again on one way', `if (skb.len > 5) drop(skb)\n${DROP}`, 'bpf_qdisc_skb_drop(skb, to_free)'],
])('what was given away is used: %s', (_, enqueue, marked) => {
  expect(found(enqueue)).toEqual([['TSCC2402', marked]])
})

test.each([
  ['to the kernel', 'bpf_kfree_skb(sch.gso_skb.next); return null', 'bpf_kfree_skb(sch.gso_skb.next)'],
  [
    'into a map',
    'const slot = slots.lookup(0)\nif (slot === null) return null\nreturn slot.skb.exchange(sch.gso_skb.next)',
    'slot.skb.exchange(sch.gso_skb.next)',
  ],
])('what is only borrowed is given away: %s', (_, dequeue, marked) => {
  expect(found(DROP, dequeue)).toEqual([['TSCC2403', marked]])
})

test('a result is given on', () => {
  const take = 'const slot = slots.lookup(0)\nif (slot === null) return null\n'
  expect(found(DROP, `${take}return slot.skb.exchange(null)`)).toEqual([])
  expect(found(DROP, `${take}const skb = slot.skb.exchange(null)\nif (skb === null) return null\nreturn skb`)).toEqual(
    [],
  )
  expect(found(DROP, `${take}const skb = slot.skb.exchange(null)\nif (skb !== null) sch.q.qlen--\nreturn skb`)).toEqual(
    [],
  )
  expect(found(DROP, `${take}const skb = slot.skb.exchange(null)\nreturn null`)).toEqual([
    ['TSCC2401', 'slot.skb.exchange(null)'],
  ])
})

test('a program of many branches is followed to its end', () => {
  const branches = Array.from({ length: 300 }, (_, i) => `if (skb.len > ${i}) length += u32(sch.handle) + sch.limit`)
  const enqueue = (last: string): string =>
    `let length: u32 = 0\n${branches.join('\n')}\nif (length > 5) return 1\n${last}`
  const text = (last: string): string =>
    qdisc(enqueue(last)).replace('noinline,', 'noinline, u32,').replace('type u32 }', '}')
  expect(mistakesOf(text(DROP)).map(([code, marked]) => [code, marked])).toEqual(HELD)
})

test('Kptr is for structs of the kernel, in values of maps', () => {
  expect(mistakesOf(qdisc(DROP).replace('Kptr<sk_buff>', 'Kptr<u32>'))[0]?.slice(0, 2)).toEqual(['TSCC2101', 'u32'])
  expect(found(`const slot: Slot = { at: 1 }\nslot.skb.exchange(null)\n${DROP}`)[0]).toEqual(['TSCC2101', 'slot.skb'])
  expect(found(`const slot = slots.lookup(0)\nif (slot !== null) slot.skb.exchange(sch)\n${DROP}`)[0]).toEqual([
    'TSCC2101',
    'sch',
  ])
})
