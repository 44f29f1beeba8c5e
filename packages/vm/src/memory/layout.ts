/**
 * A guest address is a tag and an offset:
 *
 *     63          53 52     48 47        32 31              0
 *     must be zero  | generation | region    | offset in region
 *
 * so that pointer arithmetic leads into another region only through more than 4 GiB, and every access is checked against the
 * very region that its pointer came from. All of it is below 2^53, exact as a number of JavaScript. A region's place in the
 * table is given to another once it is closed; the generation then differs, and old pointers fault.
 *
 * The linear memory of a machine, which both engines and the host share:
 *
 *     0        state of the running program (see below)
 *     64       region table: 65536 rows of { start, read limit, write limit, tag }, u32 each
 *     STACK    64 frames of 512 bytes
 *     HEAP     what regions are made of
 */

/** Instructions that are left of the budget, s64. */
export const FUEL = 16
/** Frames in use, u32. */
export const DEPTH = 24
/** Frames that may be in use, u32. */
export const DEPTH_LIMIT = 28
/** Slot of the call that runs, u32. */
export const INSN = 32
/** Set by a tail call that was taken, u32: its caller returns. */
export const TAILED = 36

export const TABLE = 64
export const MAX_REGIONS = 1 << 16
export const ROW_SIZE = 16
/** Offsets in a row of the table. */
export const ROW_START = 0
export const ROW_READ = 4
export const ROW_WRITE = 8
export const ROW_TAG = 12
export const GENERATIONS = 32

export const FRAME_SIZE = 512
/** Frames that a machine has, for programs that run within host functions of others. */
export const FRAMES = 64
/** Frames of one run (MAX_CALL_FRAMES in the kernel). */
export const MAX_CALL_FRAMES = 8
export const STACK: number = TABLE + MAX_REGIONS * ROW_SIZE
export const HEAP: number = STACK + FRAMES * FRAME_SIZE

// Region 0 is that of null and of small numbers: nothing.
/** Region of function addresses: nothing can be accessed; offsets number functions. */
export const CODE_REGION = 1
/** Region of the first frame; the others follow. */
export const FIRST_FRAME = 2
/** First region that is for others. */
export const FIRST_FREE: number = FIRST_FRAME + FRAMES

export const TWO_32: number = 2 ** 32
