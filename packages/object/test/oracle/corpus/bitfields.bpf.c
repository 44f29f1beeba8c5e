// SPDX-License-Identifier: MIT
/* Bitfields of both signs and all the widths at which the load changes size; and reading one as a program does. */
#include "core.h"

enum color { RED, GREEN, BLUE };
struct bits {
	u32 before;
	u32 u1 : 1; u32 u3 : 3; u32 u20 : 20; u32 u8_left : 8;
	s32 s1 : 1; s32 s5 : 5; s32 s26 : 26;
	u32 whole : 32;
	struct { u32 in1 : 11; s32 in2 : 21; };
	union { u32 either : 5; s32 or : 9; } both;
	u32 gone : 4; u32 plain_then; u32 moved : 17;
} CORE;
struct wide {
	u64 lead;
	u64 u33 : 33; u64 u30 : 30;
	u64 between;
	s64 s40 : 40; s64 s23 : 23;
	u64 among;
	u64 u57 : 57; u64 u6 : 6;
} CORE;
struct narrow {
	u8 tiny : 2; u8 tail : 6; u8 whole8 : 8; s8 minus : 3; _Bool yes : 1;
} CORE;
struct halves {
	u16 lead;
	u16 half : 9; u16 rest : 7; u16 whole16 : 16; s16 minus16 : 12;
} CORE;
struct colors {
	u32 lead;
	enum color color : 2; u32 next : 30; enum color all_color : 32; volatile u32 unsteady : 3; const u32 fixed : 4;
} CORE;

/* A bitfield as libbpf's own macro reads it: a load of the size that the kernel has, and shifts. */
#define READ(name, type, field) \
	SEC("core/" #name "_read") u64 name##_read(type *p) \
	{ \
		const void *at = (const void *)p + FIELD_INFO(p->field, BYTE_OFFSET); \
		u64 value = 0; \
		switch (FIELD_INFO(p->field, BYTE_SIZE)) { \
		case 1: value = *(const u8 *)at; break; \
		case 2: value = *(const u16 *)at; break; \
		case 4: value = *(const u32 *)at; break; \
		case 8: value = *(const u64 *)at; break; \
		} \
		value <<= FIELD_INFO(p->field, LSHIFT); \
		if (FIELD_INFO(p->field, SIGNED)) \
			return (s64)value >> FIELD_INFO(p->field, RSHIFT); \
		return value >> FIELD_INFO(p->field, RSHIFT); \
	}
#define BITS(name, type, field) FIELD(name, type, field) READ(name, type, field)
BITS(u1, struct bits, u1) BITS(u3, struct bits, u3) BITS(u20, struct bits, u20) BITS(u8_left, struct bits, u8_left) BITS(s1, struct bits, s1)
BITS(s5, struct bits, s5) BITS(s26, struct bits, s26) BITS(whole, struct bits, whole) BITS(in1, struct bits, in1) BITS(in2, struct bits, in2)
BITS(either, struct bits, both.either) BITS(or, struct bits, both.or) BITS(gone, struct bits, gone) BITS(plain_then, struct bits, plain_then) BITS(moved, struct bits, moved)
BITS(u33, struct wide, u33) BITS(u30, struct wide, u30) BITS(s40, struct wide, s40) BITS(s23, struct wide, s23)
BITS(u57, struct wide, u57) BITS(u6, struct wide, u6)
BITS(tiny, struct narrow, tiny) BITS(tail, struct narrow, tail) BITS(whole8, struct narrow, whole8) BITS(minus, struct narrow, minus) BITS(yes, struct narrow, yes)
BITS(half, struct halves, half) BITS(rest, struct halves, rest) BITS(whole16, struct halves, whole16) BITS(minus16, struct halves, minus16)
BITS(color, struct colors, color) BITS(next, struct colors, next) BITS(all_color, struct colors, all_color) BITS(unsteady, struct colors, unsteady) BITS(fixed, struct colors, fixed)
LOAD(before, struct bits, before) LOAD(plain_then, struct bits, plain_then)
END
