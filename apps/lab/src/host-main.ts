import { existsSync } from 'node:fs'
import { syscallErrors } from '@tscc/syscall'
import type { NetlinkSocket } from '@tscc/syscall/netlink'
import { turnOffOffloads } from './ethtool.ts'
import type { HostCallName, HostCalls, HostReply, HostRequest, NetworkSpec } from './host/protocol.ts'
import { createReceiver } from './host/receiver.ts'
import { errorReply } from './host/remote-error.ts'
import { sendFlows } from './host/sender.ts'
import { labErrors } from './lab-errors.ts'
import { startUserLink, type UserLink } from './link/user-link.ts'
import { addAddress, addDefaultRoute, addNeighbour } from './netlink/address.ts'
import { setLink, vethPair } from './netlink/link-requests.ts'
import { deleteRootQdisc, setRootQdisc } from './netlink/qdisc.ts'
import { openRtnetlink } from './netlink/rtnetlink.ts'
import { becomePunctual, deviceIndex, dieWithParent, enterNewNetns, preferThisProcess, setNetSysctl } from './netns.ts'

/*
 * A process of an experiment: `node host-main.js <role> <pid of its parent>`, with an IPC channel.
 *
 * It moves into a network namespace of its own, does what its parent asks, and dies with it.
 */
const [role = '', parent = ''] = process.argv.slice(2)

type Handlers = {
  readonly [Name in HostCallName]: (
    argument: HostCalls[Name]['argument'],
  ) => HostCalls[Name]['result'] | Promise<HostCalls[Name]['result']>
}

function reply(message: HostReply): void {
  process.send?.(message)
}

function setNetwork(netlink: NetlinkSocket, spec: NetworkSpec): null {
  for (const { name, value } of spec.sysctls) setNetSysctl(name, value)
  netlink.request(setLink(deviceIndex('lo'), { up: true }))
  const index = deviceIndex(spec.device)
  turnOffOffloads(spec.device, spec.offloadsOff)
  for (const { address, prefix } of spec.addresses)
    if (!address.includes(':') || hasIpv6()) netlink.request(addAddress(index, address, prefix))
  netlink.request(
    setLink(index, { up: true, ...(spec.gsoMaxSegs === undefined ? {} : { gsoMaxSegs: spec.gsoMaxSegs }) }),
  )
  for (const { address, mac } of spec.neighbours)
    if (!address.includes(':') || hasIpv6()) netlink.request(addNeighbour(index, address, mac))
  if (spec.gateway !== undefined) netlink.request(addDefaultRoute(index, spec.gateway))
  return null
}

function hasIpv6(): boolean {
  return existsSync('/proc/sys/net/ipv6')
}

function makeHandlers(): Handlers {
  const netlink = openRtnetlink()
  const receiver = createReceiver()
  const links: UserLink[] = []
  const link = (): UserLink => {
    const [first] = links
    if (first === undefined) throw labErrors.make('no-link', {})
    return first
  }
  return {
    'create-veth'({ near, far, mtu }) {
      netlink.request(vethPair(near, far, mtu))
      return null
    },
    'set-network': (spec) => setNetwork(netlink, spec),
    'set-qdisc'({ device, qdisc }) {
      const index = deviceIndex(device)
      try {
        netlink.request(deleteRootQdisc(index)) // what it holds goes with it
      } catch (error) {
        if (!syscallErrors.is(error, 'syscall/netlink')) throw error // there was none
      }
      netlink.request(setRootQdisc(index, qdisc))
      return null
    },
    'probe-netem'() {
      try {
        netlink.request(setRootQdisc(deviceIndex('lo'), { kind: 'netem', delay: 1, loss: 0, limit: 1000 }))
        netlink.request(deleteRootQdisc(deviceIndex('lo')))
        return ''
      } catch (error) {
        if (syscallErrors.is(error, 'syscall/netlink')) return error.message
        throw error
      }
    },
    'start-user-link'({ near, far, path, seed }) {
      becomePunctual()
      links.push(startUserLink(near, far, path, seed))
      return null
    },
    'reset-user-link'({ seed }) {
      link().reset(seed)
      return null
    },
    'user-link-counters': () => link().counters(),
    async listen(specs) {
      await receiver.listen(specs)
      return null
    },
    'stop-listening': () => receiver.stop(),
    send: (spec) => sendFlows(spec),
  }
}

async function answer(handlers: Handlers, { id, call, argument }: HostRequest): Promise<void> {
  try {
    // The parent types each call by the same table: argument and handler belong together.
    const handler = handlers[call] as (argument: unknown) => unknown
    reply({ kind: 'result', id, result: await handler(argument) })
  } catch (error) {
    reply(errorReply(id, error))
  }
}

try {
  process.on('disconnect', () => process.exit(0))
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {}) // the parent decides
  process.title = `tscc lab ${role}`
  dieWithParent(Number(parent))
  enterNewNetns()
  preferThisProcess()
  const handlers = makeHandlers()
  process.on('message', (message) => {
    void answer(handlers, message as HostRequest) // only the parent speaks on this channel
  })
  reply({ kind: 'ready' })
} catch (error) {
  reply(errorReply(-1, error))
  process.disconnect()
}
