// SPDX-License-Identifier: MIT
/* VARIANTS: 3 */
#include "core.h"

#if VARIANT == 1 /* all there; into and out of anonymous ones */
struct point { u64 pad; s32 y; s32 x; };
struct nesting {
	struct { struct { union { struct { u32 moves_deep; }; u64 z; }; u32 moves_in; }; u32 top; }; u32 leaves; u64 in_two; u16 also_three; u8 in_three;
	u32 in_struct; struct { u64 in_union; }; u32 high; u32 low; struct { u32 raw; } other;
	struct { union { u64 z; struct { u32 z2; u32 mixed; }; }; s32 mixed_signed; u32 named_member; } named;
	struct { u32 z3; struct point as_point; u64 as_number; } choice; struct point qualified; struct point point; struct point *to;
	struct { u32 stays; }; u32 same_name; struct { u32 z4; struct { struct { struct { u32 z5; u32 bottom; } d; } c; } b; } a;
	union { u32 was_struct; } turns_union; struct { u32 z6; u32 was_union; } turns_struct; struct { u32 x; } turns_named;
};
union top { struct { u64 z; union { u16 high; }; u16 low; }; struct point point; u64 number; u32 word; };
typedef struct { struct { u64 z; u32 second; } in; u32 first; } anonymous_t;
typedef struct nesting nesting_t;
typedef nesting_t const_nesting_t;
struct node { u32 value; struct { u64 z; struct node *right, *left; } children; struct node *next; };
union turns { u32 x; };
#elif VARIANT == 2 /* structs are pointers, names are wrapped, types became typedefs */
struct point { s32 x; };
typedef struct point point_t;
struct nesting {
	u32 top; struct { u32 in_struct; } wrapped; struct { u64 in_two; } ; union { u64 in_union; u32 low; };
	struct { u32 named_member; } *named; point_t point; const point_t *to; point_t qualified; point_t choice;
	union { u32 a; s64 stays; }; struct { u32 same_name; } s1; struct point turns_named; u32 turns_union; u32 turns_struct;
};
struct top { u32 word; u64 number; };
struct anonymous_t { u32 first; };
struct nesting_t { struct point point; };
typedef struct { u32 stays; } const_nesting_t;
struct node { struct node *next; u64 value; };
struct turns { struct turns *x; };
KEEP(top_struct, struct top) KEEP(anonymous_struct, struct anonymous_t) KEEP(nesting_struct, struct nesting_t)
#else /* several candidates, in agreement and not */
struct point { s32 x; s32 y; };
struct point___same { s32 x; s32 y; };
struct nesting { u32 top; u32 stays; struct point point; };
struct nesting___2 { u32 top; u32 pad; u32 stays; struct point___same point; };
struct nesting___3 { u32 top; struct { struct { u32 in_two; }; }; };
union top { u32 word; u64 number; };
union top___2 { u64 number; struct { u32 pad; u32 word; }; };
typedef struct { u32 first; } anonymous_t;
typedef struct { u64 pad; u32 first; } anonymous_t___2;
typedef struct nesting nesting_t;
typedef struct nesting___2 nesting_t___2;
typedef struct nesting const_nesting_t;
struct node { struct node *next; u32 value; };
struct turns { u32 x; };
union turns___u { u64 pad; u32 x; };
KEEP(point_same, struct point___same) KEEP(nesting2, struct nesting___2) KEEP(nesting3, struct nesting___3) KEEP(top2, union top___2)
KEEP(anonymous2, anonymous_t___2) KEEP(nesting_t2, nesting_t___2) KEEP(turns_u, union turns___u) KEEP(top, union top) KEEP(anonymous, anonymous_t) KEEP(nesting_typedef, nesting_t) KEEP(turns, struct turns)
#endif
#if VARIANT == 1
KEEP(top, union top) KEEP(anonymous, anonymous_t) KEEP(nesting_typedef, nesting_t) KEEP(turns, union turns)
#elif VARIANT == 2
KEEP(turns, struct turns)
#endif
KEEP(point, struct point) KEEP(nesting, struct nesting) KEEP(const_nesting, const_nesting_t) KEEP(node, struct node)
