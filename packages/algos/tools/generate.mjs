// Makes src/generated/sources.ts: `node packages/algos/tools/generate.mjs`
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { programTexts } from '../../../tools/program-texts.mjs'

/** What the generated module should be. */
export const generatedModule = () => programTexts(new URL('../', import.meta.url), 'algorithms').module

export const { file: generatedFile } = programTexts(new URL('../', import.meta.url), 'algorithms')

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(generatedFile, generatedModule())
