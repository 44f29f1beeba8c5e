import { referenceEntry, renoReference, type SimResult, simErrors } from '@tscc/sim'
import { expectUtilised, simulate } from '@tscc/sim/testing'

const result: SimResult = simulate({ algorithms: [referenceEntry(renoReference)], path: '10mbit 20ms', duration: 2000 })
console.log(result.summary[0]?.label)
try {
  expectUtilised(result, { share: 2 })
} catch (error) {
  console.log(simErrors.is(error, 'sim/expectation'))
}
