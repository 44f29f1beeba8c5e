/* SPDX-License-Identifier: MIT */
/* A list whose elements the program makes, with its lock in a data section of its own. How it is made: see bpf.h. */
#include "bpf.h"

#define private(name) SEC(".data." #name) __hidden __attribute__((aligned(8)))

struct bpf_spin_lock {
	u32 value;
};
struct bpf_list_head {
	u64 opaque[2];
} __attribute__((aligned(8)));
struct bpf_list_node {
	u64 opaque[3];
} __attribute__((aligned(8)));

extern void *bpf_obj_new_impl(u64 type, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *object, void *meta) __ksym;
extern int bpf_list_push_back_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta, u64 at) __ksym;
extern struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head) __ksym;

struct item {
	u64 value;
	struct bpf_list_node node;
};
private(LIST) struct bpf_spin_lock list_lock;
private(LIST) struct bpf_list_head list __attribute__((btf_decl_tag("contains:item:node")));

SEC("tc")
int use_list(struct __sk_buff *skb)
{
	struct item *item = bpf_obj_new_impl(__builtin_btf_type_id(*(struct item *)0, 0), NULL);
	struct bpf_list_node *node;
	u64 value;
	if (!item)
		return 1;
	item->value = 4321;
	spin_lock(&list_lock);
	bpf_list_push_back_impl(&list, &item->node, NULL, 0);
	node = bpf_list_pop_front(&list);
	spin_unlock(&list_lock);
	if (!node)
		return 2;
	item = (void *)node - __builtin_offsetof(struct item, node);
	value = item->value;
	bpf_obj_drop_impl(item, NULL);
	return value;
}

char _license[] SEC("license") = "GPL";
