import { byteReader, isTsccError } from '@tscc/core'

const reader = byteReader(Uint8Array.of(7, 1, 0), { path: 'header' })
console.log(reader.u8('magic'), reader.u16('length'))
try {
  reader.u32('flags')
} catch (error) {
  console.log(isTsccError(error) && error.code)
}
