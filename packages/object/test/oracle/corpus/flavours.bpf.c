// SPDX-License-Identifier: MIT
/* Flavours here and there: what counts as one, several at once, other kinds of types of the same name. */
#include "core.h"

struct foo { u32 a; u32 b; } CORE;
struct foo___v1 { u32 a; u64 c; } CORE;
struct foo___v2 { u64 b; struct { u32 d; }; } CORE;
struct foo___v1___again { u32 a; } CORE;
struct foo_ { u32 a; } CORE;
struct foo__two { u32 a; } CORE;
struct ___only { u32 a; } CORE;
struct foo____four { u32 a; } CORE;
struct bar___x { u32 a; } CORE;
struct agree { u32 x; u32 y; u16 z; } CORE;
struct differ { u32 x; u32 y; u16 z; } CORE;
struct kindly { u32 x; } CORE;
enum level { LOW = 1, HIGH = 2 };
enum level___new { MIDDLE___new = 5, HIGH___x = 6 };
typedef struct foo foo_t;
typedef struct foo___v1 foo_t___v1;
typedef u32 scalar_t;
typedef u32 scalar_t___old;

#define ANY(name, type, field) LOAD(name, type, field) FIELD(name, type, field)
ANY(foo_a, struct foo, a) ANY(foo_b, struct foo, b) ANY(v1_a, struct foo___v1, a) ANY(v1_c, struct foo___v1, c)
ANY(v2_b, struct foo___v2, b) ANY(v2_d, struct foo___v2, d) ANY(again_a, struct foo___v1___again, a) ANY(one_a, struct foo_, a)
ANY(two_a, struct foo__two, a) ANY(only_a, struct ___only, a) ANY(four_a, struct foo____four, a) ANY(bar_a, struct bar___x, a)
ANY(agree_x, struct agree, x) ANY(agree_y, struct agree, y) ANY(agree_z, struct agree, z)
ANY(differ_x, struct differ, x) ANY(differ_y, struct differ, y) ANY(differ_z, struct differ, z) ANY(kindly, struct kindly, x)
ANY(foo_t, foo_t, a) ANY(foo_t_v1, foo_t___v1, c)
TYPE(foo, struct foo) TYPE(v1, struct foo___v1) TYPE(again, struct foo___v1___again) TYPE(one, struct foo_) TYPE(two, struct foo__two) TYPE(only, struct ___only)
TYPE(four, struct foo____four) TYPE(bar, struct bar___x) TYPE(agree, struct agree) TYPE(differ, struct differ) TYPE(kindly, struct kindly)
TYPE(foo_t, foo_t) TYPE(foo_t_v1, foo_t___v1) TYPE(scalar, scalar_t) TYPE(scalar_old, scalar_t___old) TYPE(level, enum level) TYPE(level_new, enum level___new)
VALUE(low, enum level, LOW) VALUE(high, enum level, HIGH) VALUE(middle_new, enum level___new, MIDDLE___new) VALUE(high_x, enum level___new, HIGH___x)
END
