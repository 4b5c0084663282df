// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaches an engine to a cgroup without the daemon, for tests of the kernel side: the smallest
 * user of the module there can be. Called by scripts in tests/vm; commands come on stdin, one a
 * line: `info`, `wish NAME=NUMBER ...` (LOADER_SET from now on), `replace OBJECT`,
 * `balloon PAGES|auto` (answered when it is done, `post` when it is asked
 * for), `probe claim|block|drop NUMBER [ORDER]`, `file ...` and `files`, `pool`, `frames` and `reset`, `tea ...`, `teas` and `storm` (loader.h),
 * `beat`, `id`, `value VARIABLE`,
 * `set VARIABLE NUMBER`, `hints PATH` (pins programs for tests/bpf/teller.c there and at PATH-residency), `nobody`, `detach`, `quit`; each is answered by one line on stdout. It decides nothing and repairs nothing.
 *
 *   loader AGENT.bpf.o ENGINE.bpf.o CGROUP-DIRECTORY|-
 */
#include "engine.h"
#include "loader.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static __u64 last_id;

__s64 ask(int call_fd, struct mempol_call *call)
{
	/* A SYSCALL program answers in place: the kernel refuses a ctx_out. */
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = call, .ctx_size_in = sizeof(*call));
	int r;

	call->version = MEMPOL_ABI_VERSION;
	r = bpf_prog_test_run_opts(call_fd, &opts);
	if (r < 0)
		return r;
	r = (int)opts.retval;
	return r < 0 ? r : call->error;
}

static void print_info(int call_fd)
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
	static const char *const refcount_names[] = {
#define MEMPOL_X(upper, lower) #lower,
		MEMPOL_REFCOUNT_COUNTERS(MEMPOL_X)
#undef MEMPOL_X
	};
	static const char *const placement_names[] = {
#define MEMPOL_X(upper, lower) #lower,
		MEMPOL_PLACEMENT_COUNTERS(MEMPOL_X)
#undef MEMPOL_X
	};
	static const char *const translation_names[] = {
#define MEMPOL_X(upper, lower) #lower,
		MEMPOL_TRANSLATION_COUNTERS(MEMPOL_X)
#undef MEMPOL_X
	};
	static const char *const common_names[] = {
#define MEMPOL_X(upper, lower) #lower,
		MEMPOL_COMMON_COUNTERS(MEMPOL_X)
#undef MEMPOL_X
	};
	static const char *const refusals[] = {
#define MEMPOL_X(upper, lower, text) #lower,
		MEMPOL_REFUSALS(MEMPOL_X)
#undef MEMPOL_X
	};
	struct mempol_call call = { .op = MEMPOL_CALL_POLICY, .body.policy.policy_id = last_id };
	const struct mempol_policy_info *info = &call.body.policy.info;
	const char *const *mechanism = names;
	__s64 r = ask(call_fd, &call);

	if (info->mechanism == MEMPOL_MECH_BALLOON)
		mechanism = balloon_names;
	if (info->mechanism == MEMPOL_MECH_REFCOUNT)
		mechanism = refcount_names;
	if (info->mechanism == MEMPOL_MECH_PLACEMENT)
		mechanism = placement_names;
	if (info->mechanism == MEMPOL_MECH_TRANSLATION)
		mechanism = translation_names;
	printf("info error=%lld attached=%u passive=%u exit=%u cgroups=%llu missing=%llu", r,
	       info->attached, info->passive, info->exit_kind, info->cgroups, info->missing);
	for (unsigned int i = 0; i < MEMPOL_NR_COMMON; i++)
		printf(" %s=%llu", common_names[i], info->common[i]);
	for (unsigned int i = 0; i < info->nr_counters; i++)
		printf(" %s=%llu", mechanism[i], info->counters[i]);
	for (unsigned int i = 0; i < info->nr_refusals; i++)
		printf(" refused_%s=%llu", refusals[i], info->refusals[i]);
	printf(" reason=\"%s\" dump=\"%s\"\n", info->reason, info->dump);
}

/* How often what is under way is asked after. */
#define POLL_US 2000

static __s64 post(int call_fd, const char *pages)
{
	struct mempol_call call = {
		.op = MEMPOL_CALL_BALLOON_SIZE,
		.body.balloon = {
			.policy_id = last_id,
			.pages = strcmp(pages, "auto") ? strtoull(pages, NULL, 0) :
							 MEMPOL_BALLOON_AUTO,
		},
	};

	return ask(call_fd, &call);
}

