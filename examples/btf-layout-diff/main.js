// @ts-check
// node main.js OLD NEW STRUCT…: members of structs that moved, changed, came or went between two kernels.
// OLD and NEW are raw BTF (/sys/kernel/btf/vmlinux) or ELF files with a .BTF section (a vmlinux, a module, an object file).
import { readFileSync } from 'node:fs'
import { btfErrors, diffBtf, findType, isElf, parseBtf, parseBtfElf, sizeOf } from '@tscc/btf'

/** @param {string} path */
function open(path) {
  const bytes = readFileSync(path)
  return isElf(bytes) ? parseBtfElf(bytes) : parseBtf(bytes)
}

/** @param {{ bitOffset: number, type: string } | undefined} place */
function placeText(place) {
  if (place === undefined) return '-'
  const bits = place.bitOffset % 8
  return `${Math.floor(place.bitOffset / 8)}${bits === 0 ? '' : `:${bits}`} ${place.type}`
}

const [oldPath, newPath, ...structs] = process.argv.slice(2)
if (oldPath === undefined || newPath === undefined || structs.length === 0) {
  console.error('usage: node main.js OLD NEW STRUCT…')
  process.exit(2)
}
try {
  const from = open(oldPath)
  const to = open(newPath)
  const differences = diffBtf(from, to, structs)
  for (const name of structs) {
    const sizes = [from, to].map((btf) => {
      const id = findType(btf, name, 'struct')
      return id === undefined ? 'absent' : `${sizeOf(btf, id)} bytes`
    })
    console.log(`struct ${name}: ${sizes.join(' -> ')}`)
    const members = differences.find((one) => one.name === name && one.kind === 'struct')?.members ?? []
    const wide = Math.max(0, ...members.map(({ member }) => member.length))
    for (const { member, change, from: was, to: is } of members)
      console.log(`  ${change.padEnd(7)}  ${member.padEnd(wide)}  ${placeText(was)} -> ${placeText(is)}`)
  }
} catch (error) {
  if (!btfErrors.is(error)) throw error
  console.error(error.message)
  process.exitCode = 1
}
