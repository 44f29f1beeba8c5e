// Hundreds of names, all of them generated: listing them again would tell nobody anything.
export * from './generated/kernel.ts'
