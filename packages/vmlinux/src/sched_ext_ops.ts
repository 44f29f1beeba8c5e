// Generated names, as in index.ts
export * from './generated/sched_ext_ops.ts'
