// SPDX-License-Identifier: MIT
/* Values of enums: negative, large, of several enums of a name, gone. */
#include "core.h"

enum plain { PLAIN_ZERO, PLAIN_ONE, PLAIN_GONE = 77 };
enum negative { NEGATIVE_ONE = -1, NEGATIVE_MIN = -0x7fffffff - 1, NEGATIVE_MAX = 0x7fffffff };
enum large { LARGE_HALF = 0x80000000u, LARGE_ALL = 0xffffffffu, LARGE_SMALL = 1 };
enum wide { WIDE_A = 1, WIDE_B = 0x123456789abcdefull };
enum missing { MISSING_A = 9 };
enum flavoured___mine { FLAVOURED_A = 1, FLAVOURED_B___mine = 2 };
enum twice { TWICE_SAME = 1, TWICE_OTHER = 2 };
typedef enum { ANONYMOUS_A = 3 } anonymous_t;
typedef enum plain plain_t;
typedef plain_t plain_tt;

VALUE(plain_zero, enum plain, PLAIN_ZERO) VALUE(plain_one, enum plain, PLAIN_ONE) VALUE(plain_gone, enum plain, PLAIN_GONE)
VALUE(negative_one, enum negative, NEGATIVE_ONE) VALUE(negative_min, enum negative, NEGATIVE_MIN) VALUE(negative_max, enum negative, NEGATIVE_MAX)
VALUE(large_half, enum large, LARGE_HALF) VALUE(large_all, enum large, LARGE_ALL) VALUE(large_small, enum large, LARGE_SMALL)
VALUE(wide_a, enum wide, WIDE_A)
VALUE(missing, enum missing, MISSING_A) VALUE(flavoured_a, enum flavoured___mine, FLAVOURED_A) VALUE(flavoured_b, enum flavoured___mine, FLAVOURED_B___mine)
VALUE(twice_same, enum twice, TWICE_SAME) VALUE(twice_other, enum twice, TWICE_OTHER)
VALUE(anonymous, anonymous_t, ANONYMOUS_A) VALUE(typedef_one, plain_t, PLAIN_ONE) VALUE(typedef_typedef_one, plain_tt, PLAIN_ONE)
TYPE(plain, enum plain) TYPE(negative, enum negative) TYPE(large, enum large) TYPE(missing, enum missing) TYPE(flavoured, enum flavoured___mine) TYPE(twice, enum twice)
PROG(guarded, void, __builtin_preserve_enum_value(*(enum plain *)PLAIN_GONE, 0) ? __builtin_preserve_enum_value(*(enum plain *)PLAIN_GONE, 1) : __builtin_preserve_enum_value(*(enum plain *)PLAIN_ONE, 1))
PROG(sum, void, __builtin_preserve_enum_value(*(enum negative *)NEGATIVE_ONE, 1) + __builtin_preserve_enum_value(*(enum large *)LARGE_ALL, 1))
END
