// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for a policy of the whole machine in the manager: what the kernel is given, in which
 * order links come and go, and what becomes of a machine without the device.
 */
#include "../../daemon/mempolicyd/balloon.h"
#include "../../daemon/mempolicyd/report.h"
#include "fake-kernel.h"

static void assert_attachments(const struct daemon *d, const char *name, enum mp_state state,
			       const char *reason)
{
	const struct mp_attachment *r = at(d, name);

	assert_string_equal(mp_state_to_string(r->state), mp_state_to_string(state));
	assert_null(r->cgroup);
	if (reason)
		assert_string_equal(r->reason, reason);
	else
		assert_null(r->reason);
}

#define BALLOON "[Balloon]\nEngine=balloon-psi\n"

static void test_the_kernel_is_given_pages_and_milliseconds(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "b", BALLOON "Keep=512M\nPeriod=2s\n");
	start(&d, *state);
	assert_attachments(&d, "b", MP_STATE_ACTIVE, NULL);
	assert_int_equal(own_value(&kernel.values, "keep_pages"),
			 (512 << 20) / sysconf(_SC_PAGESIZE));
	assert_int_equal(own_value(&kernel.values, "period_ms"), 2000);
	assert_int_equal(kernel.values.cgroup_id, 0);
	assert_true(kernel.values.policy_id != 0);
	/* What was shown to the verifier is what is attached. */
	assert_int_equal(kernel.loads, 1);

	edit(&d, *state, "b", BALLOON);
	assert_in_range(own_value(&kernel.values, "keep_pages"), 1,
			(uint64_t)sysconf(_SC_PHYS_PAGES) / 10 + 1);
	assert_int_equal(own_value(&kernel.values, "period_ms"), 1000);
}

/* What is held is missing in MemTotal: a successor is not to keep the less for it. */
static void test_a_percentage_is_of_what_is_held_too(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	uint64_t before;

	edit(NULL, *state, "b", BALLOON "Keep=50%\n");
	start(&d, *state);
	before = own_value(&kernel.values, "keep_pages");
	kernel.counters[MEMPOL_BALLOON_HELD_PAGES] = 20000;
	edit(&d, *state, "b", BALLOON "Keep=50%\nPeriod=2s\n");
	assert_int_equal(own_value(&kernel.values, "period_ms"), 2000);
	assert_in_range(own_value(&kernel.values, "keep_pages"), before + 9999, before + 10001);
}

static void test_a_successor_comes_when_the_old_link_is_closed(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	uint64_t first;

	edit(NULL, *state, "b", BALLOON);
	start(&d, *state);
	first = kernel.values.policy_id;
	edit(&d, *state, "b", BALLOON "Keep=20%\n");
	assert_attachments(&d, "b", MP_STATE_ACTIVE, NULL);
	assert_true(kernel.values.policy_id != first);
	edit(&d, *state, "strong", "[Policy]\nPriority=1\n" BALLOON);
	assert_attachments(&d, "strong", MP_STATE_ACTIVE, NULL);
	assert_attachments(&d, "b", MP_STATE_LOADED,
			   "policy strong governs it: its priority 1 is higher than 0");
	assert_int_equal(kernel.replacements, 0);
	assert_int_equal(kernel.most_attached, 1);
	assert_int_equal(kernel.attached, 1);
	/* What says nothing of how it runs costs no successor. */
	first = mp_loaded_policy_id(at(&d, "strong")->loaded);
	edit(&d, *state, "strong", "[Policy]\nPriority=1\nDescription=x\n" BALLOON);
	assert_true(mp_loaded_policy_id(at(&d, "strong")->loaded) == first);
}

static void test_a_machine_without_the_device_is_looked_at_again(void **state)
{
	static const char why[] = "this machine has no virtio balloon that a policy can use";
	_cleanup_daemon_ struct daemon d = {};

	kernel.attach_error = -ENODEV;
	edit(NULL, *state, "b", BALLOON);
	start(&d, *state);
	assert_attachments(&d, "b", MP_STATE_UNAVAILABLE, why);
	assert_true(mp_converge_next_retry(d.m) > mp_manager_now(d.m) + 5000000);
	assert_true(mp_converge_next_retry(d.m) < mp_manager_now(d.m) + 20000000);
	mp_manager_update(d.m);
	assert_attachments(&d, "b", MP_STATE_UNAVAILABLE, why);
	assert_int_equal(kernel.loads, 1);

	/* An edit does not wait. */
	kernel.attach_error = 0;
	edit(&d, *state, "b", BALLOON "Keep=20%\n");
	assert_attachments(&d, "b", MP_STATE_ACTIVE, NULL);
}

