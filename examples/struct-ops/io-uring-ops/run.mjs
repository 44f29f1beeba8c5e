// Twelve requests of 40 ms in one wait, four at a time: node --import @tscc/compiler/register run.mjs (root, Linux 7.1)
import pool, { depth, most, steps } from './pool.bpf.ts'
import { openRing } from './ring.mjs'

depth.value = 4
const ring = openRing(16)
const link = pool.attach({ data: { ring_fd: ring.fd } })
try {
  for (let i = 0; i < 12; i++) ring.queueTimeout(40, i)
  const started = performance.now()
  ring.enter()
  const took = Math.round(performance.now() - started)
  const ended = ring.take().length
  console.log(
    `${ended} of 12 requests in ${took} ms, ${most.value} at a time; loop_step was called ${steps.value} times`,
  )
} finally {
  link.close()
  ring.close()
}
