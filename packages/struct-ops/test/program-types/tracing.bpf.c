/* SPDX-License-Identifier: MIT */
/* Programs at functions, tracepoints and iterators of the kernel. How it is made: see bpf.h. */
#include "bpf.h"

const volatile u32 watched = 0; /* process */

/* The kernel's types, as far as they are used: members are found by name. */
struct sock_common {
	u16 skc_dport;
	u16 skc_family;
} __core;
struct sock {
	struct sock_common __sk_common;
} __core;
struct task_struct {
	int pid;
	int tgid;
	char comm[16];
} __core;
struct bpf_iter_meta {
	void *seq;
	u64 session_id;
	u64 seq_num;
} __core;
struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} __core;
struct bpf_map {
	u32 id;
	char name[16];
	u32 max_entries;
} __core;
struct bpf_iter__bpf_map {
	struct bpf_iter_meta *meta;
	struct bpf_map *map;
} __core;

u64 entered, left, argument, result, modified;
u64 connects, connect_result;
u16 connect_port;

/* Processes that were made, as either tracepoint program saw them. */
struct made {
	__uint(type, MAP_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, u64);
};
struct made made SEC(".maps"), made_raw SEC(".maps");

SEC("fentry/bpf_fentry_test1")
int on_entry(u64 *ctx)
{
	__sync_fetch_and_add(&entered, 1);
	argument = (u32)ctx[0];
	return 0;
}

SEC("fexit/bpf_fentry_test1")
int on_exit(u64 *ctx)
{
	__sync_fetch_and_add(&left, 1);
	result = (u32)ctx[1];
	return 0;
}

SEC("fmod_ret/bpf_modify_return_test")
int on_modify(u64 *ctx)
{
	__sync_fetch_and_add(&modified, 1);
	return 77;
}

SEC("fexit/tcp_v4_connect")
int on_connect(u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];
	if (pid_tgid() >> 32 != watched)
		return 0;
	connect_port = sk->__sk_common.skc_dport;
	connect_result = ctx[3];
	__sync_fetch_and_add(&connects, 1);
	return 0;
}

static __noinline void record(void *map, u32 pid)
{
	u64 now = ktime();
	map_update(map, &pid, &now, 0);
}

SEC("tp_btf/task_newtask")
int on_new_task(u64 *ctx)
{
	struct task_struct *task = (void *)ctx[0];
	record(&made, task->pid);
	return 0;
}

struct raw_arguments {
	u64 args[2];
};

SEC("raw_tp/task_newtask")
int on_new_task_raw(struct raw_arguments *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];
	u32 pid = 0;
	probe_read(&pid, sizeof(pid), &task->pid);
	record(&made_raw, pid);
	return 0;
}

SEC("raw_tracepoint")
int sum_arguments(struct raw_arguments *ctx)
{
	return ctx->args[0] + 2 * ctx->args[1];
}

SEC("iter/task")
int list_tasks(struct bpf_iter__task *ctx)
{
	static const char format[] = "%d %s\n";
	struct task_struct *task = ctx->task;
	if (!task || task->pid != task->tgid)
		return 0;
	u64 data[2] = { task->pid, (u64)&task->comm };
	seq_printf(ctx->meta->seq, format, sizeof(format), data, sizeof(data));
	return 0;
}

SEC("iter/bpf_map")
int list_maps(struct bpf_iter__bpf_map *ctx)
{
	static const char format[] = "%u %s %u\n";
	struct bpf_map *map = ctx->map;
	if (!map)
		return 0;
	u64 data[3] = { map->id, (u64)&map->name, map->max_entries };
	seq_printf(ctx->meta->seq, format, sizeof(format), data, sizeof(data));
	return 0;
}

char _license[] SEC("license") = "GPL";
