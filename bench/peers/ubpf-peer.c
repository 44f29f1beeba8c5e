/*
 * Times programs in uBPF: ubpf-peer CODE MEMORY SOCKET CALLS interpreter|jit
 *
 * CODE is instructions in a file, MEMORY what r1 points to. Where SOCKET is not 0, the first 8 bytes of the memory are the
 * address of its byte SOCKET. Prints nanoseconds per call, and r0 of the last one.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ubpf.h>

static void *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	void *bytes;

	if (!file || fseek(file, 0, SEEK_END))
		exit(2);
	*size = ftell(file);
	rewind(file);
	bytes = malloc(*size + 1);
	if (!bytes || fread(bytes, 1, *size, file) != *size)
		exit(2);
	fclose(file);
	return bytes;
}

int main(int argc, char **argv)
{
	size_t code_size, memory_size, socket;
	struct timespec from, to;
	struct ubpf_vm *vm;
	char *error = NULL;
	uint64_t r0 = 0;
	void *code;
	char *memory;
	long calls, i;
	int jit;

	if (argc != 6)
		return 2;
	code = read_file(argv[1], &code_size);
	memory = read_file(argv[2], &memory_size);
	socket = strtoul(argv[3], NULL, 10);
	calls = strtol(argv[4], NULL, 10);
	jit = !strcmp(argv[5], "jit");
	if (socket) {
		char *address = memory + socket;

		memcpy(memory, &address, sizeof(address));
	}
	vm = ubpf_create();
	if (!vm || ubpf_load(vm, code, code_size, &error)) {
		fprintf(stderr, "%s\n", error ? error : "ubpf_create");
		return 1;
	}
	if (jit) {
		ubpf_jit_fn run = ubpf_compile(vm, &error);

		if (!run) {
			fprintf(stderr, "%s\n", error);
			return 1;
		}
		clock_gettime(CLOCK_MONOTONIC, &from);
		for (i = 0; i < calls; i++)
			r0 = run(memory, memory_size);
	} else {
		clock_gettime(CLOCK_MONOTONIC, &from);
		for (i = 0; i < calls; i++)
			if (ubpf_exec(vm, memory, memory_size, &r0))
				return 1;
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%.3f %" PRIx64 "\n", ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / calls, r0);
	return 0;
}
