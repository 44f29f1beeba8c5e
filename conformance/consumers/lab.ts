import { canRunLab, defaultScenario, experimentErrors, type LabReadiness, parsePath, runLab } from '@tscc/lab'

const readiness: LabReadiness = await canRunLab()
console.log(typeof readiness.ok, parsePath('20mbit 20ms').rate)
try {
  await runLab({ ...defaultScenario, duration: -1 }, [{ label: 'reno', cc: 'reno', origin: 'native' }])
} catch (error) {
  console.log(experimentErrors.is(error, 'experiment/scenario'))
}