static void test_a_place_that_is_taken_is_waited_for(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	kernel.attach_error = -EBUSY;
	edit(NULL, *state, "b", BALLOON);
	start(&d, *state);
	assert_attachments(&d, "b", MP_STATE_WAITING, "another policy is in charge of the balloon");
	assert_true(mp_converge_next_retry(d.m) < mp_manager_now(d.m) + 1000000);
	kernel.attach_error = 0;
	at(&d, "b")->retry_usec = 1;
	mp_manager_update(d.m);
	assert_attachments(&d, "b", MP_STATE_ACTIVE, NULL);
}

static void test_a_policy_may_change_its_mechanism(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "b", BALLOON);
	start(&d, *state);
	edit(&d, *state, "b", "[Match]\nCgroup=/a\n[Cache]\nEngine=mru\n");
	assert_int_equal(d.m->n_attachments, 1);
	assert_string_equal(at(&d, "b")->cgroup, "/a");
	assert_ptr_equal(at(&d, "b")->mechanism, &mp_mechanism_cache);
	assert_int_equal(at(&d, "b")->state, MP_STATE_ACTIVE);
	assert_true(kernel.values.cgroup_id != 0);
	edit(&d, *state, "b", BALLOON);
	assert_int_equal(d.m->n_attachments, 1);
	assert_attachments(&d, "b", MP_STATE_ACTIVE, NULL);
	assert_int_equal(kernel.attached, 1);
}

/* --- what a user asks -------------------------------------------------------------------------------- */

static void assert_wish(struct daemon *d, enum mp_balloon_wish wish, uint64_t bytes, int error,
			const char *wanted)
{
	sd_json_variant *reply = NULL;
	_cleanup_free_ char *problem = NULL, *text = NULL;

	assert_int_equal(mp_balloon_wish(d->m, wish, bytes, &reply, &problem), error);
	if (!error)
		assert_true(sd_json_variant_format(reply, 0, &text) >= 0);
	if (!strstr(error ? problem : text, wanted))
		fail_msg("'%s' lacks '%s'", error ? problem : text, wanted);
	sd_json_variant_unref(reply);
}

static void test_sizes_become_pages_and_last_as_long_as_the_attachment(void **state)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "b", BALLOON);
	start(&d, *state);
	kernel.counters[MEMPOL_BALLOON_HELD_PAGES] = 1000;
	kernel.counters[MEMPOL_BALLOON_SMALL_PAGES] = 24;
	assert_wish(&d, MP_BALLOON_INFLATE, 3 * page - 1, 0, "\"manual\":true");
	assert_int_equal(kernel.request_pages, 3);
	assert_true(kernel.request_policy == mp_loaded_policy_id(at(&d, "b")->loaded));
	assert_wish(&d, MP_BALLOON_DEFLATE, 24 * page, 0, "\"request_pages\":1000");
	assert_int_equal(kernel.request_pages, 1000);
	assert_wish(&d, MP_BALLOON_DEFLATE, 2000 * page, 0, "\"request_pages\":0");
	assert_int_equal(kernel.request_pages, 0);
	assert_wish(&d, MP_BALLOON_ENGINE, 0, 0, "\"manual\":false");
	assert_true(kernel.request_pages == MEMPOL_BALLOON_AUTO);

	assert_wish(&d, MP_BALLOON_INFLATE, page, 0, "\"held_pages\":1000,\"small_pages\":24");
	edit(&d, *state, "b", BALLOON "Keep=20%\n");
	assert_true(at(&d, "b")->request == MEMPOL_BALLOON_AUTO);
}

