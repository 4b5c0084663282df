// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the manager tries again: which of several times it wakes up at, what it leaves alone while memory is short,
 * what becomes of a cgroup that the kernel lets go of, and what a reload reads anew. The linker puts the functions
 * here in the place of the library's.
 */
#include "../../daemon/mempolicyd/kernel.h"
#include "fake-kernel.h"
#include "match.h"

#define MRU "[Cache]\nEngine=mru\n"

static bool memory_is_short;
static unsigned int asked; /* how often it was worked out which policy governs what */

#define ASSIGN_PARAMETERS                                                                       \
	const struct mp_policy *const *policies, size_t n_policies, const char *const *cgroups, \
		size_t n_cgroups, mp_is_out_t is_out, void *userdata, struct mp_assignments *ret

int __real_mp_assign(ASSIGN_PARAMETERS);
int __wrap_mp_assign(ASSIGN_PARAMETERS);

int __wrap_mp_assign(ASSIGN_PARAMETERS)
{
	asked++;
	if (memory_is_short)
		return -ENOMEM;
	return __real_mp_assign(policies, n_policies, cgroups, n_cgroups, is_out, userdata, ret);
}

static int setup(void **state)
{
	fake_reset();
	memory_is_short = false;
	return tree_setup(state);
}

static void forget(struct daemon *d, const char *tree, const char *name)
{
	_cleanup_free_ char *file = NULL;

	assert_true(asprintf(&file, "%s/policies/%s.mempolicy", tree, name) > 0);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(mp_slots_scan(d->m), 0);
	mp_manager_update(d->m);
}

/* When the manager wakes up next, by the clock; 0: it does not. */
static uint64_t due(const struct daemon *d)
{
	uint64_t usec = 0;

	if (sd_event_source_get_enabled(d->m->tick_source, NULL) > 0)
		assert_true(sd_event_source_get_time(d->m->tick_source, &usec) >= 0);
	return usec;
}

static void pass_some_time(const struct daemon *d)
{
	const uint64_t before = mp_manager_now(d->m);

	while (mp_manager_now(d->m) <= before)
		usleep(1000);
}

static void test_an_earlier_appointment_stands(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	uint64_t first;

	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" MRU);
	start(&d, *state);
	/* Nobody needs the agent any more, which is looked at some time after now. */
	forget(&d, *state, "p");
	first = due(&d);
	assert_true(first != 0);
	for (int i = 0; i < 3; i++) {
		pass_some_time(&d);
		mp_manager_update(d.m);
		assert_true(due(&d) == first);
	}
}

static void test_and_gives_way_to_one_that_is_earlier_still(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	/* A place that is taken is looked at again in less than a second. */
	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" MRU);
	start(&d, *state);
	forget(&d, *state, "p");
	kernel.attach_error = -EBUSY;
	edit(&d, *state, "q", "[Match]\nCgroup=/a\n" MRU);
	assert_true(at(&d, "q")->retry_usec != 0);
	assert_true(due(&d) == at(&d, "q")->retry_usec);
}

static void test_while_memory_is_short_nothing_else_is_tried(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	tree_mkdirs(*state, "cgroups/b/x");
	edit(NULL, *state, "kept", "[Match]\nCgroup=/b\n" MRU);
	start(&d, *state);
	kernel.attach_error = -EBUSY;
	edit(&d, *state, "late", "[Match]\nCgroup=/a\n" MRU);
	assert_int_equal(at(&d, "late")->state, MP_STATE_WAITING);
	at(&d, "late")->retry_usec = 1;
	kernel.attach_error = 0;

	memory_is_short = true;
	mp_manager_update(d.m);
	assert_true(d.m->converge_retry_usec > mp_manager_now(d.m));
	/* What was due long ago waits for that, too. */
	assert_true(mp_converge_next_retry(d.m) == d.m->converge_retry_usec);
	assert_true(due(&d) <= d.m->converge_retry_usec);
	assert_int_equal(at(&d, "late")->state, MP_STATE_WAITING);
	/* And what runs, runs on. */
	assert_int_equal(at(&d, "kept")->state, MP_STATE_ACTIVE);
	assert_int_equal(kernel.attached, 1);

	memory_is_short = false;
	mp_manager_update(d.m);
	assert_true(d.m->converge_retry_usec == 0);
	assert_int_equal(at(&d, "late")->state, MP_STATE_ACTIVE);
	assert_int_equal(kernel.attached, 2);
}

