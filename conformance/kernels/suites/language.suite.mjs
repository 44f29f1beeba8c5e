// Algorithms and programs in the language: compiled once, where the matrix was started; the same bytes on every kernel.
import assert from 'node:assert/strict'
import { withVariables } from '@tscc/object'
import { carries, grew, openArtifact } from './artifacts-here.mjs'
import { check, kernelVersion } from './check.mjs'
import { hasFeature } from './features.mjs'
import { variable } from './variables-of.mjs'

for (const name of ['reno', 'cubic', 'vegas', 'dctcp', 'westwood'])
  await check(`${name} in the language`, { feature: 'structOps' }, () => carries(openArtifact(`l_${name}`), grew))

await check('bbr in the language', { feature: 'pacingWrite' }, () => carries(openArtifact('l_bbr'), grew))

await check('maps, variables, calls, loops and questions', { feature: 'structOps' }, () => {
  const object = withVariables(openArtifact('l_questions'), { least: 3 })
  return carries(object, (info, run) => {
    grew(info)
    const has = (feature) => (hasFeature(kernelVersion, feature) ? 1 : 0)
    const answers = variable(object, run, '.bss', 'answers')
    const wanted = 1 + 2 * has('structOpsLink') + 4 * has('kfuncCall') + 8 * has('cwndEventTxStart')
    assert.equal(answers & 15, wanted)
    assert.equal(variable(object, run, '.bss', 'total'), 10)
    assert.ok(variable(object, run, '.bss', 'calls') > 0n)
    const picked = ['power', 'weight'].map((name) => variable(object, run, '.bss', name))
    assert.ok(['10,1', '100,2', '1000,3', '10000,4', '7,7'].includes(`${picked}`), `${picked}`)
    return { answers }
  })
})
