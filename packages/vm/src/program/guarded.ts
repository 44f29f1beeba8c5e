import { DEPTH, DEPTH_LIMIT, FRAMES, FUEL, INSN, MAX_CALL_FRAMES, TAILED } from '../memory/layout.ts'
import type { Running, Runtime } from '../runtime.ts'
import { vmErrors } from '../vm-errors.ts'

/** Run something of a program: with its budget and frames, and with the machine's state set back whatever happens. */
export function guarded<Result>(runtime: Runtime, running: Running, body: () => Result): Result {
  const { memory } = runtime
  const { view } = memory
  const outer = runtime.running
  const depth = view.getUint32(DEPTH, true)
  const limit = view.getUint32(DEPTH_LIMIT, true)
  const fuel = view.getInt32(FUEL, true)
  const insn = view.getUint32(INSN, true)
  const frames = Math.min(depth + MAX_CALL_FRAMES, FRAMES)
  runtime.running = running
  view.setInt32(FUEL, running.budget, true)
  view.setUint32(DEPTH_LIMIT, frames, true)
  try {
    return body()
  } catch (error) {
    throw unwound(runtime, running, depth, error)
  } finally {
    runtime.running = outer
    view.setUint32(DEPTH, depth, true)
    view.setUint32(DEPTH_LIMIT, limit, true)
    view.setInt32(FUEL, fuel, true)
    view.setUint32(INSN, insn, true)
  }
}

/** Close the frames of a run that ended with an error, from `depth` on; gives what the host is to be told. */
export function unwound({ memory }: Runtime, running: Running, depth: number, error: unknown): unknown {
  const { view } = memory
  for (let frame = depth; frame < Math.min(depth + MAX_CALL_FRAMES, FRAMES); frame++) memory.openFrame(frame, false)
  view.setUint32(TAILED, 0, true)
  view.setUint32(DEPTH, depth, true)
  return faultOf(running, view.getUint32(INSN, true), error)
}

/** What host functions throw gets a place. */
function faultOf({ program }: Running, insn: number, error: unknown): unknown {
  if (vmErrors.is(error)) return error
  const name = program.calls.get(program.slots.indexOf(insn))?.name ?? 'a host function'
  return vmErrors.make('host-function', { program: program.name, insn, name }, error)
}
