/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bpf/record through libbpf; see recorder.h.
 */
#include "recorder.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>

#include "../../bpf/record/ring.h"
#include "macro.h"
#include "mempol/abi.h"

#define MAX_PROGRAMS 16
/* Policies that are not asked again tell of no use any more. */
#define LEASE_MS MEMPOL_CACHE_RECORD_MS
#define KERNEL_TYPES "/sys/kernel/btf/vmlinux"
#define REMEDY                                                                      \
	"recording needs a kernel with CONFIG_BPF_SYSCALL=y, CONFIG_BPF_EVENTS=y, " \
	"CONFIG_FUNCTION_TRACER=y and CONFIG_DEBUG_INFO_BTF=y"

struct recorder {
	struct bpf_object *object;
	/* Shared with the programs. */
	struct mempol_record_state *state;
	struct record_ring_state *ring;
	struct mempol_record *slots;
	struct bpf_link *links[MAX_PROGRAMS];
	unsigned int nr_links;
	struct bpf_program *accessed, *used, *ask;
	bool asks; /* policies tell of uses: `used` is attached instead of `accessed` */
	unsigned int gaps; /* times that one of them had not told for a while */
	int stats_fd;
	struct recorder_cost before, measured; /* others may have the kernel measure all the time */
};

/* The first warning of libbpf, which has one print function for the process. */
static char warning[256];

static int on_print(enum libbpf_print_level level, const char *format, va_list ap)
{
	if (level != LIBBPF_WARN || warning[0])
		return 0;
	vsnprintf(warning, sizeof(warning), format, ap);
	warning[strcspn(warning, "\n")] = '\0';
	return 0;
}

static int problem(char **ret, int error, const char *format, ...) _printf_(3, 4);

static int problem(char **ret, int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (vasprintf(ret, format, ap) < 0)
		*ret = NULL;
	va_end(ap);
	return error;
}

static int explain(int error, const char *what, char **ret_problem)
{
	if (error == -EPERM || error == -EACCES)
		return problem(ret_problem, -EPERM,
			       "the kernel lets only root (CAP_BPF and CAP_PERFMON) %s: use sudo",
			       what);
	if (error == -ENOMEM)
		return error;
	return problem(ret_problem, -EOPNOTSUPP, "this kernel does not %s: %s (%s): " REMEDY, what,
		       strerror(-error), warning[0] ? warning : "no further reason");
}

static int open_object(struct recorder *recorder, const char *path, char **ret_problem)
{
	if (access(path, R_OK) < 0)
		return problem(ret_problem, -ENOENT,
			       "%s: %s: install mempolicyd completely (make install)", path,
			       strerror(errno));
	if (access(KERNEL_TYPES, R_OK) < 0)
		return problem(ret_problem, -EOPNOTSUPP, KERNEL_TYPES ": %s: " REMEDY,
			       strerror(errno));
	recorder->object = bpf_object__open_file(path, NULL);
	if (!recorder->object)
		return explain(-errno, "read the recorder's programs", ret_problem);
	return 0;
}

/* A variable of the programs, which is a section by itself. */
static void *shared(const struct recorder *recorder, const char *section, size_t wanted)
{
	struct bpf_map *map = bpf_object__find_map_by_name(recorder->object, section);
	size_t size = 0;
	void *value = map ? bpf_map__initial_value(map, &size) : NULL;

	return size < wanted ? NULL : value;
}

static int of_another_version(char **ret_problem)
{
	return problem(ret_problem, -EPROTO,
		       "the recorder's programs are of another version than mempolctl: install "
		       "mempolicyd completely (make install)");
}

/* Before the programs are loaded the variables are copies, afterwards they are what the programs see. */
static int share(struct recorder *recorder, char **ret_problem)
{
	recorder->state = shared(recorder, ".data.state", sizeof(*recorder->state));
	recorder->ring = shared(recorder, ".bss.ring", sizeof(*recorder->ring));
	recorder->slots =
		shared(recorder, ".bss.slots", RECORD_RING_SLOTS * sizeof(*recorder->slots));
	return recorder->state && recorder->ring && recorder->slots ?
		       0 :
		       of_another_version(ret_problem);
}

