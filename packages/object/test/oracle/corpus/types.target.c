// SPDX-License-Identifier: MIT
/* VARIANTS: 3 */
#include "core.h"

#if VARIANT == 1 /* compatible, though seldom equal */
struct full { u64 y; u64 z[5]; };
struct empty { u32 x; };
union either { u64 x[4]; };
enum small { SMALL_B = 1000 };
typedef s64 number_t;
typedef u8 numbers_t;
typedef struct empty full_t;
typedef struct { u64 x; } unnamed_t;
typedef enum { UNNAMED_B } unnamed_enum_t;
typedef union { u64 x; } unnamed_union_t;
typedef struct empty *pointer_t;
typedef struct full *const_pointer_t;
typedef void *void_t;
typedef u64 array_t[9];
typedef struct empty structs_t[7];
typedef long (*call_t)(u8, struct empty *);
typedef void (*void_call_t)(void);
typedef int (*variadic_t)(const char *, ...);
typedef call_t (*call_call_t)(call_t, void_call_t);
typedef u32 const_t;
typedef struct full volatile_t;
typedef u64 bool_t;
typedef struct full to_struct_t;
typedef u8 sized_t;
#elif VARIANT == 2 /* the names, of kinds that do not fit */
union full { u32 x; };
typedef struct { u32 x; } empty;
struct either { u32 x; };
typedef u32 small;
typedef struct { u32 x; } number_t;
struct numbers_t { u32 x; };
typedef union full full_t;
typedef u32 unnamed_t;
typedef u32 unnamed_enum_t;
typedef struct { u32 x; } unnamed_union_t;
typedef u64 pointer_t;
typedef union full *const_pointer_t;
typedef u32 *void_t;
typedef u32 *array_t;
typedef union full structs_t[2];
typedef int (*call_t)(int, u64);
typedef int (*void_call_t)(void);
typedef int (*variadic_t)(const char *);
typedef void (*call_call_t)(void);
typedef enum { CONST_A } const_t;
typedef union full volatile_t;
typedef float bool_t;
typedef void *to_struct_t;
typedef enum { SIZED_A } sized_t;
#else /* several of a name */
struct full { u32 x; };
struct full___2 { u64 x; u64 y; };
struct empty { };
struct empty___2 { };
union either { u32 x; };
enum small { SMALL_A };
enum small___2 { SMALL_A___2 = 1 };
typedef u32 number_t;
typedef u32 number_t___2;
typedef number_t numbers_t;
typedef struct full full_t;
typedef struct full___2 full_t___2;
typedef struct { u32 x; } unnamed_t;
typedef struct { u32 x; } unnamed_t___2;
typedef enum { UNNAMED_A } unnamed_enum_t;
typedef union { u32 x; } unnamed_union_t;
typedef struct full *pointer_t;
typedef struct full *const_pointer_t;
typedef void *void_t;
typedef u32 array_t[4];
typedef u32 array_t___2[5];
typedef struct full structs_t[2];
typedef int (*call_t)(int, struct full *, u64);
typedef void (*void_call_t)(int);
typedef int (*variadic_t)(const char *, int);
typedef void_call_t (*call_call_t)(call_t, void_call_t);
typedef u32 const_t;
typedef struct full volatile_t;
typedef _Bool bool_t;
typedef u32 to_struct_t;
typedef u64 sized_t;
KEEP(full2, struct full___2) KEEP(empty2, struct empty___2) KEEP(small2, enum small___2) KEEP(number2, number_t___2) KEEP(full_t2, full_t___2)
KEEP(unnamed2, unnamed_t___2) KEEP(array2, array_t___2)
#endif
#if VARIANT == 2
KEEP(full, union full) KEEP(empty, empty) KEEP(either, struct either) KEEP(small, small) KEEP(numbers, struct numbers_t)
#else
KEEP(full, struct full) KEEP(empty, struct empty) KEEP(either, union either) KEEP(small, enum small) KEEP(numbers, numbers_t)
#endif
KEEP(number, number_t) KEEP(full_t, full_t) KEEP(unnamed, unnamed_t) KEEP(unnamed_enum, unnamed_enum_t) KEEP(unnamed_union, unnamed_union_t)
KEEP(pointer, pointer_t) KEEP(const_pointer, const_pointer_t) KEEP(void_t, void_t) KEEP(array, array_t) KEEP(structs, structs_t) KEEP(call, call_t)
KEEP(void_call, void_call_t) KEEP(variadic, variadic_t) KEEP(call_call, call_call_t) KEEP(const_t, const_t) KEEP(volatile_t, volatile_t) KEEP(bool_t, bool_t)
KEEP(to_struct, to_struct_t) KEEP(sized, sized_t)