static void request(int call_fd, const char *pages)
{
	__s64 r = post(call_fd, pages);
	struct mempol_call call;

	while (!r) {
		call = (struct mempol_call){ .op = MEMPOL_CALL_POLICY,
					     .body.policy.policy_id = last_id };
		r = ask(call_fd, &call);
		if (!r && !call.body.policy.info.counters[MEMPOL_BALLOON_MOVING])
			break;
		usleep(POLL_US);
	}
	printf("balloon error=%lld\n", r);
}

/* What takes its time is asked again until it is done. */
static __s64 ask_until_done(int call_fd, struct mempol_call *call)
{
	const struct mempol_call first = *call;
	__s64 r;

	while ((r = ask(call_fd, call)) == -EINPROGRESS) {
		usleep(POLL_US);
		*call = first;
	}
	return r;
}

/* claim PFN ORDER, block PFN: the order of the free block there, drop PAGES: how many were. */
static void probe(int call_fd, const char *what)
{
	struct mempol_call call = {};
	unsigned long long number, order = 0;
	char verb[32];
	__s64 r;

	if (sscanf(what, "%31s %llu %llu", verb, &number, &order) < 2) {
		printf("probe error=usage\n");
		return;
	}
	if (!strcmp(verb, "drop")) {
		call.op = MEMPOL_CALL_BALLOON_DROP;
		call.body.balloon.policy_id = last_id;
		call.body.balloon.pages = number;
		r = ask_until_done(call_fd, &call) ?: (__s64)call.body.balloon.pages;
	} else {
		call.op = !strcmp(verb, "claim") ? MEMPOL_CALL_BALLOON_CLAIM :
						   MEMPOL_CALL_BALLOON_BLOCK;
		call.body.block.policy_id = last_id;
		call.body.block.pfn = number;
		call.body.block.order = order;
		r = ask_until_done(call_fd, &call);
		if (!r && call.op == MEMPOL_CALL_BALLOON_BLOCK)
			r = call.body.block.order;
	}
	printf("probe result=%lld\n", r);
}

/* A global variable of the engine, of 8 bytes and without an initial value, or NULL. */
static volatile __u64 *variable(const struct engine *engine, const char *name)
{
	const struct btf *btf = bpf_object__btf(engine->obj);
	int id = btf__find_by_name_kind(btf, ".bss", BTF_KIND_DATASEC);
	const struct btf_type *section = id < 0 ? NULL : btf__type_by_id(btf, id);
	struct bpf_map *map = bpf_object__find_map_by_name(engine->obj, ".bss");
	size_t size;
	char *data = map ? bpf_map__initial_value(map, &size) : NULL;

	for (int i = 0; data && section && i < btf_vlen(section); i++) {
		const struct btf_var_secinfo *info = &btf_var_secinfos(section)[i];
		const struct btf_type *var = btf__type_by_id(btf, info->type);

		if (!strcmp(btf__name_by_offset(btf, var->name_off), name))
			return (volatile __u64 *)(data + info->offset);
	}
	return NULL;
}

static void print_value(const struct engine *engine, const char *name)
{
	const volatile __u64 *value = variable(engine, name);

	if (value)
		printf("value %s=%llu\n", name, (unsigned long long)*value);
	else
		printf("value error=no such variable\n");
}

static void set_value(const struct engine *engine, const char *what)
{
	volatile __u64 *value = NULL;
	unsigned long long number;
	char name[64];

	if (sscanf(what, "%63s %llu", name, &number) == 2)
		value = variable(engine, name);
	if (value)
		*value = number;
	printf("set %s\n", value ? "ok" : "error=no such variable");
}

/* Every op there is, as nobody, through a descriptor that this process has inherited. */
/* What programs run themselves. */
static int pin_programs(struct bpf_object *agent, const char *path)
{
	char beside[1024];
	int r;

	snprintf(beside, sizeof(beside), "%s-residency", path);
	r = bpf_program__pin(bpf_object__find_program_by_name(agent, "mempol_hint"), path);
	return r     ?:
		       bpf_program__pin(bpf_object__find_program_by_name(agent, "mempol_residency"),
					beside);
}