/* Does the kernel know the tracepoint of policies, and is the module there that is asked for it? */
static bool policies_can_tell(void)
{
	struct btf *kernel = btf__load_vmlinux_btf();
	struct btf *module = btf__load_module_btf("mempol", kernel);
	bool can = kernel && module &&
		   btf__find_by_name_kind(kernel, "btf_trace_mempol_cache_used", BTF_KIND_TYPEDEF) >
			   0 &&
		   btf__find_by_name_kind(module, "bpf_mempol_call", BTF_KIND_FUNC) > 0;

	btf__free(module);
	btf__free(kernel);
	return can;
}

static int find_programs(struct recorder *recorder, const struct recorder_setup *setup)
{
	recorder->accessed = bpf_object__find_program_by_name(recorder->object, "record_accessed");
	recorder->used = bpf_object__find_program_by_name(recorder->object, "record_used");
	recorder->ask = bpf_object__find_program_by_name(recorder->object, "record_ask");
	if (!recorder->accessed || !recorder->used || !recorder->ask)
		return -EPROTO;
	recorder->asks = setup->governed && policies_can_tell();
	bpf_program__set_autoload(recorder->used, recorder->asks);
	bpf_program__set_autoload(recorder->ask, recorder->asks);
	return 0;
}

static int load(struct recorder *recorder, const struct recorder_setup *setup, char **ret_problem)
{
	int r = share(recorder, ret_problem);

	if (r == 0 && find_programs(recorder, setup) < 0)
		r = of_another_version(ret_problem);
	if (r < 0)
		return r;
	recorder->state->cgroup_id = setup->cgroup_id;
	recorder->state->level = setup->level;
	recorder->state->shift = setup->shift;
	recorder->state->limit = mempol_record_limit(setup->shift);
	r = bpf_object__load(recorder->object);
	if (r < 0)
		return explain(r, "load the recorder's programs", ret_problem);
	return share(recorder, ret_problem);
}

static int attach_program(struct recorder *recorder, struct bpf_program *program)
{
	struct bpf_link *link;

	if (recorder->nr_links == MAX_PROGRAMS)
		return -E2BIG;
	link = bpf_program__attach(program);
	if (!link)
		return -errno;
	recorder->links[recorder->nr_links++] = link;
	return 0;
}

/* @shift: of the sample that policies are to tell of; -1: they need not any more. How many are new to it, or -errno. */
static int ask(struct recorder *recorder, int shift)
{
	struct mempol_call call = { .version = MEMPOL_ABI_VERSION, .op = MEMPOL_CALL_CACHE_RECORD };
	/* A SYSCALL program answers in place: the kernel refuses a ctx_out. */
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &call, .ctx_size_in = sizeof(call));
	int r;

	call.body.record.cgroup_id = recorder->state->cgroup_id;
	call.body.record.shift = shift;
	call.body.record.ms = LEASE_MS;
	r = bpf_prog_test_run_opts(bpf_program__fd(recorder->ask), &opts);
	if (r == 0)
		r = (int)opts.retval;
	return r < 0 ? r : call.error ?: (int)call.body.record.fresh;
}

bool recorder_ask_policies(struct recorder *recorder)
{
	int r = recorder->asks ? ask(recorder, recorder_shift(recorder)) : -ENOENT;

	if (r > 0)
		recorder->gaps++;
	if (r >= 0 || !recorder->asks)
		return recorder->asks;
	/* What cannot be attached now leaves a recording without hits, which is told by its numbers. */
	recorder->asks = false;
	(void)attach_program(recorder, recorder->accessed);
	return false;
}

unsigned int recorder_gaps(const struct recorder *recorder)
{
	return recorder->gaps;
}

static int attach(struct recorder *recorder, char **ret_problem)
{
	struct bpf_program *program;
	int r = 0;

	if (recorder->asks)
		recorder->asks = ask(recorder, recorder->state->shift) >= 0;
	bpf_object__for_each_program(program, recorder->object) {
		if (program == recorder->ask ||
		    program == (recorder->asks ? recorder->accessed : recorder->used))
			continue;
		r = attach_program(recorder, program);
		if (r < 0)
			return explain(r, "attach the recorder's programs", ret_problem);
	}
	return r;
}

