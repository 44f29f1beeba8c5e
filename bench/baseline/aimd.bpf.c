/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Additive increase, and a decrease by how far the mean RTT (a 64-bit moving
 * average, 16 bits of fraction) lies between the least and the greatest. */
#include "cc.h"
char _license[] SEC("license") = "GPL";

#define NONE 0xffffffff

struct aimd {
	__u64 mean;	/* us << 16 */
	__u32 least;	/* us */
	__u32 most;	/* us */
	__u32 credit;	/* segments acknowledged beyond the last increase */
	__u16 losses;
	__u8 deep;	/* the last decrease was a half */
};

INLINE struct aimd *priv(struct tcp_sock *tp)
{
	return (struct aimd *)tp->inet_conn.icsk_ca_priv;
}

SEC("struct_ops/init")
void BPF_PROG(aimd_init, struct tcp_sock *tp)
{
	struct aimd *a = priv(tp);

	a->mean = 0;
	a->least = NONE;
	a->most = 0;
	a->credit = 0;
	a->losses = 0;
	a->deep = 0;
}

SEC("struct_ops/pkts_acked")
void BPF_PROG(aimd_pkts_acked, struct tcp_sock *tp, const struct ack_sample *s)
{
	struct aimd *a = priv(tp);
	__u64 fine;
	__u32 us;

	if (s->rtt_us <= 0)
		return;
	us = s->rtt_us;
	fine = (__u64)us << 16;
	if (a->mean == 0)
		a->mean = fine;
	else
		a->mean = a->mean - (a->mean >> 3) + (fine >> 3);
	a->least = MIN(a->least, us);
	a->most = MAX(a->most, us);
}

SEC("struct_ops/cong_avoid")
void BPF_PROG(aimd_cong_avoid, struct tcp_sock *tp, __u32 ack, __u32 acked)
{
	struct aimd *a = priv(tp);
	__u32 step;

	if (!cwnd_limited(tp))
		return;
	if (in_slow_start(tp)) {
		acked = slow_start(tp, acked);
		if (!acked)
			return;
	}
	/* twice as fast after a small decrease */
	step = a->deep ? tp->snd_cwnd : (tp->snd_cwnd + 1) / 2;
	a->credit += acked;
	if (a->credit >= step) {
		a->credit -= step;
		tp->snd_cwnd = MIN(tp->snd_cwnd + 1, tp->snd_cwnd_clamp);
	}
}

SEC("struct_ops/ssthresh")
__u32 BPF_PROG(aimd_ssthresh, struct tcp_sock *tp)
{
	struct aimd *a = priv(tp);
	__u32 cwnd = tp->snd_cwnd, mean = a->mean >> 16;

	a->losses++;
	a->credit = 0;
	if (a->most > a->least && mean > a->least) {
		__u64 part = (__u64)(mean - a->least) * 1024 / (a->most - a->least);

		a->deep = part >= 512;
		if (!a->deep)
			return MAX(cwnd - ((__u64)cwnd * part >> 10), 2);
	} else {
		a->deep = 0;
		if (a->losses & 1)
			return MAX(cwnd - cwnd / 8, 2);
	}
	return MAX(cwnd / 2, 2);
}

SEC("struct_ops/set_state")
void BPF_PROG(aimd_set_state, struct tcp_sock *tp, __u8 state)
{
	struct aimd *a = priv(tp);

	if (state == TCP_CA_Loss) {
		a->mean = 0;
		a->most = 0;
		a->deep = 1;
	}
}

SEC("struct_ops/undo_cwnd")
__u32 BPF_PROG(aimd_undo_cwnd, struct tcp_sock *tp)
{
	struct aimd *a = priv(tp);

	if (a->losses)
		a->losses--;
	return MAX(tp->snd_cwnd, tp->prior_cwnd);
}

SEC(".struct_ops")
struct tcp_congestion_ops aimd = {
	.init = (void *)aimd_init,
	.pkts_acked = (void *)aimd_pkts_acked,
	.cong_avoid = (void *)aimd_cong_avoid,
	.ssthresh = (void *)aimd_ssthresh,
	.set_state = (void *)aimd_set_state,
	.undo_cwnd = (void *)aimd_undo_cwnd,
	.name = CC_NAME("aimd"),
};
