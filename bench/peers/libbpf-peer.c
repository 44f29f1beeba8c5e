// SPDX-License-Identifier: MIT
/* What libbpf needs for the same work, in a fresh process: one JSON line of milliseconds.
 *   libbpf-peer btf                 open vmlinux BTF, find ten types by name
 *   libbpf-peer register OBJECT     open, load and attach a struct_ops object, then detach it; and all of it again
 *   libbpf-peer lookup N            N lookups in a hash map
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

static int register_once(const char *path, double *took)
{
	double t0 = now_ms();
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_map *map;
	struct bpf_link *link;

	if (!object || bpf_object__load(object))
		return fail("open or load");
	map = bpf_object__next_map(object, NULL);
	link = bpf_map__attach_struct_ops(map);
	if (!link)
		return fail("attach");
	*took = now_ms() - t0;
	bpf_link__destroy(link);
	bpf_object__close(object);
	return 0;
}

static int bench_register(const char *path)
{
	double first, second;
	long peak;

	if (register_once(path, &first))
		return 1;
	peak = peak_kb();
	/* Its name is free again once the kernel has let go of it. */
	for (int tries = 0; register_once(path, &second); tries++)
		if (errno != EEXIST || tries > 100)
			return 1;
	printf("{\"register\":%.4f,\"second\":%.4f,\"peakKb\":%ld}\n", first, second, peak);
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
