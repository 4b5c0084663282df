/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for [Placement] in a policy file: what it says arrives, and what makes no sense, alone, with the
 * engine's keys, with another policy or on this machine, is said with file, line and remedy. And the sentences about
 * pools.
 */
#include <inttypes.h>

#include "engine_file.h"
#include "fixture.h"
#include "mechanism-placement.h"
#include "mechanism.h"
#include "names.h"

#define PATH "/x/60-graph.mempolicy"
#define MATCH "[Match]\nUnit=a.service\n"
#define MOSAIC MATCH "[Placement]\nEngine=mosaic\n"
#define POOL MOSAIC "Pool=512M\n"

static struct mp_policy *parse(const char *text)
{
	_cleanup_errors_ struct mp_errors errors = {};
	struct mp_policy *policy = NULL;

	if (mp_policy_parse(PATH, text, strlen(text), &errors, &policy) < 0)
		fail_msg("%s", errors.items[0]);
	return policy;
}

/* Refused with exactly one entry. */
static void refuse(const char *text, const char *line, const char *message)
{
	_cleanup_errors_ struct mp_errors errors = {};
	struct mp_policy *policy = NULL;

	assert_int_equal(mp_policy_parse(PATH, text, strlen(text), &errors, &policy), -EBADMSG);
	assert_null(policy);
	assert_error(&errors, line, message);
	assert_int_equal(errors.count, 1);
}

static const char *tuning(const struct mp_policy *policy, const char *key)
{
	for (size_t i = 0; i < policy->n_tunings; i++)
		if (!strcmp(policy->tunings[i].key, key))
			return policy->tunings[i].value;
	return NULL;
}

/* ---- keys -------------------------------------------------------------------------------------------- */

static void test_every_key_arrives(void **state)
{
	_cleanup_policy_ struct mp_policy *policy =
		parse(POOL "PoolName=graphs\nNodes=0 2-3\nNodes=5,7\nContiguous=yes\nSeed=9\n");
	const struct mp_placement *p = mp_placement_of(policy);

	assert_int_equal(p->pool, 512ULL << 20);
	assert_string_equal(mp_placement_pool_name(policy), "graphs");
	assert_int_equal(p->nodes, 0xad);
	assert_true(p->contiguous);
	assert_string_equal(p->pool_at.file, PATH);
	assert_int_equal(p->pool_at.line, 5);
	assert_string_equal(tuning(policy, "Seed"), "9");
}

static void test_what_is_not_said_is_the_default_and_an_empty_value_is_it_again(void **state)
{
	_cleanup_policy_ struct mp_policy *plain = parse(POOL);
	_cleanup_policy_ struct mp_policy *reset = parse(
		MOSAIC "Pool=1G\nPoolName=x\nNodes=1\nContiguous=yes\nPool=\nPoolName=\nNodes=\n"
		       "Contiguous=\nPreset=paper\nPreset=\nPool=512M\n");

	assert_true(mp_policy_equal(plain, reset));
	assert_string_equal(mp_placement_pool_name(reset), "60-graph");
	assert_int_equal(reset->n_tunings, 0);
	assert_int_equal(mp_placement_of(reset)->nodes, 0);
}

static void test_a_change_of_the_pool_is_a_change(void **state)
{
	static const char *const others[] = { MOSAIC "Pool=513M\n", POOL "PoolName=x\n",
					      POOL "Nodes=0\n", POOL "Contiguous=yes\n",
					      POOL "Preset=paper\n" };
	_cleanup_policy_ struct mp_policy *plain = parse(POOL);

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		_cleanup_policy_ struct mp_policy *other = parse(others[i]);

		assert_false(mp_policy_equal(plain, other));
		assert_false(mp_policy_runs_alike(plain, other));
	}
}

