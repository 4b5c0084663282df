// SPDX-License-Identifier: GPL-2.0-only
/*
 * The published workloads in the simulator: each engine within its bounds, beside exact LRU. The same
 * bounds, wider, are held by tests/vm against a kernel. Speed is printed: a busy machine must not fail it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "workloads.h"

static struct sim_trace cyclic, getscan, config1;

static int record_workloads(void **state)
{
	cyclic = workload_record(WORKLOAD_CYCLIC);
	getscan = workload_record(WORKLOAD_GETSCAN);
	config1 = workload_record(WORKLOAD_CONFIG1);
	return 0;
}

static int free_workloads(void **state)
{
	sim_trace_free(&cyclic);
	sim_trace_free(&getscan);
	sim_trace_free(&config1);
	return 0;
}

static struct sim_result simulate(const char *name, const struct sim_trace *trace, uint64_t pages,
				  bool accessed_bits)
{
	struct sim_job job = {
		.policy = sim_policy_find(name),
		.setup = { pages, SIM_RECLAIM_DEFAULT, accessed_bits },
	};

	assert_non_null(job.policy);
	assert_int_equal(sim_run(&job, 1, 1, trace), 0);
	print_message("%-6s %7llu misses, %5.1f million references a second\n", name,
		      (unsigned long long)job.result.misses,
		      job.result.references * 1e3 / (job.result.cpu_ns + 1));
	return job.result;
}

/* Misses of the six passes that follow the first, which fills the cache. */
static uint64_t cyclic_misses(const char *name)
{
	return simulate(name, &cyclic, USABLE(16384), false).misses - WORKLOAD_CYCLIC_FIRST_PASS;
}

static void a_cyclic_scan_is_kept_in_part(void **state)
{
	assert_int_equal(cyclic_misses("lru"), 122880);
	assert_int_equal(cyclic_misses("fifo"), 122880);
	assert_in_range(cyclic_misses("belady"), 24576, 28000);
	assert_in_range(cyclic_misses("mru"), 24576, 30000);
	assert_in_range(cyclic_misses("s3fifo"), 24576, 64000);
}

static uint64_t get_misses(const char *name)
{
	struct sim_result result = simulate(name, &getscan, 16384, false);

	return result.misses - result.write_misses;
}

static void scans_do_not_flush_what_gets_use(void **state)
{
	uint64_t lru = get_misses("lru");

	assert_in_range(lru, 151901 * 97 / 100, 151901 * 103 / 100);
	assert_in_range(get_misses("belady"), 71734 * 97 / 100, 71734 * 103 / 100);
	assert_in_range(get_misses("lfu"), lru / 2, lru * 92 / 100);
	assert_in_range(get_misses("s3fifo"), lru / 2, lru * 82 / 100);
}

static uint64_t config1_misses(const char *name, bool accessed_bits)
{
	return simulate(name, &config1, 32768, accessed_bits).misses;
}

static void a_hot_region_survives_scans(void **state)
{
	assert_int_equal(config1_misses("lru", false), 327680);
	assert_int_equal(config1_misses("belady", false), 196608);
	assert_in_range(config1_misses("lfu", false), 196608, 327680 * 82 / 100);
	assert_in_range(config1_misses("s3fifo", false), 196608, 327680 * 78 / 100);
}

static void a_hot_region_survives_scans_by_accessed_bits(void **state)
{
	assert_in_range(config1_misses("lfu", true), 196608, 327680 * 85 / 100);
	assert_in_range(config1_misses("s3fifo", true), 196608, 327680 * 84 / 100);
}

/* What the virtual machine has measured, docs/measured.md, within a twentieth. */
static void the_simulation_agrees_with_the_kernel(void **state)
{
	uint64_t mru = cyclic_misses("mru"), lru = get_misses("lru"), lfu = get_misses("lfu");
	uint64_t bits = config1_misses("lfu", true);

	assert_in_range(mru, 27276 * 95 / 100, 27276 * 105 / 100);
	assert_in_range(lfu * 1000 / lru, 890 * 95 / 100, 890 * 105 / 100);
	assert_in_range(bits, 275971 * 95 / 100, 275971 * 105 / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cyclic_scan_is_kept_in_part),
		cmocka_unit_test(scans_do_not_flush_what_gets_use),
		cmocka_unit_test(a_hot_region_survives_scans),
		cmocka_unit_test(a_hot_region_survives_scans_by_accessed_bits),
		cmocka_unit_test(the_simulation_agrees_with_the_kernel),
	};

	return cmocka_run_group_tests(tests, record_workloads, free_workloads);
}
