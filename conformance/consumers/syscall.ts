import { isTsccError } from '@tscc/core'
import { errnoName, fakeKernel, hostKernel, kernelRelease } from '@tscc/syscall'
import { libcFunction } from '@tscc/syscall/libc'

console.log(errnoName(1), typeof fakeKernel)
try {
  // Loads the native module; where there is no such kernel it is a typed error
  const getpid = libcFunction<[]>('int getpid()')
  console.log(getpid() > 1 && kernelRelease(hostKernel()) !== undefined)
} catch (error) {
  console.log(isTsccError(error))
}
