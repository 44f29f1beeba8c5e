// SPDX-License-Identifier: MIT
/* The types of local.bpf.c as other kernels have them: -DVARIANT=1 the same, 2 moved about, 3 with much missing or other. */
#include "core.h"
struct opaque { u32 x; };
#if VARIANT == 1
enum small { SMALL_A = 1, SMALL_B = 2, SMALL_MINUS = -5 };
enum wide { WIDE_A = 1, WIDE_B = 0x7fffffff };
enum gone { GONE_A = 3 };
struct inner { u32 first; u64 second; u16 third[3]; };
struct plain {
	u8 a; u16 b; u32 c; u64 d; s8 e; s32 f; s64 g; const volatile u32 h;
	struct opaque *ptr; void *raw; enum small kind; struct inner in; struct inner list[4]; u32 grid[2][3];
	union { u32 as_word; u16 as_half[2]; } u;
	struct { u32 hidden; union { u64 deep; u32 deeper; }; };
	_Bool flag; char name[16]; int (*call)(int, struct inner *); u32 missing; u64 resized; u32 retyped;
};
struct bits { u32 plain; u32 one : 1; u32 three : 3; u32 across : 20; s32 negative : 5; u64 long_one : 33; u8 tiny : 2; };
struct flexible { u32 count; struct inner items[]; };
struct gone_struct { u32 x; };
struct twice { u32 x; u32 same; };
union one_of { u32 x; u64 y; };
typedef struct { u32 t; } typed;
typedef int (*fn_t)(int, struct inner *);
typedef u32 number_t;
#elif VARIANT == 2
/* Everything is there, elsewhere: other order, other nesting, other sizes. */
enum small { SMALL_Z, SMALL_B = 7, SMALL_A = 9, SMALL_MINUS = -100 };
enum wide { WIDE_B = 12, WIDE_A = 4 };
enum gone { GONE_A = 3 };
struct inner { u64 pad[3]; u16 third[5]; u64 second; u32 first; };
struct plain {
	u64 pad0;
	struct { union { struct { u64 g_pad; s64 g; }; u32 other; }; u32 c; };
	u8 b_pad; u64 d; u16 b; u8 a; s8 e; s32 f;
	u32 h; void *raw; struct opaque *ptr; enum small kind;
	u32 grid[4][5]; struct inner list[9]; struct inner in;
	union { u16 as_half[6]; u32 as_word; } u;
	u32 deeper; u64 deep; u32 hidden;
	char name[64]; _Bool flag; int (*call)(int, struct inner *); u32 missing; u32 resized; u64 retyped;
};
struct bits { u64 pad; u32 p2 : 30; u32 across : 20; u32 one : 1; u32 three : 7; s32 negative : 9; u64 long_one : 40; u8 tiny : 2; u64 plain; };
struct flexible { u64 pad; u32 count; struct inner items[]; };
struct gone_struct { u64 y; u32 x; };
struct twice { u32 x; u32 same; };
struct twice___2 { u32 pad; u32 same; u32 x; };
union one_of { u64 y; u32 x; u64 z[4]; };
typedef struct { u64 pad; u32 t; } typed;
typedef struct inner inner_t;
typedef int (*fn_t)(int, struct inner *);
typedef u64 number_t;
#else
/* Much is missing, or is something else. */
enum small { SMALL_A = 5 };
enum wide { WIDE_A = 1 };
struct inner { struct opaque *first; s64 second; u32 third[1]; };
struct plain {
	s32 a; u64 b; s64 c; u32 d; s32 e; s64 f; s32 g; u8 h;
	u64 ptr; void *raw; u32 kind; u32 in; struct inner list[1]; u32 grid[6];
	struct { u32 as_word; u64 as_half[2]; } u;
	struct { u64 hidden; } named;
	u32 flag; u8 name[2]; void *call; u16 resized; struct inner retyped;
};
struct bits { u32 one; s64 three : 40; u32 across; u32 negative : 5; u32 long_one : 3; };
struct flexible { u32 count; struct inner items[2]; u32 behind; };
struct twice { u32 x; u32 same; };
struct twice___2 { u32 x; u64 same; };
struct one_of { u32 x; };
typedef u32 typed;
typedef int (*fn_t)(int, struct inner *, int);
typedef struct inner number_t;
#endif

#define KEEP(type, name) type *keep_##name;
KEEP(struct opaque, opaque) KEEP(enum small, small) KEEP(enum wide, wide) KEEP(struct inner, inner) KEEP(struct plain, plain)
KEEP(struct bits, bits) KEEP(struct flexible, flexible) KEEP(struct twice, twice) KEEP(typed, typed) KEEP(fn_t, fn) KEEP(number_t, number)
#if VARIANT < 3
KEEP(enum gone, gone_enum) KEEP(struct gone_struct, gone) KEEP(union one_of, one_of)
#else
KEEP(struct one_of, one_of)
#endif
#if VARIANT >= 2
KEEP(struct twice___2, twice2)
#endif
#if VARIANT == 2
KEEP(inner_t, inner_t)
#endif
