; Counts packets by destination port: r1 is a packet, a TCP header; map 0 is a hash of ports.
  r2 = *(u16 *)(r1 + 2)
  r2 = be16 r2
  *(u32 *)(r10 - 4) = r2
  *(u64 *)(r10 - 16) = 1
  r1 = map[idx:0]
  r2 = r10
  r2 += -4
  call 1                      ; bpf_map_lookup_elem
  if r0 == 0 goto first
  r1 = 1
  lock *(u64 *)(r0 + 0) += r1
  goto done
first:
  r1 = map[idx:0]
  r2 = r10
  r2 += -4
  r3 = r10
  r3 += -16
  r4 = 0
  call 2                      ; bpf_map_update_elem
done:
  r0 = 0
  exit
