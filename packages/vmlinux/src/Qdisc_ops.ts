// Generated names, as in index.ts
export * from './generated/Qdisc_ops.ts'
