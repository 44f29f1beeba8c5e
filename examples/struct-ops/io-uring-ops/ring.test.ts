import { expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { ETIME, openRing } from './ring.mjs'

// The part that every kernel with io_uring has; with a program it runs in the kernel matrix.

test.skipIf(!needs('io_uring'))('a ring begins what it is told to, and hands back what has ended in that order', () => {
  const ring = openRing(4)
  try {
    expect(ring.offsets).toEqual({ sqHead: 0, sqTail: 4, cqHead: 8, cqTail: 12, cqEntries: 28 })
    ring.queueTimeout(30, 1)
    ring.queueTimeout(10, 2)
    expect(ring.enter({ submit: 2 })).toBe(2)
    expect(ring.take()).toEqual([])
    const ended = []
    while (ended.length < 2) {
      expect(ring.enter({ complete: 1 })).toBe(0)
      ended.push(...ring.take())
    }
    expect(ended).toEqual([
      { userData: 2, result: -ETIME },
      { userData: 1, result: -ETIME },
    ])
    expect(() => openRing(0)).toThrow('EINVAL')
  } finally {
    ring.close()
  }
})