int recorder_new(const char *object, const struct recorder_setup *setup, struct recorder **ret,
		 char **ret_problem)
{
	struct recorder *recorder = calloc(1, sizeof(*recorder));
	int r;

	*ret_problem = NULL;
	if (!recorder)
		return -ENOMEM;
	recorder->stats_fd = -1;
	warning[0] = '\0';
	libbpf_set_print(on_print);
	r = open_object(recorder, object, ret_problem);
	if (r == 0)
		r = load(recorder, setup, ret_problem);
	if (r == 0)
		r = attach(recorder, ret_problem);
	if (r < 0) {
		recorder_free(recorder);
		return r;
	}
	*ret = recorder;
	return 0;
}

int recorder_drain(struct recorder *recorder,
		   int (*handler)(void *userdata, const struct mempol_record *record),
		   void *userdata)
{
	const struct mempol_record *record;
	int r = 0;

	/* No more than there can be when it begins: what comes in meanwhile is the next time's. */
	for (unsigned int i = 0; r == 0 && i < RECORD_RING_SLOTS; i++) {
		record = record_ring_next(recorder->slots, recorder->ring);
		if (!record)
			break;
		r = handler(userdata, record);
		record_ring_pass(recorder->ring);
	}
	/* There is room: the next time that it is full halves the sample again. */
	__atomic_store_n(&recorder->state->halved, 0, __ATOMIC_RELEASE);
	/* A memcg may have gone, and its memory be another's now. */
	__atomic_store_n(&recorder->state->inside, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&recorder->state->outside, 0, __ATOMIC_RELAXED);
	return r;
}

uint32_t recorder_shift(const struct recorder *recorder)
{
	return __atomic_load_n(&recorder->state->shift, __ATOMIC_RELAXED);
}

void recorder_refine(struct recorder *recorder, uint32_t shift)
{
	recorder->state->shift = shift;
	__atomic_store_n(&recorder->state->limit, mempol_record_limit(shift), __ATOMIC_RELAXED);
}

uint64_t recorder_lost(const struct recorder *recorder)
{
	return __atomic_load_n(&recorder->state->lost, __ATOMIC_RELAXED);
}

uint64_t recorder_added(const struct recorder *recorder)
{
	return __atomic_load_n(&recorder->state->added, __ATOMIC_RELAXED);
}

/* Of the programs since they were loaded, while anybody has it measured. */
static struct recorder_cost read_cost(const struct recorder *recorder)
{
	struct recorder_cost cost = {};
	struct bpf_program *program;

	bpf_object__for_each_program(program, recorder->object) {
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);

		if (bpf_prog_get_info_by_fd(bpf_program__fd(program), &info, &size) < 0)
			continue;
		cost.programs++;
		cost.runs += info.run_cnt;
		cost.run_ns += info.run_time_ns;
	}
	return cost;
}

void recorder_measure(struct recorder *recorder, bool on)
{
	struct recorder_cost now;

	if (on && recorder->stats_fd < 0) {
		recorder->before = read_cost(recorder);
		recorder->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	}
	if (!on && recorder->stats_fd >= 0) {
		close(recorder->stats_fd);
		recorder->stats_fd = -1;
		now = read_cost(recorder);
		recorder->measured.runs += now.runs - recorder->before.runs;
		recorder->measured.run_ns += now.run_ns - recorder->before.run_ns;
		recorder->measured.programs = now.programs;
	}
}

void recorder_cost(const struct recorder *recorder, unsigned int share, struct recorder_cost *ret)
{
	struct recorder_cost cost = recorder->measured;

	if (share) {
		cost.runs = cost.runs * 10000 / share;
		cost.run_ns = cost.run_ns * 10000 / share;
	}
	*ret = cost;
}

void recorder_stop(struct recorder *recorder)
{
	if (recorder->asks)
		(void)ask(recorder, -1);
	recorder->asks = false;
	while (recorder->nr_links)
		bpf_link__destroy(recorder->links[--recorder->nr_links]);
}

struct recorder *recorder_free(struct recorder *recorder)
{
	if (!recorder)
		return NULL;
	recorder_stop(recorder);
	recorder_measure(recorder, false);
	bpf_object__close(recorder->object);
	free(recorder);
	return NULL;
}
