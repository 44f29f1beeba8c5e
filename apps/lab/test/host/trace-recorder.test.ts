import { expect, test } from 'vitest'
import { createTraceRecorder } from '../../src/host/trace-recorder.ts'

test('samples become columns, more of them than expected too', () => {
  const recorder = createTraceRecorder(1)
  const info = new DataView(new ArrayBuffer(512))
  for (let n = 0; n < 100; n++) {
    info.setUint32(80, n, true)
    info.setBigUint64(120, 2n ** 40n + BigInt(n), true)
    recorder.add(n * 10.0004, info)
  }
  const columns = recorder.columns()
  expect(columns.cwnd).toEqual(Array.from({ length: 100 }, (_, n) => n))
  expect(columns.bytesAcked[99]).toBe(2 ** 40 + 99)
  expect(columns.time[1]).toBe(10)
  expect(new Set(Object.values(columns).map((column) => column.length))).toEqual(new Set([100]))
})
