// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold while recorders ask for governed cgroups: which policies the kernel samples, at which rate, through
 * reloads and ejections, that recorders are told, and that nothing of it is left.
 */
#include "../../daemon/mempolicyd/samples.h"
#include "fake-kernel.h"

#define FIFO "[Cache]\nEngine=fifo\n"

/* What the module has, by number of the policy. */
static struct {
	uint64_t id;
	uint32_t shift;
} sampled[16];
static size_t n_sampled;
static unsigned int n_calls;
static uint32_t own_shift; /* of an engine with an accessed(); 0: it has none */
static int call_error;

static int on_call(struct mempol_call *call)
{
	size_t i = 0;

	if (call->op != MEMPOL_CALL_CACHE_SAMPLE)
		return 0;
	n_calls++;
	if (call->body.sample.shift > 63)
		return -EINVAL;
	if (call_error)
		return call_error;
	if (own_shift) {
		call->body.sample.shift = own_shift;
		return 0;
	}
	while (i < n_sampled && sampled[i].id != call->body.sample.policy_id)
		i++;
	if (call->body.sample.on) {
		assert_true(i < ARRAY_SIZE(sampled));
		n_sampled += i == n_sampled;
		sampled[i].id = call->body.sample.policy_id;
		sampled[i].shift = call->body.sample.shift;
	} else {
		assert_true(i < n_sampled);
		sampled[i] = sampled[--n_sampled];
	}
	return 0;
}

static void begin(struct daemon *d, const char *tree)
{
	n_sampled = n_calls = 0;
	own_shift = call_error = 0;
	kernel.call = on_call;
	start(d, tree);
}

/* The rate of the policy, or -1. */
static int shift_of(const struct daemon *d, const char *name)
{
	uint64_t id = mp_loaded_policy_id(at(d, name)->loaded);

	for (size_t i = 0; i < n_sampled; i++)
		if (sampled[i].id == id)
			return (int)sampled[i].shift;
	return -1;
}

/* A recorder, and the last words that it got. */
struct recorder {
	struct mp_sample *sample;
	char *told;
	unsigned int changes;
};

static void keep(struct recorder *recorder, sd_json_variant *reply)
{
	free(recorder->told);
	assert_true(sd_json_variant_format(reply, 0, &recorder->told) >= 0);
}

static void on_changed(sd_json_variant *reply, void *userdata)
{
	struct recorder *recorder = userdata;

	keep(recorder, reply);
	recorder->changes++;
}

static void record(struct daemon *d, const char *cgroup, uint32_t shift, struct recorder *ret)
{
	_cleanup_free_ char *problem = NULL;
	sd_json_variant *reply = NULL;

	*ret = (struct recorder){};
	assert_int_equal(mp_samples_begin(d->m, cgroup, shift, on_changed, ret, &ret->sample,
					  &reply, &problem),
			 0);
	keep(ret, reply);
	sd_json_variant_unref(reply);
}

static void end(struct daemon *d, struct recorder *recorder)
{
	mp_samples_end(d->m, recorder->sample);
	free(recorder->told);
}

#define NOBODY "{\"policies\":[]}"

static void test_a_policy_is_sampled_while_somebody_records(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	struct recorder r;

	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" FIFO);
	begin(&d, *state);
	assert_int_equal(shift_of(&d, "p"), -1);
	record(&d, "/a", 6, &r);
	assert_string_equal(
		r.told,
		"{\"policies\":[{\"policy\":\"p\",\"engine\":\"fifo\",\"cgroup\":\"/a\",\"shift\":6}]}");
	assert_int_equal(shift_of(&d, "p"), 6);
	assert_string_equal(at(&d, "p")->reason,
			    "recorded: the kernel tells of accesses to one page in 64");
	/* What changes nothing asks nothing. */
	n_calls = 0;
	mp_manager_update(d.m);
	assert_int_equal(n_calls, 0);
	end(&d, &r);
	assert_int_equal(n_sampled, 0);
	assert_null(at(&d, "p")->reason);
}

static void test_the_policies_are_those_of_the_cgroup_and_below_it(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	struct recorder r;

	tree_mkdirs(*state, "cgroups/a/x/deep/procs");
	tree_mkdirs(*state, "cgroups/ab/procs");
	edit(NULL, *state, "all", "[Match]\nCgroup=/a\n" FIFO);
	edit(NULL, *state, "x", "[Match]\nCgroup=/a/x\n[Policy]\nPriority=9\n" FIFO);
	edit(NULL, *state, "ab", "[Match]\nCgroup=/ab\n" FIFO);
	begin(&d, *state);
	record(&d, "/a", 4, &r);
	assert_int_equal(shift_of(&d, "all"), 4);
	assert_int_equal(shift_of(&d, "x"), 4);
	assert_int_equal(shift_of(&d, "ab"), -1);
	end(&d, &r);
	/* The nearest one above governs it, and no other. */
	record(&d, "/a/x/deep", 4, &r);
	assert_int_equal(shift_of(&d, "x"), 4);
	assert_int_equal(shift_of(&d, "all"), -1);
	end(&d, &r);
	record(&d, "/", 4, &r);
	assert_int_equal(n_sampled, 3);
	end(&d, &r);
}

