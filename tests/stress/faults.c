// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does one thing again and again and lets its first allocation fail, then its second, and so on until
 * there is none left to fail (/proc/self/fail-nth). What failed must have said so with ENOMEM, and must
 * work when it is tried again; one line says how many failures that were. The kernel needs
 * CONFIG_FAULT_INJECTION, FAILSLAB and FAIL_PAGE_ALLOC. Used by tests/vm only.
 *
 *   faults attach|replace|load ENGINE.bpf.o CGROUP-DIRECTORY
 *   faults mkdir CGROUP-DIRECTORY
 *   faults children CGROUP-DIRECTORY: mkdir of one child after another, and those that are made stay
 */
#include "../bpf/engine.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* More allocations than this is no operation but a bug. */
#define FAILURES_MAX 2000

static struct engine engine, other;
static struct bpf_link *attached;
static const char *path, *directory;
static __u64 cgroup_id;

/* /proc/self/fail-nth; open all the time, because opening allocates too. */
static int fail_nth = -1;

static void fail_after(int nth)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", nth);
	if (write(fail_nth, text, strlen(text)) < 0) {
		perror("/proc/self/fail-nth");
		exit(77);
	}
}

/* Did the failure that was asked for come? */
static int has_failed(void)
{
	char text[16] = "";
	ssize_t n = pread(fail_nth, text, sizeof(text) - 1, 0);

	/* What is left over must not fail later. */
	fail_after(0);
	return n > 0 && atoi(text) == 0;
}

static int do_attach(void)
{
	attached = bpf_map__attach_struct_ops(engine.map);
	return attached ? 0 : -errno;
}

static void undo_attach(void)
{
	bpf_link__destroy(attached);
}

static int do_replace(void)
{
	static int turn;

	return bpf_link__update_map(attached, turn++ % 2 ? engine.map : other.map);
}

static int do_load(void)
{
	struct engine fresh;
	int r = engine_load(&fresh, path, cgroup_id, 3);

	if (!r)
		bpf_object__close(fresh.obj);
	return r;
}

static int do_mkdir(void)
{
	return mkdir(directory, 0755) ? -errno : 0;
}

static void undo_mkdir(void)
{
	rmdir(directory);
}

static int do_children(void)
{
	static unsigned int number;
	char name[4096];

	snprintf(name, sizeof(name), "%s/%u", directory, number++);
	return mkdir(name, 0755) ? -errno : 0;
}

static void undo_nothing(void)
{
}

static const struct {
	const char *name;
	int (*run)(void);
	void (*undo)(void);
} operations[] = {
	{ "attach", do_attach, undo_attach },	   { "replace", do_replace, undo_nothing },
	{ "load", do_load, undo_nothing },	   { "mkdir", do_mkdir, undo_mkdir },
	{ "children", do_children, undo_nothing },
};

static int repeat(int (*run)(void), void (*undo)(void))
{
	int nth, r, failures = 0, survived = 0, strange = 0;

	for (nth = 1; nth < FAILURES_MAX; nth++) {
		int hit;

		fail_after(nth);
		r = run();
		hit = has_failed();
		if (!r)
			undo();
		if (!hit)
			break;
		failures++;
		if (!r) {
			survived++;
			continue;
		}
		if (r != -ENOMEM) {
			printf("# failure %d: %s\n", nth, strerror(-r));
			strange++;
		}
		r = run();
		if (r) {
			printf("# after failure %d: %s\n", nth, strerror(-r));
			return 1;
		}
		undo();
	}
	printf("failures=%d survived=%d strange=%d\n", failures, survived, strange);
	return r ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct stat st;

	engine_quiet();
	fail_nth = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth < 0) {
		perror("/proc/self/fail-nth");
		return 77;
	}
	if (argc == 4) {
		path = argv[2];
		if (stat(argv[3], &st)) {
			perror(argv[3]);
			return 1;
		}
		cgroup_id = st.st_ino;
		if (engine_load(&engine, path, cgroup_id, 1) ||
		    engine_load(&other, path, cgroup_id, 2)) {
			fprintf(stderr, "%s does not load\n", path);
			return 1;
		}
		if (!strcmp(argv[1], "replace") && do_attach()) {
			fprintf(stderr, "%s does not attach\n", path);
			return 1;
		}
	} else if (argc == 3) {
		directory = argv[2];
	}
	for (size_t i = 0; argc > 2 && i < sizeof(operations) / sizeof(operations[0]); i++)
		if (!strcmp(argv[1], operations[i].name))
			return repeat(operations[i].run, operations[i].undo);
	fprintf(stderr, "Usage: %s attach|replace|load ENGINE CGROUP | mkdir|children CGROUP\n",
		argv[0]);
	return 2;
}
