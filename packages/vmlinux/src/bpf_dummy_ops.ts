// Generated names, as in index.ts
export * from './generated/bpf_dummy_ops.ts'
