// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for the cgroup that is recorded: it is found as people write it, what is wrong is said with the
 * remedy, and the size of its cache is what its limit leaves.
 */
#include "fixture.h"

#include "../../daemon/mempolctl/record-cgroup.h"

static void make(const char *tree, const char *path)
{
	_cleanup_free_ char *directory = tree_path(tree, path), *procs = NULL;

	assert_int_equal(mkdir(directory, 0755), 0);
	assert_true(asprintf(&procs, "%s/cgroup.procs", path) > 0);
	tree_write(tree, procs, "");
}

static void setup(const char *tree)
{
	tree_write(tree, "cgroup.procs", "");
	make(tree, "a.slice");
	make(tree, "a.slice/db.service");
	make(tree, "b.slice");
	make(tree, "b.slice/two.service");
	make(tree, "a.slice/two.service");
	tree_write(tree, "a.slice/memory.max", "65536\n");
	tree_write(tree, "a.slice/db.service/memory.max", "max\n");
	tree_write(tree, "a.slice/db.service/memory.current", "40960\n");
	tree_write(tree, "a.slice/db.service/memory.stat",
		   "anon 8192\nfile 24576\nshmem 4096\nmempol_file 12288\n");
}

static void a_cgroup_is_found_by_path_or_unit(void **state)
{
	const char *tree = *state;
	_cleanup_free_ char *full = tree_path(tree, "a.slice/db.service/");
	const struct {
		const char *cgroup, *unit;
	} ways[] = {
		{ "/a.slice/db.service", NULL },
		{ "a.slice/db.service", NULL },
		{ full, NULL },
		{ "//a.slice///db.service//", NULL },
		{ NULL, "db.service" },
	};
	char *problem;

	setup(tree);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct record_cgroup cgroup;

		assert_int_equal(record_cgroup_find(tree, ways[i].cgroup, ways[i].unit, &cgroup,
						    &problem),
				 0);
		assert_string_equal(cgroup.path, "/a.slice/db.service");
		assert_int_equal(cgroup.level, 2);
		assert_true(record_cgroup_is_there(tree, &cgroup));
		cgroup.id++;
		assert_false(record_cgroup_is_there(tree, &cgroup));
		record_cgroup_done(&cgroup);
	}
}

static void the_root_is_a_cgroup(void **state)
{
	struct record_cgroup cgroup;
	char *problem;

	setup(*state);
	assert_int_equal(record_cgroup_find(*state, "/", NULL, &cgroup, &problem), 0);
	assert_string_equal(cgroup.path, "/");
	assert_int_equal(cgroup.level, 0);
	record_cgroup_done(&cgroup);
}

static void what_is_not_found_is_said_with_the_remedy(void **state)
{
	static const struct {
		const char *cgroup, *unit;
		int error;
		const char *words;
	} cases[] = {
		{ "/c", NULL, -ENOENT, "there is no cgroup /c: write its path below" },
		{ "/a.slice/..", NULL, -EINVAL, "neither . nor ..: write it from the root on" },
		{ "/./a.slice", NULL, -EINVAL, "neither . nor .." },
		{ NULL, "c.service", -ENOENT,
		  "there is no unit c.service that runs: see systemctl" },
		{ NULL, "two.service", -ENOTUNIQ,
		  "are both called two.service: name one with --cgroup" },
	};

	setup(*state);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct record_cgroup cgroup;
		char *problem;

		assert_int_equal(record_cgroup_find(*state, cases[i].cgroup, cases[i].unit, &cgroup,
						    &problem),
				 cases[i].error);
		assert_non_null(strstr(problem, cases[i].words));
		free(problem);
	}
}

static void the_cache_is_what_the_limit_leaves(void **state)
{
	struct record_cgroup cgroup;
	struct record_memory memory;
	char *problem;

	setup(*state);
	assert_int_equal(record_cgroup_find(*state, NULL, "db.service", &cgroup, &problem), 0);
	assert_int_equal(record_cgroup_memory(*state, &cgroup, &memory), 0);
	/* The limit is the parent's. */
	assert_int_equal(memory.limit_bytes, 65536);
	assert_int_equal(memory.file_bytes, 20480);
	assert_int_equal(memory.governed_bytes, 12288);
	assert_int_equal(record_cache_bytes(&memory), 65536 - 20480);
	memory.limit_bytes = UINT64_MAX;
	assert_int_equal(record_cache_bytes(&memory), 20480);
	memory.limit_bytes = 4096;
	assert_int_equal(record_cache_bytes(&memory), 20480);
	record_cgroup_done(&cgroup);
}

static void what_waits_for_its_place_is_governed(void **state)
{
	/* Batches of two CPUs: 62 pages; a hundredth of 40,000 pages is more. */
	static const struct {
		uint64_t file, governed;
		bool is_governed;
	} cases[] = {
		{ 0, 0, true },		 { 62, 0, true },      { 63, 0, false },
		{ 1000, 938, true },	 { 1000, 937, false }, { 40000, 39600, true },
		{ 40000, 39599, false }, { 40000, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct record_memory memory = { .file_bytes = cases[i].file * 4096,
						.governed_bytes = cases[i].governed * 4096 };

		assert_int_equal(record_is_governed(&memory, 2), cases[i].is_governed);
	}
}

static void what_siblings_have_is_theirs(void **state)
{
	struct record_cgroup cgroup;
	struct record_memory memory;
	char *problem;

	setup(*state);
	/* 16 KiB of the parent's are a sibling's. */
	tree_write(*state, "a.slice/memory.current", "57344\n");
	assert_int_equal(record_cgroup_find(*state, NULL, "db.service", &cgroup, &problem), 0);
	assert_int_equal(record_cgroup_memory(*state, &cgroup, &memory), 0);
	assert_int_equal(memory.limit_bytes, 65536 - 16384);
	assert_int_equal(record_cache_bytes(&memory), 65536 - 16384 - 20480);
	/* A limit of its own is its own. */
	tree_write(*state, "a.slice/db.service/memory.max", "45056\n");
	assert_int_equal(record_cgroup_memory(*state, &cgroup, &memory), 0);
	assert_int_equal(memory.limit_bytes, 45056);
	/* Nothing is left: then it has what it has. */
	tree_write(*state, "a.slice/memory.current", "9999999\n");
	assert_int_equal(record_cgroup_memory(*state, &cgroup, &memory), 0);
	assert_int_equal(memory.limit_bytes, 0);
	assert_int_equal(record_cache_bytes(&memory), 20480);
	record_cgroup_done(&cgroup);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_cgroup_is_found_by_path_or_unit, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(the_root_is_a_cgroup, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(what_is_not_found_is_said_with_the_remedy,
						tree_setup, tree_teardown),
		cmocka_unit_test(what_waits_for_its_place_is_governed),
		cmocka_unit_test_setup_teardown(the_cache_is_what_the_limit_leaves, tree_setup,
						tree_teardown),
		cmocka_unit_test_setup_teardown(what_siblings_have_is_theirs, tree_setup,
						tree_teardown),
	};

	return cmocka_run_group_tests_name("record_cgroup", tests, NULL, NULL);
}
