// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulated policies against the textbook: lru, fifo and belady must miss exactly what implementations
 * that share no line with them miss, on random, looping and shifting traces, with one size and with many.
 */
#include "fixture.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "../../sim/sim.h"
#include "mechanism.h"

#define MAX_OBJECTS 300

static uint64_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % below;
}

enum shape { UNIFORM, SKEWED, LOOP, SHIFTING, N_SHAPES };

static uint32_t next_object(enum shape shape, size_t i, uint32_t nr_objects)
{
	switch (shape) {
	case UNIFORM:
		return draw(nr_objects);
	case SKEWED:
		return draw(1 + draw(1 + draw(nr_objects)));
	case LOOP:
		return i % nr_objects;
	default:
		return (draw(1 + nr_objects / 4) + i / 50) % nr_objects;
	}
}

/* With @sizes each object has one of its own, or now and then another; with @removals some are deleted. */
static struct sim_trace make_trace(enum shape shape, size_t nr, uint32_t nr_objects, bool sizes,
				   bool removals)
{
	struct sim_trace trace = { .nr_refs = nr, .nr_objects = nr_objects };

	trace.refs = calloc(nr, sizeof(*trace.refs));
	assert_non_null(trace.refs);
	for (size_t i = 0; i < nr; i++) {
		uint32_t object = next_object(shape, i, nr_objects);

		trace.refs[i].object = object;
		trace.refs[i].pages = !sizes ? 1 : draw(20) ? 1 + object % 7 : 1 + draw(9);
		trace.refs[i].op = removals && !draw(10) ? SIM_REMOVE : draw(2);
	}
	return trace;
}

/* A cache as a plain array, the next victim first. */
struct shelf {
	uint32_t object[MAX_OBJECTS], pages[MAX_OBJECTS];
	size_t n;
	uint64_t used;
};

static int shelf_find(const struct shelf *shelf, uint32_t object)
{
	for (size_t i = 0; i < shelf->n; i++)
		if (shelf->object[i] == object)
			return (int)i;
	return -1;
}

static void shelf_take(struct shelf *shelf, size_t at)
{
	shelf->used -= shelf->pages[at];
	shelf->n--;
	memmove(&shelf->object[at], &shelf->object[at + 1], (shelf->n - at) * sizeof(uint32_t));
	memmove(&shelf->pages[at], &shelf->pages[at + 1], (shelf->n - at) * sizeof(uint32_t));
}

static void shelf_put(struct shelf *shelf, uint32_t object, uint32_t pages)
{
	assert_true(shelf->n < MAX_OBJECTS);
	shelf->object[shelf->n] = object;
	shelf->pages[shelf->n++] = pages;
	shelf->used += pages;
}

/* lru and fifo: the first of the shelf goes; a hit moves to its end, or does not. */
static uint64_t textbook_misses(const struct sim_trace *trace, const struct sim_setup *setup,
				bool move)
{
	struct shelf shelf = {};
	uint64_t misses = 0;

	for (size_t i = 0; i < trace->nr_refs; i++) {
		const struct sim_ref *ref = &trace->refs[i];
		int at = shelf_find(&shelf, ref->object);
		bool same = at >= 0 && shelf.pages[at] == ref->pages;

		misses += at < 0 && ref->op != SIM_REMOVE;
		if (at >= 0 && (move || !same || ref->op == SIM_REMOVE))
			shelf_take(&shelf, at);
		else if (at >= 0)
			continue;
		if (ref->op == SIM_REMOVE || ref->pages > setup->cache_pages)
			continue;
		if (shelf.used + ref->pages > setup->cache_pages) {
			uint64_t goal = shelf.used + ref->pages - setup->cache_pages;
			uint64_t before = shelf.used;

			if (goal < setup->reclaim_pages)
				goal = setup->reclaim_pages;
			while (shelf.n && before - shelf.used < goal)
				shelf_take(&shelf, 0);
		}
		shelf_put(&shelf, ref->object, ref->pages);
	}
	return misses;
}

