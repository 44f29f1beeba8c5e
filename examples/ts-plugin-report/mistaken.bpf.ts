interface State {
  small: u16
}

export default structOps<tcp_congestion_ops>({
  name: 'mistaken',
  ssthresh(sk) {
    const tp = tcp_sk(sk)
    const state = inet_csk_ca<State>(sk)
    state.small = tp.snd_cwnd
    const windows: FixedArray<u32, 8> = []
    return windows[tp.snd_cwnd]
  },
  undo_cwnd: (sk) => tcp_sk(sk).prior_cwn,
  cong_avoid() {},
})
