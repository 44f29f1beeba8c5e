// @ts-check
// node main.js VERSION [WORD]: types, fields and callbacks of the kernel's TCP that this version lacks. A program that
// wants them guards them with exists(…), and still loads there.
import { availability } from '@tscc/vmlinux/header'

const [version = '6.1', word = ''] = process.argv.slice(2)

/** @param {string} text a version: 6.12 is later than 6.2 */
const number = (text) => text.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0)

/** @param {string} versions as `..6.1`, `6.12..`, `6.1,6.17..` */
function includes(versions) {
  return versions.split(',').some((range) => {
    const [from = '', to = from] = range.split('..')
    return (from === '' || number(version) >= number(from)) && (to === '' || number(version) <= number(to))
  })
}

const lacking = Object.entries(availability).filter(([name, versions]) => name.includes(word) && !includes(versions))
for (const [name, versions] of lacking) console.log(`${name}: ${versions}`)
console.log(`${version} lacks ${lacking.length} of what some kernels have`)
