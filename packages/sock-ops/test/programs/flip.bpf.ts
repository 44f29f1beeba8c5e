import { global, sockOps, u8 } from '@tscc/bpf'
import { BPF_SOCK_OPS_TCP_CONNECT_CB } from '@tscc/vmlinux'

/** Which of a policy's tables is in use: the policy's own, in the place of this one. */
export const current = global<u8>(0)

/** The other table comes into use while the programs of a connection run. */
export const flip = sockOps((ctx) => {
  if (ctx.op === BPF_SOCK_OPS_TCP_CONNECT_CB) current.value = u8(current.value ^ 1)
})
