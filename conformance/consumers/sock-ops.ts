import { createHandover, type Handover, sockOpsErrors } from '@tscc/sock-ops'

const make: () => Handover = createHandover
console.log(typeof make, sockOpsErrors.codes.length > 0)
