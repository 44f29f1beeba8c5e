// SPDX-License-Identifier: MIT
/* VARIANTS: 4 */
#include "core.h"

struct unknown { u32 x; };
#if VARIANT == 1 /* all that was there, and more */
enum some { SOME_C, SOME_B, SOME_A = 9 };
struct other { u64 y; u32 x; };
struct nothing { u32 x; };
struct one { u64 y; u32 x; };
struct two { u64 y; u32 z; u32 x; };
struct pointers { void *raw; void **twice; struct pointers *self; struct other *to; struct two *two; char *text; struct unknown *unknown; };
struct arrays { u32 grid[5][6]; u32 list[9]; struct other items[1]; u8 flexible[7]; };
struct scalars { _Bool flag; char letter; u64 e; s32 d; u16 c; s8 b; u8 a; };
struct qualified { u32 c; u32 b; const volatile u32 a; };
struct qualified_pointers { struct other *a; const struct other *b; struct other *c; };
struct holds { enum some kind; struct other in; };
struct anonymous { union { u64 also; u32 in_union; u8 more; }; u32 x; struct { u32 in_struct; u32 y; }; };
struct calls { void (*none)(void); int (*call)(int, struct other *); };
struct bits { u32 b : 6; u32 a : 2; };
struct floating { double d; float f; };
union either { u64 y; u32 x; u8 z[64]; };
enum less { LESS_C = -1, LESS_B = 7, LESS_A = 100 };
enum flavoured { FLAVOURED_A, FLAVOURED_B };
struct flavoured_member { struct other *to; };
typedef struct { u32 x; } typed;
typedef struct one one_t;
typedef u32 number_t;
typedef u32 numbers_t;
typedef struct { u32 y; u32 z; u32 x; } unnamed_t;
typedef enum { UNNAMED_B, UNNAMED_A } unnamed_enum_t;
typedef int (*call_t)(int, struct other *);
typedef int proto_t(int, const char *, ...);
typedef struct two *pointer_t;
typedef u32 array_t[9];
typedef void (*back_t)(struct pointers *);
struct through { u32 a; struct one b; struct one *c; u32 d[4]; int (*e)(int, struct other *); };
#elif VARIANT == 2 /* a little less, or of another size or sign */
enum some { SOME_A };
struct other { u64 x; };
struct nothing;
struct one { s32 x; };
struct two { u32 x; };
struct pointers { struct one *to; u32 *raw; struct two **two; const u8 *text; union unknown2 *unknown; struct pointers *self; void *twice; };
struct arrays { u64 list[4]; struct one items[2]; u32 grid[6]; u8 flexible; };
struct scalars { s8 a; u8 b; s16 c; s64 d; s64 e; u8 letter; u8 flag; };
struct qualified { u64 a; u32 b; u32 c; };
struct qualified_pointers { struct one *a; struct other *b; struct other *c; };
struct holds { struct one in; u32 kind; };
struct anonymous { u32 in_struct; u32 in_union; u64 also; };
struct calls { int (*call)(int, struct one *); int (*none)(void); };
struct bits { u32 a; u64 b : 5; };
struct floating { double f; float d; };
union either { u32 x; };
enum __attribute__((packed)) less { LESS_A, LESS_B, LESS_D };
enum flavoured { FLAVOURED_A = 8 };
struct flavoured_member { struct other___k *to; };
union typed { u32 x; };
typedef struct two one_t;
typedef s32 number_t;
typedef u8 numbers_t;
typedef struct { u32 x; } unnamed_t;
typedef enum { UNNAMED_A } unnamed_enum_t;
typedef int (*call_t)(int, struct one *);
typedef int proto_t(int, const char *);
typedef struct two pointer_t;
typedef u32 *array_t;
typedef int (*back_t)(struct pointers *);
struct through { number_t a; one_t b; one_t *c; array_t d; call_t e; };
#elif VARIANT == 3 /* other kinds */
typedef enum { SOME_A, SOME_B } some;
union other { u32 x; };
struct nothing { };
union one { u32 x; };
struct two { struct { u32 x; u64 y; }; };
struct pointers { u64 to; void *raw; struct two two; };
struct arrays { u32 *list; union other *items; u32 grid[2]; };
struct scalars { float a; void *b; enum { C } c; s32 d[1]; struct { u64 e; } e; };
struct qualified { const u32 *a; };
struct qualified_pointers { u64 a; };
struct holds { union other in; some kind; };
struct anonymous { union { u32 in_struct; }; struct { u32 in_union; u64 also; }; };
struct calls { void *call; void *none; };
struct floating { u32 f; u64 d; };
struct either { u32 x; u64 y; };
struct less { u32 x; };
struct flavoured { u32 x; };
struct flavoured_member { union other *to; };
struct typed___a { u32 x; };
typedef u32 one_t;
typedef struct two number_t;
typedef number_t numbers_t;
typedef union { u32 x; u32 y; } unnamed_t;
typedef u32 unnamed_enum_t;
typedef int call_t(int, union other *);
typedef void proto_t(int, const char *, ...);
typedef union one *pointer_t;
typedef u32 array_t;
typedef void (*back_t)(struct pointers *, int);
struct through { number_t *a; one_t *b; one_t c; array_t d; call_t *e; };
#else /* two of a name: both match, one does, none does */
enum some { SOME_A, SOME_B };
enum some___2 { SOME_A___2, SOME_B___2 };
struct other { u32 x; };
struct nothing { };
struct nothing___2 { };
struct one { u32 x; };
struct one___2 { u64 x; };
struct two { u32 x; u64 y; };
struct two___2 { u32 x; u64 y; };
struct pointers { struct other *to; void *raw; struct two___2 *two; const char *text; struct unknown *unknown; struct pointers *self; void **twice; };
struct arrays { u32 list[4]; struct other items[2]; u32 grid[2][3]; u8 flexible[]; };
struct scalars { u8 a; s8 b; u16 c; s32 d; u64 e; char letter; };
struct scalars___2 { u8 a; s8 b; u16 c; s32 d; u64 e; char letter; _Bool flag; };
struct qualified { u32 a; };
struct qualified___2 { u32 b; };
struct qualified_pointers { const struct other *a; struct other *b; struct other *const c; };
struct holds { struct other in; enum some kind; };
struct anonymous { struct { u32 in_struct; }; union { u32 in_union; u64 also; }; };
struct calls { int (*call)(int, struct other *); void (*none)(void); };
struct bits { u32 a : 3; u32 b : 5; };
struct floating { float f; double d; };
union either { u32 x; u64 y; };
union either___2 { u64 y; };
enum less { LESS_A };
enum less___2 { LESS_A___2, LESS_B___2 };
enum flavoured___k { FLAVOURED_A___k };
struct flavoured_member { struct other *to; };
struct typed { u32 x; };
typedef struct one one_t;
typedef struct one___2 one_t___2;
typedef u32 number_t;
typedef u32 number_t___2;
typedef number_t numbers_t;
typedef struct { u32 x; u32 y; } unnamed_t;
typedef enum { UNNAMED_A, UNNAMED_B } unnamed_enum_t;
typedef int (*call_t)(int, struct other *);
typedef int (*call_t___2)(int, struct other *);
typedef int proto_t(int, const char *, ...);
typedef struct two *pointer_t;
typedef u32 array_t[4];
typedef void (*back_t)(struct pointers *);
struct through { number_t a; one_t b; one_t *c; array_t d; call_t e; };
KEEP(some2, enum some___2) KEEP(nothing2, struct nothing___2) KEEP(one2, struct one___2) KEEP(two2, struct two___2) KEEP(scalars2, struct scalars___2)
KEEP(qualified2, struct qualified___2) KEEP(either2, union either___2) KEEP(less2, enum less___2) KEEP(one_t2, one_t___2) KEEP(number2, number_t___2) KEEP(call2, call_t___2)
#endif
#if VARIANT == 3
KEEP(some, some) KEEP(other, union other) KEEP(one, union one) KEEP(either, struct either) KEEP(less, struct less) KEEP(flavoured, struct flavoured) KEEP(typed, struct typed___a)
#else
KEEP(some, enum some) KEEP(other, struct other) KEEP(one, struct one) KEEP(either, union either) KEEP(less, enum less) KEEP(bits, struct bits)
#if VARIANT == 1
KEEP(flavoured, enum flavoured) KEEP(typed, typed)
#elif VARIANT == 2
KEEP(flavoured, enum flavoured) KEEP(typed, union typed)
#else
KEEP(flavoured, enum flavoured___k) KEEP(typed, struct typed)
#endif
#endif
KEEP(unknown, struct unknown) KEEP(nothing, struct nothing) KEEP(two, struct two) KEEP(pointers, struct pointers) KEEP(arrays, struct arrays) KEEP(scalars, struct scalars) KEEP(qualified, struct qualified)
KEEP(qualified_pointers, struct qualified_pointers) KEEP(holds, struct holds) KEEP(anonymous, struct anonymous) KEEP(calls, struct calls) KEEP(floating, struct floating)
KEEP(flavoured_member, struct flavoured_member) KEEP(one_t, one_t) KEEP(number, number_t) KEEP(numbers, numbers_t) KEEP(unnamed, unnamed_t) KEEP(unnamed_enum, unnamed_enum_t)
KEEP(call, call_t) KEEP(proto, proto_t) KEEP(pointer, pointer_t) KEEP(array, array_t) KEEP(back, back_t) KEEP(through, struct through)