static void test_a_cgroup_that_the_kernel_lets_go_of_is_waited_for(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" MRU);
	start(&d, *state);
	assert_int_equal(at(&d, "p")->state, MP_STATE_ACTIVE);
	kernel.exit_kind = MEMPOL_EXIT_CGROUP;
	mp_kernel_refresh(d.m, at(&d, "p"));
	assert_int_equal(at(&d, "p")->state, MP_STATE_WAITING);
	assert_string_equal(at(&d, "p")->reason, mp_exit_kind_text(MEMPOL_EXIT_CGROUP));
	assert_int_equal(kernel.attached, 0);
	/* The policy is not to blame. */
	assert_int_equal(at(&d, "p")->ejections, 0);
	assert_int_equal(at(&d, "p")->backoff.ejections, 0);

	/* Not at once: inotify may be about to say that it is gone. */
	kernel.exit_kind = 0;
	mp_manager_update(d.m);
	assert_int_equal(kernel.attached, 0);
	assert_true(mp_converge_next_retry(d.m) == at(&d, "p")->retry_usec);
	at(&d, "p")->retry_usec = 1;
	mp_manager_update(d.m);
	assert_int_equal(at(&d, "p")->state, MP_STATE_ACTIVE);
	assert_int_equal(kernel.attached, 1);
}

static void test_one_that_goes_while_it_is_attached_to_has_not_failed(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	kernel.attach_error = -ENOENT;
	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" MRU);
	start(&d, *state);
	assert_int_equal(at(&d, "p")->state, MP_STATE_WAITING);
	assert_string_equal(at(&d, "p")->reason, "the cgroup is going away");
	/* No engine is loaded for it again. */
	mp_manager_update(d.m);
	assert_int_equal(kernel.loads, 1);
	assert_true(mp_converge_next_retry(d.m) == UINT64_MAX);
}

static void test_a_reload_reads_the_engine_of_exclusions_anew(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	_cleanup_errors_ struct mp_errors errors = {};

	tree_mkdirs(*state, "cgroups/s/x.service/deep");
	tree_mkdirs(*state, "cgroups/s/y.service/deep");
	tree_mkdirs(*state, "cgroups/s/z.service/deep");
	edit(NULL, *state, "p", "[Match]\nCgroup=/s !/s/x.service\n" MRU);
	start(&d, *state);
	assert_int_equal(kernel.none_reads, 1);
	edit(&d, *state, "p", "[Match]\nCgroup=/s !/s/x.service !/s/y.service\n" MRU);
	assert_int_equal(kernel.none_reads, 1);
	assert_int_equal(mp_manager_reload(d.m, &errors) >= 0, 1);
	edit(&d, *state, "p", "[Match]\nCgroup=/s !/s/x.service !/s/y.service !/s/z.service\n" MRU);
	assert_int_equal(kernel.none_reads, 2);
	assert_int_equal(kernel.attached, 4);
}

static void test_and_tries_those_again_that_failed_for_the_lack_of_it(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	_cleanup_errors_ struct mp_errors errors = {};

	kernel.none_missing = true;
	tree_mkdirs(*state, "cgroups/s/x.service/deep");
	edit(NULL, *state, "p", "[Match]\nCgroup=/s !/s/x.service\n" MRU);
	start(&d, *state);
	assert_int_equal(kernel.attached, 1);
	kernel.none_missing = false;
	mp_manager_update(d.m);
	assert_int_equal(kernel.attached, 1);
	assert_int_equal(mp_manager_reload(d.m, &errors) >= 0, 1);
	assert_int_equal(kernel.attached, 2);
}

static void test_a_change_that_changes_nothing_is_worked_out_once(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" MRU);
	edit(NULL, *state, "q", "[Match]\nCgroup=/a*\n" MRU);
	start(&d, *state);
	assert_int_equal(kernel.attached, 1);
	asked = 0;
	mp_manager_update(d.m);
	assert_int_equal(asked, 1);
	tree_mkdirs(*state, "cgroups/b/x");
	assert_true(mp_cgroups_rescan(d.m->cgroups));
	mp_manager_update(d.m);
	assert_int_equal(asked, 2);

	/* What becomes of a step is worked out once more. */
	asked = 0;
	forget(&d, *state, "p");
	assert_int_equal(kernel.attached, 1);
	assert_int_equal(asked, 2);
	assert_int_equal(at(&d, "q")->state, MP_STATE_ACTIVE);
}

#define DAEMON_TEST(f) cmocka_unit_test_setup_teardown(f, setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAEMON_TEST(test_an_earlier_appointment_stands),
		DAEMON_TEST(test_and_gives_way_to_one_that_is_earlier_still),
		DAEMON_TEST(test_while_memory_is_short_nothing_else_is_tried),
		DAEMON_TEST(test_a_cgroup_that_the_kernel_lets_go_of_is_waited_for),
		DAEMON_TEST(test_one_that_goes_while_it_is_attached_to_has_not_failed),
		DAEMON_TEST(test_a_reload_reads_the_engine_of_exclusions_anew),
		DAEMON_TEST(test_a_change_that_changes_nothing_is_worked_out_once),
		DAEMON_TEST(test_and_tries_those_again_that_failed_for_the_lack_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