static void as_nobody(int call_fd)
{
	static const __u32 ops[] = {
		MEMPOL_CALL_MODULE,
		MEMPOL_CALL_POLICY,
		MEMPOL_CALL_BEAT,
		MEMPOL_CALL_BALLOON_SIZE,
		MEMPOL_CALL_BALLOON_CLAIM,
		MEMPOL_CALL_BALLOON_BLOCK,
		MEMPOL_CALL_BALLOON_DROP,
		MEMPOL_CALL_REFCOUNT_FILE,
		MEMPOL_CALL_REFCOUNT_FILES,
		MEMPOL_CALL_PLACEMENT_POOL,
		MEMPOL_CALL_PLACEMENT_FRAMES,
		MEMPOL_CALL_PLACEMENT_RESET,
		MEMPOL_CALL_TEA,
		MEMPOL_CALL_TEAS,
		99,
	};
	unsigned int denied = 0, i;
	struct mempol_call call = {};
	int status, pipefd[2];
	pid_t child;
	__s64 error;

	if (pipe(pipefd) < 0)
		return;
	child = fork();
	if (!child) {
		if (setgid(65534) < 0 || setuid(65534) < 0)
			_exit(1);
		for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
			call = (struct mempol_call){ .op = ops[i] };
			denied += ask(call_fd, &call) == -EPERM && call.error == -EPERM;
		}
		_exit(write(pipefd[1], &denied, sizeof(denied)) != sizeof(denied));
	}
	close(pipefd[1]);
	if (read(pipefd[0], &denied, sizeof(denied)) != sizeof(denied))
		denied = 0;
	close(pipefd[0]);
	waitpid(child, &status, 0);
	call = (struct mempol_call){ .op = MEMPOL_CALL_MODULE };
	error = ask(call_fd, &call);
	printf("nobody ops=%zu denied=%u error=%lld counted=%llu\n", sizeof(ops) / sizeof(ops[0]),
	       denied, error, call.body.module.denied);
}

int main(int argc, char **argv)
{
	struct engine engine = {}, next;
	struct bpf_object *agent;
	struct bpf_link *link;
	struct stat st = {};
	char line[512];
	int r, call_fd;

	if (argc != 4 || (strcmp(argv[3], "-") && stat(argv[3], &st) < 0)) {
		fprintf(stderr, "Usage: %s AGENT.bpf.o ENGINE.bpf.o CGROUP-DIRECTORY|-\n", argv[0]);
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
	call_fd = bpf_program__fd(bpf_object__find_program_by_name(agent, "mempol_call"));

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
			print_info(call_fd);
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
		} else if (!strncmp(line, "wish ", 5)) {
			printf("wish %d\n", setenv("LOADER_SET", line + 5, 1));
		} else if (!strncmp(line, "balloon ", 8)) {
			request(call_fd, line + 8);
		} else if (!strncmp(line, "post ", 5)) {
			printf("post error=%lld\n", post(call_fd, line + 5));
		} else if (!strncmp(line, "probe ", 6)) {
			probe(call_fd, line + 6);
		} else if (!strncmp(line, "file ", 5)) {
			file_command(call_fd, last_id, line + 5);
		} else if (!strcmp(line, "files")) {
			files_command(call_fd);
		} else if (!strncmp(line, "frames", 6) || !strcmp(line, "pool") ||
			   !strcmp(line, "reset")) {
			placement_command(call_fd, last_id, line);
		} else if (!strncmp(line, "tea", 3) || !strncmp(line, "storm ", 6)) {
			tables_command(call_fd, last_id, line);
		} else if (!strcmp(line, "beat")) {
			printf("beat error=%lld\n",
			       ask(call_fd, &(struct mempol_call){ .op = MEMPOL_CALL_BEAT }));
		} else if (!strcmp(line, "id")) {
			printf("is id=%llu\n", last_id);
		} else if (!strncmp(line, "value ", 6)) {
			print_value(&engine, line + 6);
		} else if (!strncmp(line, "set ", 4)) {
			set_value(&engine, line + 4);
		} else if (!strncmp(line, "hints ", 6)) {
			printf("hints error=%d\n", pin_programs(agent, line + 6));
		} else if (!strcmp(line, "nobody")) {
			as_nobody(call_fd);
		} else if (!strcmp(line, "detach")) {
			printf("detach %d\n", bpf_link__destroy(link));
			link = NULL;
		} else if (!strcmp(line, "quit")) {
			break;
		}
	}
	bpf_link__destroy(link);
	bpf_object__close(engine.obj);
	bpf_object__close(agent);
	return 0;
}
