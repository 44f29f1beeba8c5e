// SPDX-License-Identifier: MIT
/* Anonymous structs and unions, named ones, members that move into or out of them. */
#include "core.h"

struct point { s32 x; s32 y; } CORE;
struct nesting {
	u32 top;
	struct { u32 in_struct; struct { u64 in_two; union { u8 in_three; u16 also_three; }; }; };
	union { u64 in_union; struct { u32 low; u32 high; }; u8 raw[8]; };
	struct { u32 named_member; union { u32 mixed; s32 mixed_signed; }; } named;
	union { struct point as_point; u64 as_number; } choice;
	struct point point; struct point *to; const volatile struct point qualified;
	u32 moves_in; u32 moves_deep; u32 stays; u32 gone; u32 same_name; struct { u32 leaves; };
	struct { struct { struct { struct { u32 bottom; } d; } c; } b; } a;
	struct { u32 was_struct; } turns_union; union { u32 was_union; } turns_struct; u32 turns_named;
} CORE;
union top { u32 word; u64 number; struct { u16 low; u16 high; }; struct point point; } CORE;
typedef struct { u32 first; struct { u32 second; } in; } CORE anonymous_t;
typedef struct nesting nesting_t;
typedef const nesting_t const_nesting_t;
struct node { struct node *next; struct { struct node *left, *right; } children; u32 value; } CORE;
struct turns { u32 x; } CORE;

#define ANY(name, type, field) LOAD(name, type, field) FIELD(name, type, field)
#define IN(name) ANY(name, struct nesting, name)
IN(top) IN(in_struct) IN(in_two) IN(in_three) IN(also_three) IN(in_union) IN(low) IN(high) IN(moves_in) IN(moves_deep) IN(stays) IN(gone) IN(same_name)
IN(leaves) IN(turns_named)
ANY(named, struct nesting, named.named_member) ANY(mixed, struct nesting, named.mixed) ANY(mixed_signed, struct nesting, named.mixed_signed)
ANY(as_point, struct nesting, choice.as_point.y) ANY(as_number, struct nesting, choice.as_number) ANY(point, struct nesting, point.y)
ANY(qualified, struct nesting, qualified.y) ANY(bottom, struct nesting, a.b.c.d.bottom)
ANY(was_struct, struct nesting, turns_union.was_struct) ANY(was_union, struct nesting, turns_struct.was_union)
PART(whole_named, struct nesting, named) PART(whole_choice, struct nesting, choice) PART(whole_point, struct nesting, point) PART(to, struct nesting, to)
PART(whole_b, struct nesting, a.b) PART(raw, struct nesting, raw) ADDRESS(whole_c, struct nesting, a.b.c)
PROG(to_load, struct nesting, p->to->y) PROG(two_hops, struct node, p->next->next->children.left->value)
ANY(union_word, union top, word) ANY(union_number, union top, number) ANY(union_high, union top, high) ANY(union_point, union top, point.y)
ANY(typedef_first, anonymous_t, first) ANY(typedef_second, anonymous_t, in.second) ANY(typedef_struct, nesting_t, point.x) ANY(typedef_const, const_nesting_t, stays)
ANY(node, struct node, value) PART(right, struct node, children.right) ANY(turns, struct turns, x)
END
