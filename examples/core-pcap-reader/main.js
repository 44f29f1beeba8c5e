// @ts-check
// node main.js [FILE.pcap]: what is in a packet capture, a line each. Without a file it makes a small capture first.
// A file may be damaged or hostile: what is wrong has a code and says which field, where, and what was wanted.
import { readFileSync } from 'node:fs'
import { byteReader, byteWriter, defineErrors, isTsccError } from '@tscc/core'

const pcapErrors = defineErrors('pcap', {
  magic: (/** @type {{ found: number }} */ c) => `magic: found 0x${c.found.toString(16)}, want 0xa1b2c3d4`,
})

/** @param {Uint8Array} bytes */
function* packetsOf(bytes) {
  const littleEndian = bytes[0] === 0xd4
  const file = byteReader(bytes, { littleEndian, path: 'capture' })
  const magic = file.u32('magic')
  if (magic !== 0xa1b2c3d4) throw pcapErrors.make('magic', { found: magic })
  file.take(20, 'header') // version, time zone, snapshot length, link type
  while (file.left > 0) {
    const seconds = file.u32('packet seconds') + file.u32('packet microseconds') / 1e6
    const captured = file.u32('packet captured length')
    const length = file.u32('packet length')
    yield { seconds, length, data: file.take(captured, 'packet data') }
  }
}

/** A capture of three packets. */
function sample() {
  const file = byteWriter({ littleEndian: true, path: 'sample' })
  file.u32(0xa1b2c3d4, 'magic')
  file.put(Uint8Array.of(2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0))
  for (const [index, length] of [60, 1514, 66].entries()) {
    file.u32(1_700_000_000, 'seconds')
    file.u32(index * 1500, 'microseconds')
    file.u32(length, 'captured length')
    file.u32(length, 'length')
    file.put(new Uint8Array(length))
  }
  return file.finish()
}

const [path] = process.argv.slice(2)
try {
  let bytes = 0
  let packets = 0
  for (const { seconds, length } of packetsOf(path === undefined ? sample() : readFileSync(path))) {
    console.log(`${seconds.toFixed(6)}  ${length} bytes`)
    packets++
    bytes += length
  }
  console.log(`${packets} packets, ${bytes} bytes`)
} catch (error) {
  if (!isTsccError(error)) throw error
  console.error(`${error.code}: ${error.message}`)
  process.exitCode = 1
}
