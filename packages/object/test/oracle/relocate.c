// SPDX-License-Identifier: MIT
/* What libbpf makes of each program of an object on another kernel's BTF, up to the moment before the kernel would see it:
 *   relocate OBJECT.bpf.o TARGET.btf     lines `NAME HEX`, or `NAME error` where libbpf refuses to relocate
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

static int seen;

static int prepare(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	const unsigned char *code = (const void *)bpf_program__insns(prog);
	size_t size = 8 * bpf_program__insn_cnt(prog);

	printf("%s ", bpf_program__name(prog));
	for (size_t i = 0; i < size; i++)
		printf("%02x", code[i]);
	printf("\n");
	seen = 1;
	return -1; /* enough: it is not to be loaded */
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
	struct bpf_program *prog, *other;

	if (argc != 3)
		return 2;
	libbpf_set_print(NULL);
	if (libbpf_register_prog_handler("core/", BPF_PROG_TYPE_SOCKET_FILTER, 0, &handler) < 0)
		return 3;
	all = open_object(argv[1], argv[2]);
	if (!all)
		return 4;
	bpf_object__for_each_program(prog, all) {
		one = open_object(argv[1], argv[2]);
		if (!one)
			return 5;
		bpf_object__for_each_program(other, one)
			bpf_program__set_autoload(other, !strcmp(bpf_program__name(other), bpf_program__name(prog)));
		seen = 0;
		bpf_object__load(one);
		if (!seen)
			printf("%s error\n", bpf_program__name(prog));
		bpf_object__close(one);
	}
	bpf_object__close(all);
	return 0;
}
