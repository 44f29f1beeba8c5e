import * as constants from './constants.ts'

export {
  type HelperParam,
  type HelperParamType,
  type HelperProgram,
  type HelperReturn,
  type HelperRow,
  helperTable,
} from './helper-table.ts'

/** Macros of the kernel's headers that `@tscc/bpf` has as constants, by name. */
export const macroConstants: Readonly<Record<string, number>> = { ...constants }
