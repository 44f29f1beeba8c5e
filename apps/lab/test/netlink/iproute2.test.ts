import { encodeRequest, type NetlinkRequest } from '@tscc/syscall/netlink'
import { expect, test } from 'vitest'
import { addAddress, addDefaultRoute, addNeighbour } from '../../src/netlink/address.ts'
import { setLink, vethPair } from '../../src/netlink/link-requests.ts'
import { deleteRootQdisc, setRootQdisc } from '../../src/netlink/qdisc.ts'

/*
 * What iproute2 6.1 sent for the commands beside, captured with `strace -e trace=sendmsg -e write=all` in an empty
 * network namespace (device 1 is lo). The sequence number is left out of the comparison.
 */
const mac = (last: number) => Uint8Array.of(2, 0, 0, 0, 0, last)
const vectors: readonly (readonly [command: string, request: NetlinkRequest, bytes: string])[] = [
  [
    'tc qdisc replace dev lo root netem delay 10ms loss 1% limit 10000',
    setRootQdisc(1, { kind: 'netem', delay: 10, loss: 0.01, limit: 10_000 }),
    '4c00000024000505SEQUENCE00000000000000000100000000000000ffffffff000000000a0001006e6574656d000000' +
      '1c0002005a62020010270000295c8f02000000000000000000000000',
  ],
  [
    'tc qdisc replace dev lo root ts_netem',
    setRootQdisc(1, { kind: 'bpf', id: 'ts_netem' }),
    '3400000024000505SEQUENCE00000000000000000100000000000000ffffffff000000000d00010074735f6e6574656d00000000',
  ],
  [
    'tc qdisc del dev lo root',
    deleteRootQdisc(1),
    '2400000025000500SEQUENCE00000000000000000100000000000000ffffffff00000000',
  ],
  [
    'ip link add name near mtu 1500 address … type veth peer name eth0 mtu 1500 address … netns 4242',
    vethPair({ name: 'near', mac: mac(0x1a) }, { name: 'eth0', mac: mac(0x0a), pid: 4242 }, 1500),
    '8c00000010000506SEQUENCE000000000000000000000000000000000000000008000400dc0500000a00010002000000001a0000' +
      '090003006e656172000000004c0012000800010076657468400002003c000100000000000000000000000000000000000800' +
      '0400dc0500000a00010002000000000a00000800130092100000090003006574683000000000',
  ],
  [
    'ip addr add 10.0.0.1/24 dev lo',
    addAddress(1, '10.0.0.1', 24),
    '2800000014000506SEQUENCE000000000218000001000000080002000a000001080001000a000001',
  ],
  [
    'ip addr add fd00::1/64 dev lo nodad',
    addAddress(1, 'fd00::1', 64),
    '4000000014000506SEQUENCE000000000a4002000100000014000200fd00000000000000000000000000000114000100' +
      'fd000000000000000000000000000001',
  ],
  [
    'ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:0b dev lo',
    addNeighbour(1, '10.0.0.2', mac(0x0b)),
    '300000001c000506SEQUENCE00000000020000000100000080000000080001000a0000020a00020002000000000b0000',
  ],
  [
    'ip link set dev lo up gso_max_segs 1',
    setLink(1, { up: true, gsoMaxSegs: 1 }),
    '2800000010000500SEQUENCE00000000000000000100000001000000010000000800280001000000',
  ],
  [
    'ip route add default via 10.0.0.9 dev lo',
    addDefaultRoute(1, '10.0.0.9'),
    '2c00000018000506SEQUENCE0000000002000000fe03000100000000080005000a0000090800040001000000',
  ],
]

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test.each(vectors)('%s', (_, request, expected) => {
  expect(hex(encodeRequest(request, 0x1234_5678))).toBe(expected.replace('SEQUENCE', '78563412'))
})

// iproute2 adds a rate table of 1 kB, which kernels since 3.8 do not read where the link layer is named.
test.each([
  [
    'tc qdisc replace dev lo root tbf rate 20mbit burst 4k limit 50000',
    { rate: 20e6, burst: 4096, limit: 50_000 },
    '2800010003010000ffff0000a025260000000000000000000000000050c30000f96300000000000008000600' + '00100000',
  ],
  [
    'tc qdisc replace dev lo root tbf rate 100mbit burst 12500 limit 250000',
    { rate: 100e6, burst: 12_500, limit: 250_000 },
    '2800010003010000ffff000020bcbe0000000000000000000000000090d00300093d00000000000008000600' + 'd4300000',
  ],
])('%s', (_, spec, options) => {
  const bytes = hex(encodeRequest(setRootQdisc(1, { kind: 'tbf', ...spec }), 0))
  expect(bytes.slice(32, 72)).toBe('000000000100000000000000ffffffff00000000')
  expect(bytes.slice(72)).toBe(`0800010074626600${'34000200'}${options}`)
})