static void test_whoever_cannot_be_asked_says_why_and_what_to_do(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	start(&d, *state);
	assert_wish(&d, MP_BALLOON_INFLATE, 1, -ENOENT,
		    "There is no balloon policy: put a file with [Balloon] into /");
	kernel.attach_error = -EINVAL;
	edit(&d, *state, "b", BALLOON);
	assert_wish(&d, MP_BALLOON_INFLATE, 1, -ENOENT,
		    "No balloon policy is active: policy b is failed: the kernel refused the "
		    "attachment: Invalid argument; see mempolctl show b");
	kernel.attach_error = -ENODEV;
	edit(&d, *state, "b", BALLOON "Keep=20%\n");
	assert_wish(&d, MP_BALLOON_INFLATE, 1, -EOPNOTSUPP, "no virtio balloon");
	kernel.attach_error = 0;
	edit(&d, *state, "b", BALLOON);
	kernel.request_error = -EOPNOTSUPP;
	assert_wish(&d, MP_BALLOON_INFLATE, 1, -EOPNOTSUPP, "CONFIG_MEMPOL_BALLOON");
	kernel.request_error = -ENOENT;
	assert_wish(&d, MP_BALLOON_INFLATE, 1, -ENOENT, "has just left the kernel");
	kernel.request_error = -EINVAL;
	assert_wish(&d, MP_BALLOON_INFLATE, 1, -EINVAL, "refused the size: Invalid argument");
	assert_true(at(&d, "b")->request == MEMPOL_BALLOON_AUTO);
	kernel.query_error = -EIO;
	assert_wish(&d, MP_BALLOON_DEFLATE, 1, -EIO, "cannot be read");
}

static void test_a_kernel_without_the_mechanism_says_so(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	kernel.missing = "module mempol has no mempol_balloon_ops";
	edit(NULL, *state, "b", BALLOON);
	start(&d, *state);
	assert_attachments(&d, "b", MP_STATE_WAITING, kernel.missing);
	assert_int_equal(kernel.loads, 0);
	assert_wish(&d, MP_BALLOON_INFLATE, 1, -EOPNOTSUPP, kernel.missing);
}

static void test_list_and_stats_have_the_machine_without_cgroup(void **state)
{
	sd_json_variant *reply = NULL;
	_cleanup_daemon_ struct daemon d = {};
	_cleanup_free_ char *text = NULL;

	edit(NULL, *state, "b", BALLOON);
	start(&d, *state);
	kernel.counters[MEMPOL_BALLOON_DEFLATED_GUARD] = 7;
	assert_int_equal(mp_report_list(d.m, NULL, true, &reply), 0);
	assert_true(sd_json_variant_format(reply, 0, &text) >= 0);
	sd_json_variant_unref(reply);
	assert_non_null(strstr(text, "\"mechanism\":\"balloon\",\"engine\":\"balloon-psi\""));
	assert_non_null(strstr(text, "\"state\":\"active\",\"cgroup\":null"));
	assert_non_null(strstr(text, "\"counters\":{\"held_pages\":0,"));
	assert_non_null(strstr(text, "\"deflated_guard\":7,\"leaked\":0,\"moving\":0,\"calls\":"));
	assert_null(strstr(text, "governed_pages"));
}

static int setup(void **state)
{
	fake_reset();
	return tree_setup(state);
}

#define DAEMON_TEST(f) cmocka_unit_test_setup_teardown(f, setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAEMON_TEST(test_the_kernel_is_given_pages_and_milliseconds),
		DAEMON_TEST(test_a_percentage_is_of_what_is_held_too),
		DAEMON_TEST(test_a_successor_comes_when_the_old_link_is_closed),
		DAEMON_TEST(test_a_machine_without_the_device_is_looked_at_again),
		DAEMON_TEST(test_a_place_that_is_taken_is_waited_for),
		DAEMON_TEST(test_a_policy_may_change_its_mechanism),
		DAEMON_TEST(test_sizes_become_pages_and_last_as_long_as_the_attachment),
		DAEMON_TEST(test_whoever_cannot_be_asked_says_why_and_what_to_do),
		DAEMON_TEST(test_a_kernel_without_the_mechanism_says_so),
		DAEMON_TEST(test_list_and_stats_have_the_machine_without_cgroup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
