// SPDX-License-Identifier: MIT
/* VARIANTS: 3 */
#include "core.h"

struct other { u32 x; };
#if VARIANT == 1 /* as compiled, another order */
enum mode { MODE_A, MODE_B };
enum minus { MINUS_A = -1 };
typedef u32 once_t;
struct scalars {
	u64 pad; u32 *fixed; const char *text; void *raw; struct other *typed; void **twice; int (*call)(struct other *, u32);
	enum mode mode; enum minus minus; enum mode fixed_mode; once_t layered; u64 both; s32 unsteady; u32 constant;
	__int128 huge; unsigned long uword; long word; _Bool flag; char letter;
	s64 b64; u64 a64; s32 b32; u32 a32; s16 b16; u16 a16; s8 b8; u8 a8;
	u32 grows; u64 shrinks; u32 signs; s32 unsigns; u8 widens; u32 becomes_pointer; u64 becomes_wide_pointer; void *becomes_number;
	enum mode becomes_int; u32 becomes_enum; u32 becomes_bits; u32 becomes_struct; u32 becomes_float; u32 becomes_array; u16 gone;
};
#elif VARIANT == 2 /* all that changes, changes */
enum mode { MODE_B = -3, MODE_C };
enum minus { MINUS_B = 1 };
struct __attribute__((packed)) scalars {
	u8 odd; const u8 a8; volatile s8 b8; u16 a16; s16 b16; u32 a32; s32 b32; u64 a64; s64 b64;
	char letter; _Bool flag; long word; unsigned long uword; __int128 huge;
	u32 constant; s32 unsteady; u64 both; u32 layered; enum mode mode; enum minus minus; enum mode fixed_mode;
	struct other *raw; void *typed; u32 text; u64 fixed; struct other **twice; void *call;
	u64 grows; u32 shrinks; s32 signs; u32 unsigns; u64 widens; void *becomes_pointer; void *becomes_wide_pointer; u64 becomes_number;
	s64 becomes_int; enum mode becomes_enum; u32 b0 : 3; u32 becomes_bits : 7; u32 b1 : 22; struct { u32 x; } becomes_struct;
	float becomes_float; u32 becomes_array[2];
};
#else /* the smallest that can be; two candidates that agree where both have the member */
enum mode { MODE_A };
struct scalars { u64 a8; u32 a16; u16 a32; u8 a64; s64 b8; s8 b64; double becomes_float; s8 letter; u32 flag; u64 grows; s64 signs; };
struct scalars___more { u64 a8; u32 a16; s16 constant; enum mode mode; void *raw; };
KEEP(more, struct scalars___more)
#endif
KEEP(scalars, struct scalars) KEEP(other, struct other)
