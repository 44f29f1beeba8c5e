// SPDX-License-Identifier: MIT
/* What libbpf needs for the same work, in a fresh process: one JSON line of milliseconds.
 *   libbpf-peer btf                 open vmlinux BTF, find ten types by name
 *   libbpf-peer register OBJECT     open, load and attach a struct_ops object, then detach it; and all of it again: in all,
 *                                   of each part, and what of it passed inside bpf(2)
 *   libbpf-peer lookup N            N lookups in a hash map
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <dlfcn.h>
#include <errno.h>
#include <linux/btf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static long peak_kb(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static int fail(const char *what)
{
	fprintf(stderr, "libbpf-peer: %s: %s\n", what, strerror(errno));
	return 1;
}

static int bench_btf(void)
{
	static const char *const names[] = {
		"tcp_congestion_ops", "bpf_struct_ops_tcp_congestion_ops", "tcp_sock", "inet_connection_sock", "sock",
		"ack_sample", "rate_sample", "sk_buff", "task_struct", "tcp_info",
	};
	double t0 = now_ms(), t1, t2;
	struct btf *btf = btf__load_vmlinux_btf();

	if (!btf)
		return fail("btf__load_vmlinux_btf");
	t1 = now_ms();
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (btf__find_by_name_kind(btf, names[i], BTF_KIND_STRUCT) < 0)
			return fail(names[i]);
	t2 = now_ms();
	printf("{\"open\":%.4f,\"find\":%.4f,\"peakKb\":%ld}\n", t1 - t0, t2 - t1, peak_kb());
	btf__free(btf);
	return 0;
}

static double in_bpf;

/* Stands before libc's for libbpf too: what of its time passes inside bpf(2). */
long syscall(long number, ...)
{
	static long (*libc_syscall)(long number, ...);
	long a[6], result;
	double t0;
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (!libc_syscall)
		libc_syscall = dlsym(RTLD_NEXT, "syscall");
	t0 = now_ms();
	result = libc_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (number == SYS_bpf)
		in_bpf += now_ms() - t0;
	return result;
}

struct parts {
	double all, open, load, attach, bpf;
};

static int register_once(const char *path, struct parts *parts)
{
	double t0, t1, t2, t3;
	struct bpf_object *object;
	struct bpf_link *link;

	in_bpf = 0;
	t0 = now_ms();
	object = bpf_object__open_file(path, NULL);
	t1 = now_ms();
	if (!object || bpf_object__load(object))
		return fail("open or load");
	t2 = now_ms();
	link = bpf_map__attach_struct_ops(bpf_object__next_map(object, NULL));
	if (!link)
		return fail("attach");
	t3 = now_ms();
	*parts = (struct parts){ .all = t3 - t0, .open = t1 - t0, .load = t2 - t1, .attach = t3 - t2, .bpf = in_bpf };
	bpf_link__destroy(link);
	bpf_object__close(object);
	return 0;
}

static void print_parts(const char *name, const struct parts *p)
{
	printf("\"%s\":{\"all\":%.4f,\"open\":%.4f,\"load\":%.4f,\"attach\":%.4f,\"bpf\":%.4f},", name, p->all, p->open,
	       p->load, p->attach, p->bpf);
}

static int bench_register(const char *path)
{
	struct parts first, second;
	long peak;

	if (register_once(path, &first))
		return 1;
	peak = peak_kb();
	/* Its name is free again once the kernel has let go of it. */
	for (int tries = 0; register_once(path, &second); tries++)
		if (errno != EEXIST || tries > 100)
			return 1;
	printf("{");
	print_parts("first", &first);
	print_parts("second", &second);
	printf("\"peakKb\":%ld}\n", peak);
	return 0;
}

static int bench_lookup(long count)
{
	int map = bpf_map_create(BPF_MAP_TYPE_HASH, "peer", 4, 8, 16, NULL);
	unsigned key = 1;
	unsigned long long value = 2;
	double t0;

	if (map < 0 || bpf_map_update_elem(map, &key, &value, BPF_ANY))
		return fail("map");
	t0 = now_ms();
	for (long i = 0; i < count; i++)
		if (bpf_map_lookup_elem(map, &key, &value))
			return fail("lookup");
	printf("{\"lookupNs\":%.1f}\n", (now_ms() - t0) * 1e6 / count);
	return 0;
}

int main(int argc, char **argv)
{
	libbpf_set_print(NULL);
	if (argc == 2 && !strcmp(argv[1], "btf"))
		return bench_btf();
	if (argc == 3 && !strcmp(argv[1], "register"))
		return bench_register(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "lookup"))
		return bench_lookup(atol(argv[2]));
	fprintf(stderr, "usage: libbpf-peer btf | register OBJECT | lookup N\n");
	return 2;
}
