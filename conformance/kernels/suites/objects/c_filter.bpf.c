/* SPDX-License-Identifier: MIT */
/* A program that is no struct_ops: a classifier with data of every kind, a map of maps, a tail call, a subprogram. Remade by:
 *   clang -target bpf -mcpu=v2 -O2 -g -Wno-ignored-attributes -c c_filter.bpf.c && llvm-strip -g c_filter.bpf.o
 */
typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]

static void *(*lookup)(void *map, const void *key) = (void *)1;
static long (*tail_call)(void *ctx, void *map, u32 index) = (void *)12;

struct inner {
	__uint(type, 2);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
};
struct inner counts SEC(".maps");
struct {
	__uint(type, 12);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__array(values, struct inner);
} outer SEC(".maps") = { .values = { [1] = &counts } };

int second(void *ctx);
struct {
	__uint(type, 3);
	__uint(max_entries, 3);
	__uint(key_size, 4);
	__array(values, int(void *));
} programs SEC(".maps") = { .values = { [2] = (void *)&second } };

struct packet {
	u32 len;
};

u64 counter;
static u32 runs = 3;
const volatile u32 limit = 40;
u64 named SEC(".data.named") = 5;

static __attribute__((noinline)) int add(u64 x)
{
	counter += x;
	return counter > limit;
}

SEC("tc") int first(struct packet *ctx)
{
	u32 one = 1, zero = 0;
	void *map = lookup(&outer, &one);
	u64 *value = map ? lookup(map, &zero) : 0;

	if (value)
		*value += 7;
	runs++;
	tail_call(ctx, &programs, 2);
	return -1;
}

SEC("tc") int second(void *ctx)
{
	return add(77) + runs * 10 + limit + named;
}
char _license[] SEC("license") = "Dual MIT/GPL";
