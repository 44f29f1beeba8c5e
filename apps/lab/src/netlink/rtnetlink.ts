import { syscallErrors } from '@tscc/syscall'
import { type NetlinkSocket, openNetlink } from '@tscc/syscall/netlink'
import { missingPrivilege } from '../lab-errors.ts'
import * as uapi from './uapi.ts'

/** rtnetlink in this thread's network namespace; what takes a privilege that this process lacks is `lab/missing-privilege`. */
export function openRtnetlink(): NetlinkSocket {
  const netlink = openNetlink(uapi.NETLINK_ROUTE)
  return {
    ...netlink,
    request(what) {
      try {
        return netlink.request(what)
      } catch (error) {
        if (syscallErrors.is(error, 'syscall/netlink') && error.context.name === 'EPERM')
          throw missingPrivilege('CAP_NET_ADMIN', what.name)
        throw error
      }
    },
  }
}
