import { mapInfo } from '@tscc/syscall'
import { openSocketDiag, tcpSockets } from '@tscc/syscall/netlink'
import type { ConnectionFigures } from './figures.ts'
import type { StoreMaps } from './store.ts'

/** Connections of this network namespace that a rule was about, by `RULE ARM`: 0 for those that it chose, 1 for the others. */
export function openConnections({ placed }: StoreMaps): ReadonlyMap<string, readonly ConnectionFigures[]> {
  const { id } = mapInfo(placed.kernel, placed.fd)
  const found = new Map<string, ConnectionFigures[]>()
  using netlink = openSocketDiag()
  for (const { info, storages } of tcpSockets(netlink, { storages: [placed.fd] })) {
    const value = storages.get(id)
    if (value?.length !== 8 || info === undefined) continue
    const view = new DataView(value.buffer, value.byteOffset, 8)
    const key = `${view.getUint32(4, true)} ${view.getUint32(0, true) & 1}`
    const known = found.get(key) ?? []
    known.push({
      rttUs: info.tcpi_rtt,
      rate: Number(info.tcpi_delivery_rate ?? 0),
      bytes: Number(info.tcpi_bytes_acked ?? 0),
      segments: info.tcpi_data_segs_out ?? 0,
      retransmits: info.tcpi_total_retrans,
    })
    found.set(key, known)
  }
  return found
}
