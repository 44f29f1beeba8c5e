/* SPDX-License-Identifier: MIT */
/*
 * What the sources here need of the kernel's BPF interface (include/uapi/linux/bpf.h), in their own words.
 * Each object is made by:
 *   clang -target bpf -mcpu=v2 -O2 -g -Wno-everything -c name.bpf.c -o name.bpf.o && llvm-strip -g name.bpf.o
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef int s32;
typedef unsigned long long u64;
typedef _Bool bool;
#define NULL ((void *)0)

#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
#define __weak __attribute__((weak))
#define __hidden __attribute__((visibility("hidden")))
#define __noinline __attribute__((noinline))
#define __ksym SEC(".ksyms")
#define __kconfig SEC(".kconfig")
#define __core __attribute__((preserve_access_index))

enum { MAP_HASH = 1, MAP_ARRAY = 2, MAP_PROG_ARRAY = 3, MAP_PERCPU_HASH = 5, MAP_PERCPU_ARRAY = 6, MAP_LRU_HASH = 9,
       MAP_LPM_TRIE = 11, MAP_ARRAY_OF_MAPS = 12, MAP_HASH_OF_MAPS = 13, MAP_SOCKMAP = 15, MAP_SOCKHASH = 18,
       MAP_QUEUE = 22, MAP_STACK = 23, MAP_SK_STORAGE = 24, MAP_RINGBUF = 27, MAP_TASK_STORAGE = 29, MAP_BLOOM = 30 };

static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*map_delete)(void *map, const void *key) = (void *)3;
static u64 (*ktime)(void) = (void *)5;
static u32 (*processor)(void) = (void *)8;
static long (*skb_store)(void *skb, u32 at, const void *from, u32 size, u64 flags) = (void *)9;
static long (*tail_call)(void *ctx, void *map, u32 index) = (void *)12;
static u64 (*pid_tgid)(void) = (void *)14;
static long (*skb_load)(const void *skb, u32 at, void *to, u32 size) = (void *)26;
static long (*xdp_adjust_head)(void *xdp, int by) = (void *)44;
static long (*sk_redirect_map)(void *skb, void *map, u32 key, u64 flags) = (void *)52;
static long (*sock_map_update)(void *ops, void *map, const void *key, u64 flags) = (void *)53;
static long (*sock_ops_flags)(void *ops, int flags) = (void *)59;
static long (*map_push)(void *map, const void *value, u64 flags) = (void *)87;
static long (*map_pop)(void *map, void *value) = (void *)88;
static long (*map_peek)(void *map, void *value) = (void *)89;
static long (*spin_lock)(void *lock) = (void *)93;
static long (*spin_unlock)(void *lock) = (void *)94;
static long (*sysctl_name)(void *ctx, char *to, u64 size, u64 flags) = (void *)101;
static void *(*sk_storage)(void *map, void *sk, void *value, u64 flags) = (void *)107;
static long (*sk_storage_delete)(void *map, void *sk) = (void *)108;
static long (*probe_read)(void *to, u32 size, const void *from) = (void *)113;
static long (*seq_printf)(void *seq, const char *format, u32 size, const void *data, u32 length) = (void *)126;
static long (*ringbuf_output)(void *ring, void *data, u64 size, u64 flags) = (void *)130;
static void *(*ringbuf_reserve)(void *ring, u64 size, u64 flags) = (void *)131;
static void (*ringbuf_submit)(void *data, u64 flags) = (void *)132;
static void *(*per_cpu)(const void *variable, u32 cpu) = (void *)153;
static void *(*task_storage)(void *map, void *task, void *value, u64 flags) = (void *)156;
static void *(*current_task)(void) = (void *)158;
static long (*for_each)(void *map, void *callback, void *ctx, u64 flags) = (void *)164;
static long (*loop)(u32 count, void *callback, void *ctx, u64 flags) = (void *)181;
static void *(*kptr_exchange)(void *place, void *pointer) = (void *)194;

struct __sk_buff {
	u32 len, pkt_type, mark, queue_mapping, protocol, vlan_present, vlan_tci, vlan_proto, priority, ingress_ifindex;
	u32 ifindex, tc_index, cb[5], hash, tc_classid, data, data_end, napi_id, family, remote_ip4, local_ip4;
	u32 remote_ip6[4], local_ip6[4], remote_port, local_port;
};
struct xdp_md {
	u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};
struct bpf_sock_ops {
	u32 op, reply, args[3], family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port;
};
struct bpf_sock_addr {
	u32 user_family, user_ip4, user_ip6[4], user_port, family, type, protocol;
};
struct bpf_sock {
	u32 bound_dev_if, family, type, protocol, mark, priority, src_ip4, src_ip6[4], src_port;
};
struct bpf_sockopt {
	void *sk, *optval, *optval_end;
	s32 level, optname, optlen, retval;
};
struct bpf_sysctl {
	u32 write, file_pos;
};
struct sk_msg_md {
	void *data, *data_end;
	u32 family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port, size;
};

static inline u16 swap16(u16 value) { return __builtin_bswap16(value); }
