// The compiler, in a thread of its own: whatever a text does to it, the editor goes on.
import { workerData } from 'node:worker_threads'
import { compile } from '@tscc/compiler'
import { parseByAcorn } from '@tscc/compiler/acorn'
import type { Answer, Reply, Request, Start } from './messages.ts'
import { importedPath } from './module-texts.ts'

const { replies, port } = workerData as Start // src/checker.ts starts it

port.on('message', ({ id, fileName, texts }: Request) => {
  const reply: Reply = { id, answer: answerTo(fileName, texts) }
  port.postMessage(reply)
  Atomics.add(replies, 0, 1)
  Atomics.notify(replies, 0)
})

function answerTo(fileName: string, texts: ReadonlyMap<string, string>): Answer {
  try {
    const read = (specifier: string, from: string) => {
      const path = importedPath(from, specifier) ?? ''
      const text = texts.get(path)
      return text === undefined ? undefined : { fileName: path, text }
    }
    return { diagnostics: compile(texts.get(fileName) ?? '', { fileName, read, parse: parseByAcorn }).diagnostics }
  } catch (error) {
    return { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}
