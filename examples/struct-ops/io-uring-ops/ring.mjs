// An io_uring: what io_uring_setup(2) and io_uring_enter(2) say, and no more than the example needs.
import { addressOf, callLibc, errno, errnoName, libcFunction, mapMemory } from '@tscc/syscall/libc'

// The same numbers on every architecture that Node runs on
const SETUP = 425
const ENTER = 426

// include/uapi/linux/io_uring.h
const IORING_SETUP_SINGLE_ISSUER = 1 << 12
const IORING_SETUP_DEFER_TASKRUN = 1 << 13
const IORING_SETUP_NO_SQARRAY = 1 << 16
const RING_OF_ONE_TASK = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN
const IORING_ENTER_GETEVENTS = 1
const IORING_OFF_SQES = 0x1000_0000
const SQE_SIZE = 64
const CQE_SIZE = 16

const IORING_OP_TIMEOUT = 11

/** What a request of this kind gives when its time is over. */
export const ETIME = 62

/** struct io_uring_params: 120 bytes, its offsets of both queues from 40 and 80 on. */
const PARAMS = { size: 120, entries: 0, cqEntries: 4, flags: 8, sq: 40, cq: 80 }

/**
 * A ring of `entries` requests. The kernel takes programs for rings whose work is done by the one task that made them
 * (SINGLE_ISSUER, DEFER_TASKRUN), when it waits.
 */
export function openRing(entries, { flags = RING_OF_ONE_TASK } = {}) {
  const params = new DataView(new ArrayBuffer(PARAMS.size))
  params.setUint32(PARAMS.flags, flags | IORING_SETUP_NO_SQARRAY, true)
  const fd = callLibc(
    'long syscall(long nr, uint32_t entries, void *params)',
    SETUP,
    entries,
    new Uint8Array(params.buffer),
  )
  const word = (offset) => params.getUint32(offset, true)
  const [sqEntries, cqEntries] = [word(PARAMS.entries), word(PARAMS.cqEntries)]
  const cqes = word(PARAMS.cq + 20)
  const rings = mapMemory(fd, { length: cqes + cqEntries * CQE_SIZE, writable: true, shared: true })
  const sqes = mapMemory(fd, { length: sqEntries * SQE_SIZE, offset: IORING_OFF_SQES, writable: true, shared: true })
  const queue = new DataView(rings.bytes.buffer, rings.bytes.byteOffset, rings.bytes.byteLength)
  const requests = new DataView(sqes.bytes.buffer, sqes.bytes.byteOffset, sqes.bytes.byteLength)
  const at = { sqTail: word(PARAMS.sq + 4), cqHead: word(PARAMS.cq), cqTail: word(PARAMS.cq + 4) }
  // The kernel reads the times when a request begins: they have to stay
  const times = []
  return {
    fd,
    /** Where the kernel has the counters of both queues: what a program sees of them begins there. */
    offsets: { sqHead: word(PARAMS.sq), ...at, cqEntries: word(PARAMS.cq + 12) },
    /** Put a request into the queue that ends after so many milliseconds; the kernel begins it when it is told to. */
    queueTimeout(milliseconds, userData) {
      const tail = queue.getUint32(at.sqTail, true)
      const time = new BigInt64Array([0n, BigInt(Math.round(milliseconds * 1e6))])
      times.push(time)
      const sqe = (tail % sqEntries) * SQE_SIZE
      sqes.bytes.fill(0, sqe, sqe + SQE_SIZE)
      requests.setUint8(sqe, IORING_OP_TIMEOUT)
      requests.setInt32(sqe + 4, -1, true)
      requests.setBigUint64(sqe + 16, addressOf(new Uint8Array(time.buffer)), true)
      requests.setUint32(sqe + 24, 1, true)
      requests.setBigUint64(sqe + 32, BigInt(userData), true)
      queue.setUint32(at.sqTail, (tail + 1) >>> 0, true)
    },
    /** Wait, and have so many requests begin where no program decides: how many did, or the errno's name. */
    enter({ submit = 0, complete = 0 } = {}) {
      const call = libcFunction(
        'long syscall(long nr, int fd, uint32_t submit, uint32_t complete, uint32_t flags, void *sig, size_t size)',
      )
      const result = Number(call(ENTER, fd, submit, complete, IORING_ENTER_GETEVENTS, null, 0))
      return result >= 0 ? result : errnoName(errno())
    },
    /** Take what has ended out of the queue, in the order in which it did. */
    take() {
      const [head, tail] = [queue.getUint32(at.cqHead, true), queue.getUint32(at.cqTail, true)]
      const ended = Array.from({ length: (tail - head) >>> 0 }, (_, i) => {
        const cqe = cqes + ((head + i) % cqEntries) * CQE_SIZE
        return { userData: Number(queue.getBigUint64(cqe, true)), result: queue.getInt32(cqe + 8, true) }
      })
      queue.setUint32(at.cqHead, tail, true)
      return ended
    },
    close() {
      sqes.close()
      rings.close()
      callLibc('int close(int fd)', fd)
    },
  }
}
