import { type Algorithm, algorithms, reno } from '@tscc/algos'

const names = algorithms.map((algorithm: Algorithm) => algorithm.name)
console.log(names.length > 0, reno('mine').name)
