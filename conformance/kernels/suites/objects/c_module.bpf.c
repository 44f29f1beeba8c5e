/* SPDX-License-Identifier: MIT */
/* A congestion control that calls a function of a module of the kernel (tcp_dctcp) where that is loaded. Remade by:
 *   clang -target bpf -mcpu=v2 -O2 -g -Wno-everything -c c_module.bpf.c && llvm-strip -g c_module.bpf.o
 */
typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define CORE __attribute__((preserve_access_index))

/* Only declared it would be of another kind than the kernel's. */
struct sock {};
struct tcp_sock {
	u32 snd_cwnd, prior_cwnd;
} CORE;
extern u32 dctcp_ssthresh(struct sock *sk) SEC(".ksyms") __attribute__((weak));

u64 by_module, by_ourselves;

SEC("struct_ops/m_ssthresh") u32 m_ssthresh(u64 *ctx)
{
	struct tcp_sock *tp = (void *)ctx[0];

	return tp->snd_cwnd / 2 > 2 ? tp->snd_cwnd / 2 : 2;
}

SEC("struct_ops/m_undo_cwnd") u32 m_undo_cwnd(u64 *ctx)
{
	struct tcp_sock *tp = (void *)ctx[0];

	return tp->prior_cwnd > tp->snd_cwnd ? tp->prior_cwnd : tp->snd_cwnd;
}

SEC("struct_ops/m_cong_avoid") void m_cong_avoid(u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];

	if (dctcp_ssthresh) {
		by_module += dctcp_ssthresh(sk) > 0;
		return;
	}
	by_ourselves++;
}

struct tcp_congestion_ops {
	u32 (*ssthresh)(void *sk);
	void (*cong_avoid)(void *sk, u32 ack, u32 acked);
	u32 (*undo_cwnd)(void *sk);
	char name[16];
};
SEC(".struct_ops") struct tcp_congestion_ops m_cc = {
	.ssthresh = (void *)m_ssthresh,
	.cong_avoid = (void *)m_cong_avoid,
	.undo_cwnd = (void *)m_undo_cwnd,
	.name = "m_cc",
};
char _license[] SEC("license") = "GPL";
