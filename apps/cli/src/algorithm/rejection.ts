import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { helperTable } from '@tscc/bpf/helpers'
import {
  type BpfObject,
  fieldAtOffset,
  type LineInfo,
  type LinkedObject,
  lineAt,
  linesOf,
  linkObject,
  loopLine,
  type VariableValue,
  withVariables,
} from '@tscc/object'
import { hostResolver } from '@tscc/struct-ops/kernel'
import { type Kernel, syscallErrors, verifierAdvice } from '@tscc/syscall'
import { cliErrors } from '../cli-errors.ts'
import { hostTarget } from './load-source.ts'
import type { LoadedObjectFile } from './loaded-object.ts'

/** A load that failed, at its place in the source; any other error, and one of code without lines, stays what it is. */
export function atSource(source: LoadedObjectFile, object: BpfObject, linked: LinkedObject, error: unknown): unknown {
  if (!syscallErrors.is(error, 'syscall/verifier')) return error
  const { program: name, instruction, reason, log } = error.context
  const program = linked.programs.find((one) => one.name === name)
  if (program === undefined) return error
  const lines = linesOf(linked, program)
  const at = instruction === undefined ? undefined : lineAt(lines, instruction)
  const advice = verifierAdvice(error.context, {
    fieldAt: (offset) => fieldAtOffset(object, linked, offset, at),
    helperOf,
  })
  const line = (advice.loop === true ? loopLine(program, lines, object.endian === 'little') : at) ?? at ?? lines[0]
  if (line === undefined) return error
  const { file, text } = sourceLine(source, line)
  const { message: complaint, help } = advice
  const shown = [
    `${file}:${line.line}${line.column === 0 ? '' : `:${line.column}`} error: the verifier: ${complaint}`,
    `  ${text ?? line.text}`,
    ...(text === undefined || line.column === 0 ? [] : [`  ${caret(text, line.column)}`]),
    ...(help === undefined ? [] : [`help: ${help}`]),
  ]
  return cliErrors.make(
    'rejected',
    {
      program: name,
      file,
      line: line.line,
      column: line.column,
      complaint,
      ...(help === undefined ? {} : { help }),
      text: shown.join('\n'),
      reason,
      log,
    },
    error,
  )
}

function helperOf(id: number): string | undefined {
  const row = helperTable.find((one) => one.id === id)
  return row && `${row.name}${row.since === undefined ? '' : ` (Linux ${row.since} and later have it)`}`
}

/** The same where linking was left to another process: it is done again, to learn what was resolved to what. */
export function atSourceHere(
  kernel: Kernel,
  source: LoadedObjectFile,
  set: Readonly<Record<string, VariableValue>>,
  error: unknown,
): unknown {
  if (!syscallErrors.is(error, 'syscall/verifier')) return error
  const object = withVariables(source.object, set)
  return atSource(source, object, linkObject(object, hostTarget(kernel, hostResolver(kernel).btf())), error)
}

/** The file as a person would name it, and its line with the indentation, which line records leave out. */
function sourceLine(source: LoadedObjectFile, line: LineInfo): { readonly file: string; readonly text?: string } {
  for (const { file, content } of filesNamed(source, basename(line.file))) {
    const text = content.split('\n')[line.line - 1]
    if (text?.trim() === line.text.trim()) return { file, text }
  }
  return /^\s/.test(line.text) ? { file: line.file, text: line.text } : { file: line.file }
}

function filesNamed(source: LoadedObjectFile, name: string): readonly { file: string; content: string }[] {
  const { compiled } = source
  if (compiled !== undefined)
    return compiled.files
      .filter((path) => basename(path) === name)
      .map((path) => ({ file: nearName(path), content: compiled.sourceOf(nearName(path)) ?? '' }))
  const beside = join(dirname(source.path), name)
  return existsSync(beside) ? [{ file: beside, content: readFileSync(beside, 'utf8') }] : []
}

/** As the compiler names files: from where one is. */
function nearName(path: string): string {
  const near = relative(process.cwd(), path)
  return near.startsWith('..') ? path : near
}

/** Below the word that begins at a column; tabs stay, so that it is below on any terminal. */
function caret(text: string, column: number): string {
  const word = /^[\w$.]+/.exec(text.slice(column - 1))?.[0] ?? ''
  return `${text.slice(0, column - 1).replace(/[^\t]/g, ' ')}${'^'.repeat(Math.max(1, word.length))}`
}