static void test_what_is_excluded_is_recorded_as_the_kernels(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	struct recorder r;

	tree_mkdirs(*state, "cgroups/a/x/procs");
	edit(NULL, *state, "p", "[Match]\nCgroup=/a !/a/x\n" FIFO);
	begin(&d, *state);
	record(&d, "/a/x", 4, &r);
	assert_string_equal(r.told, NOBODY);
	assert_int_equal(n_sampled, 0);
	end(&d, &r);
}

static void test_of_two_recorders_the_finer_one_is_served(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	struct recorder coarse, fine;

	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" FIFO);
	begin(&d, *state);
	record(&d, "/a", 8, &coarse);
	record(&d, "/a", 0, &fine);
	assert_int_equal(shift_of(&d, "p"), 0);
	end(&d, &fine);
	assert_int_equal(shift_of(&d, "p"), 8);
	end(&d, &coarse);
	assert_int_equal(n_sampled, 0);
}

static void test_an_engine_that_is_told_itself_says_its_own_rate(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	struct recorder r;

	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" FIFO);
	begin(&d, *state);
	own_shift = 10;
	record(&d, "/a", 4, &r);
	assert_non_null(strstr(r.told, "\"shift\":10"));
	end(&d, &r);
}

static void test_a_reload_goes_on_with_the_new_engine(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	struct recorder r;
	uint64_t before;

	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" FIFO);
	begin(&d, *state);
	record(&d, "/a", 6, &r);
	before = mp_loaded_policy_id(at(&d, "p")->loaded);
	edit(&d, *state, "p", "[Match]\nCgroup=/a\n[Cache]\nEngine=lfu\n");
	assert_true(mp_loaded_policy_id(at(&d, "p")->loaded) != before);
	assert_int_equal(shift_of(&d, "p"), 6);
	assert_int_equal(r.changes, 1);
	assert_non_null(strstr(r.told, "\"engine\":\"lfu\""));
	end(&d, &r);
	assert_int_equal(shift_of(&d, "p"), -1);
}

static void test_an_ejection_and_a_removal_are_told(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	struct recorder r;
	struct mempol_event event = {
		.version = MEMPOL_ABI_VERSION,
		.type = MEMPOL_EV_EJECTED,
		.mechanism = MEMPOL_MECH_CACHE,
	};

	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" FIFO);
	begin(&d, *state);
	record(&d, "/a", 6, &r);
	event.policy_id = mp_loaded_policy_id(at(&d, "p")->loaded);
	event.body.exit.kind = MEMPOL_EXIT_SLOW;
	kernel.ejected = true;
	kernel.event(&event, kernel.event_userdata);
	mp_manager_update(d.m);
	assert_string_equal(r.told, NOBODY);
	assert_int_equal(r.changes, 1);
	/* It comes back with the next edit, and is sampled again. */
	kernel.ejected = false;
	edit(&d, *state, "p", "[Match]\nCgroup=/a\n[Cache]\nEngine=lfu\n");
	assert_int_equal(shift_of(&d, "p"), 6);
	edit(&d, *state, "p", "[Match]\nCgroup=/nowhere\n" FIFO);
	assert_string_equal(r.told, NOBODY);
	end(&d, &r);
}

static void test_a_policy_that_has_just_left_is_not_sampled(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	struct recorder r;

	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" FIFO);
	begin(&d, *state);
	call_error = -ENOENT;
	record(&d, "/a", 4, &r);
	assert_string_equal(r.told, NOBODY);
	assert_null(at(&d, "p")->reason);
	end(&d, &r);
}

static void test_a_kernel_that_cannot_is_said_with_the_remedy(void **state)
{
	_cleanup_free_ char *problem = NULL;
	_cleanup_daemon_ struct daemon d = {};
	struct mp_sample *sample = NULL;
	sd_json_variant *reply = NULL;

	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" FIFO);
	begin(&d, *state);
	call_error = -EOPNOTSUPP;
	assert_int_equal(mp_samples_begin(d.m, "/a", 4, on_changed, NULL, &sample, &reply,
					  &problem),
			 -EOPNOTSUPP);
	assert_non_null(strstr(problem, "load the one of this version"));
	assert_null(sample);
	assert_null(at(&d, "p")->reason);
	n_calls = 0;
	mp_manager_update(d.m);
	assert_int_equal(n_calls, 0);
}

static int before_each(void **state)
{
	fake_reset();
	return tree_setup(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, before_each, tree_teardown)
		T(test_a_policy_is_sampled_while_somebody_records),
		T(test_the_policies_are_those_of_the_cgroup_and_below_it),
		T(test_what_is_excluded_is_recorded_as_the_kernels),
		T(test_of_two_recorders_the_finer_one_is_served),
		T(test_an_engine_that_is_told_itself_says_its_own_rate),
		T(test_a_reload_goes_on_with_the_new_engine),
		T(test_an_ejection_and_a_removal_are_told),
		T(test_a_policy_that_has_just_left_is_not_sampled),
		T(test_a_kernel_that_cannot_is_said_with_the_remedy),
#undef T
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
