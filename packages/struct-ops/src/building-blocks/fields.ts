import type { Register, WritableRegister } from '@tscc/insn'
import type { EnumConstant, EnumName, FieldOfSize, ScalarField, StorableField, StructName } from '../kernel-types.ts'
import type { AccessSize, LoadEnum, LoadField, LoadPrivate, StoreField, StorePrivate } from '../spec.ts'

/** `dst = base->field` of any kernel struct, at the field's own width and sign; bitfields too. */
export const loadField = <S extends StructName>(
  dst: WritableRegister,
  base: Register,
  struct: S,
  field: ScalarField<S>,
): LoadField => ({ kind: 'loadField', dst, base, struct, field })

/** `base->field = src` of any kernel struct, at the field's own width. */
export const storeField = <S extends StructName>(
  base: Register,
  struct: S,
  field: StorableField<S>,
  src: Register | number,
): StoreField => ({ kind: 'storeField', base, struct, field, src })

/** A load that insists on a width: `sizedLoad('u32')('r7', 'r6', 'snd_cwnd')`. */
const sizedLoad =
  <A extends AccessSize>(size: A) =>
  (dst: WritableRegister, sk: Register, field: FieldOfSize<'tcp_sock', A>): LoadField => ({
    kind: 'loadField',
    dst,
    base: sk,
    struct: 'tcp_sock',
    field,
    size,
  })

const sizedStore =
  <A extends AccessSize>(size: A) =>
  (sk: Register, field: FieldOfSize<'tcp_sock', A>, src: Register | number): StoreField => ({
    kind: 'storeField',
    base: sk,
    struct: 'tcp_sock',
    field,
    src,
    size,
  })

/** `dst = tcp_sk(sk)->field` for a field of 1 byte. */
export const tcpSockLoadU8 = sizedLoad('u8')
/** `dst = tcp_sk(sk)->field` for a field of 2 bytes. */
export const tcpSockLoadU16 = sizedLoad('u16')
/** `dst = tcp_sk(sk)->field` for a field of 4 bytes. */
export const tcpSockLoadU32 = sizedLoad('u32')
/** `dst = tcp_sk(sk)->field` for a field of 8 bytes. */
export const tcpSockLoadU64 = sizedLoad('u64')
/** `tcp_sk(sk)->field = src` for a field of 1 byte; the verifier decides which fields may be written. */
export const tcpSockStoreU8 = sizedStore('u8')
/** `tcp_sk(sk)->field = src` for a field of 2 bytes. */
export const tcpSockStoreU16 = sizedStore('u16')
/** `tcp_sk(sk)->field = src` for a field of 4 bytes. */
export const tcpSockStoreU32 = sizedStore('u32')
/** `tcp_sk(sk)->field = src` for a field of 8 bytes. */
export const tcpSockStoreU64 = sizedStore('u64')

/** `dst = snd_cwnd`, segments. */
export const loadCwnd = (dst: WritableRegister, sk: Register): LoadField => tcpSockLoadU32(dst, sk, 'snd_cwnd')
/** `dst = snd_ssthresh`, segments. */
export const loadSsthresh = (dst: WritableRegister, sk: Register): LoadField => tcpSockLoadU32(dst, sk, 'snd_ssthresh')
/** `dst = srtt_us`: the smoothed RTT in us, shifted left by 3. */
export const loadSrtt = (dst: WritableRegister, sk: Register): LoadField => tcpSockLoadU32(dst, sk, 'srtt_us')
/** `dst = icsk_ca_state`, a bitfield: one of TCP_CA_STATES. */
export const loadCaState = (dst: WritableRegister, sk: Register): LoadField =>
  loadField(dst, sk, 'tcp_sock', 'icsk_ca_state')
/** `dst = packets_out`: segments sent and not yet acknowledged. */
export const loadPacketsOut = (dst: WritableRegister, sk: Register): LoadField => tcpSockLoadU32(dst, sk, 'packets_out')
/** `snd_cwnd = src`, segments. */
export const storeCwnd = (sk: Register, src: Register | number): StoreField => tcpSockStoreU32(sk, 'snd_cwnd', src)
/** `snd_ssthresh = src`, segments. */
export const storeSsthresh = (sk: Register, src: Register | number): StoreField =>
  tcpSockStoreU32(sk, 'snd_ssthresh', src)

/** `dst = *(size *)(inet_csk_ca(sk) + offset)`: this connection's private state, 104 bytes, zero at first. */
export const loadPrivate = (
  dst: WritableRegister,
  sk: Register,
  offset: number,
  size: AccessSize = 'u32',
): LoadPrivate => ({
  kind: 'loadPrivate',
  dst,
  sk,
  offset,
  size,
})

/** `*(size *)(inet_csk_ca(sk) + offset) = src`. */
export const storePrivate = (
  sk: Register,
  offset: number,
  src: Register | number,
  size: AccessSize = 'u32',
): StorePrivate => ({ kind: 'storePrivate', sk, offset, src, size })

/** `dst = CONSTANT`, with the value that the target kernel gives it. */
export const loadEnum = <E extends EnumName>(dst: WritableRegister, enumName: E, name: EnumConstant<E>): LoadEnum => ({
  kind: 'loadEnum',
  dst,
  enum: enumName,
  name,
})
