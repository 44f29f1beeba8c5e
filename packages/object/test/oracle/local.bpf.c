// SPDX-License-Identifier: MIT
/* Every kind of CO-RE relocation on types of many shapes; target.c has them as three other kernels might. A program for each
 * question, so that one which libbpf refuses says nothing about the others. */
#include "core.h"
#define SEC(name) __attribute__((section(name), used))
#define CORE __attribute__((preserve_access_index))
enum { BYTE_OFFSET, BYTE_SIZE, EXISTS, SIGNED, LSHIFT, RSHIFT };
#define PROG(name, type, result) SEC("core/" #name) u64 name(type *p) { return (u64)(result); }
#define INFO(name, type, field, kind) PROG(name, type, __builtin_preserve_field_info(p->field, kind))
/* What there is to ask of elements and of structs, and what of fields with a value. */
#define PART(name, type, field) \
	INFO(name##_offset, type, field, BYTE_OFFSET) \
	INFO(name##_size, type, field, BYTE_SIZE) \
	INFO(name##_exists, type, field, EXISTS)
#define FIELD(name, type, field) \
	PART(name, type, field) \
	INFO(name##_signed, type, field, SIGNED) \
	INFO(name##_lshift, type, field, LSHIFT) \
	INFO(name##_rshift, type, field, RSHIFT)
#define LOAD(name, type, field) PROG(name##_load, type, p->field) FIELD(name, type, field)
#define ELEMENT(name, type, field) PROG(name##_load, type, p->field) PART(name, type, field)
#define STORE(name, type, field) SEC("core/" #name "_store") int name##_store(type *p) { p->field = 7; return 0; }
#define TYPE(name, what) \
	PROG(name##_type_exists, void, __builtin_preserve_type_info(what, 0)) \
	PROG(name##_type_size, void, __builtin_preserve_type_info(what, 1)) \
	PROG(name##_id_local, void, __builtin_btf_type_id(what, 0)) \
	PROG(name##_id_target, void, __builtin_btf_type_id(what, 1))
#define VALUE(name, what, value) \
	PROG(name##_enum_exists, void, __builtin_preserve_enum_value(*(what *)value, 0)) \
	PROG(name##_enum_value, void, __builtin_preserve_enum_value(*(what *)value, 1))

struct opaque;
enum small { SMALL_A = 1, SMALL_B = 2, SMALL_MINUS = -5 };
enum wide { WIDE_A = 1, WIDE_B = 0x7fffffff };
enum gone { GONE_A = 3 };

struct inner {
	u32 first;
	u64 second;
	u16 third[3];
} CORE;
struct plain {
	u8 a;
	u16 b;
	u32 c;
	u64 d;
	s8 e;
	s32 f;
	s64 g;
	const volatile u32 h;
	struct opaque *ptr;
	void *raw;
	enum small kind;
	struct inner in;
	struct inner list[4];
	u32 grid[2][3];
	union { u32 as_word; u16 as_half[2]; } u;
	struct { u32 hidden; union { u64 deep; u32 deeper; }; };
	_Bool flag;
	char name[16];
	int (*call)(int, struct inner *);
	u32 missing;
	u64 resized;
	u32 retyped;
} CORE;
struct bits {
	u32 plain;
	u32 one : 1;
	u32 three : 3;
	u32 across : 20;
	s32 negative : 5;
	u64 long_one : 33;
	u8 tiny : 2;
} CORE;
struct flexible {
	u32 count;
	struct inner items[];
} CORE;
struct plain___flavour {
	u32 c;
	u32 only_here;
} CORE;
struct gone_struct {
	u32 x;
} CORE;
struct twice {
	u32 x;
	u32 same;
} CORE;
union one_of {
	u32 x;
	u64 y;
} CORE;
typedef struct { u32 t; } CORE typed;
typedef struct inner inner_t;
typedef int (*fn_t)(int, struct inner *);
typedef u32 number_t;

LOAD(a, struct plain, a)
LOAD(b, struct plain, b)
LOAD(c, struct plain, c)
LOAD(d, struct plain, d)
LOAD(e, struct plain, e)
LOAD(f, struct plain, f)
LOAD(g, struct plain, g)
LOAD(h, struct plain, h)
ELEMENT(ptr, struct plain, ptr)
ELEMENT(raw, struct plain, raw)
LOAD(kind, struct plain, kind)
LOAD(in_first, struct plain, in.first)
LOAD(in_second, struct plain, in.second)
ELEMENT(in_third, struct plain, in.third[2])
LOAD(list, struct plain, list[2].second)
ELEMENT(list_third, struct plain, list[3].third[1])
ELEMENT(grid, struct plain, grid[1][2])
LOAD(as_word, struct plain, u.as_word)
ELEMENT(as_half, struct plain, u.as_half[1])
LOAD(hidden, struct plain, hidden)
LOAD(deep, struct plain, deep)
LOAD(deeper, struct plain, deeper)
LOAD(flag, struct plain, flag)
ELEMENT(name, struct plain, name[5])
ELEMENT(call, struct plain, call)
LOAD(missing, struct plain, missing)
LOAD(resized, struct plain, resized)
LOAD(retyped, struct plain, retyped)
PART(whole_in, struct plain, in)
PART(whole_list, struct plain, list)
PART(whole_name, struct plain, name)
FIELD(one, struct bits, one)
FIELD(three, struct bits, three)
FIELD(across, struct bits, across)
FIELD(negative, struct bits, negative)
FIELD(long_one, struct bits, long_one)
FIELD(tiny, struct bits, tiny)
LOAD(bits_plain, struct bits, plain)
LOAD(count, struct flexible, count)
LOAD(item, struct flexible, items[7].second)
LOAD(flavour_c, struct plain___flavour, c)
LOAD(flavour_only, struct plain___flavour, only_here)
LOAD(gone, struct gone_struct, x)
LOAD(twice_x, struct twice, x)
LOAD(twice_same, struct twice, same)
LOAD(union_x, union one_of, x)
LOAD(union_y, union one_of, y)
LOAD(typed_t, typed, t)
PROG(nth_load, struct plain, p[3].c)
STORE(a, struct plain, a)
STORE(b, struct plain, b)
STORE(c, struct plain, c)
STORE(d, struct plain, d)
STORE(e, struct plain, e)
STORE(f, struct plain, f)
STORE(g, struct plain, g)
STORE(missing, struct plain, missing)
STORE(resized, struct plain, resized)
STORE(list, struct plain, list[1].first)
TYPE(plain, *(struct plain *)0)
TYPE(gone, *(struct gone_struct *)0)
TYPE(flavour, *(struct plain___flavour *)0)
TYPE(one_of, *(union one_of *)0)
TYPE(typed, *(typed *)0)
TYPE(inner_t, *(inner_t *)0)
TYPE(fn_t, *(fn_t *)0)
TYPE(number_t, *(number_t *)0)
TYPE(small, *(enum small *)0)
TYPE(gone_enum, *(enum gone *)0)
VALUE(small_a, enum small, SMALL_A)
VALUE(small_b, enum small, SMALL_B)
VALUE(small_minus, enum small, SMALL_MINUS)
VALUE(wide_a, enum wide, WIDE_A)
VALUE(wide_b, enum wide, WIDE_B)
VALUE(gone_a, enum gone, GONE_A)

/* Subprograms carry relocations too, and are shared. */
static __attribute__((noinline)) u64 sum(struct plain *p) { return p->c + p->d; }
static __attribute__((noinline)) u64 more(struct plain *p) { return sum(p) * 3 + p->in.second; }
SEC("core/calls") u64 calls(struct plain *p) { return more(p) + sum(p); }
SEC("core/guarded") u64 guarded(struct plain *p)
{
	if (__builtin_preserve_field_info(p->missing, EXISTS))
		return p->missing;
	return sum(p);
}
char _license[] SEC("license") = "GPL";
