/* SPDX-License-Identifier: MIT */
/* Programs of many types, each of which leaves a trace. Remade by:
 *   clang -target bpf -mcpu=v2 -O2 -g -Wno-everything -c any_program.bpf.c && llvm-strip -g any_program.bpf.o
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef int s32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define CORE __attribute__((preserve_access_index))
#define __weak __attribute__((weak))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name

static void *(*lookup)(void *map, const void *key) = (void *)1;
static int (*seq_write)(void *seq, const void *data, u32 size) = (void *)127;

u64 sockops_calls, established, connects, packets, messages, switches, sys_enters, fentry_argument, fexit_result;
u16 blocked_port;
int version, has_hz;
u64 kallsyms_address;
int typed_there, no_such_there = 7;
int own_pid, found_task;

struct {
	__uint(type, 6); /* per-CPU array */
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} per_cpu SEC(".maps");
struct {
	__uint(type, 15); /* sockmap */
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, u32);
} sockets SEC(".maps");
struct {
	__uint(type, 4); /* one perf buffer for each CPU */
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");
struct {
	__uint(type, 27); /* ring buffer, of whole pages */
	__uint(max_entries, 100);
} ring SEC(".maps");

struct bpf_sock_ops {
	u32 op;
};
SEC("sockops") int on_sock(struct bpf_sock_ops *ops)
{
	__sync_fetch_and_add(&sockops_calls, 1);
	if (ops->op == 4 || ops->op == 5) /* active, passive established */
		__sync_fetch_and_add(&established, 1);
	return 1;
}

struct bpf_sock_addr {
	u32 user_family, user_ip4, user_ip6[4], user_port;
};
SEC("cgroup/connect4") int on_connect(struct bpf_sock_addr *addr)
{
	__sync_fetch_and_add(&connects, 1);
	return (u16)addr->user_port != blocked_port;
}

SEC("cgroup_skb/egress") int on_egress(void *skb)
{
	__sync_fetch_and_add(&packets, 1);
	return 1;
}

SEC("sk_msg") int on_message(void *msg)
{
	__sync_fetch_and_add(&messages, 1);
	return 1;
}

SEC("fentry/bpf_fentry_test1") int on_entry(u64 *ctx)
{
	fentry_argument = ctx[0];
	return 0;
}

SEC("fexit/bpf_fentry_test1") int on_exit(u64 *ctx)
{
	fexit_result = ctx[1];
	return 0;
}

SEC("tp_btf/sched_switch") int on_switch(u64 *ctx)
{
	__sync_fetch_and_add(&switches, 1);
	return 0;
}

SEC("raw_tp/sys_enter") int on_enter(u64 *ctx)
{
	u32 zero = 0;
	u64 *count = lookup(&per_cpu, &zero);

	if (count)
		++*count;
	__sync_fetch_and_add(&sys_enters, 1);
	return 0;
}

struct xdp_md {
	u32 data, data_end;
};
SEC("xdp") int mirror(struct xdp_md *ctx)
{
	u8 *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	if (data + 14 > end)
		return 1;
	for (int i = 0; i < 6; i++) {
		u8 byte = data[i];
		data[i] = data[i + 6];
		data[i + 6] = byte;
	}
	return 3; /* XDP_TX */
}

struct sk_buff_context {
	u32 len;
};
SEC("socket") int length(struct sk_buff_context *skb)
{
	return skb->len;
}

struct bpf_iter_meta {
	void *seq;
	u64 session_id, seq_num;
} CORE;
struct bpf_iter__bpf_map {
	struct bpf_iter_meta *meta;
	void *map;
} CORE;
SEC("iter/bpf_map") int list_maps(struct bpf_iter__bpf_map *ctx)
{
	static const char line[] = "a map\n";

	if (ctx->map)
		seq_write(ctx->meta->seq, line, sizeof(line) - 1);
	return 0;
}

extern int LINUX_KERNEL_VERSION SEC(".kconfig");
extern u32 CONFIG_HZ SEC(".kconfig") __weak;
extern const void tcp_sendmsg SEC(".ksyms");
extern const int bpf_prog_active SEC(".ksyms") __weak;
extern const int tscc_no_such_variable SEC(".ksyms") __weak;
struct task_struct {
	s32 tgid;
} CORE;
extern struct task_struct *bpf_task_from_pid(s32 pid) SEC(".ksyms") __weak;
extern void bpf_task_release(struct task_struct *task) SEC(".ksyms") __weak;

struct sum {
	u64 a, b, result;
};
__attribute__((noinline)) u64 add(u64 a, u64 b) { return a + b; }
SEC("syscall") int call(struct sum *args)
{
	args->result = add(args->a, args->b);
	version = LINUX_KERNEL_VERSION;
	has_hz = CONFIG_HZ > 0;
	kallsyms_address = (u64)&tcp_sendmsg;
	no_such_there = &tscc_no_such_variable != 0;
	return 42;
}

/* Asked for by name, since not every kernel lets its type of program do it. */
SEC("?syscall") int call_kfunc(void *args)
{
	struct task_struct *task;

	if (!bpf_task_from_pid || !bpf_task_release)
		return 1;
	task = bpf_task_from_pid(own_pid);
	if (!task)
		return 2;
	found_task = task->tgid == own_pid;
	bpf_task_release(task);
	return 0;
}

SEC("?raw_tp/sys_enter") int typed_variable(u64 *ctx)
{
	typed_there = &bpf_prog_active != 0;
	return 0;
}

SEC("?fentry/tscc_no_such_function") int never(u64 *ctx) { return 0; }
char _license[] SEC("license") = "GPL";
