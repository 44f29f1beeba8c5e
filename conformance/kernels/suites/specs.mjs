// One artifact for every kernel: congestion controls at instruction level, each with something that kernels differ in. What a
// program saw is told by snd_ssthresh, which TCP_INFO shows.
import { reno } from '@tscc/algos'
import { add32, jeq, jne32, jslt32, label, lsh32, mov, or32 } from '@tscc/insn'
import {
  aimdSsthresh,
  callbackPrologue,
  congControlPrologue,
  cwndEventPrologue,
  cwndEventTxStartPrologue,
  incrementCwnd,
  initPrologue,
  loadCwnd,
  loadEnum,
  loadField,
  loadPrivate,
  minimalSsthreshProgram,
  minimalUndoCwndProgram,
  returnR0,
  returnVoid,
  slowStartCongAvoidProgram,
  ssthreshPrologue,
  storeCwnd,
  storePrivate,
  storeSsthresh,
} from '@tscc/struct-ops'

const base = {
  ssthresh: minimalSsthreshProgram(),
  cong_avoid: slowStartCongAvoidProgram(),
  undo_cwnd: minimalUndoCwndProgram(),
}

const spec = (name, callbacks, more = {}) => ({
  type: 'tcp_congestion_ops',
  name,
  callbacks: { ...base, ...callbacks },
  ...more,
})

/** Private state that a program counts in starts at zero; the window at the kernel's, or at so many segments. */
const clearState = (cwnd) => [
  ...initPrologue('r6'),
  storePrivate('r6', 0, 0),
  ...(cwnd === undefined ? [] : [storeCwnd('r6', cwnd)]),
  ...returnVoid(),
]

/**
 * cong_control(sk, rs) before 6.10, (sk, ack, flag, rs) since: `rs` is bound by what it points to. 5.10 refuses it without
 * a cong_avoid, which no kernel calls then. snd_ssthresh is 5000 and what rs->acked_sacked summed up to.
 */
export const congControl = (name) =>
  spec(name, {
    init: clearState(),
    cong_avoid: returnVoid(),
    cong_control: [
      ...congControlPrologue('r6', 'r7'),
      loadField('r8', 'r7', 'rate_sample', 'delivered'),
      jslt32('r8', 0, 'invalid'),
      loadField('r8', 'r7', 'rate_sample', 'acked_sacked'),
      loadPrivate('r9', 'r6', 0),
      add32('r9', 'r8'),
      storePrivate('r6', 0, 'r9'),
      add32('r9', 5000),
      storeSsthresh('r6', 'r9'),
      loadCwnd('r9', 'r6'),
      add32('r9', 'r8'),
      storeCwnd('r6', 'r9'),
      label('invalid'),
      ...returnVoid(),
    ],
  })

/**
 * Bitfields, which move from kernel to kernel: nonagle (4 bits), icsk_ca_state (5), is_cwnd_limited (1, kept once it was
 * seen). The window stays at two segments, so that it is what limits. snd_ssthresh is 4096 + 256 * nonagle + 2 * icsk_ca_state + is_cwnd_limited.
 */
export const bitfields = (name) =>
  spec(name, {
    init: clearState(2),
    cong_avoid: [
      ...callbackPrologue('cong_avoid', { sk: 'r6' }),
      loadField('r7', 'r6', 'tcp_sock', 'is_cwnd_limited'),
      loadPrivate('r8', 'r6', 0),
      or32('r8', 'r7'),
      storePrivate('r6', 0, 'r8'),
      loadField('r7', 'r6', 'tcp_sock', 'icsk_ca_state'),
      lsh32('r7', 1),
      or32('r8', 'r7'),
      loadField('r7', 'r6', 'tcp_sock', 'nonagle'),
      lsh32('r7', 8),
      or32('r8', 'r7'),
      add32('r8', 4096),
      storeSsthresh('r6', 'r8'),
      ...returnVoid(),
    ],
  })

/** Kernel functions with code of ours in their place where the kernel has none to call. */
export const kfuncs = (name) =>
  spec(name, {
    ssthresh: [
      ...ssthreshPrologue('r6'),
      mov('r1', 'r6'),
      { kind: 'kfunc', name: 'tcp_reno_ssthresh', fallback: aimdSsthresh('r6', 'r7') },
      ...returnR0(),
    ],
    cong_avoid: [
      ...callbackPrologue('cong_avoid', { sk: 'r6', ack: 'r7', acked: 'r8' }),
      mov('r1', 'r6'),
      mov('r2', 'r7'),
      mov('r3', 'r8'),
      { kind: 'kfunc', name: 'tcp_reno_cong_avoid', fallback: incrementCwnd('r6', 'r9') },
      ...returnVoid(),
    ],
  })

/** A kernel function that no kernel has: its place is always taken. snd_ssthresh is 3100 then. */
export const absentKfunc = (name) =>
  spec(name, {
    cong_avoid: [
      ...callbackPrologue('cong_avoid', { sk: 'r6' }),
      mov('r1', 'r6'),
      { kind: 'kfunc', name: 'tscc_no_such_kfunc', fallback: [storeSsthresh('r6', 3100)] },
      ...incrementCwnd('r6', 'r9'),
      ...returnVoid(),
    ],
  })

/** The start of a transmission: cwnd_event tells it until 7.1 (snd_ssthresh 6001), a callback of its own since (6002). */
export const txStart = (name) =>
  spec(name, {
    init: clearState(),
    cwnd_event: [
      ...cwndEventPrologue('r6', 'r7'),
      loadEnum('r8', 'tcp_ca_event', 'CA_EVENT_TX_START'),
      jne32('r7', 'r8', 'other'),
      storeSsthresh('r6', 6001),
      label('other'),
      ...returnVoid(),
    ],
    cwnd_event_tx_start: [...cwndEventTxStartPrologue('r6'), storeSsthresh('r6', 6002), ...returnVoid()],
    cong_avoid: [
      ...callbackPrologue('cong_avoid', { sk: 'r6', acked: 'r7' }),
      jeq('r7', 0, 'none'),
      ...incrementCwnd('r6', 'r8'),
      label('none'),
      ...returnVoid(),
    ],
  })

/** cong_control and no cong_avoid, which 5.10 refuses. */
export const congControlAlone = (name) => {
  const { cong_avoid: _, ...callbacks } = congControl(name).callbacks
  return { type: 'tcp_congestion_ops', name, callbacks }
}

/** Without the callback that every kernel wants. */
export const incomplete = (name) => {
  const { undo_cwnd: _, ...callbacks } = base
  return { type: 'tcp_congestion_ops', name, callbacks }
}

/** What becomes an object file, once, for all kernels; by the file's name. */
export const artifactSpecs = () => ({
  reno: reno('a_reno'),
  cong_control: congControl('a_cong_control'),
  bitfields: bitfields('a_bitfields'),
  kfuncs: kfuncs('a_kfuncs'),
  tx_start: txStart('a_tx_start'),
})
