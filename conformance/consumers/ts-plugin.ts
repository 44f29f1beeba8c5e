import { init } from '@tscc/ts-plugin'

console.log(typeof init({ typescript: {} }).create)
