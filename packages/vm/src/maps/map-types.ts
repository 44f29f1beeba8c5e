/** BPF_MAP_TYPE_* that the machine has, by number (`enum bpf_map_type` in include/uapi/linux/bpf.h). */
export const mapTypes = {
  HASH: 1,
  ARRAY: 2,
  PROG_ARRAY: 3,
  PERCPU_HASH: 5,
  PERCPU_ARRAY: 6,
  LRU_HASH: 9,
  LRU_PERCPU_HASH: 10,
  LPM_TRIE: 11,
  ARRAY_OF_MAPS: 12,
  HASH_OF_MAPS: 13,
  QUEUE: 22,
  STACK: 23,
  SK_STORAGE: 24,
  STRUCT_OPS: 26,
  RINGBUF: 27,
} as const