static size_t next_use(const struct sim_trace *trace, size_t from, uint32_t object)
{
	for (size_t i = from; i < trace->nr_refs; i++)
		if (trace->refs[i].object == object)
			return trace->refs[i].op == SIM_REMOVE ? SIZE_MAX : i;
	return SIZE_MAX;
}

static uint64_t textbook_belady(const struct sim_trace *trace, const struct sim_setup *setup)
{
	struct shelf shelf = {};
	uint64_t misses = 0;

	for (size_t i = 0; i < trace->nr_refs; i++) {
		const struct sim_ref *ref = &trace->refs[i];
		int at = shelf_find(&shelf, ref->object);

		if (at >= 0 && ref->op != SIM_REMOVE)
			continue;
		if (at >= 0)
			shelf_take(&shelf, at);
		if (ref->op == SIM_REMOVE)
			continue;
		misses++;
		if (shelf.used + ref->pages > setup->cache_pages) {
			size_t last = 0;

			for (size_t k = 1; k < shelf.n; k++)
				if (next_use(trace, i, shelf.object[k]) >
				    next_use(trace, i, shelf.object[last]))
					last = k;
			shelf_take(&shelf, last);
		}
		shelf_put(&shelf, ref->object, ref->pages);
	}
	return misses;
}

static struct sim_result simulate(const char *name, const struct sim_trace *trace,
				  const struct sim_setup *setup)
{
	struct sim_job job = { .policy = sim_policy_find(name), .setup = *setup };

	assert_non_null(job.policy);
	assert_int_equal(sim_run(&job, 1, 1, trace), 0);
	assert_true(job.result.hits + job.result.misses == job.result.references);
	return job.result;
}

static void check_order(bool sizes, bool removals)
{
	static const uint32_t reclaims[] = { 1, 3, 64 };

	for (unsigned int i = 0; i < N_SHAPES * ARRAY_SIZE(reclaims); i++) {
		struct sim_trace trace =
			make_trace(i % N_SHAPES, 4000, 100 + draw(150), sizes, removals);
		struct sim_setup setup = { .cache_pages = 70 + draw(100),
					   .reclaim_pages = reclaims[i / N_SHAPES] };

		assert_int_equal(simulate("lru", &trace, &setup).misses,
				 textbook_misses(&trace, &setup, true));
		assert_int_equal(simulate("fifo", &trace, &setup).misses,
				 textbook_misses(&trace, &setup, false));
		sim_trace_free(&trace);
	}
}

static void test_lru_and_fifo_are_the_textbooks(void **state)
{
	seed = 1;
	check_order(false, false);
}

static void test_lru_and_fifo_with_sizes_and_removals(void **state)
{
	seed = 2;
	check_order(true, false);
	check_order(true, true);
}

static void test_belady_is_the_textbooks(void **state)
{
	seed = 3;
	for (unsigned int i = 0; i < 2 * N_SHAPES; i++) {
		struct sim_trace trace =
			make_trace(i % N_SHAPES, 1500, 40 + draw(100), false, i >= N_SHAPES);
		struct sim_setup setup = { .cache_pages = 10 + draw(60), .reclaim_pages = 64 };

		assert_int_equal(simulate("belady", &trace, &setup).misses,
				 textbook_belady(&trace, &setup));
		sim_trace_free(&trace);
	}
}

static void test_nothing_misses_less_than_belady(void **state)
{
	seed = 4;
	for (unsigned int i = 0; i < N_SHAPES; i++) {
		struct sim_trace trace = make_trace(i, 3000, 200, false, false);
		struct sim_setup setup = { .cache_pages = 150, .reclaim_pages = 8 };
		uint64_t best = simulate("belady", &trace, &setup).misses;

		for (size_t k = 0; k < sim_policies_count; k++)
			assert_true(simulate(sim_policies[k].name, &trace, &setup).misses >= best);
		sim_trace_free(&trace);
	}
}

static void test_noop_is_fifo(void **state)
{
	struct sim_setup setup = { .cache_pages = 100, .reclaim_pages = 64 };

	for (unsigned int i = 0; i < N_SHAPES; i++) {
		struct sim_trace trace = make_trace(i, 3000, 200, true, true);

		assert_int_equal(simulate("noop", &trace, &setup).misses,
				 simulate("fifo", &trace, &setup).misses);
		sim_trace_free(&trace);
	}
}

