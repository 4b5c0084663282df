// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the microbenchmark reads beside its configuration: traces, and the counters of the system, of which it must
 * never read the running one's: the tests bring their own /proc. Run by make check, without root.
 */
#include "microbenchmark.h"
#include <sys/sysmacros.h>

#include "../../examples/microbenchmark/counters.h"
#include "../../examples/microbenchmark/report.h"

static void a_trace_is_replayed_as_written(void **state)
{
	static const char text[] =
		"# made by hand\n\nr 3\n  w 1 2 # two\nm\t9 1 @3\r\nr 0 10\nr 2 @1";
	char *dir = new_dir(), config[256];

	(void)state;
	write_file(dir, "trace", text, sizeof(text) - 1);
	snprintf(config, sizeof(config), PAGES(40) "Trace\n[Trace]\ntrace_file = %s/trace\n", dir);
	expect_stream(config, "r3 w1+2 m9 r0+10 r2 ");
	remove_dir(dir);
}

static void bad_traces_name_their_line(void **state)
{
#define BAD(text, message) { text, sizeof(text) - 1, message }
	static const struct {
		const char *text;
		size_t len;
		const char *message;
	} cases[] = {
		BAD("", ":1: the trace has no reference"),
		BAD("r 1\nx 2\n", ":2: unknown operation"),
		BAD("r\n", ":1: write r, w or m"),
		BAD("r1\n", ":1: write r, w or m"),
		BAD("r -1\n", ":1: write r, w or m"),
		BAD("r 1 2 3\n", ":1: write r, w or m"),
		BAD("r 1x\n", ":1: write r, w or m"),
		BAD("r 1 0\n", ":1: COUNT is out of range"),
		BAD("r 1 4294967296\n", ":1: COUNT is out of range"),
		BAD("r 1 @\n", ":1: @THREAD is a number from 0 to 65535"),
		BAD("r 1 @65536\n", ":1: @THREAD is a number"),
		BAD("r 1 @1 2\n", ":1: write r, w or m"),
		BAD("r 10\n", ":1: page beyond the end"),
		BAD("r 9 2\n", ":1: page beyond the end"),
		BAD("r 18446744073709551616\n", ":1: write r, w or m"),
		BAD("r 1\nr \0002\n", ":2: NUL byte"),
		BAD("r 1\0", ":1: NUL byte"),
	};
	char *dir = new_dir(), path[256], *line;

	(void)state;
	snprintf(path, sizeof(path), "%s/trace", dir);
	for (size_t i = 0; i <= MB_ARRAY_SIZE(cases); i++) {
		const char *message = ":1: line longer than";
		struct mb_trace trace;
		char *said = NULL;
		size_t size;
		FILE *err = open_memstream(&said, &size);

		if (i < MB_ARRAY_SIZE(cases)) {
			message = cases[i].message;
			write_file(dir, "trace", cases[i].text, cases[i].len);
		} else {
			line = malloc(5000);
			assert_non_null(line);
			memset(line, '#', 5000);
			write_file(dir, "trace", line, 5000);
			free(line);
		}
		assert_true(mb_trace_load(path, 10, err, &trace) < 0);
		fclose(err);
		if (!strstr(said, message))
			fail_msg("'%s' lacks '%s'", said, message);
		free(said);
	}
	remove_dir(dir);
}

static const char diskstats[] =
	"   7       0 loop0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
	" 254       0 vda 1000 5 80016 700 20 3 4000 90 0 100 790 0 0 0 0 0 0\n"
	" 254       1 vda1 900 4 7208 600 20 3 4000 90 0 100 690 0 0 0 0 0 0\n"
	"   1       3 null 1 0 8 0 0 0 0 0 0 0 0\n";

static void put_text(const char *dir, const char *name, const char *text)
{
	write_file(dir, name, text, strlen(text));
}

static void disks_and_partitions_have_their_own_reads(void **state)
{
	char *dir = new_dir(), path[256];
	u64 sectors = 0;

	(void)state;
	put_text(dir, "proc/diskstats", diskstats);
	snprintf(path, sizeof(path), "%s/proc/diskstats", dir);
	assert_int_equal(mb_diskstats_read(path, 254, 0, &sectors), 0);
	assert_int_equal(sectors, 80016);
	assert_int_equal(mb_diskstats_read(path, 254, 1, &sectors), 0);
	assert_int_equal(sectors, 7208);
	assert_int_equal(mb_diskstats_read(path, 25, 0, &sectors), -ENODEV);
	assert_int_equal(mb_diskstats_read("/nonexistent", 254, 0, &sectors), -ENOENT);
	remove_dir(dir);
}

/* 0:40 is a btrfs whose device is 1:3 (a file system test cannot make block devices), 0:41 an overlay. */
static const char mountinfo[] = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
				"30 22 0:26 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw\n"
				"40 22 0:40 /sub /mnt/b\\040b rw - btrfs /dev/null rw\n"
				"41 22 0:41 / /mnt/o rw - overlay overlay rw\n";

