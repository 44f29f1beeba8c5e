/* SPDX-License-Identifier: MIT */
/* What the kernel provides: configuration, version, symbols, variables and functions. How it is made: see bpf.h. */
#include "bpf.h"

enum libbpf_tristate { TRI_NO, TRI_YES, TRI_MODULE };

extern int LINUX_KERNEL_VERSION __kconfig;
extern int CONFIG_HZ __kconfig;
extern bool CONFIG_BPF_SYSCALL __kconfig;
extern enum libbpf_tristate CONFIG_BPF_JIT __kconfig __weak;
extern char CONFIG_DEFAULT_HOSTNAME[16] __kconfig __weak;
extern u64 CONFIG_TSCC_NO_SUCH_THING __kconfig __weak;

u32 version, hertz, syscall_y, jit, missing = 9;
char hostname[16];

SEC("tc")
int read_config(struct __sk_buff *skb)
{
	version = LINUX_KERNEL_VERSION;
	hertz = CONFIG_HZ;
	syscall_y = CONFIG_BPF_SYSCALL;
	jit = CONFIG_BPF_JIT;
	missing = CONFIG_TSCC_NO_SUCH_THING;
	for (int i = 0; i < 16; i++)
		hostname[i] = CONFIG_DEFAULT_HOSTNAME[i];
	return 0;
}

extern const void tcp_v4_connect __ksym;
extern const void tscc_no_such_symbol __ksym __weak;
extern const int bpf_prog_active __ksym;
extern const int tscc_no_such_variable __ksym __weak;

u64 address, no_address = 9, no_variable = 9, found;

SEC("raw_tp")
int read_symbols(void *ctx)
{
	address = (u64)&tcp_v4_connect;
	no_address = (u64)&tscc_no_such_symbol;
	no_variable = (u64)&tscc_no_such_variable;
	return 0;
}

/* Only for kernels that list data in /proc/kallsyms (CONFIG_KALLSYMS_ALL). */
SEC("?raw_tp")
int read_variable(void *ctx)
{
	const int *variable = per_cpu(&bpf_prog_active, processor());
	if (variable)
		found = 1 + (*variable != 0);
	return 0;
}

struct task_struct {
	int pid;
	int tgid;
} __core;
struct bpf_dynptr {
	u64 opaque[2];
} __attribute__((aligned(8)));

extern struct task_struct *bpf_task_from_pid(s32 pid) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;
extern int bpf_dynptr_from_skb(struct __sk_buff *skb, u64 flags, struct bpf_dynptr *ptr) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *ptr, u32 offset, void *buffer, u32 size) __ksym;
extern int tscc_no_such_function(int a) __ksym __weak;

struct question {
	u32 pid, tgid, there, not_there;
};

SEC("syscall")
int find_task(struct question *ctx)
{
	struct task_struct *task = bpf_task_from_pid(ctx->pid);
	if (!task)
		return 1;
	ctx->tgid = task->tgid;
	bpf_task_release(task);
	ctx->there = bpf_task_from_pid != NULL;
	ctx->not_there = tscc_no_such_function ? tscc_no_such_function(1) : 5;
	return 0;
}

SEC("tc")
int read_slice(struct __sk_buff *skb)
{
	struct bpf_dynptr ptr;
	u8 buffer[4];
	if (bpf_dynptr_from_skb(skb, 0, &ptr))
		return 0;
	u8 *bytes = bpf_dynptr_slice(&ptr, 14, buffer, sizeof(buffer));
	return bytes ? bytes[0] << 8 | bytes[3] : 1;
}

char _license[] SEC("license") = "GPL";
