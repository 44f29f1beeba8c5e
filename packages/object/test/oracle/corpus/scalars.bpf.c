// SPDX-License-Identifier: MIT
/* Numbers of all sizes, qualifiers and typedefs, pointers; those that change size, sign or kind. */
#include "core.h"

enum mode { MODE_A, MODE_B };
enum minus { MINUS_A = -1 };
struct other;
typedef u32 once_t;
typedef once_t twice_t;
typedef const volatile twice_t thrice_t;
struct scalars {
	u8 a8; s8 b8; u16 a16; s16 b16; u32 a32; s32 b32; u64 a64; s64 b64;
	char letter; _Bool flag; long word; unsigned long uword; __int128 huge;
	const u32 constant; volatile s32 unsteady; const volatile u64 both; thrice_t layered;
	enum mode mode; enum minus minus; const enum mode fixed_mode;
	void *raw; struct other *typed; const char *text; u32 *const fixed; void **twice; int (*call)(struct other *, u32);
	u32 grows; u64 shrinks; u32 signs; s32 unsigns; u8 widens; u32 becomes_pointer; u64 becomes_wide_pointer; void *becomes_number;
	enum mode becomes_int; u32 becomes_enum; u32 becomes_bits; u32 becomes_struct; u32 becomes_float; u32 becomes_array; u16 gone;
} CORE;

#define BOTH(name) LOAD(name, struct scalars, name) FIELD(name, struct scalars, name)
#define EACH(name) LOAD(name, struct scalars, name) PART(name, struct scalars, name)
BOTH(a8) BOTH(b8) BOTH(a16) BOTH(b16) BOTH(a32) BOTH(b32) BOTH(a64) BOTH(b64)
BOTH(letter) BOTH(flag) BOTH(word) BOTH(uword) PART(huge, struct scalars, huge)
BOTH(constant) BOTH(unsteady) BOTH(both) BOTH(layered)
BOTH(mode) BOTH(minus) BOTH(fixed_mode)
EACH(raw) EACH(typed) EACH(text) EACH(fixed) EACH(twice) EACH(call)
BOTH(grows) BOTH(shrinks) BOTH(signs) BOTH(unsigns) BOTH(widens) BOTH(becomes_pointer) BOTH(becomes_wide_pointer) EACH(becomes_number)
BOTH(becomes_int) BOTH(becomes_enum) BOTH(becomes_bits) BOTH(becomes_struct) BOTH(becomes_float) BOTH(becomes_array) BOTH(gone)
END
