// SPDX-License-Identifier: MIT
/* Elements: of arrays in arrays, of flexible arrays, past the end; whole arrays; arrays of pointers; and the nth struct itself. */
#include "core.h"

struct item { u32 key; u64 value; u8 tag[4]; } CORE;
typedef u32 row_t[4];
typedef row_t table_t[3];
struct arrays {
	u32 head; u32 flat[8]; u16 grid[3][4]; u8 cube[2][3][4]; struct item items[5]; struct item matrix[2][3]; void *pointers[6];
	table_t table; const row_t row; volatile u8 bytes[16]; u64 longs[4]; u32 one[1]; u32 zero[0]; char name[32];
	struct { u32 x; u32 inner[3]; } nested[2]; union { u32 words[4]; u8 octets[16]; }; enum field_info kinds[3];
	u32 not_array; u32 elements[4]; u32 gone[2]; struct { u32 in_gone; } gone_items[2];
} CORE;
struct flexible { u32 count; struct item items[]; } CORE;
struct flexible_bytes { u32 count; u8 data[]; } CORE;
struct holder { u32 x; struct flexible_bytes last; } CORE;

#define ELEMENT(name, field) LOAD(name, struct arrays, field) PART(name, struct arrays, field) ADDRESS(name, struct arrays, field)
#define WHOLE(name, field) PART(name, struct arrays, field) ADDRESS(name, struct arrays, field)
ELEMENT(flat0, flat[0]) ELEMENT(flat7, flat[7]) ELEMENT(grid00, grid[0][0]) ELEMENT(grid23, grid[2][3]) ELEMENT(cube, cube[1][2][3])
ELEMENT(item_key, items[0].key) ELEMENT(item_value, items[4].value) ELEMENT(item_tag, items[3].tag[2]) ELEMENT(matrix, matrix[1][2].value)
ELEMENT(matrix_tag, matrix[1][1].tag[3]) ELEMENT(pointer, pointers[5]) LOAD(table, struct arrays, table[2][1]) ADDRESS(table, struct arrays, table[1][2]) ELEMENT(row, row[3])
ELEMENT(bytes, bytes[15]) ELEMENT(longs, longs[2]) ELEMENT(one, one[0]) ELEMENT(name, name[31]) ELEMENT(nested, nested[1].inner[2])
ELEMENT(words, words[3]) ELEMENT(octets, octets[9]) ELEMENT(kinds, kinds[1])
ELEMENT(not_array, not_array) ELEMENT(elements0, elements[0]) ELEMENT(elements3, elements[3]) ELEMENT(gone, gone[1]) ELEMENT(gone_item, gone_items[1].in_gone)
WHOLE(flat, flat) WHOLE(grid, grid) WHOLE(grid_row, grid[1]) WHOLE(cube_plane, cube[1]) WHOLE(items, items) WHOLE(item, items[2]) WHOLE(item_tags, items[2].tag)
WHOLE(matrix_row, matrix[1]) WHOLE(whole_table, table) WHOLE(table_row, table[1]) WHOLE(zero, zero) WHOLE(union_words, words)
ELEMENT(past_one, one[2]) ELEMENT(past_zero, zero[3]) ELEMENT(past_flat, flat[8])
PROG(flexible_load, struct flexible, p->items[7].value) PART(flexible, struct flexible, items[7].value) PART(flexible_item, struct flexible, items[3])
PROG(flexible_bytes_load, struct flexible_bytes, p->data[100]) PART(flexible_byte, struct flexible_bytes, data[100])
PROG(holder_load, struct holder, p->last.data[9]) PART(holder, struct holder, last.data[9])
PROG(second_load, struct arrays, p[1].head) PART(item_nth, struct item, key)
PROG(nth_value, struct item, p[3].value) PROG(nth_tag, struct item, p[2].tag[1]) PROG(nth_offset, struct item, FIELD_INFO(p[4].value, BYTE_OFFSET))
PROG(nth_exists, struct item, FIELD_INFO(p[4].value, EXISTS)) PROG(variable, struct arrays, p->flat[p->head & 7]) PROG(variable_item, struct arrays, p->items[p->head & 3].value)
STORE(flat, struct arrays, flat[5], 1) STORE(grid, struct arrays, grid[1][1], q) STORE(item, struct arrays, items[1].value, q)
END
