// SPDX-License-Identifier: MIT
/* What libbpf makes of each program of an object on another kernel's BTF, up to the moment before the kernel would see it:
 *   relocate OBJECT.bpf.o TARGET.btf     lines `NAME HEX`, or `NAME error WHY` where libbpf refuses to relocate
 * TARGET.btf is raw BTF, or an ELF file with a .BTF section. Programs in SEC("core/...") are not loaded; those in libbpf's own
 * sections are, as it has no other way, and whether the kernel takes them does not matter.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int relocated;
static char why[1024];

/* Keeps the first warning: those after it only say what came of it. */
static int warned(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char line[sizeof(why)];

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(line, sizeof(line), format, arguments);
	/* Load failures come after relocation. */
	if (strstr(line, ": BPF program load failed"))
		relocated = 1;
	line[strcspn(line, "\n")] = '\0';
	if (!why[0])
		strcpy(why, line);
	return 0;
}

static int prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	relocated = 1;
	return -1; /* enough: it is not to be loaded */
}

static void print_code(const struct bpf_program *prog)
{
	const unsigned char *code = (const void *)bpf_program__insns(prog);
	size_t size = 8 * bpf_program__insn_cnt(prog);

	printf("%s ", bpf_program__name(prog));
	for (size_t i = 0; i < size; i++)
		printf("%02x", code[i]);
	printf("\n");
}

static struct bpf_object *open_object(const char *file, const char *btf)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .btf_custom_path = btf);

	return bpf_object__open_file(file, &options);
}

int main(int argc, char **argv)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, handler, .prog_prepare_load_fn = prepare);
	struct bpf_object *all, *one;
	struct bpf_program *prog, *other, *chosen;

	if (argc != 3)
		return 2;
	libbpf_set_print(warned);
	if (libbpf_register_prog_handler("core/", BPF_PROG_TYPE_SOCKET_FILTER, 0, &handler) < 0)
		return 3;
	all = open_object(argv[1], argv[2]);
	if (!all)
		return 4;
	bpf_object__for_each_program(prog, all) {
		one = open_object(argv[1], argv[2]);
		if (!one)
			return 5;
		chosen = NULL;
		bpf_object__for_each_program(other, one) {
			int same = !strcmp(bpf_program__name(other), bpf_program__name(prog));

			bpf_program__set_autoload(other, same);
			if (same)
				chosen = other;
		}
		relocated = 0;
		why[0] = '\0';
		if (!bpf_object__load(one))
			relocated = 1;
		if (relocated && chosen)
			print_code(chosen);
		else
			printf("%s error %s\n", bpf_program__name(prog), why);
		bpf_object__close(one);
	}
	bpf_object__close(all);
	return 0;
}
