import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

/** Wait until something holds, or fail after some seconds. */
export async function until(holds, what, seconds = 10) {
  const end = Date.now() + 1000 * seconds
  while (!holds()) {
    assert.ok(Date.now() < end, `${what}: not within ${seconds} s`)
    await sleep(50)
  }
}
