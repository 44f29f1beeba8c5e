/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* In the manner of TCP-Illinois (Liu, Basar, Srikant, VALUETOOLS 2006): the
 * mean queueing delay of a round sets how fast the window grows (alpha, from
 * 10 down to 0.3) and how far it falls (beta, from 1/8 up to 1/2). */
#include "cc.h"
char _license[] SEC("license") = "GPL";

#define SHIFT 7
#define SCALE (1u << SHIFT)
#define ALPHA_MAX (10 * SCALE)
#define ALPHA_MIN (3 * SCALE / 10)
#define BETA_MIN (SCALE / 8)
#define BETA_MAX (SCALE / 2)
#define WINDOW 15	/* segments below which it is as Reno */
#define NONE 0x7fffffff

struct illinois {
	__u64 sum_rtt;		/* us, of this round */
	__u32 end_seq;
	__u32 base_rtt;		/* us */
	__u32 max_rtt;		/* us */
	__u32 alpha;		/* in 1/SCALE */
	__u32 beta;
	__u16 cnt_rtt;
	__u16 acked;
	__u8 rounds_low;
	__u8 above;
};

INLINE struct illinois *priv(struct tcp_sock *tp)
{
	return (struct illinois *)tp->inet_conn.icsk_ca_priv;
}

INLINE void new_round(struct tcp_sock *tp, struct illinois *ca)
{
	ca->end_seq = tp->snd_nxt;
	ca->cnt_rtt = 0;
	ca->sum_rtt = 0;
}

INLINE __u32 alpha_of(struct illinois *ca, __u32 delay, __u32 most)
{
	__u32 low = most / 100;

	if (delay <= low) {
		if (!ca->above)
			return ALPHA_MAX;
		ca->rounds_low++;
		if (ca->rounds_low < 5)
			return ca->alpha;
		ca->rounds_low = 0;
		ca->above = 0;
		return ALPHA_MAX;
	}
	ca->above = 1;
	most -= low;
	delay -= low;
	return most * ALPHA_MAX / (most + delay * (ALPHA_MAX - ALPHA_MIN) / ALPHA_MIN);
}

INLINE __u32 beta_of(__u32 delay, __u32 most)
{
	__u32 low = most / 10, high;

	if (delay <= low)
		return BETA_MIN;
	high = 8 * most / 10;
	if (delay >= high || high <= low)
		return BETA_MAX;
	return (BETA_MIN * high - BETA_MAX * low + (BETA_MAX - BETA_MIN) * delay) / (high - low);
}

INLINE void update(struct tcp_sock *tp, struct illinois *ca)
{
	if (tp->snd_cwnd < WINDOW) {
		ca->alpha = SCALE;
		ca->beta = BETA_MAX;
	} else if (ca->cnt_rtt > 0) {
		__u32 most = ca->max_rtt - ca->base_rtt;
		__u32 mean = ca->sum_rtt / ca->cnt_rtt;
		__u32 delay = mean - ca->base_rtt;

		ca->alpha = alpha_of(ca, delay, most);
		ca->beta = beta_of(delay, most);
	}
	new_round(tp, ca);
}

SEC("struct_ops/init")
void BPF_PROG(ill_init, struct tcp_sock *tp)
{
	struct illinois *ca = priv(tp);

	ca->alpha = ALPHA_MAX;
	ca->beta = BETA_MIN;
	ca->base_rtt = NONE;
	ca->max_rtt = 0;
	ca->acked = 0;
	ca->rounds_low = 0;
	ca->above = 0;
	new_round(tp, ca);
}

SEC("struct_ops/pkts_acked")
void BPF_PROG(ill_pkts_acked, struct tcp_sock *tp, const struct ack_sample *s)
{
	struct illinois *ca = priv(tp);
	__s32 us = s->rtt_us;
	__u32 rtt;

	ca->acked = s->pkts_acked;
	if (us < 0)
		return;
	rtt = us;
	if (rtt > 10000000)
		rtt = 10000000;
	if (ca->base_rtt > rtt)
		ca->base_rtt = rtt;
	if (ca->max_rtt < rtt)
		ca->max_rtt = rtt;
	ca->cnt_rtt++;
	ca->sum_rtt += rtt;
}

SEC("struct_ops/cong_avoid")
void BPF_PROG(ill_cong_avoid, struct tcp_sock *tp, __u32 ack, __u32 acked)
{
	struct illinois *ca = priv(tp);
	__u32 delta;

	if ((__s32)(ack - ca->end_seq) > 0)
		update(tp, ca);
	if (!cwnd_limited(tp))
		return;
	if (in_slow_start(tp)) {
		slow_start(tp, acked);
		return;
	}
	tp->snd_cwnd_cnt += ca->acked;
	ca->acked = 1;
	delta = (tp->snd_cwnd_cnt * ca->alpha) >> SHIFT;
	if (delta >= tp->snd_cwnd) {
		tp->snd_cwnd = MIN(tp->snd_cwnd + delta / tp->snd_cwnd, tp->snd_cwnd_clamp);
		tp->snd_cwnd_cnt = 0;
	}
}

SEC("struct_ops/ssthresh")
__u32 BPF_PROG(ill_ssthresh, struct tcp_sock *tp)
{
	struct illinois *ca = priv(tp);
	__u32 decr = (tp->snd_cwnd * ca->beta) >> SHIFT;

	return MAX(tp->snd_cwnd - decr, 2);
}

SEC("struct_ops/set_state")
void BPF_PROG(ill_set_state, struct tcp_sock *tp, __u8 state)
{
	struct illinois *ca = priv(tp);

	if (state == TCP_CA_Loss) {
		ca->alpha = SCALE;
		ca->beta = BETA_MAX;
		ca->rounds_low = 0;
		ca->above = 0;
		new_round(tp, ca);
	}
}

SEC("struct_ops/undo_cwnd")
__u32 BPF_PROG(ill_undo_cwnd, struct tcp_sock *tp)
{
	return MAX(tp->snd_cwnd, tp->prior_cwnd);
}

SEC(".struct_ops")
struct tcp_congestion_ops illinois = {
	.init = (void *)ill_init,
	.pkts_acked = (void *)ill_pkts_acked,
	.cong_avoid = (void *)ill_cong_avoid,
	.ssthresh = (void *)ill_ssthresh,
	.set_state = (void *)ill_set_state,
	.undo_cwnd = (void *)ill_undo_cwnd,
	.name = CC_NAME("illinois"),
};
