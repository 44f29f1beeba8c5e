/* SPDX-License-Identifier: MIT */
/* Programs for a cgroup: what its sockets do is seen, changed and denied. How it is made: see bpf.h. */
#include "bpf.h"

const volatile u16 to_port = 0;
const volatile u16 closed_port = 1;
const volatile u16 denied_port = 2;
const volatile u16 dropped_udp_port = 3;

/* Connections that went through each operation of a sock_ops program. */
struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, u64);
} ops_seen SEC(".maps");

u64 rewritten, denied, sockets, bound, nodelay, errors_asked;
u64 packets_out, packets_in, bytes_in, dropped;
u64 closing_states;

SEC("sockops")
int watch_ops(struct bpf_sock_ops *ctx)
{
	u32 op = ctx->op;
	u64 *seen = map_lookup(&ops_seen, &op);
	if (seen)
		__sync_fetch_and_add(seen, 1);
	if (op == 4 || op == 5) /* established, actively or passively */
		sock_ops_flags(ctx, 1 << 2); /* call for changes of the state */
	if (op == 10 && ctx->args[0] == 7) /* TCP_CLOSE */
		__sync_fetch_and_add(&closing_states, 1);
	return 1;
}

SEC("cgroup/connect4")
int steer_connect(struct bpf_sock_addr *ctx)
{
	u16 port = swap16(ctx->user_port);
	if (port == denied_port) {
		__sync_fetch_and_add(&denied, 1);
		return 0;
	}
	if (port == closed_port) {
		__sync_fetch_and_add(&rewritten, 1);
		ctx->user_ip4 = __builtin_bswap32(0x7f000001);
		ctx->user_port = swap16(to_port);
	}
	return 1;
}

SEC("cgroup_skb/egress")
int watch_out(struct __sk_buff *skb)
{
	u8 protocol = 0;
	u16 port = 0;
	__sync_fetch_and_add(&packets_out, 1);
	skb_load(skb, 9, &protocol, 1);
	skb_load(skb, 22, &port, 2);
	if (protocol == 17 && swap16(port) == dropped_udp_port) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	return 1;
}

SEC("cgroup_skb/ingress")
int watch_in(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&packets_in, 1);
	__sync_fetch_and_add(&bytes_in, skb->len);
	return 1;
}

SEC("cgroup/sock_create")
int watch_create(struct bpf_sock *sk)
{
	if (sk->family == 2)
		__sync_fetch_and_add(&sockets, 1);
	return 1;
}

SEC("cgroup/post_bind4")
int watch_bind(struct bpf_sock *sk)
{
	__sync_fetch_and_add(&bound, 1);
	return 1;
}

/* Nobody in the cgroup reads kernel/ostype. */
SEC("cgroup/sysctl")
int deny_sysctl(struct bpf_sysctl *ctx)
{
	const char wanted[] = "kernel/ostype";
	char name[16] = { 0 };
	long length = sysctl_name(ctx, name, sizeof(name), 0);
	if (length != sizeof(wanted) - 1 || ctx->write)
		return 1;
	for (int i = 0; i < sizeof(wanted) - 1; i++)
		if (name[i] != wanted[i])
			return 1;
	return 0;
}

SEC("cgroup/setsockopt")
int watch_setsockopt(struct bpf_sockopt *ctx)
{
	if (ctx->level == 6 && ctx->optname == 1)
		__sync_fetch_and_add(&nodelay, 1);
	return 1;
}

SEC("cgroup/getsockopt")
int watch_getsockopt(struct bpf_sockopt *ctx)
{
	if (ctx->level == 1 && ctx->optname == 4)
		__sync_fetch_and_add(&errors_asked, 1);
	return 1;
}

char _license[] SEC("license") = "GPL";
