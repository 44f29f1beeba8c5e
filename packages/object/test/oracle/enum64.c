// SPDX-License-Identifier: MIT
/* One more kernel for corpus/enums.bpf.c, whose enums are what clang 14 does not write: of 64 bits. Raw BTF on stdout. */
#include <bpf/btf.h>
#include <stdio.h>

int main(void)
{
	struct btf *btf = btf__new_empty();
	const void *bytes;
	__u32 size;

	btf__add_enum64(btf, "wide", 8, false);
	btf__add_enum64_value(btf, "WIDE_A", 0x123456789abcdefULL);
	btf__add_enum64(btf, "negative", 8, true);
	btf__add_enum64_value(btf, "NEGATIVE_ONE", -1ULL << 40);
	btf__add_enum64_value(btf, "NEGATIVE_MIN", 1ULL << 63);
	btf__add_enum64_value(btf, "NEGATIVE_MAX", 1ULL << 40);
	btf__add_enum64(btf, "large", 4, false);
	btf__add_enum64_value(btf, "LARGE_HALF", 5);
	btf__add_enum64_value(btf, "LARGE_SMALL", 0xfffffffeULL);
	btf__add_enum(btf, "twice", 4);
	btf__add_enum_value(btf, "TWICE_SAME", 3);
	btf__add_enum64(btf, "twice___2", 8, false);
	btf__add_enum64_value(btf, "TWICE_SAME", 3);
	btf__add_enum64_value(btf, "TWICE_OTHER", 1ULL << 63);
	btf__add_enum(btf, "plain", 4);
	btf__add_enum_value(btf, "PLAIN_ONE", 1);
	btf__add_enum64(btf, "plain___2", 8, false);
	btf__add_enum64_value(btf, "PLAIN_ONE", (1ULL << 32) + 1);
	btf__add_enum64_value(btf, "PLAIN_ZERO", ~0ULL);
	bytes = btf__raw_data(btf, &size);
	if (!bytes || fwrite(bytes, 1, size, stdout) != size)
		return 1;
	btf__free(btf);
	return 0;
}
