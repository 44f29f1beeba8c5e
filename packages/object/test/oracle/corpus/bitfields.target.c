// SPDX-License-Identifier: MIT
/* VARIANTS: 4 */
#include "core.h"

#if VARIANT == 1 /* other places and widths */
enum color { RED, GREEN = -1, BLUE };
struct bits {
	u64 pad : 13; u64 u33 : 40; u32 before; u32 u31 : 31;
	u32 u8_left : 8; u32 u20 : 20; u32 u3 : 4; u32 u1 : 2; s32 s26 : 20; s32 s5 : 6; s32 s1 : 3;
	s64 s24 : 30; s64 s40 : 34; u8 tail : 2; u8 tiny : 4; u16 rest : 3; u16 half : 13;
	u64 whole : 32; u64 all : 60; u16 whole8 : 12; u32 whole16 : 17; u32 : 0; enum color color : 7; _Bool yes : 1;
	union { u32 either : 9; s32 or : 5; } both; struct { union { u32 in1 : 12; u32 x; }; s32 in2 : 20; };
	u32 plain_then : 21; u64 moved : 50;
};
#elif VARIANT == 2 /* packed: fields over the edges of their units */
enum color { RED, GREEN, BLUE };
struct __attribute__((packed)) bits {
	u8 skew : 5; u32 u1 : 1; u32 u3 : 3; u32 u20 : 31; u32 u8_left : 8; u32 before;
	s32 s1 : 1; s32 s5 : 5; s32 s26 : 31; u64 u33 : 57; u64 u31 : 31; s64 s40 : 40; s64 s24 : 24;
	u8 tiny : 2; u8 tail : 6; u16 half : 9; u16 rest : 7; u8 skew2 : 1; u32 whole : 32; u64 all : 56; u8 whole8 : 8; u16 whole16 : 16;
	enum color color : 2; _Bool yes : 1; u32 in1 : 11; s32 in2 : 21; struct { u32 either : 5; s32 or : 9; } both; u32 plain_then; u32 moved : 17;
};
#elif VARIANT == 3 /* none is a bitfield, or its sign or kind is another */
struct bits {
	u32 before : 4; u8 u1; u16 u3; u32 u20; u64 u8_left; s8 s1; s16 s5; s64 s26; u32 u33; s64 u31; u64 s40; u8 s24;
	u16 tiny; u8 tail; u32 half; void *rest; u32 whole; u64 all; u8 whole8; u16 whole16; u32 color; u8 yes; u32 in1; s32 in2;
	union { u8 either; s64 or; } both; u64 plain_then; struct { u32 x; } moved;
};
#else /* a field that no load can hold; candidates that differ */
struct __attribute__((packed)) bits { u64 skew : 7; u64 u33 : 60; u64 all : 64; s64 s40 : 63; u32 u1 : 1; u32 u3 : 3; u32 before; };
struct bits___late { u32 u1 : 1; u32 u3 : 3; u64 s24 : 9; u32 before; };
KEEP(late, struct bits___late)
#endif
KEEP(bits, struct bits)