static void test_what_does_not_fit_is_never_cached(void **state)
{
	struct sim_ref refs[] = {
		{ 0, 5, SIM_READ }, { 0, 5, SIM_READ }, { 1, 4, SIM_READ }, { 1, 4, SIM_WRITE }
	};
	struct sim_trace trace = { .refs = refs, .nr_refs = 4, .nr_objects = 2 };
	struct sim_setup setup = { .cache_pages = 4, .reclaim_pages = 64 };

	for (size_t i = 0; i < sim_policies_count; i++)
		assert_int_equal(simulate(sim_policies[i].name, &trace, &setup).hits, 1);
}

/*
 * Only whether they end is asked: what an engine remembers of the run before does not matter, and no
 * process of its own is needed. One that never ends is killed by the alarm, and the test with it.
 */
static void simulate_all(const struct sim_trace *trace, const struct sim_setup *setup)
{
	alarm(300);
	for (size_t i = 0; i < sim_policies_count; i++) {
		struct sim_result result = {};

		assert_int_equal(sim_policies[i].run(&sim_policies[i], setup, trace, &result), 0);
		assert_true(result.references == trace->nr_refs);
	}
	alarm(0);
}

static void test_every_small_cache_comes_to_an_end(void **state)
{
	struct sim_trace trace = make_trace(LOOP, 300, 100, true, false);

	seed = 5;
	for (uint32_t pages = 1; pages < 64; pages++) {
		struct sim_setup setup = { .cache_pages = pages, .reclaim_pages = 64 };

		simulate_all(&trace, &setup);
		setup.reclaim_pages = pages + 1;
		setup.accessed_bits = true;
		simulate_all(&trace, &setup);
		setup.reclaim_pages = UINT32_MAX;
		simulate_all(&trace, &setup);
	}
	sim_trace_free(&trace);
}

static void test_an_object_as_large_as_the_cache_comes_to_an_end(void **state)
{
	/* 64 MiB, between small ones; then one that is larger than the cache. */
	struct sim_ref refs[] = {
		{ 0, 1, SIM_READ },	{ 1, 16384, SIM_READ }, { 0, 1, SIM_READ },
		{ 1, 16384, SIM_READ }, { 2, 16385, SIM_READ }, { 1, 16384, SIM_WRITE },
	};
	struct sim_trace trace = { .refs = refs, .nr_refs = ARRAY_SIZE(refs), .nr_objects = 3 };
	struct sim_setup setup = { .cache_pages = 16384, .reclaim_pages = 64 };

	simulate_all(&trace, &setup);
	/* The last finds what the first but one has left. */
	for (size_t i = 0; i < sim_policies_count; i++)
		assert_int_equal(simulate(sim_policies[i].name, &trace, &setup).misses, 5);
}

/* Its own pid is all that the test needs of it. */
static pid_t *asleep;

static int sleep_for_ever(const struct sim_policy *policy, const struct sim_setup *setup,
			  const struct sim_trace *trace, struct sim_result *result)
{
	__atomic_store_n(asleep, getpid(), __ATOMIC_SEQ_CST);
	while (pause() < 0)
		;
	return 0;
}

static void run_for_ever(void)
{
	struct sim_policy policy = { .name = "sleep", .run = sleep_for_ever };
	struct sim_job job = { .policy = &policy };
	struct sim_trace trace = {};

	sim_run(&job, 1, 1, &trace);
	_exit(0);
}

