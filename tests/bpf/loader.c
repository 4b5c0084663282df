// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaches an engine to a cgroup without the daemon, for tests of the kernel side: the smallest
 * user of the module there can be. Called by scripts in tests/vm; commands come on stdin, one a
 * line: `info`, `replace OBJECT`, `balloon PAGES|auto`, `probe claim|block|drop NUMBER [ORDER]`,
 * `detach`, `quit`; each is answered by one line on stdout. It decides nothing and repairs nothing.
 *
 *   loader AGENT.bpf.o ENGINE.bpf.o CGROUP-DIRECTORY|- [PROBER.bpf.o]
 */
#include "engine.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mempol/abi.h>

static __u64 last_id;

static void print_info(int query_fd)
{
	static const char *const names[] = {
#define MEMPOL_X(upper, lower) #lower,
		MEMPOL_CACHE_COUNTERS(MEMPOL_X)
#undef MEMPOL_X
	};
	static const char *const balloon_names[] = {
#define MEMPOL_X(upper, lower) #lower,
		MEMPOL_BALLOON_COUNTERS(MEMPOL_X)
#undef MEMPOL_X
	};
	static const char *const refusals[] = {
#define MEMPOL_X(upper, lower, text) #lower,
		MEMPOL_REFUSALS(MEMPOL_X)
#undef MEMPOL_X
	};
	struct mempol_query query = { .policy_id = last_id };
	/* A SYSCALL program answers in place: the kernel refuses a ctx_out. */
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &query, .ctx_size_in = sizeof(query));
	int r = bpf_prog_test_run_opts(query_fd, &opts);

	printf("info run=%d error=%lld attached=%u exit=%u cgroups=%llu", r, query.error,
	       query.info.attached, query.info.exit_kind, query.info.cgroups);
	if (query.info.mechanism == MEMPOL_MECH_BALLOON)
		for (unsigned int i = 0; i < MEMPOL_BALLOON_NR_COUNTERS; i++)
			printf(" %s=%llu", balloon_names[i], query.info.counters[i]);
	else
		for (unsigned int i = 0; i < MEMPOL_CACHE_NR_COUNTERS; i++)
			printf(" %s=%llu", names[i], query.info.counters[i]);
	for (unsigned int i = 0; i < MEMPOL_NR_REFUSALS; i++)
		printf(" refused_%s=%llu", refusals[i], query.info.refusals[i]);
	printf(" reason=\"%s\" dump=\"%s\"\n", query.info.reason, query.info.dump);
}

static void request(int fd, const char *pages)
{
	struct mempol_balloon_request request = {
		.policy_id = last_id,
		.pages = strcmp(pages, "auto") ? strtoull(pages, NULL, 0) : MEMPOL_BALLOON_AUTO,
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &request, .ctx_size_in = sizeof(request));
	int r = bpf_prog_test_run_opts(fd, &opts);

	printf("balloon run=%d error=%lld\n", r, request.error);
}

/* Run a program of tests/bpf/prober.bpf.c. */
static void probe(struct bpf_object *prober, const char *what)
{
	struct {
		__u64 policy_id, pfn, order;
		__s64 result;
	} args = { .policy_id = last_id };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &args, .ctx_size_in = sizeof(args));
	struct bpf_program *program;
	char verb[32], name[64];
	int r = -ENOENT;

	if (sscanf(what, "%31s %llu %llu", verb, &args.pfn, &args.order) < 2) {
		printf("probe error=usage\n");
		return;
	}
	snprintf(name, sizeof(name), "probe_%s", verb);
	program = prober ? bpf_object__find_program_by_name(prober, name) : NULL;
	if (program)
		r = bpf_prog_test_run_opts(bpf_program__fd(program), &opts);
	printf("probe run=%d result=%lld\n", r, args.result);
}

int main(int argc, char **argv)
{
	struct engine engine = {}, next;
	struct bpf_object *agent, *prober = NULL;
	struct bpf_link *link;
	struct stat st = {};
	char line[512];
	int r, query_fd;

	if (argc < 4 || argc > 5 || (strcmp(argv[3], "-") && stat(argv[3], &st) < 0)) {
		fprintf(stderr, "Usage: %s AGENT.bpf.o ENGINE.bpf.o CGROUP-DIRECTORY|- [PROBER]\n",
			argv[0]);
		return 2;
	}
	engine_quiet();
	/* Several loaders may be at work. */
	last_id = (__u64)getpid() << 16;
	setvbuf(stdout, NULL, _IOLBF, 0);

	agent = bpf_object__open_file(argv[1], NULL);
	r = agent ? bpf_object__load(agent) : -errno;
	if (r) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(-r));
		return 1;
	}
	query_fd = bpf_program__fd(bpf_object__find_program_by_name(agent, "mempol_query"));

	if (argc > 4) {
		prober = bpf_object__open_file(argv[4], NULL);
		r = prober ? bpf_object__load(prober) : -errno;
		if (r) {
			fprintf(stderr, "%s: %s\n", argv[4], strerror(-r));
			return 1;
		}
	}

	r = engine_load(&engine, argv[2], st.st_ino, ++last_id);
	if (r) {
		printf("load error=%s\n", strerror(-r));
		return 1;
	}
	link = bpf_map__attach_struct_ops(engine.map);
	if (!link) {
		printf("attach error=%s\n", strerror(errno));
		return 1;
	}
	printf("attached\n");

	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		if (!strcmp(line, "info")) {
			print_info(query_fd);
		} else if (!strncmp(line, "replace ", 8)) {
			r = engine_load(&next, line + 8, st.st_ino, last_id + 1);
			if (!r) {
				r = bpf_link__update_map(link, next.map);
				bpf_object__close(r ? next.obj : engine.obj);
				if (!r) {
					engine = next;
					last_id++;
				}
			}
			printf("replace %s\n", r ? strerror(-r) : "ok");
		} else if (!strncmp(line, "balloon ", 8)) {
			request(bpf_program__fd(
					bpf_object__find_program_by_name(agent, "mempol_balloon")),
				line + 8);
		} else if (!strncmp(line, "probe ", 6)) {
			probe(prober, line + 6);
		} else if (!strcmp(line, "detach")) {
			printf("detach %d\n", bpf_link__destroy(link));
			link = NULL;
		} else if (!strcmp(line, "quit")) {
			break;
		}
	}
	bpf_link__destroy(link);
	bpf_object__close(engine.obj);
	bpf_object__close(prober);
	bpf_object__close(agent);
	return 0;
}
