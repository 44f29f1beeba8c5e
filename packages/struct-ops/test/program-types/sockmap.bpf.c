/* SPDX-License-Identifier: MIT */
/* Sockets in maps: what is sent and received through them passes programs. How it is made: see bpf.h. */
#include "bpf.h"

struct {
	__uint(type, MAP_SOCKMAP);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u32);
} senders SEC(".maps");

struct {
	__uint(type, MAP_SOCKHASH);
	__uint(max_entries, 2);
	__type(key, u64);
	__type(value, u32);
} receivers SEC(".maps");

u64 messages, message_bytes, parsed_bytes, stream_bytes;
long update_results[2];

SEC("sockops")
int put_in_maps(struct bpf_sock_ops *ctx)
{
	u32 zero = 0;
	u64 wide = 7;
	static long (*sock_hash_update)(void *ops, void *map, const void *key, u64 flags) = (void *)70;
	if (ctx->op == 4)
		update_results[0] = 1 + sock_map_update(ctx, &senders, &zero, 0);
	if (ctx->op == 5)
		update_results[1] = 1 + sock_hash_update(ctx, &receivers, &wide, 0);
	return 1;
}

SEC("sk_msg")
int watch_message(struct sk_msg_md *msg)
{
	__sync_fetch_and_add(&messages, 1);
	__sync_fetch_and_add(&message_bytes, msg->size);
	return 1; /* SK_PASS */
}

SEC("sk_skb/stream_parser")
int parse_stream(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&parsed_bytes, skb->len);
	return skb->len;
}

SEC("sk_skb/stream_verdict")
int judge_stream(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&stream_bytes, skb->len);
	return 1;
}

char _license[] SEC("license") = "GPL";
