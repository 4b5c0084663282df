// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for a recording in the simulator: it is read as it was written, sizes are those of the whole, and
 * the engine that a sample names is as good as the best of all pages. The recorder's programs are played over an
 * exact LRU: what comes in, and what is used, is what they would see.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "../../bpf/record/sampled-runs.h"
#include "../../daemon/mempolctl/sample.h"
#include "workloads.h"

#define FILES 2000 /* of the search */
#define FILE_PAGES 13
#define SEARCH_PASSES 10
/* The workloads of tests/vm/record/advise.sh, whose sample is a quarter. */
#define SMALL_CYCLIC                                                         \
	"file_name = /f\nfile_size = 20M\nexecution_sequence = CyclicScan\n" \
	"[CyclicScan]\nprime = 1\npasses = 4\nblock_size = 1M\n"
#define SMALL_GETSCAN                                                     \
	"file_name = /f\nfile_size = 64M\nexecution_sequence = GetScan\n" \
	"[GetScan]\ngets = 40000\ntheta = 0.99\nscan_probability = 0.0005\nscan_length = 500\n"
#define SEEDS 3
#define NEAR 0.06 /* part of an engine's misses */
#define NOT_SO_NEAR 0.10

/* Inodes are numbered from here on: another sample. */
static uint64_t first_ino = 12;

/* The cache that is recorded, as large as the one that is simulated. */
struct lru {
	uint32_t *next, *prev; /* by object; the last is the head */
	bool *cached;
	uint32_t head, nr, max;
};

static void lru_unlink(struct lru *lru, uint32_t object)
{
	lru->next[lru->prev[object]] = lru->next[object];
	lru->prev[lru->next[object]] = lru->prev[object];
}

/* Returns whether it was a miss. */
static bool lru_use(struct lru *lru, uint32_t object)
{
	bool miss = !lru->cached[object];

	if (!miss) {
		lru_unlink(lru, object);
	} else if (lru->nr == lru->max) {
		uint32_t last = lru->prev[lru->head];

		lru_unlink(lru, last);
		lru->cached[last] = false;
	} else {
		lru->nr++;
	}
	lru->cached[object] = true;
	lru->next[object] = lru->next[lru->head];
	lru->prev[object] = lru->head;
	lru->prev[lru->next[object]] = object;
	lru->next[lru->head] = object;
	return miss;
}

static struct lru lru_new(uint32_t nr_objects, uint32_t pages)
{
	struct lru lru = { .head = nr_objects, .max = pages };

	lru.next = calloc(nr_objects + 1, sizeof(*lru.next));
	lru.prev = calloc(nr_objects + 1, sizeof(*lru.prev));
	lru.cached = calloc(nr_objects + 1, sizeof(*lru.cached));
	assert_true(lru.next && lru.prev && lru.cached);
	lru.next[lru.head] = lru.prev[lru.head] = lru.head;
	return lru;
}

static void lru_done(struct lru *lru)
{
	free(lru->next);
	free(lru->prev);
	free(lru->cached);
}

static void add(struct sample *sample, uint64_t ino, uint64_t index, uint32_t op, bool in_run)
{
	const struct mempol_record record = {
		.ino = ino,
		.index = index,
		.dev = 1 << 20,
		.thread = 77,
		.op = op,
		.flags = in_run,
	};

	assert_int_equal(sample_add(sample, &record), 0);
}

/* As bpf/record sees one file per @file_pages pages; 0: all are of one. */
static void record(const struct sim_trace *trace, uint32_t pages, uint32_t file_pages,
		   unsigned int shift, struct sample *sample)
{
	struct sampled_runs *runs = calloc(1, sizeof(*runs));
	struct lru lru = lru_new(trace->nr_objects, pages);

	assert_non_null(runs);
	*sample = (struct sample){ .max_uses = SAMPLE_MAX_USES, .shift = shift };
	for (size_t i = 0; i < trace->nr_refs; i++) {
		uint32_t object = trace->refs[i].object;
		uint64_t ino = first_ino + (file_pages ? object / file_pages : 0);
		uint64_t index = file_pages ? object % file_pages : object;

		if (lru_use(&lru, object)) {
			bool in_run = sampled_runs_added(runs, 77, ino, index, 1);

			if (sample_has(ino, index, shift))
				add(sample, ino, index, MEMPOL_RECORD_ADDED, in_run);
		}
		if (sample_has(ino, index, shift))
			add(sample, ino, index, MEMPOL_RECORD_READ,
			    sampled_runs_used(runs, 77, ino, index, shift));
	}
	lru_done(&lru);
	free(runs);
}

/* Through a file, as a user would. */
static struct sim_trace load(const struct sample *sample)
{
	const struct sample_header header = { .cgroup = "/x", .limit_bytes = UINT64_MAX };
	char path[] = "/tmp/test_sim_sample.XXXXXX";
	const struct sim_source source = { .path = path,
					   .format = SIM_FORMAT_TEXT,
					   .format_is_guess = true };
	int fd = mkstemp(path);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	struct sim_trace trace;

	if (!f)
		abort();
	assert_int_equal(sample_write(sample, &header, f), 0);
	fclose(f);
	assert_int_equal(sim_trace_load(&source, stderr, &trace), 0);
	unlink(path);
	return trace;
}

static void simulate(const struct sim_trace *trace, uint32_t pages, struct sim_job jobs[])
{
	for (size_t i = 0; i < sim_policies_count; i++)
		jobs[i] = (struct sim_job){ .policy = &sim_policies[i],
					    .setup = { pages, SIM_RECLAIM_DEFAULT, false } };
	assert_int_equal(sim_run(jobs, sim_policies_count, 2, trace), 0);
}

