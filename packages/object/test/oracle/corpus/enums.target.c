// SPDX-License-Identifier: MIT
/* VARIANTS: 3 */
#include "core.h"

#if VARIANT == 1 /* renumbered */
enum plain { PLAIN_NEW, PLAIN_ONE = 100000, PLAIN_ZERO, PLAIN_GONE = -8 };
enum negative { NEGATIVE_MAX = -3, NEGATIVE_ONE = 5, NEGATIVE_MIN = 0x7ffffffe };
enum large { LARGE_SMALL = 0xfffffff0u, LARGE_ALL = 2, LARGE_HALF = 0x80000001u };
enum wide { WIDE_B = 7, WIDE_A = 0xfffffffe };
enum missing { MISSING_B };
enum flavoured { FLAVOURED_B = 50, FLAVOURED_A = 40 };
enum twice { TWICE_OTHER = -1, TWICE_SAME = -2 };
typedef enum { ANONYMOUS_A = 30 } anonymous_t;
typedef enum plain plain_t;
typedef enum plain plain_tt;
#elif VARIANT == 2 /* several of a name; sizes and signs of other kinds */
enum plain { PLAIN_ZERO = 1 };
enum plain___2 { PLAIN_ONE___2 = 2 };
enum __attribute__((packed)) negative { NEGATIVE_ONE = -1, NEGATIVE_MIN = -128, NEGATIVE_MAX = 127 };
enum large { LARGE_HALF = -1, LARGE_ALL___x = -2 };
enum __attribute__((packed)) wide { WIDE_A = 255 };
typedef enum plain missing;
enum flavoured___1 { FLAVOURED_A___k = 1 };
enum flavoured___2 { FLAVOURED_A = 1, FLAVOURED_B = 2 };
enum twice { TWICE_SAME = 1, TWICE_OTHER = 2 };
enum twice___2 { TWICE_SAME___k = 1, TWICE_OTHER___k = 3 };
typedef enum { ANONYMOUS_B = 3 } anonymous_t;
typedef enum plain plain_t;
typedef enum plain___2 plain_tt;
KEEP(plain2, enum plain___2) KEEP(flavoured2, enum flavoured___2) KEEP(twice2, enum twice___2)
#else /* no enums at all: structs and typedefs of their names */
struct plain { u32 x; };
typedef u32 negative;
union large { u32 x; };
struct wide { u32 x; };
enum missing;
typedef u32 anonymous_t;
typedef struct plain plain_t;
typedef u64 plain_tt;
#endif
#if VARIANT < 3
KEEP(plain, enum plain) KEEP(negative, enum negative) KEEP(large, enum large) KEEP(wide, enum wide) KEEP(twice, enum twice)
#else
KEEP(plain, struct plain) KEEP(negative, negative) KEEP(large, union large) KEEP(wide, struct wide)
#endif
#if VARIANT == 1
KEEP(missing, enum missing) KEEP(flavoured, enum flavoured)
#elif VARIANT == 2
KEEP(missing, missing) KEEP(flavoured, enum flavoured___1)
#endif
KEEP(anonymous, anonymous_t) KEEP(plain_t, plain_t) KEEP(plain_tt, plain_tt)
