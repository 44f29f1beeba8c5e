/* SPDX-License-Identifier: MIT */
/* Maps that few programs have, a timer, and constants that clang puts into sections of its own. How it is made: see bpf.h. */
#include "bpf.h"

struct bpf_timer {
	u64 opaque[2];
} __attribute__((aligned(8)));
struct timed {
	struct bpf_timer timer;
	u64 fired;
};
struct cgroup_key {
	u64 id;
	u32 type;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct timed);
} timers SEC(".maps");

/* One buffer for each CPU: how many is the machine's affair. */
struct {
	__uint(type, 4); /* PERF_EVENT_ARRAY */
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

struct {
	__uint(type, 14); /* DEVMAP */
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u32);
} devices SEC(".maps");

struct {
	__uint(type, 16); /* CPUMAP */
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u32);
} processors SEC(".maps");

struct {
	__uint(type, 7); /* STACK_TRACE */
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 80);
} stacks SEC(".maps");

struct {
	__uint(type, 8); /* CGROUP_ARRAY */
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u32);
} groups SEC(".maps");

struct {
	__uint(type, 19); /* CGROUP_STORAGE */
	__type(key, struct cgroup_key);
	__type(value, u64);
} of_group SEC(".maps");

struct {
	__uint(type, 20); /* REUSEPORT_SOCKARRAY */
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} listeners SEC(".maps");

struct {
	__uint(type, 31); /* USER_RINGBUF */
	__uint(max_entries, 4096);
} from_user SEC(".maps");

static void *(*group_storage)(void *map, u64 flags) = (void *)81;
static long (*timer_init)(void *timer, void *map, u64 flags) = (void *)169;
static long (*timer_callback)(void *timer, void *callback) = (void *)170;
static long (*timer_start)(void *timer, u64 nanoseconds, u64 flags) = (void *)171;
static long (*compare)(const char *a, u32 size, const char *b) = (void *)182;
static long (*user_drain)(void *map, void *callback, void *ctx, u64 flags) = (void *)209;

u64 fired;

static int on_timer(void *map, int *key, struct timed *timed)
{
	__sync_fetch_and_add(&fired, 1);
	return 0;
}

SEC("tc")
int start_timer(struct __sk_buff *skb)
{
	u32 zero = 0;
	struct timed *timed = map_lookup(&timers, &zero);
	if (!timed || timer_init(&timed->timer, &timers, 1))
		return 1;
	timer_callback(&timed->timer, on_timer);
	return timer_start(&timed->timer, 1000, 0);
}

SEC("tc")
int compare_text(struct __sk_buff *skb)
{
	char text[4] = { 'a', 'b', skb->len, 0 };
	long order = compare(text, sizeof(text), "abc");
	return order == 0 ? 1 : order < 0 ? 2 : 3;
}

SEC("cgroup_skb/egress")
int count_in_group(struct __sk_buff *skb)
{
	u64 *count = group_storage(&of_group, 0);
	__sync_fetch_and_add(count, 1);
	return 1;
}

static long on_record(void *dynptr, void *ctx)
{
	return 0;
}

SEC("tc")
int drain(struct __sk_buff *skb)
{
	return user_drain(&from_user, on_record, NULL, 0);
}

char _license[] SEC("license") = "GPL";
