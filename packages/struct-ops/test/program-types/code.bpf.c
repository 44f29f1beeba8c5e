/* SPDX-License-Identifier: MIT */
/* Variables, subprograms, callbacks and what the kernel provides. How it is made: see bpf.h. */
#include "bpf.h"

int start = 40;
static volatile int hidden = 2;
u64 total;
static volatile u64 hidden_total;
const volatile u32 factor = 3;
static const volatile u8 table[8] = { 1, 2, 4, 8, 16, 32, 64, 128 };
u32 other_data SEC(".data.other") = 1000;
const u32 other_rodata SEC(".rodata.other") = 2000;
u32 other_bss SEC(".bss.other");

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u64);
} prices SEC(".maps");

/* Static subprograms, one that calls another. */
static __noinline int twice(int value)
{
	return value * 2 + (processor() & 0);
}

static __noinline int plus_hidden(int value)
{
	return twice(value) + hidden;
}

/* Global ones are verified by themselves. */
__noinline int global_times(int value, int by)
{
	return value * by;
}

__weak __noinline int weak_plus_one(int value)
{
	return value + 1 + (processor() & 0);
}

__hidden __noinline int hidden_index(void *base, u32 at)
{
	return base ? table[at & 7] : 0;
}

SEC("tc")
int use_variables(struct __sk_buff *skb)
{
	total += start + factor;
	hidden_total += total;
	other_bss = other_data + other_rodata;
	start++;
	return hidden + table[3] + (hidden_total & 0);
}

SEC("tc")
int use_subprograms(struct __sk_buff *skb)
{
	/* (2 * len + 2) * 3 + 1 + 64 */
	return weak_plus_one(global_times(plus_hidden(skb->len), factor)) + hidden_index(skb, 6);
}

struct sums {
	u64 keys, values;
	u32 stop_at;
};

static long add_one(void *map, u32 *key, u64 *value, struct sums *sums)
{
	sums->keys += *key;
	sums->values += *value;
	return *key == sums->stop_at; /* 1 stops */
}

u64 keys_sum, values_sum;

SEC("tc")
int use_callback(struct __sk_buff *skb)
{
	struct sums sums = { 0, 0, skb->len };
	long visited = for_each(&prices, add_one, &sums, 0);
	keys_sum = sums.keys;
	values_sum = sums.values;
	return visited;
}

static long count_up(u32 index, u64 *sum)
{
	*sum += index;
	return 0;
}

SEC("?syscall")
int use_loop(void *ctx)
{
	u64 sum = 0;
	loop(100, count_up, &sum, 0);
	return sum;
}

char _license[] SEC("license") = "GPL";