static void test_bad_values_are_refused_with_what_would_be_good(void **state)
{
	refuse(MOSAIC "Pool=lots\n", "5", "Pool=lots: not a size from 1 byte to 1T, such as 512M");
	refuse(MOSAIC "Pool=0\n", "5", "not a size from 1 byte");
	refuse(MOSAIC "Pool=2T\n", "5", "to 1T");
	refuse(POOL "PoolName=a/b\n", "6", "a name has at most 63 of A-Z a-z");
	refuse(POOL "Nodes=0-64\n", "6", "Nodes=0-64: not a number of a node, or a range");
	refuse(POOL "Nodes=3-1\n", "6", "not a number of a node");
	refuse(POOL "Nodes=1x\n", "6", "not a number of a node");
	refuse(POOL "Nodes=-1\n", "6", "not a number of a node");
	refuse(POOL "Contiguous=1\n", "6", "write yes or no");
	refuse(POOL "Preset=papers\n", "6", "there is one preset, write Preset=paper");
	refuse("[Placement]\nEngine=mosaic\nPool=1G\n", "1", "there is no [Match] section");
	refuse(MATCH "[Placement]\nEngine=colour\nPool=1G\n", "4", "not available in this version");
	refuse(MATCH "[Placement]\nEngine=mru\nPool=1G\n", "4",
	       "this engine is for [Cache], [Placement] has 'mosaic' and 'ordinary'");
}

static void test_a_policy_that_places_pages_needs_a_pool(void **state)
{
	refuse(MOSAIC, "4",
	       "there is no Pool=, so there is no memory to place pages in: add one, as in Pool=512M");
	refuse(MATCH "[Placement]\nEngine=/x/y.bpf.o\n", "4", "there is no Pool=");
	mp_policy_free(parse(MATCH "[Placement]\nEngine=ordinary\n"));
	mp_policy_free(parse(MATCH "[Placement]\nEngine=ordinary\nPool=1G\n"));
	refuse(MATCH "[Placement]\nEngine=ordinary\nPreset=paper\n", "5",
	       "it is for Engine=mosaic, and engine ordinary has no keys of its own: take it out");
}

static void test_a_preset_is_its_keys_and_keys_behind_it_are_worth_more(void **state)
{
	_cleanup_policy_ struct mp_policy *paper = parse(POOL "Front=60\nPreset=paper\n");
	_cleanup_policy_ struct mp_policy *mine =
		parse(POOL "Preset=paper\nEviction=second-chance\n");

	assert_string_equal(tuning(paper, "Front"), "56");
	assert_string_equal(tuning(paper, "Back"), "8");
	assert_string_equal(tuning(paper, "Choices"), "6");
	assert_string_equal(tuning(paper, "Eviction"), "horizon");
	assert_string_equal(tuning(mine, "Front"), "56");
	assert_string_equal(tuning(mine, "Eviction"), "second-chance");
}

/* ---- pools ------------------------------------------------------------------------------------------- */

static void test_pools_are_whole_blocks(void **state)
{
	_cleanup_policy_ struct mp_policy *small = parse(MOSAIC "Pool=1\n");
	_cleanup_policy_ struct mp_policy *odd = parse(MOSAIC "Pool=2049K\n");

	assert_int_equal(mp_placement_pool_pages(mp_placement_of(small), 4096), 512);
	assert_int_equal(mp_placement_pool_pages(mp_placement_of(odd), 4096), 1024);
	assert_int_equal(mp_placement_pool_pages(&mp_placement_default, 4096), 0);
}

static void test_a_pool_has_one_number_which_goes_by_its_name_size_and_place(void **state)
{
	static const char *const others[] = { MOSAIC "Pool=1G\nPoolName=p\n", POOL "PoolName=q\n",
					      POOL "PoolName=p\nNodes=1\n",
					      POOL "PoolName=p\nContiguous=yes\n" };
	_cleanup_policy_ struct mp_policy *a = parse(POOL "PoolName=p\nSeed=1\n");
	_cleanup_policy_ struct mp_policy *b = parse(POOL "PoolName=p\nSeed=2\n");

	assert_int_not_equal(mp_placement_pool_id(a), 0);
	assert_int_equal(mp_placement_pool_id(a), mp_placement_pool_id(b));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		_cleanup_policy_ struct mp_policy *other = parse(others[i]);

		assert_int_not_equal(mp_placement_pool_id(a), mp_placement_pool_id(other));
	}
}