static size_t best_of(const struct sim_job jobs[])
{
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < sim_policies_count; i++)
		if (jobs[i].policy->engine &&
		    (best == SIZE_MAX || jobs[i].result.misses < jobs[best].result.misses))
			best = i;
	return best;
}

/*
 * An engine misses as much of lru's misses in the sample as in the whole, or else one of two that are near each other is
 * named by its numbers: each looks at so many pages at a time, however small the cache is.
 */
static void is_near(const char *name, const struct sim_job *all, const struct sim_job *few,
		    double sampled, double near)
{
	double misses = few->result.misses / sampled, whole = all->result.misses;

	if (misses < whole * (1 - near) || misses > whole * (1 + near))
		fail_msg("%s: %s misses %.0f pages by the sample and %.0f in the whole", name,
			 all->policy->name, misses, whole);
}

static void compare(const char *name, const struct sim_trace *whole, uint32_t pages,
		    uint32_t file_pages, double near)
{
	unsigned int shift = sample_shift_for(pages);
	struct sim_job all[16], few[16];
	struct sim_trace trace;
	struct sample sample;
	size_t best, named;

	assert_true(sim_policies_count <= 16);
	record(whole, pages, file_pages, shift, &sample);
	trace = load(&sample);
	assert_int_equal(trace.sample_shift, shift);
	simulate(whole, pages, all);
	simulate(&trace, pages, few);
	for (size_t i = 0; i < sim_policies_count; i++)
		print_message("%-8s %-8s all %9llu (%.3f of lru)  sample %9llu (%.3f)\n", name,
			      all[i].policy->name, (unsigned long long)all[i].result.misses,
			      (double)all[i].result.misses / all[0].result.misses,
			      (unsigned long long)few[i].result.misses << shift,
			      (double)few[i].result.misses / few[0].result.misses);
	for (size_t i = 0; i < sim_policies_count; i++)
		is_near(name, &all[i], &few[i], (double)few[0].result.misses / all[0].result.misses,
			near);
	best = best_of(all);
	named = best_of(few);
	print_message("%-8s 1/%u names %s, the best is %s: %.3f\n", name, 1U << shift,
		      all[named].policy->name, all[best].policy->name,
		      (double)all[named].result.misses / all[best].result.misses);
	if (all[named].result.misses * 100 > all[best].result.misses * 103)
		fail_msg("%s: %s is not within 3 %% of %s", name, all[named].policy->name,
			 all[best].policy->name);
	sample_done(&sample);
	sim_trace_free(&trace);
}

static void a_sample_of_a_cyclic_scan_names_the_best_engine(void **state)
{
	struct sim_trace trace = workload_record(WORKLOAD_CYCLIC);

	compare("cyclic", &trace, USABLE(16384), 0, NEAR);
	sim_trace_free(&trace);
}

static void a_sample_of_gets_among_scans_names_the_best_engine(void **state)
{
	struct sim_trace trace = workload_record(WORKLOAD_GETSCAN);

	compare("getscan", &trace, 16384, 0, NEAR);
	sim_trace_free(&trace);
}

static void a_sample_of_config1_names_the_best_engine(void **state)
{
	struct sim_trace trace = workload_record(WORKLOAD_CONFIG1);

	compare("config1", &trace, 32768, 0, NOT_SO_NEAR);
	sim_trace_free(&trace);
}

static struct sim_trace search(uint32_t files, unsigned int passes)
{
	const uint32_t pages = files * FILE_PAGES;
	struct sim_trace trace = { .nr_refs = (size_t)pages * passes, .nr_objects = pages };

	trace.refs = calloc(trace.nr_refs, sizeof(*trace.refs));
	assert_non_null(trace.refs);
	for (size_t i = 0; i < trace.nr_refs; i++)
		trace.refs[i] = (struct sim_ref){ .object = i % pages, .pages = 1 };
	return trace;
}

static void a_sample_of_a_search_names_the_best_engine(void **state)
{
	struct sim_trace trace = search(FILES, SEARCH_PASSES);

	compare("search", &trace, 17631, FILE_PAGES, NEAR);
	sim_trace_free(&trace);
}

/* Of several samples each names an engine that is as good as the best. */
static void compare_seeds(const char *name, struct sim_trace trace, uint32_t pages,
			  uint32_t file_pages)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		first_ino = 7919 * seed;
		compare(name, &trace, pages, file_pages, NEAR);
	}
	first_ino = 12;
	sim_trace_free(&trace);
}

static void samples_of_a_small_cyclic_scan_name_the_best_engine(void **state)
{
	compare_seeds("cyclic", workload_record(SMALL_CYCLIC), USABLE(4096), 0);
	compare_seeds("cyclic", workload_record(SMALL_CYCLIC), 4300, 0);
}

static void samples_of_few_gets_among_scans_name_the_best_engine(void **state)
{
	compare_seeds("getscan", workload_record(SMALL_GETSCAN), 4096, 0);
}

static void samples_of_a_small_search_name_the_best_engine(void **state)
{
	compare_seeds("search", search(500, 5), 4608, FILE_PAGES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sample_of_a_cyclic_scan_names_the_best_engine),
		cmocka_unit_test(a_sample_of_gets_among_scans_names_the_best_engine),
		cmocka_unit_test(a_sample_of_config1_names_the_best_engine),
		cmocka_unit_test(a_sample_of_a_search_names_the_best_engine),
		cmocka_unit_test(samples_of_a_small_cyclic_scan_name_the_best_engine),
		cmocka_unit_test(samples_of_few_gets_among_scans_name_the_best_engine),
		cmocka_unit_test(samples_of_a_small_search_name_the_best_engine),
	};

	return cmocka_run_group_tests_name("sim_sample", tests, NULL, NULL);
}
