// SPDX-License-Identifier: MIT
/* For type_matches, which ../matches.c makes of type_exists: members, values and parameters count here. */
#include "core.h"

enum some { SOME_A, SOME_B };
struct other { u32 x; };
struct nothing { };
struct one { u32 x; };
struct two { u32 x; u64 y; };
struct pointers { struct other *to; void *raw; struct two *two; const char *text; struct unknown *unknown; struct pointers *self; void **twice; };
struct arrays { u32 list[4]; struct other items[2]; u32 grid[2][3]; u8 flexible[]; };
struct scalars { u8 a; s8 b; u16 c; s32 d; u64 e; char letter; _Bool flag; };
struct qualified { const u32 a; volatile u32 b; u32 c; };
struct qualified_pointers { const struct other *a; struct other *b; struct other *const c; };
struct holds { struct other in; enum some kind; };
struct anonymous { struct { u32 in_struct; }; union { u32 in_union; u64 also; }; };
struct calls { int (*call)(int, struct other *); void (*none)(void); };
struct bits { u32 a : 3; u32 b : 5; };
struct floating { float f; double d; };
union either { u32 x; u64 y; };
enum less { LESS_A, LESS_B };
enum flavoured___mine { FLAVOURED_A___mine };
struct flavoured_member { struct other___mine *to; };
struct other___mine { u32 x; };
struct typed { u32 x; };
typedef struct one one_t;
typedef u32 number_t;
typedef number_t numbers_t;
typedef struct { u32 x; u32 y; } unnamed_t;
typedef enum { UNNAMED_A, UNNAMED_B } unnamed_enum_t;
typedef int (*call_t)(int, struct other *);
typedef int proto_t(int, const char *, ...);
typedef struct two *pointer_t;
typedef u32 array_t[4];
typedef void (*back_t)(struct pointers *);
struct through { number_t a; one_t b; one_t *c; array_t d; call_t e; };

#define MATCHES(name, what) PROG(name##_matches, void, __builtin_preserve_type_info(TYPE_OF(what), 0))
#define STRUCT(name) MATCHES(name, struct name)
STRUCT(other) STRUCT(nothing) STRUCT(one) STRUCT(two) STRUCT(pointers) STRUCT(arrays) STRUCT(scalars) STRUCT(qualified) STRUCT(qualified_pointers) STRUCT(holds)
STRUCT(anonymous) STRUCT(calls) STRUCT(bits) STRUCT(floating) STRUCT(other___mine) STRUCT(flavoured_member) STRUCT(typed) STRUCT(through)
MATCHES(either, union either) MATCHES(some, enum some) MATCHES(less, enum less) MATCHES(flavoured_enum, enum flavoured___mine)
MATCHES(one_typedef, one_t) MATCHES(number, number_t) MATCHES(numbers, numbers_t) MATCHES(unnamed, unnamed_t) MATCHES(unnamed_enum, unnamed_enum_t)
MATCHES(call, call_t) MATCHES(proto, proto_t) MATCHES(pointer, pointer_t) MATCHES(array, array_t) MATCHES(back, back_t)
END