static void write_node(const char *tree, unsigned int node, unsigned int mib)
{
	_cleanup_free_ char *name = NULL, *text = NULL;

	assert_true(asprintf(&name, "devices/system/node/node%u/meminfo", node) > 0);
	assert_true(asprintf(&text,
			     "Node %u MemTotal:       %u kB\nNode %u MemFree:        12 kB\n", node,
			     mib * 1024, node) > 0);
	tree_write(tree, name, text);
}

static void assert_room(const char *tree, const char *text, const char *message)
{
	_cleanup_policy_ struct mp_policy *policy = parse(text);
	_cleanup_errors_ struct mp_errors errors = {};

	assert_int_equal(mp_placement_check_room(policy, tree, &errors), 0);
	assert_int_equal(errors.count, !!message);
	if (message)
		assert_error(&errors, "5", message);
}

static void test_a_pool_is_at_most_half_of_its_nodes(void **state)
{
	/* Nothing is known of the machine, so nothing is said. */
	assert_room(*state, MOSAIC "Pool=1T\n", NULL);
	write_node(*state, 0, 1000);
	write_node(*state, 1, 3000);
	assert_room(*state, MOSAIC "Pool=2000M\n", NULL);
	assert_room(
		*state, MOSAIC "Pool=2001M\n",
		"Pool=2001M: a pool may have half of the memory of its nodes, which is 2000M here: make it smaller");
	assert_room(*state, MOSAIC "Pool=501M\nNodes=0\n",
		    "which is 500M here: make it smaller, or let it have more nodes with Nodes=");
	assert_room(*state, MOSAIC "Pool=1500M\nNodes=1\n", NULL);
	assert_room(*state, MATCH "[Placement]\nEngine=ordinary\n", NULL);
}

static void test_policies_of_one_pool_say_the_same_of_it(void **state)
{
	_cleanup_free_ char *dir = tree_path(*state, "etc");
	const char *const dirs[] = { dir, NULL };
	_cleanup_policy_set_ struct mp_policy_set set = {};

	tree_write(*state, "etc/a.mempolicy", POOL "PoolName=p\n");
	tree_write(*state, "etc/b.mempolicy", MOSAIC "Pool=256M\nPoolName=p\n");
	tree_write(*state, "etc/c.mempolicy", POOL "PoolName=p\nNodes=0\n");
	tree_write(*state, "etc/d.mempolicy", POOL "PoolName=p\n");
	tree_write(*state, "etc/e.mempolicy", MOSAIC "Pool=1G\nPoolName=q\n");
	tree_write(*state, "etc/f.mempolicy", MATCH "[Placement]\nEngine=ordinary\nPoolName=p\n");
	/* Without PoolName= a pool is called after its policy. */
	tree_write(*state, "etc/p.mempolicy", MOSAIC "Pool=1G\n");
	assert_int_equal(mp_policy_set_read(dirs, &set), 0);
	assert_int_equal(set.count, 7);
	for (size_t i = 0; i < set.count; i++)
		assert_int_equal(!!set.items[i].policy, !strchr("bcp", *set.items[i].name));
	assert_error(&mp_policy_set_find(&set, "b")->errors, "5", "Pool=256M: policy a (");
	assert_error(
		&mp_policy_set_find(&set, "b")->errors, "5",
		"etc/a.mempolicy:5) has a pool of the same PoolName=p with Pool=512M: write the same size in both, or another PoolName=");
	assert_error(&mp_policy_set_find(&set, "c")->errors, "5",
		     "with another Nodes=: write the same in both");
	assert_error(&mp_policy_set_find(&set, "p")->errors, "5", "PoolName=p with Pool=512M");
}

