// SPDX-License-Identifier: MIT
/* Makes each `type_exists` of an object a `type_matches`, for which clang 14 has no builtin: both are 1 in the object itself.
 *   matches < IN.bpf.o > OUT.bpf.o     an object of this machine's byte order
 */
#include <elf.h>
#include <stdio.h>
#include <string.h>

enum { TYPE_EXISTS = 8, TYPE_MATCHES = 12 };

static unsigned char file[1 << 22];

static Elf32_Word word(const void *at)
{
	Elf32_Word value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static void change(unsigned char *ext)
{
	/* After the header: the relocations' place and length, and there the size of each. */
	unsigned char *at = ext + word(ext + 4) + word(ext + 24), *end = at + word(ext + 28);
	Elf32_Word size = word(at);

	for (at += 4; at < end;) {
		Elf32_Word count = word(at + 4);

		for (at += 8; count > 0; count--, at += size)
			if (at[12] == TYPE_EXISTS)
				at[12] = TYPE_MATCHES;
	}
}

int main(void)
{
	size_t size = fread(file, 1, sizeof(file), stdin);
	Elf64_Ehdr *header = (void *)file;
	Elf64_Shdr *sections = (void *)(file + header->e_shoff);
	const char *names;

	if (size < sizeof(*header) || size == sizeof(file) || memcmp(file, ELFMAG, SELFMAG))
		return 1;
	names = (const char *)file + sections[header->e_shstrndx].sh_offset;
	for (int i = 0; i < header->e_shnum; i++)
		if (!strcmp(names + sections[i].sh_name, ".BTF.ext"))
			change(file + sections[i].sh_offset);
	return fwrite(file, 1, size, stdout) != size;
}
