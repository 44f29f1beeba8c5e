// SPDX-License-Identifier: MIT
/* VARIANTS: 3 */
#include "core.h"

typedef u32 row_t[4];
#if VARIANT == 1 /* longer, larger elements, other order */
struct item { u64 pad; u64 value; u32 key; u8 tag[7]; };
struct arrays {
	u64 pad; u32 flat[20]; u16 grid[5][9]; u8 cube[7][6][5]; struct item items[8]; struct item matrix[3][4]; void *pointers[7];
	row_t table[3]; row_t row; u8 bytes[64]; u64 longs[8]; u32 one[4]; u32 zero[2]; u32 head; char name[64];
	struct { u64 y; u32 x; u32 inner[5]; } nested[3]; union { u64 y; u32 words[4]; u8 octets[16]; }; enum field_info kinds[3];
	u32 not_array[3]; u32 elements;
};
struct flexible { u64 pad; u32 count; struct item items[]; };
struct flexible_bytes { u64 count; u8 data[0]; };
struct holder { u64 y; struct flexible_bytes last; };
#elif VARIANT == 2 /* shorter: what was there is past the end; other elements */
struct item { u64 key; u32 value; u8 tag[2]; };
struct arrays {
	u32 head; u32 flat[7]; u16 grid[3][3]; u8 cube[1][3][4]; struct item items[2]; struct item matrix[6]; u64 pointers[6];
	u32 table[12]; u64 row[4]; u16 bytes[16]; s32 longs[4]; u32 one[1]; u32 zero[0]; u8 name[31];
	struct { u32 x; u32 inner[]; } *nested; u32 words[2]; u8 octets[]; };
struct flexible { u32 count; struct item items[2]; };
struct flexible_bytes { u32 count; u8 data[4]; u32 behind; };
struct holder { u32 x; struct flexible_bytes last; u32 after; };
#else /* flexible where it was not; arrays of other shapes; two candidates */
struct item { u8 tag[4]; u32 key; u64 value; };
struct item___b { u8 tag[4]; u32 key; u32 pad; u32 value; };
struct arrays { u32 head; u16 grid[12]; u8 cube[2][12]; struct item items[0]; };
struct arrays___b { u32 head; u32 flat[]; };
struct arrays___c { u32 head; u32 one[0]; u8 zero[4]; };
struct flexible { u32 count; struct item *items; };
struct flexible_bytes { u32 count; u8 data[1]; };
struct holder { u32 x; union { struct flexible_bytes last; u32 z; }; };
KEEP(item_b, struct item___b) KEEP(arrays_b, struct arrays___b) KEEP(arrays_c, struct arrays___c)
#endif
KEEP(item, struct item) KEEP(arrays, struct arrays) KEEP(flexible, struct flexible) KEEP(flexible_bytes, struct flexible_bytes) KEEP(holder, struct holder)