/* ---- keys of the engine that depend on each other ------------------------------------------------------ */

/* 0: by default. */
static void assert_yards(uint64_t front, uint64_t back, uint64_t choices, const char *line,
			 const char *message)
{
	struct mp_tuning said[] = {
		{ .file = (char *)PATH, .line = 10 },
		{ .file = (char *)PATH, .line = 20 },
		{ .file = (char *)PATH, .line = 30 },
	};
	const struct mp_tuned tuned[] = {
		{ "Seed", 0, NULL },
		{ "Front", front ?: 44, front ? &said[0] : NULL },
		{ "Back", back ?: 20, back ? &said[1] : NULL },
		{ "Choices", choices ?: 4, choices ? &said[2] : NULL },
	};
	_cleanup_errors_ struct mp_errors errors = {};

	assert_int_equal(mp_placement_check_tuned(tuned, ARRAY_SIZE(tuned), &errors), 0);
	assert_int_equal(errors.count, !!message);
	if (message)
		assert_error(&errors, line, message);
	/* Another engine may mean something else by two of the words. */
	assert_int_equal(mp_placement_check_tuned(tuned, ARRAY_SIZE(tuned) - 1, &errors), 0);
	assert_int_equal(errors.count, !!message);
}

static void test_yards_make_a_bucket_and_a_page_has_126_frames_at_most(void **state)
{
	assert_yards(0, 0, 0, NULL, NULL);
	assert_yards(56, 8, 6, NULL, NULL);
	assert_yards(56, 8, 8, NULL, NULL);
	assert_yards(60, 4, 16, NULL, NULL);
	assert_yards(
		50, 0, 0, "10",
		"Front=50: a bucket has 64 frames, and Front=50 and Back=20 make 70: write Front=44, or Back=14");
	assert_yards(0, 8, 0, "20", "Front=44 and Back=8 make 52: write Back=20, or Front=56");
	assert_yards(50, 50, 0, "20", "make 100: write Back=14, or Front=14");
	assert_yards(
		0, 0, 5, "30",
		"Choices=5: a page would have 144 frames (Front=44 and 5 times Back=20), and 7 bits name 126: write Choices=4 at most");
	assert_yards(24, 40, 0, "20", "write Choices=2 at most");
	assert_yards(1, 63, 2, "30", "write Choices=1 at most");
}

/* ---- the kernel's words ------------------------------------------------------------------------------ */

static void assert_state(uint64_t pages, uint64_t wanted, uint64_t placed,
			 enum mp_state wanted_state, const char *wanted_reason)
{
	struct mempol_policy_info info = {
		.counters = { [MEMPOL_PLACEMENT_POOL_PAGES] = pages,
			      [MEMPOL_PLACEMENT_WANTED_PAGES] = wanted,
			      [MEMPOL_PLACEMENT_PLACED] = placed },
	};
	char reason[128] = "";

	assert_int_equal(mp_mechanism_placement.attached_state(&info, reason, sizeof(reason)),
			 wanted_state);
	assert_string_equal(reason, wanted_reason);
}

static void test_a_policy_waits_for_its_pool_and_is_degraded_without_a_part_of_it(void **state)
{
	assert_state(512, 512, 0, MP_STATE_ACTIVE, "");
	assert_state(0, 0, 0, MP_STATE_ACTIVE, "");
	assert_state(512, 1024, 0, MP_STATE_WAITING,
		     "its pool has 512 of 1024 pages, and waits for free memory");
	assert_state(512, 1024, 9, MP_STATE_DEGRADED,
		     "its pool has lost memory and has 512 of 1024 pages");
}

