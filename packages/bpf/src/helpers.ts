export {
  type HelperParam,
  type HelperParamType,
  type HelperProgram,
  type HelperReturn,
  type HelperRow,
  helperTable,
} from './helper-table.ts'
