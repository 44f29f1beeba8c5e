/* SPDX-License-Identifier: MIT */
/* How large windows are: a histogram by powers of two. Remade by: clang -target bpf -O2 -g -c windows.bpf.c -o windows.bpf.o */
typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name

struct sock;
struct bpf_sock_ops { u32 op; u32 unused[45]; struct sock *sk; };
struct tcp_sock { u32 snd_cwnd; u32 srtt_us; } __attribute__((preserve_access_index));

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static struct tcp_sock *(*bpf_skc_to_tcp_sock)(void *sk) = (void *)137;

struct {
	__uint(type, 2); /* BPF_MAP_TYPE_ARRAY */
	__uint(max_entries, 32);
	__type(key, u32);
	__type(value, u64);
} histogram SEC(".maps");

const volatile u32 slowest_us = 0xffffffff;

SEC("sockops") int windows(struct bpf_sock_ops *ctx)
{
	struct tcp_sock *tp = ctx->sk ? bpf_skc_to_tcp_sock(ctx->sk) : 0;
	if (!tp || tp->srtt_us >> 3 > slowest_us)
		return 1;
	u32 slot = 0;
	for (u32 cwnd = tp->snd_cwnd; cwnd > 1 && slot < 31; cwnd >>= 1)
		slot++;
	u64 *count = bpf_map_lookup_elem(&histogram, &slot);
	if (count)
		__sync_fetch_and_add(count, 1);
	return 1;
}
char _license[] SEC("license") = "GPL";