static void assert_sentence(const struct mempol_event *event, const char *wanted)
{
	_cleanup_free_ char *message = NULL;

	assert_int_equal(mp_event_format(event, "p", "mosaic", "/a", &message), 0);
	assert_string_equal(message, wanted);
}

static void test_events_say_what_became_of_the_pool(void **state)
{
	struct mempol_event e = {
		.version = MEMPOL_ABI_VERSION,
		.mechanism = MEMPOL_MECH_PLACEMENT,
		.type = MEMPOL_EV_POOL,
		.body.pool = { 1024, 1024, MEMPOL_POOL_BY_CLAIM, 0 },
	};

	assert_sentence(&e,
			"policy p at /a has its pool of 1024 pages, and places pages in it now");
	e.body.pool.pages = 512;
	e.body.pool.cause = MEMPOL_POOL_BY_OOM;
	assert_sentence(&e,
			"policy p at /a: its pool has 512 of 1024 pages; cause: oom (memory had "
			"run out, and its free blocks were given back)");
	e.body.pool.cause = 77;
	assert_sentence(&e, "policy p at /a: its pool has 512 of 1024 pages; cause: unknown (this "
			    "version does not know it)");
	e.type = MEMPOL_EV_CONFLICT;
	e.body.conflict.used = 1014;
	e.body.conflict.pages = 1024;
	assert_sentence(&e, "policy p at /a: a page found none of its frames free for the first "
			    "time, with 1014 of 1024 pages in use (99.02 %)");
	e.type = MEMPOL_EV_REPLACED;
	assert_sentence(&e, "policy p at /a runs engine mosaic now, and its pages stay");
	e.type = MEMPOL_EV_DRAINED;
	assert_sentence(&e, "policy p at /a is drained: its pool is gone");
	memset(&e.body, 0, sizeof(e.body));
	e.type = MEMPOL_EV_EJECTED;
	e.body.exit.kind = MEMPOL_EXIT_ERROR;
	e.body.exit.pages = 1;
	assert_sentence(
		&e,
		"policy p was ejected by the kernel from /a: it made too many invalid requests; 1 "
		"page is now the kernel's, in place");
}

static void test_a_cgroup_without_the_controller_is_not_the_kernels_fault(void **state)
{
	assert_string_equal(mp_mechanism_placement.attach_problem(-EOPNOTSUPP),
			    "the memory controller is not enabled for this cgroup");
	assert_string_equal(mp_mechanism_placement.controller, "memory");
	assert_non_null(strstr(mp_mechanism_placement.attach_problem(-EOVERFLOW),
			       "half of the memory of its nodes"));
	assert_non_null(strstr(mp_mechanism_placement.attach_problem(-EEXIST), "PoolName="));
	assert_null(mp_mechanism_placement.attach_problem(-E2BIG));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key_arrives),
		cmocka_unit_test(
			test_what_is_not_said_is_the_default_and_an_empty_value_is_it_again),
		cmocka_unit_test(test_a_change_of_the_pool_is_a_change),
		cmocka_unit_test(test_bad_values_are_refused_with_what_would_be_good),
		cmocka_unit_test(test_a_policy_that_places_pages_needs_a_pool),
		cmocka_unit_test(test_a_preset_is_its_keys_and_keys_behind_it_are_worth_more),
		cmocka_unit_test(test_pools_are_whole_blocks),
		cmocka_unit_test(test_a_pool_has_one_number_which_goes_by_its_name_size_and_place),
		TREE_TEST(test_a_pool_is_at_most_half_of_its_nodes),
		TREE_TEST(test_policies_of_one_pool_say_the_same_of_it),
		cmocka_unit_test(test_yards_make_a_bucket_and_a_page_has_126_frames_at_most),
		cmocka_unit_test(
			test_a_policy_waits_for_its_pool_and_is_degraded_without_a_part_of_it),
		cmocka_unit_test(test_events_say_what_became_of_the_pool),
		cmocka_unit_test(test_a_cgroup_without_the_controller_is_not_the_kernels_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
