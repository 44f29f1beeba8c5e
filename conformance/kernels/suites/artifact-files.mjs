// The object files that came along with the job.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readObject } from '@tscc/object'

/** Where they are; `TSCC_ARTIFACTS` says so on the machine that made them. */
const folder = process.env.TSCC_ARTIFACTS ?? new URL('../artifacts', import.meta.url).pathname

/** An artifact, which must be the very bytes that were made. */
export function openArtifact(name) {
  const digests = JSON.parse(readFileSync(`${folder}/digests.json`, 'utf8'))
  const bytes = new Uint8Array(readFileSync(`${folder}/${name}.bpf.o`))
  assert.equal(createHash('sha256').update(bytes).digest('hex'), digests[`${name}.bpf.o`])
  return readObject(bytes)
}
