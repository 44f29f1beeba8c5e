import { basename } from 'node:path'
import type { QdiscProgram } from '@tscc/lab'
import { loadSource } from '../algorithm/load-source.ts'
import type { LoadedObjectFile } from '../algorithm/loaded-object.ts'
import { cliErrors } from '../cli-errors.ts'

/** What `--qdisc` names, and where it comes from. */
export interface LoadedQdisc {
  readonly program: QdiscProgram
  readonly source: LoadedObjectFile
}

/** The program of a `*.bpf.ts` or object file; whether it is a qdisc is for the lab to say. */
export async function loadQdisc(file: string): Promise<LoadedQdisc> {
  const source = await loadSource(file)
  if (!('object' in source)) throw cliErrors.make('bad-module', { path: file, why: 'is no .bpf.ts or object file' })
  return { program: { label: basename(file), object: source.bytes }, source }
}
