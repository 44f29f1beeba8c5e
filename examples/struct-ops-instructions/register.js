// @ts-check
// node register.js: registers it with the running kernel, as root, and takes it away again.
import { linkStructOps } from '@tscc/struct-ops'
import { hostResolver, registerStructOps } from '@tscc/struct-ops/kernel'
import { availableCongestionControls, hostKernel, syscallErrors } from '@tscc/syscall'
import { aimd } from './aimd.js'

const kernel = hostKernel()
const name = `aimd_${process.pid}`
const isThere = () => (availableCongestionControls(kernel).includes(name) ? 'available' : 'not available')
try {
  const registration = registerStructOps(kernel, linkStructOps(aimd(name), hostResolver(kernel)))
  console.log(`registered: ${isThere()}`)
  registration.close()
  console.log(`closed: ${isThere()}`)
} catch (error) {
  if (!syscallErrors.is(error)) throw error
  console.error(error.message)
  process.exitCode = 1
}