static char *new_system(void)
{
	char *dir = new_dir(), link[256];

	put_text(dir, "proc/diskstats", diskstats);
	put_text(dir, "proc/self/mountinfo", mountinfo);
	put_text(dir, "proc/self/cgroup", "1:name=systemd:/x\n0::/run.slice/a.service/inner\n");
	put_text(dir, "proc/vmstat", "nr_free_pages 1\nworkingset_refault_file 999\n");
	put_text(dir, "sys/fs/cgroup/run.slice/memory.stat",
		 "anon 1\nworkingset_refault_file_x 5\nworkingset_refault_file 42\n");
	put_text(dir, "dev/.keep", "");
	snprintf(link, sizeof(link), "%s/dev/null", dir);
	assert_int_equal(symlink("/dev/null", link), 0);
	return dir;
}

static void counters_are_found_below_any_root(void **state)
{
	struct mb_counters begin, end, sum = { 0 };
	char *dir = new_system();
	struct mb_probe probe;

	(void)state;
	assert_int_equal(mb_probe_init(&probe, dir, makedev(254, 1)), 0);
	assert_false(probe.refaults_of_system);
	assert_int_equal(mb_counters_begin(&probe, &begin), 0);
	assert_int_equal(begin.sectors_read, 7208);
	/* The nearest ancestor with the memory controller. */
	assert_int_equal(begin.refaults, 42);
	put_text(dir, "sys/fs/cgroup/run.slice/memory.stat", "workingset_refault_file 50\n");
	assert_int_equal(mb_counters_end(&probe, &end), 0);
	mb_counters_add(&sum, &begin, &end);
	assert_int_equal(sum.refaults, 8);
	assert_int_equal(sum.sectors_read, 0);
	assert_true(sum.time_ns > 0);
	mb_probe_free(&probe);
	remove_dir(dir);
}

static void a_file_systems_own_device_number_is_resolved_or_refused(void **state)
{
	char *dir = new_system();
	struct mb_probe probe;

	(void)state;
	assert_int_equal(mb_probe_init(&probe, dir, makedev(0, 40)), 0);
	assert_int_equal(probe.major, 1);
	assert_int_equal(probe.minor, 3);
	mb_probe_free(&probe);
	assert_int_equal(mb_probe_init(&probe, dir, makedev(0, 41)), -ENODEV);
	assert_int_equal(mb_probe_init(&probe, dir, makedev(0, 99)), -ENODEV);
	remove_dir(dir);
}

static void a_device_that_does_not_count_is_refused(void **state)
{
	char *dir = new_system();
	struct mb_probe probe;

	(void)state;
	put_text(dir, "sys/dev/block/254:0/queue/iostats", "1\n");
	put_text(dir, "sys/dev/block/queue/iostats", "0\n");
	put_text(dir, "sys/dev/block/254:1/partition", "1\n");
	assert_int_equal(mb_probe_init(&probe, dir, makedev(254, 0)), 0);
	mb_probe_free(&probe);
	assert_int_equal(mb_probe_init(&probe, dir, makedev(254, 1)), -EOPNOTSUPP);
	remove_dir(dir);
}

static void without_cgroup_v2_refaults_are_the_systems_and_said_to_be(void **state)
{
	char *dir = new_system();
	struct mb_counters now;
	struct mb_probe probe;

	(void)state;
	put_text(dir, "proc/self/cgroup", "3:memory:/x\n");
	assert_int_equal(mb_probe_init(&probe, dir, makedev(254, 0)), 0);
	assert_true(probe.refaults_of_system);
	assert_int_equal(mb_counters_begin(&probe, &now), 0);
	assert_int_equal(now.refaults, 999);
	mb_probe_free(&probe);
	remove_dir(dir);
}

static void the_result_line_is_the_published_one(void **state)
{
	struct mb_result result = {
		.counters = { .sectors_read = 163,
			      .refaults = 3,
			      .major_faults = 4,
			      .minor_faults = 5,
			      .time_ns = 1234567890 },
		.scan_sectors = 80,
	};
	char *said = NULL;
	size_t size;
	FILE *out = open_memstream(&said, &size);

	(void)state;
	mb_report_line(out, MB_CYCLIC_SCAN, &result);
	mb_report_line(out, MB_GET_SCAN, &result);
	fclose(out);
	assert_string_equal(said,
			    "CyclicScan page_reads=20 major_faults=4 minor_faults=5 refaults=3 "
			    "seconds=1.235\n"
			    "GetScan page_reads=20 major_faults=4 minor_faults=5 refaults=3 "
			    "seconds=1.235 get_reads=10\n");
	free(said);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trace_is_replayed_as_written),
		cmocka_unit_test(bad_traces_name_their_line),
		cmocka_unit_test(disks_and_partitions_have_their_own_reads),
		cmocka_unit_test(counters_are_found_below_any_root),
		cmocka_unit_test(a_file_systems_own_device_number_is_resolved_or_refused),
		cmocka_unit_test(a_device_that_does_not_count_is_refused),
		cmocka_unit_test(without_cgroup_v2_refaults_are_the_systems_and_said_to_be),
		cmocka_unit_test(the_result_line_is_the_published_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
