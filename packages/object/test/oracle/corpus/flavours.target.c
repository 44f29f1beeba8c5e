// SPDX-License-Identifier: MIT
/* VARIANTS: 3 */
#include "core.h"

#if VARIANT == 1 /* one of each */
struct foo { u64 pad; u64 c; u32 b; u32 d; u32 a; };
struct bar { u32 pad; u32 a; };
struct foo_ { u64 pad; u64 pad2; u32 a; };
struct foo__two { u16 pad; u32 a; };
struct agree { u32 z; u32 y; u32 x; };
struct differ { u32 z; u32 y; u32 x; };
union kindly { u32 x; };
enum level { MIDDLE = 50, LOW = 10, HIGH = 60 };
typedef struct foo foo_t;
typedef u64 scalar_t;
KEEP(foo_one, struct foo_) KEEP(foo_two, struct foo__two)
#elif VARIANT == 2 /* flavours in the kernel too, that agree or not */
struct foo___kernel { u32 a; u32 b; u64 c; u32 d; };
struct foo___other { u32 a; u32 e; u64 c; };
struct bar___y { u32 a; };
struct bar___z { u64 a; };
struct agree { u32 x; u32 y; };
struct agree___2 { u32 x; u16 z; };
struct agree___3 { u32 x; };
struct differ { u32 x; u32 y; u16 z; };
struct differ___2 { u64 x; u32 z; s32 y; };
struct kindly { u32 x; };
union kindly___2 { u64 y; };
enum level { LOW = 1, HIGH = 2 };
enum level___2 { LOW___k = 1, HIGH___k = 3 };
typedef struct foo___kernel foo_t;
typedef struct foo___other foo_t___k;
typedef u32 scalar_t;
typedef u64 scalar_t___2;
KEEP(foo_other, struct foo___other) KEEP(bar_z, struct bar___z) KEEP(agree2, struct agree___2) KEEP(agree3, struct agree___3) KEEP(differ2, struct differ___2)
KEEP(kindly2, union kindly___2) KEEP(level2, enum level___2) KEEP(foo_tk, foo_t___k) KEEP(scalar2, scalar_t___2)
#else /* the names are other things */
typedef struct { u32 a; u32 b; } foo;
union bar { u32 a; };
struct agree;
struct differ { u32 z; };
struct differ___2 { u32 z; };
enum kindly { X };
struct level { u32 x; };
struct foo_t { u32 a; };
struct scalar_t { u32 x; };
KEEP(differ2, struct differ___2)
#endif
#if VARIANT == 1
KEEP(foo, struct foo) KEEP(bar, struct bar) KEEP(kindly, union kindly) KEEP(level, enum level) KEEP(foo_t, foo_t) KEEP(scalar, scalar_t)
#elif VARIANT == 2
KEEP(foo, struct foo___kernel) KEEP(bar, struct bar___y) KEEP(kindly, struct kindly) KEEP(level, enum level) KEEP(foo_t, foo_t) KEEP(scalar, scalar_t)
#else
KEEP(foo, foo) KEEP(bar, union bar) KEEP(kindly, enum kindly) KEEP(level, struct level) KEEP(foo_t, struct foo_t) KEEP(scalar, struct scalar_t)
#endif
KEEP(agree, struct agree) KEEP(differ, struct differ)