static void test_a_simulation_dies_with_its_parent(void **state)
{
	pid_t parent, child;
	int status;

	asleep = mmap(NULL, sizeof(*asleep), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	assert_true(asleep != MAP_FAILED);
	/* Orphans come to us: so their end can be waited for. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	parent = fork();
	assert_true(parent >= 0);
	if (!parent)
		run_for_ever();
	while (!(child = __atomic_load_n(asleep, __ATOMIC_SEQ_CST)))
		usleep(1000);
	assert_int_equal(kill(parent, SIGKILL), 0);
	assert_int_equal(waitpid(parent, &status, 0), parent);
	alarm(300);
	assert_int_equal(waitpid(child, &status, 0), child);
	alarm(0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	munmap(asleep, sizeof(*asleep));
}

static void test_what_is_missed_is_counted_in_pages_too(void **state)
{
	struct sim_ref refs[] = { { 0, 5, SIM_READ },	{ 1, 3, SIM_WRITE }, { 0, 5, SIM_READ },
				  { 1, 3, SIM_REMOVE }, { 1, 4, SIM_READ },  { 2, 90, SIM_READ } };
	struct sim_trace trace = { .refs = refs, .nr_refs = ARRAY_SIZE(refs), .nr_objects = 3 };
	struct sim_setup setup = { .cache_pages = 50, .reclaim_pages = 1 };

	for (size_t i = 0; i < sim_policies_count; i++)
		assert_int_equal(simulate(sim_policies[i].name, &trace, &setup).missed_pages,
				 5 + 3 + 4 + 90);
}

static void test_engine_globals_are_fresh_for_each_run(void **state)
{
	struct sim_trace trace = make_trace(SKEWED, 20000, 250, false, false);
	struct sim_setup setup = { .cache_pages = 60, .reclaim_pages = 16 };
	struct sim_job jobs[12];
	size_t n = 0;

	for (unsigned int i = 0; i < 6; i++) {
		jobs[n++] = (struct sim_job){ .policy = sim_policy_find("lfu"), .setup = setup };
		jobs[n++] = (struct sim_job){ .policy = sim_policy_find("s3fifo"), .setup = setup };
	}
	assert_int_equal(sim_run(jobs, n, 2, &trace), 0);
	for (size_t i = 2; i < n; i++) {
		jobs[i].result.cpu_ns = jobs[i - 2].result.cpu_ns;
		assert_memory_equal(&jobs[i].result, &jobs[i - 2].result, sizeof(jobs[i].result));
	}
	sim_trace_free(&trace);
}

static void test_a_run_that_dies_is_an_error(void **state)
{
	struct sim_policy broken = { .name = "broken", .run = (void *)abort };
	struct sim_job jobs[] = { { .policy = &broken }, { .policy = &broken } };
	struct sim_trace trace = {};

	assert_int_equal(sim_run(jobs, 2, 2, &trace), -ECHILD);
}

static void test_every_shipped_engine_can_be_simulated(void **state)
{
	size_t n = 0;

	for (size_t i = 0; i < mp_mechanism_cache.n_engines; i++) {
		const struct mp_engine *engine = &mp_mechanism_cache.engines[i];

		/* What the kernel does by itself is lru. */
		if (!engine->available || !strcmp(engine->name, "kernel") ||
		    !strcmp(engine->name, mp_mechanism_cache.leaving_engine))
			continue;
		n++;
		assert_non_null(sim_policy_find(engine->name));
		assert_non_null(sim_policy_find(engine->name)->engine);
	}
	assert_int_equal(n, sim_policies_count - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lru_and_fifo_are_the_textbooks),
		cmocka_unit_test(test_lru_and_fifo_with_sizes_and_removals),
		cmocka_unit_test(test_belady_is_the_textbooks),
		cmocka_unit_test(test_nothing_misses_less_than_belady),
		cmocka_unit_test(test_noop_is_fifo),
		cmocka_unit_test(test_what_does_not_fit_is_never_cached),
		cmocka_unit_test(test_every_small_cache_comes_to_an_end),
		cmocka_unit_test(test_an_object_as_large_as_the_cache_comes_to_an_end),
		cmocka_unit_test(test_a_simulation_dies_with_its_parent),
		cmocka_unit_test(test_what_is_missed_is_counted_in_pages_too),
		cmocka_unit_test(test_engine_globals_are_fresh_for_each_run),
		cmocka_unit_test(test_a_run_that_dies_is_an_error),
		cmocka_unit_test(test_every_shipped_engine_can_be_simulated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
