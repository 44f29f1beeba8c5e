// Generated names, as in index.ts
export * from './generated/io_uring_bpf_ops.ts'
