import { bpfErrors, type FixedArray, type KeyedMap, tcp_sk, u8, type u32, u64 } from '@tscc/bpf'
import { helperTable } from '@tscc/bpf/helpers'
import type { Kernel } from '@tscc/bpf/kernel'

const row = helperTable.find((one) => one.name === 'bpf_ktime_get_ns')
const four: FixedArray<u32, 4> = [1, 2, 3, 4]
console.log(u8(257), u64(2n ** 32n), row?.id, four.length)

/** Never called: there is no kernel here. */
export function find(map: KeyedMap<u32, u32>, sk: Kernel<'sock'>): u32 {
  return map.lookup(1)?.value ?? tcp_sk(sk).snd_cwnd
}
try {
  tcp_sk({} as Kernel<'sock'>) // throws before it looks at it
} catch (error) {
  console.log(bpfErrors.is(error, 'bpf/not-compiled'))
}
