/* SPDX-License-Identifier: MIT */
/* Programs that a test run gives a packet or an argument. How it is made: see bpf.h. */
#include "bpf.h"

#define DATA(ctx) ((void *)(long)(ctx)->data)
#define DATA_END(ctx) ((void *)(long)(ctx)->data_end)

SEC("tc")
int change_packet(struct __sk_buff *skb)
{
	u8 tag = 0xee;
	u8 *data = DATA(skb);
	if (data + 34 > (u8 *)DATA_END(skb))
		return 2; /* TC_ACT_SHOT */
	data[20] = 0xaa;
	skb_store(skb, 33, &tag, 1, 0);
	skb->cb[1] = skb->cb[0] * 3;
	skb->priority = 5;
	return 0;
}

SEC("xdp")
int turn_around(struct xdp_md *ctx)
{
	u8 *data = DATA(ctx);
	if (data + 14 > (u8 *)DATA_END(ctx))
		return 1; /* XDP_DROP */
	for (int i = 0; i < 6; i++) {
		u8 byte = data[i];
		data[i] = data[6 + i];
		data[6 + i] = byte;
	}
	return 3; /* XDP_TX */
}

SEC("xdp.frags")
int cut_head(struct xdp_md *ctx)
{
	return xdp_adjust_head(ctx, 20) ? 0 : 2; /* XDP_ABORTED, XDP_PASS */
}

SEC("socket")
int keep_length(struct __sk_buff *skb)
{
	return skb->len;
}

u64 filtered;

SEC("socket")
int keep_four(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&filtered, 1);
	return 4;
}

const volatile u16 udp_port = 0;
u64 datagrams;

/* Counts and lets everything pass on. */
SEC("tcx/ingress")
int watch_loopback(struct __sk_buff *skb)
{
	u8 protocol = 0;
	u16 port = 0;
	skb_load(skb, 23, &protocol, 1);
	skb_load(skb, 36, &port, 2);
	if (protocol == 17 && swap16(port) == udp_port)
		__sync_fetch_and_add(&datagrams, 1);
	return -1; /* TCX_NEXT */
}

struct arguments {
	u64 a, b, sum;
};

SEC("syscall")
int add_arguments(struct arguments *ctx)
{
	ctx->sum = ctx->a + ctx->b;
	return 17;
}

char _license[] SEC("license") = "GPL";
