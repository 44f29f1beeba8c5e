/* SPDX-License-Identifier: MIT */
/* Maps of all kinds, with what is in them from the start. How it is made: see bpf.h. */
#include "bpf.h"

struct inner {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
};
struct inner first SEC(".maps"), second SEC(".maps");

struct {
	__uint(type, MAP_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, u32);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { [0] = &first, [3] = &second } };

struct {
	__uint(type, MAP_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, u32);
	__array(values, struct inner);
} outer_hash SEC(".maps") = { .values = { [2] = &second } };

int tail_target(struct __sk_buff *skb);

struct {
	__uint(type, MAP_PROG_ARRAY);
	__uint(max_entries, 3);
	__uint(key_size, 4);
	__array(values, int(void *));
} jumps SEC(".maps") = { .values = { [2] = (void *)&tail_target } };

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 10);
	__uint(pinning, 1);
	__type(key, u32);
	__type(value, u64);
} tscc_shared SEC(".maps");

struct {
	__uint(type, MAP_RINGBUF);
	__uint(max_entries, 100);
} ring SEC(".maps");

struct {
	__uint(type, MAP_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u32);
} each_cpu SEC(".maps");

struct {
	__uint(type, MAP_PERCPU_HASH);
	__uint(max_entries, 2);
	__type(key, u64);
	__type(value, u64);
} each_cpu_hash SEC(".maps");

struct {
	__uint(type, MAP_QUEUE);
	__uint(max_entries, 4);
	__uint(value_size, 4);
} queue SEC(".maps");

struct {
	__uint(type, MAP_STACK);
	__uint(max_entries, 4);
	__type(value, u32);
} stack SEC(".maps");

struct prefix {
	u32 bits;
	u8 address[4];
};
struct {
	__uint(type, MAP_LPM_TRIE);
	__uint(map_flags, 1);
	__uint(max_entries, 16);
	__type(key, struct prefix);
	__type(value, u32);
} routes SEC(".maps");

struct {
	__uint(type, MAP_BLOOM);
	__uint(max_entries, 16);
	__uint(map_extra, 3);
	__type(value, u32);
} bloom SEC(".maps");

struct bpf_spin_lock {
	u32 value;
};
struct locked {
	struct bpf_spin_lock lock;
	u32 a, b;
};
struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct locked);
} locked SEC(".maps");

struct {
	__uint(type, MAP_TASK_STORAGE);
	__uint(map_flags, 1);
	__type(key, int);
	__type(value, u64);
} of_tasks SEC(".maps");

struct {
	__uint(type, MAP_SK_STORAGE);
	__uint(map_flags, 1);
	__type(key, int);
	__type(value, u64);
} of_sockets SEC(".maps");

u64 seen_first, seen_second, seen_missing = 9;

SEC("tc")
int use_inner(struct __sk_buff *skb)
{
	u32 zero = 0, two = 2, three = 3;
	void *map = map_lookup(&outer, &zero);
	u64 *value = map ? map_lookup(map, &zero) : NULL;
	if (value)
		seen_first = *value;
	map = map_lookup(&outer_hash, &two);
	value = map ? map_lookup(map, &zero) : NULL;
	if (value)
		seen_second = (*value)++;
	seen_missing = map_lookup(&outer, &two) != NULL;
	return map_lookup(&outer, &three) != NULL;
}

SEC("tc")
int jump(struct __sk_buff *skb)
{
	tail_call(skb, &jumps, skb->len > 60 ? 2 : 1);
	return 3;
}

SEC("tc")
int tail_target(struct __sk_buff *skb)
{
	return 1234;
}

SEC("tc")
int use_shared(struct __sk_buff *skb)
{
	u32 key = 1;
	u64 one = 1, *value = map_lookup(&tscc_shared, &key);
	if (value)
		return __sync_fetch_and_add(value, 1);
	map_update(&tscc_shared, &key, &one, 0);
	return 0;
}

SEC("tc")
int use_ring(struct __sk_buff *skb)
{
	u64 note = 0x1122334455667788;
	u32 *place = ringbuf_reserve(&ring, 4, 0);
	if (place) {
		*place = skb->len;
		ringbuf_submit(place, 0);
	}
	return ringbuf_output(&ring, &note, sizeof(note), 0);
}

SEC("tc")
int use_each_cpu(struct __sk_buff *skb)
{
	u32 one = 1;
	u64 wide = 11, ten = 10;
	u32 *value = map_lookup(&each_cpu, &one);
	if (value)
		*value += 1;
	map_update(&each_cpu_hash, &wide, &ten, 0);
	return processor();
}

SEC("tc")
int use_others(struct __sk_buff *skb)
{
	const u32 numbers[] = { 1, 2, 3 };
	u32 value = 0, popped = 0, zero = 0;
	struct prefix address = { 32, { 127, 0, 0, 9 } };
#pragma unroll
	for (int i = 0; i < 3; i++) {
		map_push(&queue, &numbers[i], 0);
		map_push(&stack, &numbers[i], 0);
	}
	if (map_pop(&queue, &value) == 0)
		popped = value; /* 1 */
	if (map_pop(&stack, &value) == 0)
		popped = popped * 10 + value; /* 3 */
	u32 *route = map_lookup(&routes, &address);
	popped = popped * 10 + (route ? *route : 0);
	popped = popped * 10 + (map_push(&bloom, &numbers[0], 0) == 0);
	struct locked *one = map_lookup(&locked, &zero);
	if (one) {
		spin_lock(&one->lock);
		one->a = popped;
		one->b++;
		spin_unlock(&one->lock);
	}
	return popped;
}

const volatile u32 watched = 0; /* process */
u64 task_calls;

SEC("tp_btf/task_newtask")
int use_task_storage(void *ctx)
{
	if (pid_tgid() >> 32 != watched)
		return 0;
	u64 *calls = task_storage(&of_tasks, current_task(), NULL, 1);
	if (calls)
		task_calls = ++*calls;
	return 0;
}

u64 stored;

SEC("cgroup/sock_create")
int use_socket_storage(struct bpf_sock *sk)
{
	u64 *value = sk_storage(&of_sockets, sk, NULL, 1);
	if (value)
		stored += ++*value;
	return 1;
}

char _license[] SEC("license") = "GPL";
