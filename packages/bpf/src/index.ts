export { bool, type Castable, s8, s16, s32, s64, u8, u16, u32, u64 } from './integers.ts'
