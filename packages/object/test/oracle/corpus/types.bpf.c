// SPDX-License-Identifier: MIT
/* Whole types: which are there, how large, under which number. Compatible ones need not be equal. */
#include "core.h"

struct full { u32 x; u64 y; };
struct empty { };
struct absent { u32 x; };
struct forward;
union either { u32 x; u64 y; };
union absent_union { u32 x; };
enum small { SMALL_A };
enum absent_enum { ABSENT_A };
typedef u32 number_t;
typedef number_t numbers_t;
typedef struct full full_t;
typedef struct { u32 x; } unnamed_t;
typedef enum { UNNAMED_A } unnamed_enum_t;
typedef union { u32 x; } unnamed_union_t;
typedef struct full *pointer_t;
typedef const struct full *const_pointer_t;
typedef void *void_t;
typedef u32 array_t[4];
typedef struct full structs_t[2];
typedef u8 flexible_t[];
typedef int (*call_t)(int, struct full *);
typedef void (*void_call_t)(void);
typedef int proto_t(u32, u64);
typedef int (*variadic_t)(const char *, ...);
typedef call_t (*call_call_t)(call_t, void_call_t);
typedef const u32 const_t;
typedef volatile struct full volatile_t;
typedef _Bool bool_t;
typedef u32 to_struct_t;
typedef u32 absent_t;
typedef u64 sized_t;

TYPE(full, struct full) TYPE(empty, struct empty) TYPE(absent, struct absent) TYPE(either, union either) TYPE(absent_union, union absent_union)
TYPE(small, enum small) TYPE(absent_enum, enum absent_enum) TYPE(number, number_t) TYPE(numbers, numbers_t) TYPE(full_typedef, full_t)
TYPE(unnamed, unnamed_t) TYPE(unnamed_enum, unnamed_enum_t) TYPE(unnamed_union, unnamed_union_t) TYPE(pointer, pointer_t) TYPE(const_pointer, const_pointer_t)
TYPE(void_pointer, void_t) TYPE(array, array_t) TYPE(structs, structs_t) TYPE(call, call_t) TYPE(void_call, void_call_t)
TYPE(variadic, variadic_t) TYPE(call_call, call_call_t) TYPE(const_typedef, const_t) TYPE(volatile_typedef, volatile_t) TYPE(bool_typedef, bool_t)
TYPE(to_struct, to_struct_t) TYPE(absent_typedef, absent_t) TYPE(sized, sized_t)
PROG(pair, void, __builtin_btf_type_id(TYPE_OF(struct full), 1) + __builtin_btf_type_id(TYPE_OF(number_t), 1) * 65536)
PROG(either_way, void, __builtin_preserve_type_info(TYPE_OF(struct absent), 0) ? __builtin_preserve_type_info(TYPE_OF(struct absent), 1) : __builtin_preserve_type_info(TYPE_OF(struct full), 1))
END
