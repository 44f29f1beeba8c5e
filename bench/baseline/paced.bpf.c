/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* By rate: the window is what the best delivery rate of the last eight rounds
 * needs for the least RTT, times 5/4, and sending is paced at that rate; after
 * a loss it stays at the rate itself for a round. */
#include "cc.h"
char _license[] SEC("license") = "GPL";

#define NONE 0xffffffff
#define FLOOR 4
#define RATES 8

struct paced {
	__u64 round_at;		/* tp->delivered at which the round ends */
	__u32 best;		/* segments per second */
	__u32 newest;		/* best of this round */
	__u32 least_rtt;	/* us */
	__s32 trend;		/* how many of the rounds were faster than the one before */
	__u16 rounds;
	__u8 hold;
	__u8 seen_ecn;
	__u8 kind;
};

INLINE struct paced *priv(struct tcp_sock *tp)
{
	return (struct paced *)tp->inet_conn.icsk_ca_priv;
}

SEC("struct_ops/init")
void BPF_PROG(paced_init, struct tcp_sock *tp)
{
	struct paced *p = priv(tp);

	p->round_at = 0;
	p->best = 0;
	p->newest = 0;
	p->least_rtt = NONE;
	p->rounds = 0;
	p->hold = 0;
	p->seen_ecn = 0;
	p->kind = 0;
	p->trend = 0;
}

SEC("struct_ops/cong_control")
void BPF_PROG(paced_cong_control, struct tcp_sock *tp, __u32 ack, int flag, const struct rate_sample *rs)
{
	struct paced *p = priv(tp);
	__u32 rate, cwnd, mss;
	__u64 bytes;

	if (rs->delivered <= 0 || rs->interval_us <= 0)
		return;
	if (rs->rtt_us > 0)
		p->least_rtt = MIN(p->least_rtt, (__u32)rs->rtt_us);
	if (rs->delivered_ce)
		p->seen_ecn = 1;
	rate = (__u64)(__u32)rs->delivered * 1000000 / (__u64)rs->interval_us;
	if (!rs->is_app_limited || rate > p->newest)
		p->newest = MAX(p->newest, rate);
	if (rs->prior_delivered >= (__u32)p->round_at) {
		p->round_at = tp->delivered;
		p->rounds++;
		if (p->newest > p->best)
			p->trend = p->trend < 0 ? 1 : p->trend + 1;
		else
			p->trend = p->trend > 0 ? -1 : p->trend - 1;
		if (p->newest >= p->best || p->trend <= -RATES)
			p->best = p->newest;
		p->newest = 0;
		p->hold = rs->losses > 0;
	}
	if (p->least_rtt == NONE)
		return;
	cwnd = (__u64)p->best * p->least_rtt / 1000000;
	if (!p->hold)
		cwnd += cwnd / 4;
	cwnd = MAX(cwnd, FLOOR);
	if (tp->snd_cwnd < cwnd)
		cwnd = MIN(cwnd, tp->snd_cwnd + rs->acked_sacked);
	tp->snd_cwnd = MIN(cwnd, tp->snd_cwnd_clamp);
	mss = tp->mss_cache;
	bytes = (__u64)p->best * mss;
	if (p->seen_ecn)
		bytes -= bytes >> 4;
	tp->inet_conn.icsk_inet.sk.sk_pacing_rate = p->hold ? bytes : bytes + (bytes >> 2);
}

SEC("struct_ops/ssthresh")
__u32 BPF_PROG(paced_ssthresh, struct tcp_sock *tp)
{
	struct paced *p = priv(tp);
	__u32 cwnd;

	p->hold = 1;
	if (tp->inet_conn.icsk_ca_state >= TCP_CA_Recovery)
		return tp->snd_ssthresh;
	cwnd = tp->snd_cwnd - tp->snd_cwnd / 5;
	return MAX(cwnd, FLOOR);
}

SEC("struct_ops/cwnd_event")
void BPF_PROG(paced_cwnd_event, struct tcp_sock *tp, enum tcp_ca_event ev)
{
	struct paced *p = priv(tp);

	switch (ev) {
	case CA_EVENT_TX_START:
		p->kind = 1;
		p->newest = 0;
		break;
	case CA_EVENT_LOSS:
		p->kind = 2;
		p->hold = 1;
		break;
	case CA_EVENT_ECN_IS_CE:
		p->seen_ecn = 1;
		break;
	case CA_EVENT_COMPLETE_CWR:
		p->kind = 3;
		tp->snd_cwnd = MAX(tp->snd_ssthresh, FLOOR);
		break;
	default:
		break;
	}
}

SEC("struct_ops/undo_cwnd")
__u32 BPF_PROG(paced_undo_cwnd, struct tcp_sock *tp)
{
	struct paced *p = priv(tp);

	p->hold = 0;
	p->trend = 0;
	return MAX(tp->snd_cwnd, tp->prior_cwnd);
}

SEC(".struct_ops")
struct tcp_congestion_ops paced = {
	.init = (void *)paced_init,
	.cong_control = (void *)paced_cong_control,
	.ssthresh = (void *)paced_ssthresh,
	.cwnd_event = (void *)paced_cwnd_event,
	.undo_cwnd = (void *)paced_undo_cwnd,
	.name = CC_NAME("paced"),
};
