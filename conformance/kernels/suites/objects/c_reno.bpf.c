/* SPDX-License-Identifier: MIT */
/* One object of clang's for every kernel: CO-RE on structs that have only what is used, a bitfield, a weak kfunc with code
 * of ours in its place, a callback that only new kernels have, a static subprogram, a constant that user space may set,
 * counters, and the kernel's configuration. Remade by:
 *   clang -target bpf -mcpu=v2 -O2 -g -Wno-ignored-attributes -c c_reno.bpf.c && llvm-strip -g c_reno.bpf.o
 */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define CORE __attribute__((preserve_access_index))
#define __weak __attribute__((weak))
#define __ksym SEC(".ksyms")
#define __kconfig SEC(".kconfig")

struct inet_connection_sock {
	u8 icsk_ca_state : 5;
	u64 icsk_ca_priv[13];
} CORE;
struct tcp_sock {
	struct inet_connection_sock inet_conn;
	u32 snd_cwnd;
	u32 snd_cwnd_cnt;
	u32 snd_cwnd_clamp;
	u32 snd_ssthresh;
	u32 prior_cwnd;
} CORE;
/* Only the name is known here: what it has is asked for. */
struct tcp_sock___never {
	u32 tscc_never;
} CORE;
enum tcp_ca_state { TCP_CA_Open = 0, TCP_CA_Loss = 4 };

extern void tcp_reno_cong_avoid(struct tcp_sock *sk, u32 ack, u32 acked) __weak __ksym;
extern int tscc_no_such_kfunc(struct tcp_sock *sk) __weak __ksym;
extern int LINUX_KERNEL_VERSION __kconfig;

const volatile u32 least = 2;
u64 calls;
u64 tx_starts;
u64 by_kfunc;
u64 wrong;
int version;

static __attribute__((noinline)) u32 halved(struct tcp_sock *tp)
{
	u32 half = tp->snd_cwnd / 2;

	return half > least ? half : least;
}

SEC("struct_ops/c_init") void c_init(u64 *ctx)
{
	struct tcp_sock *tp = (void *)ctx[0];

	version = LINUX_KERNEL_VERSION;
	/* Dead where the kernel has no such member, and that is everywhere. */
	if (__builtin_preserve_field_info(((struct tcp_sock___never *)tp)->tscc_never, 2 /* exists */))
		wrong += ((struct tcp_sock___never *)tp)->tscc_never + 1;
	if (tscc_no_such_kfunc)
		wrong += tscc_no_such_kfunc(tp) + 1;
	if (!__builtin_preserve_type_info(*(struct tcp_sock *)0, 0 /* exists */))
		wrong++;
	if (__builtin_preserve_enum_value(*(enum tcp_ca_state *)TCP_CA_Loss, 1 /* value */) != 4)
		wrong++;
}

SEC("struct_ops/c_ssthresh") u32 c_ssthresh(u64 *ctx)
{
	return halved((void *)ctx[0]);
}

SEC("struct_ops/c_cong_avoid") void c_cong_avoid(u64 *ctx)
{
	struct tcp_sock *tp = (void *)ctx[0];
	u32 ack = ctx[1], acked = ctx[2];

	__sync_fetch_and_add(&calls, 1);
	/* Not in recovery: the bits are read as the kernel has them. */
	if (__builtin_preserve_field_info(tp->inet_conn.icsk_ca_state, 1 /* size */) != 1 ||
	    __builtin_preserve_field_info(tp->inet_conn.icsk_ca_state, 3 /* signed */) != 0)
		wrong++;
	if (tcp_reno_cong_avoid) {
		by_kfunc++;
		tcp_reno_cong_avoid(tp, ack, acked);
		return;
	}
	if (tp->snd_cwnd < tp->snd_ssthresh) {
		tp->snd_cwnd = tp->snd_cwnd + acked;
		return;
	}
	tp->snd_cwnd_cnt = tp->snd_cwnd_cnt + acked;
	if (tp->snd_cwnd_cnt >= tp->snd_cwnd) {
		tp->snd_cwnd_cnt = 0;
		tp->snd_cwnd = tp->snd_cwnd + 1;
	}
}

SEC("struct_ops/c_undo_cwnd") u32 c_undo_cwnd(u64 *ctx)
{
	struct tcp_sock *tp = (void *)ctx[0];
	u32 prior = tp->prior_cwnd, now = tp->snd_cwnd;

	return prior > now ? prior : now;
}

SEC("struct_ops/c_tx_start") void c_tx_start(u64 *ctx)
{
	__sync_fetch_and_add(&tx_starts, 1);
}

/* As little of the kernel's struct as there is to say. */
struct tcp_congestion_ops {
	u32 (*ssthresh)(void *sk);
	void (*cong_avoid)(void *sk, u32 ack, u32 acked);
	u32 (*undo_cwnd)(void *sk);
	void (*init)(void *sk);
	void (*cwnd_event_tx_start)(void *sk);
	char name[16];
	u64 tscc_not_there;
};
SEC(".struct_ops") struct tcp_congestion_ops c_reno = {
	.ssthresh = (void *)c_ssthresh,
	.cong_avoid = (void *)c_cong_avoid,
	.undo_cwnd = (void *)c_undo_cwnd,
	.init = (void *)c_init,
	.cwnd_event_tx_start = (void *)c_tx_start,
	.name = "c_reno",
};
char _license[] SEC("license") = "Dual MIT/GPL";
