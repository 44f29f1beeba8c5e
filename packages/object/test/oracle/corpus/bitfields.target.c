// SPDX-License-Identifier: MIT
/* VARIANTS: 4 */
#include "core.h"

#if VARIANT == 1 /* other places and widths */
enum color { RED, GREEN = -1, BLUE };
struct bits {
	u64 pad : 13; u32 before; u32 u8_left : 8; u32 u20 : 20; u32 u3 : 4; u32 u1 : 2; s32 s26 : 20; s32 s5 : 6; s32 s1 : 3;
	union { u32 either : 9; s32 or : 5; } both; struct { union { u32 in1 : 12; u32 x; }; s32 in2 : 20; };
	u32 plain_then : 21; u64 moved : 50; u64 whole : 32;
};
struct wide { u64 pad : 13; u64 u33 : 40; u32 u30 : 31; s64 s23 : 30; s64 s40 : 34; u64 all : 60; u32 u6 : 9; u64 u57 : 55; };
struct narrow { u8 tail : 2; u8 tiny : 4; u16 whole8 : 12; s32 minus : 21; _Bool yes : 1; };
struct halves { u16 rest : 3; u16 half : 13; u32 whole16 : 17; s64 minus16 : 12; };
struct colors { u32 next : 20; enum color color : 7; enum color all_color : 5; u32 fixed : 9; u32 unsteady : 9; };
#elif VARIANT == 2 /* packed: fields over the edges of their units */
enum color { RED, GREEN, BLUE };
struct __attribute__((packed)) bits {
	u8 skew : 5; u32 u1 : 1; u32 u3 : 3; u32 u20 : 31; u32 u8_left : 8; u32 before;
	s32 s1 : 1; s32 s5 : 5; s32 s26 : 31; u8 skew2 : 1; u32 whole : 32; u32 in1 : 11; s32 in2 : 21;
	struct { u32 either : 5; s32 or : 9; } both; u32 plain_then; u32 moved : 17;
};
struct __attribute__((packed)) wide { u64 u33 : 57; u64 u30 : 31; s64 s40 : 40; u8 x : 7; s64 s23 : 24; u64 all : 56; u64 u57 : 40; u64 u6 : 13; };
struct __attribute__((packed)) narrow { u8 x : 7; u8 tiny : 2; u8 tail : 6; u8 whole8 : 8; u8 y : 6; s8 minus : 4; _Bool yes : 1; };
struct __attribute__((packed)) halves { u8 x : 3; u16 half : 9; u16 rest : 7; u16 whole16 : 16; s16 minus16 : 15; };
struct __attribute__((packed)) colors { u8 x : 7; enum color color : 2; u32 next : 30; enum color all_color : 32; u32 unsteady : 31; u32 fixed : 2; };
#elif VARIANT == 3 /* none is a bitfield, or its sign or kind is another */
enum color { RED };
struct bits {
	u32 before : 4; u8 u1; u16 u3; u32 u20; u64 u8_left; s8 s1; s16 s5; s64 s26; u32 whole; u32 in1; s32 in2;
	union { u8 either; s64 or; } both; u64 plain_then; struct { u32 x; } moved;
};
struct wide { u32 u33; s64 u30; u64 s40; u8 s23; u64 all; void *u57; s8 u6; };
struct narrow { u16 tiny; u8 tail; u8 whole8; u64 minus; u8 yes; };
struct halves { u32 half; void *rest; u16 whole16; enum color minus16; };
struct colors { u32 color; enum color next; s32 all_color; u64 unsteady; float fixed; };
#else /* fields that no load can hold; candidates that differ */
enum color { RED };
struct __attribute__((packed)) bits { u64 skew : 7; u32 u20 : 30; u32 u1 : 1; u32 u3 : 3; u32 before; };
struct bits___late { u32 u1 : 1; u32 u3 : 3; u64 s26 : 9; u32 before; };
struct bits___same { u32 x[4]; u64 s26 : 9; };
struct __attribute__((packed)) wide { u64 skew : 7; u64 u33 : 60; u64 all : 64; s64 s40 : 63; u64 u57 : 64; u64 u6 : 1; };
struct narrow { u8 x : 3; u8 tail : 4; };
struct narrow___2 { u8 x : 2; u8 tail : 5; };
struct halves { u16 half : 9; s16 minus16 : 4; };
struct halves___2 { u16 half : 9; s16 minus16; };
struct colors { u32 color : 2; u32 fixed : 4; };
KEEP(late, struct bits___late) KEEP(same, struct bits___same) KEEP(narrow2, struct narrow___2) KEEP(halves2, struct halves___2)
#endif
KEEP(bits, struct bits) KEEP(wide, struct wide) KEEP(narrow, struct narrow) KEEP(halves, struct halves) KEEP(colors, struct colors)
