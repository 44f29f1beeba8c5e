// SPDX-License-Identifier: MIT
/* VARIANTS: 3 */
#include "core.h"

#if VARIANT == 1 /* all there, elsewhere */
struct inner { u64 pad; u64 y; u32 x; };
struct code {
	u64 pad; struct inner in; u64 d; u32 c; u16 b; u8 a; s64 sd; s32 sc; s16 sb; s8 sa; u64 gone64; u32 gone; u8 gone8; u64 grows; u32 shrinks; u32 sign;
	u8 list[9]; struct inner gone_in; u32 past; struct inner far[4000]; u32 flag : 1;
};
struct gone { u32 y; u32 x; };
struct far { u8 pad[30000]; u32 x; };
enum what { WHAT_GONE = 20, WHAT_A = 0x7fffffff };
KEEP(gone, struct gone)
#elif VARIANT == 2 /* the guarded ones are gone; some no longer in reach of an instruction */
struct inner { u32 x; u64 y; };
struct code {
	u32 c; u64 d; struct inner in; u8 a; u16 b; s8 sa; s16 sb; s32 sc; s64 sd; u64 grows; u16 shrinks; s64 sign; u8 list[8]; u8 pad[50000]; struct inner far[4000]; u32 past;
};
struct far { u8 pad[100000]; u32 x; };
enum what { WHAT_A = -1 };
#else /* other types behind the same names; two candidates */
struct inner { u64 x; u32 y; };
struct code { u64 a; u32 b; u16 c; u8 d; s64 sa; s32 sb; s16 sc; s8 sd; struct inner in; s64 grows; s32 shrinks; void *sign; u16 list[8]; };
struct code___2 { u64 a; u32 b; u32 gone; };
struct far { u32 x; };
struct far___2 { u32 y; u32 x; };
enum what { WHAT_A = 7 };
KEEP(code2, struct code___2) KEEP(far2, struct far___2)
#endif
KEEP(inner, struct inner) KEEP(code, struct code) KEEP(far, struct far) KEEP(what, enum what)
