import { experimentErrors, type PathSpec, parsePath } from '@tscc/experiment'

const path: PathSpec = parsePath('20mbit 40ms 1bdp')
try {
  parsePath('fast')
} catch (error) {
  console.log(path.rate, experimentErrors.is(error, 'experiment/scenario'))
}
