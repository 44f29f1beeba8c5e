import { disassemble, type Insn } from '@tscc/insn'
import type { Step } from './spec.ts'

/** One line of text for a step, in the field's words: what listings and verifier errors show. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'loadArgument':
      return `${step.dst} = argument ${step.name === '' ? step.index : step.name}`
    case 'loadField':
      return `${step.dst} = ${step.struct}.${step.field} of ${step.base}`
    case 'storeField':
      return `${step.struct}.${step.field} of ${step.base} = ${step.src}`
    case 'loadPrivate':
      return `${step.dst} = *(${step.size} *)(icsk_ca_priv of ${step.sk} + ${step.offset})`
    case 'storePrivate':
      return `*(${step.size} *)(icsk_ca_priv of ${step.sk} + ${step.offset}) = ${step.src}`
    case 'loadEnum':
      return `${step.dst} = ${step.name}`
    case 'kfunc':
      return `call ${step.name}`
    case 'label':
      return `${step.name}:`
    default:
      return 'target' in step && typeof step.target === 'string'
        ? `jump to ${step.target}`
        : disassemble([step as Insn]).trim() // no label left in it: it is an instruction already
  }
}
