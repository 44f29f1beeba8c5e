// Algorithms and programs in the language: compiled once, where the matrix was started; the same bytes on every kernel.
import assert from 'node:assert/strict'
import { variablesOf, withVariables } from '@tscc/object'
import { mapValues } from '@tscc/syscall'
import { carries, grew, openArtifact } from './artifacts-here.mjs'
import { check, kernelVersion } from './check.mjs'
import { hasFeature } from './features.mjs'

for (const name of ['reno', 'cubic', 'vegas', 'dctcp', 'westwood'])
  await check(`${name} in the language`, { feature: 'structOps' }, () => carries(openArtifact(`l_${name}`), grew))

await check('bbr in the language', { feature: 'pacingWrite' }, () => carries(openArtifact('l_bbr'), grew))

await check('maps, variables, calls, loops and questions', { feature: 'structOps' }, () => {
  const object = withVariables(openArtifact('l_questions'), { least: 3 })
  return carries(object, (info, { linked, loaded }) => {
    grew(info)
    const variable = (section, name) => {
      const values = mapValues(loaded.map(section))
      try {
        const map = linked.maps.find((one) => one.name === section)
        return variablesOf(map, object.btf, values.element(0)).get(name)
      } finally {
        values.close()
      }
    }
    const has = (feature) => (hasFeature(kernelVersion, feature) ? 1 : 0)
    const answers = variable('.bss', 'answers')
    const wanted = 1 + 2 * has('structOpsLink') + 4 * has('kfuncCall') + 8 * has('cwndEventTxStart')
    assert.equal(answers & 15, wanted)
    assert.equal(variable('.bss', 'total'), 10)
    assert.ok(variable('.bss', 'calls') > 0n)
    return { answers }
  })
})
