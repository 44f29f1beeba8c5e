// SPDX-License-Identifier: MIT
/* The instructions that carry a relocation: loads, stores of registers and numbers, arithmetic, 64-bit constants; in loops, in
 * branches, in functions that are called; and what is missing, guarded and not. */
#include "core.h"

struct inner { u32 x; u64 y; } CORE;
struct code {
	u8 a; u16 b; u32 c; u64 d; s8 sa; s16 sb; s32 sc; s64 sd; u32 gone; u64 gone64; u8 gone8; struct inner in; struct inner gone_in;
	u32 grows; u64 shrinks; s32 sign; u8 list[8]; struct inner far[4000]; u32 past; u32 flag : 1;
} CORE;
enum what { WHAT_A = 1, WHAT_GONE = 2 };
struct gone { u32 x; } CORE;
struct far { u8 pad[40000]; u32 x; } CORE;

STORE(a, struct code, a, 1) STORE(b, struct code, b, 2) STORE(c, struct code, c, 3) STORE(d, struct code, d, 4)
STORE(a_register, struct code, a, q) STORE(b_register, struct code, b, q) STORE(c_register, struct code, c, q) STORE(d_register, struct code, d, q)
STORE(sa, struct code, sa, -1) STORE(sb, struct code, sb, -2) STORE(sc, struct code, sc, -3) STORE(sd, struct code, sd, -4)
STORE(gone, struct code, gone, 1) STORE(gone64, struct code, gone64, q) STORE(gone8, struct code, gone8, q)
STORE(grows, struct code, grows, q) STORE(shrinks, struct code, shrinks, q) STORE(sign, struct code, sign, q) STORE(in, struct code, in.y, q)
LOAD(past, struct code, past) LOAD(sa, struct code, sa) LOAD(sb, struct code, sb) LOAD(sc, struct code, sc) LOAD(grows, struct code, grows)
LOAD(shrinks, struct code, shrinks) LOAD(sign, struct code, sign) LOAD(gone, struct code, gone) LOAD(gone_type, struct gone, x) LOAD(gone_in, struct code, gone_in.y)
LOAD(far, struct far, x) PART(far, struct far, x) ADDRESS(far, struct far, x) ADDRESS(past, struct code, past) ADDRESS(gone, struct code, gone) PART(far_inner, struct code, far[3999].y)
PROG(increment, struct code, p->c++) PROG(add_all, struct code, p->a + p->b + p->c + p->d) PROG(compare, struct code, p->c > p->d)
PROG(swap, struct code, (p->d ^= p->sd, p->sd)) PROG(atomic, struct code, __sync_fetch_and_add(&p->d, 1))
PROG(offset_of_both, struct code, FIELD_INFO(p->c, BYTE_OFFSET) + FIELD_INFO(p->d, BYTE_OFFSET) * 1000)
PROG(offset_minus, struct code, FIELD_INFO(p->d, BYTE_OFFSET) - FIELD_INFO(p->c, BYTE_OFFSET)) PROG(size_gone, struct code, FIELD_INFO(p->gone, BYTE_SIZE))
PROG(id_or_value, void, __builtin_btf_type_id(TYPE_OF(struct code), 1) + __builtin_preserve_enum_value(*(enum what *)WHAT_A, 1))
PROG(value_gone, void, __builtin_preserve_enum_value(*(enum what *)WHAT_GONE, 1)) PROG(size_of_gone, void, __builtin_preserve_type_info(TYPE_OF(struct gone), 1))
PROG(id_of_gone, void, __builtin_btf_type_id(TYPE_OF(struct gone), 1))

SEC("core/guarded") u64 guarded(struct code *p) { return FIELD_INFO(p->gone, EXISTS) ? p->gone : p->c; }
SEC("core/guarded_store") int guarded_store(struct code *p) { if (FIELD_INFO(p->gone64, EXISTS)) p->gone64 = p->d; else p->d = 0; return 0; }
SEC("core/guarded_type") u64 guarded_type(struct code *p, struct gone *g) { return __builtin_preserve_type_info(*g, 0) ? g->x : p->in.x; }
SEC("core/guarded_value") u64 guarded_value(void *p) { return __builtin_preserve_enum_value(*(enum what *)WHAT_GONE, 0) ? __builtin_preserve_enum_value(*(enum what *)WHAT_GONE, 1) : 100; }
SEC("core/loop") u64 loop(struct code *p) { u64 sum = 0; for (u32 i = 0; i < p->c; i++) sum += p->in.y * i; return sum; }
SEC("core/elements") u64 elements(struct code *p) { u64 sum = 0; for (int i = 0; i < 8; i++) sum += p->list[i]; return sum; }

NOINLINE u64 leaf(struct code *p) { return p->c + p->in.y; }
NOINLINE u64 branch(struct code *p, u32 n) { return n ? leaf(p) * p->d : leaf(p) + p->a; }
NOINLINE u64 unused_gone(struct code *p) { return p->gone64; }
NOINLINE u64 id_leaf(void) { return __builtin_btf_type_id(TYPE_OF(struct code), 1); }
SEC("core/calls_leaf") u64 calls_leaf(struct code *p) { return leaf(p) + 1; }
SEC("core/calls_branch") u64 calls_branch(struct code *p) { return branch(p, p->b) + leaf(p); }
SEC("core/calls_gone") u64 calls_gone(struct code *p) { return FIELD_INFO(p->gone64, EXISTS) ? unused_gone(p) : leaf(p); }
SEC("core/calls_gone_always") u64 calls_gone_always(struct code *p) { return unused_gone(p) + leaf(p); }
SEC("core/calls_id") u64 calls_id(struct code *p) { return id_leaf() + p->c; }
END
