import { onlyCompiled } from './bpf-errors.ts'
import type { u16, u32 } from './integers.ts'

/** A number of 16 bits in network byte order as the machine has it. */
export function bpf_ntohs(x: u16): u16
export function bpf_ntohs(): never {
  return onlyCompiled('bpf_ntohs')
}

/** A number of 16 bits in network byte order. */
export function bpf_htons(x: u16): u16
export function bpf_htons(): never {
  return onlyCompiled('bpf_htons')
}

/** A number of 32 bits in network byte order as the machine has it. */
export function bpf_ntohl(x: u32): u32
export function bpf_ntohl(): never {
  return onlyCompiled('bpf_ntohl')
}

/** A number of 32 bits in network byte order. */
export function bpf_htonl(x: u32): u32
export function bpf_htonl(): never {
  return onlyCompiled('bpf_htonl')
}
