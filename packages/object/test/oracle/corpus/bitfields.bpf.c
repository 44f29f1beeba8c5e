// SPDX-License-Identifier: MIT
/* Bitfields of both signs and all the widths at which the load changes size; and reading one as a program does. */
#include "core.h"

enum color { RED, GREEN, BLUE };
struct bits {
	u32 before;
	u32 u1 : 1; u32 u3 : 3; u32 u20 : 20; u32 u8_left : 8;
	s32 s1 : 1; s32 s5 : 5; s32 s26 : 26;
	u64 u33 : 33; u64 u31 : 31;
	s64 s40 : 40; s64 s24 : 24;
	u8 tiny : 2; u8 tail : 6;
	u16 half : 9; u16 rest : 7;
	u32 whole : 32; u64 all : 64;
	u8 whole8 : 8; u16 whole16 : 16;
	enum color color : 2; _Bool yes : 1; u32 : 0;
	struct { u32 in1 : 11; s32 in2 : 21; };
	union { u32 either : 5; s32 or : 9; } both;
	u32 gone : 4; u32 plain_then; u32 moved : 17;
} CORE;

/* A bitfield as libbpf's own macro reads it: a load of the size that the kernel has, and shifts. */
#define READ(name, field) \
	SEC("core/" #name "_read") u64 name##_read(struct bits *p) \
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
#define BITS(name, field) FIELD(name, struct bits, field) READ(name, field)
BITS(u1, u1) BITS(u3, u3) BITS(u20, u20) BITS(u8_left, u8_left) BITS(s1, s1) BITS(s5, s5) BITS(s26, s26)
BITS(u33, u33) BITS(u31, u31) BITS(s40, s40) BITS(s24, s24) BITS(tiny, tiny) BITS(tail, tail) BITS(half, half) BITS(rest, rest)
BITS(whole, whole) BITS(all, all) BITS(whole8, whole8) BITS(whole16, whole16) BITS(color, color) BITS(yes, yes)
BITS(in1, in1) BITS(in2, in2) BITS(either, both.either) BITS(or, both.or) BITS(gone, gone) BITS(plain_then, plain_then) BITS(moved, moved)
LOAD(before, struct bits, before) LOAD(plain_then, struct bits, plain_then)
END
