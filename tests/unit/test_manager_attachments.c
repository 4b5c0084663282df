// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for attachments in the manager: who gets one, what is loaded for it and how often, what
 * is tried again and when, and what an administrator is told.
 */
#include "../../daemon/mempolicyd/explain.h"
#include "../../daemon/mempolicyd/kernel.h"
#include "../../daemon/mempolicyd/report.h"
#include "fake-kernel.h"

#define MRU "[Cache]\nEngine=mru\n"

static size_t count(const struct daemon *d, const char *name, enum mp_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < d->m->n_attachments; i++)
		n += !strcmp(d->m->attachments[i]->name, name) &&
		     d->m->attachments[i]->state == state;
	return n;
}

/* @...: the cgroup's path. */
static struct mp_attachment *where(const struct daemon *d, const char *name, const char *cgroup)
{
	for (size_t i = 0; i < d->m->n_attachments; i++)
		if (!strcmp(d->m->attachments[i]->name, name) &&
		    !strcmp(d->m->attachments[i]->cgroup, cgroup))
			return d->m->attachments[i];
	return NULL;
}

static void make_cgroups(const char *tree, const char *parent, int n)
{
	char path[128];

	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "cgroups/%s/u%04d.service/x", parent, i);
		tree_mkdirs(tree, path);
	}
}

static char *reply_text(int (*report)(struct mp_manager *m, sd_json_variant **ret),
			struct mp_manager *m)
{
	sd_json_variant *reply = NULL;
	char *text = NULL;

	assert_int_equal(report(m, &reply), 0);
	assert_true(sd_json_variant_format(reply, 0, &text) >= 0);
	sd_json_variant_unref(reply);
	return text;
}

static int list(struct mp_manager *m, sd_json_variant **ret)
{
	return mp_report_list(m, NULL, false, ret);
}

static void assert_told(struct daemon *d, int (*report)(struct mp_manager *, sd_json_variant **),
			const char *wanted)
{
	_cleanup_free_ char *text = reply_text(report, d->m);

	if (!strstr(text, wanted))
		fail_msg("'%s' lacks '%s'", text, wanted);
}

/* Exclusions. */

static void test_an_excluded_cgroup_gets_the_engine_that_leaves_it_to_the_kernel(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	tree_mkdirs(*state, "cgroups/s/x.service/deep");
	edit(NULL, *state, "p", "[Match]\nCgroup=/s !/s/x.service\n" MRU);
	start(&d, *state);
	assert_int_equal(d.m->n_attachments, 2);
	assert_false(where(&d, "p", "/s")->loaded->leaves);
	assert_true(where(&d, "p", "/s/x.service")->loaded->leaves);
	assert_int_equal(where(&d, "p", "/s/x.service")->state, MP_STATE_ACTIVE);
	assert_told(&d, list,
		    "\"engine\":\"none\",\"mode\":\"enforce\",\"state\":\"active\",\"cgroup\":\"/s/"
		    "x.service\",\"reason\":\"the policy excludes it: left to the kernel\"");

	/* Without the exclusion it is governed through its parent again. */
	edit(&d, *state, "p", "[Match]\nCgroup=/s\n" MRU);
	assert_int_equal(d.m->n_attachments, 1);
	assert_int_equal(kernel.attached, 1);
}

static void tell(struct daemon *d, const char *name, char **ret)
{
	sd_json_variant *reply = NULL;

	assert_true(mp_report_show(d->m, name, &reply) >= 0);
	assert_true(sd_json_variant_format(reply, 0, ret) >= 0);
	sd_json_variant_unref(reply);
}

/* Its value is a constant that the verifier sees, so another value is another engine. */
static void test_another_value_of_a_tunable_replaces_the_engine_live(void **state)
{
	static const uint32_t ten = 10;
	const struct mp_tunable_spec spec = { .name = "small_percent",
					      .type = "u32",
					      .range = "1..90 %",
					      .text = "share",
					      .kind = MP_TUNABLE_UNSIGNED,
					      .size = 4,
					      .value = &ten };
	_cleanup_free_ char *problem = NULL, *shown = NULL, *kept = NULL;
	_cleanup_tunables_ struct mp_tunables tunables = {};
	_cleanup_daemon_ struct daemon d = {};

	assert_int_equal(mp_tunables_add(&tunables, NULL, &spec, &problem), 0);
	fake_tunables = &tunables;
	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" MRU "SmallPercent=20\n");
	start(&d, *state);
	assert_int_equal(at(&d, "p")->state, MP_STATE_ACTIVE);
	assert_int_equal(kernel.values.n_tunings, 1);
	assert_string_equal(kernel.values.tunings[0].value, "20");

	edit(&d, *state, "p", "[Match]\nCgroup=/a\n" MRU "SmallPercent=30\n");
	assert_int_equal(kernel.replacements, 1);
	assert_string_equal(kernel.values.tunings[0].value, "30");
	tell(&d, "p", &shown);
	assert_non_null(strstr(shown, "\"key\":\"SmallPercent\",\"type\":\"u32\",\"value\":\"30\","
				      "\"default\":\"10\",\"range\":\"1..90 %\""));

	/* Neither half of it nor another value. */
	edit(&d, *state, "p", "[Match]\nCgroup=/a\n" MRU "SmallPercent=95\n");
	edit(&d, *state, "p", "[Match]\nCgroup=/a\n" MRU "SmalPercent=40\n");
	assert_int_equal(kernel.replacements, 1);
	assert_int_equal(at(&d, "p")->state, MP_STATE_ACTIVE);
	tell(&d, "p", &kept);
	assert_non_null(strstr(kept, "did you mean 'SmallPercent='?"));
	assert_non_null(strstr(kept, "\"value\":\"30\""));
	fake_tunables = NULL;
}

static void test_an_exclusion_that_is_matched_later_gets_the_policys_engine(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	tree_mkdirs(*state, "cgroups/s/x.service/deep");
	edit(NULL, *state, "p", "[Match]\nCgroup=/s !/s/x.service\n" MRU);
	edit(NULL, *state, "q", "[Match]\nCgroup=/nowhere\n" MRU);
	start(&d, *state);
	edit(&d, *state, "q", "[Match]\nCgroup=/s/x.service\n" MRU);
	assert_false(where(&d, "q", "/s/x.service")->loaded->leaves);
	assert_int_equal(kernel.replacements, 1);
}

/* The limit. */

static void test_the_hosts_own_cgroups_are_governed_beside_a_tenants_many(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	make_cgroups(*state, "a.slice/tenant.scope", 1100);
	make_cgroups(*state, "system.slice", 2);
	edit(NULL, *state, "p", "[Match]\nUnit=u*.service\n" MRU);
	start(&d, *state);
	assert_int_equal(count(&d, "p", MP_STATE_ACTIVE), MP_ATTACHMENTS_MAX);
	assert_non_null(where(&d, "p", "/system.slice/u0000.service"));
	assert_non_null(where(&d, "p", "/system.slice/u0001.service"));
	assert_told(&d, list,
		    "78 of its 1102 matching cgroups are left to the kernel: at most 1024 can be "
		    "governed in all");
	assert_told(&d, mp_report_status, "; 78 matching cgroups are left to the kernel");
}

static void test_policies_that_stand_back_do_not_use_up_the_places(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	make_cgroups(*state, "s", 1000);
	edit(NULL, *state, "p", "[Match]\nUnit=u*.service\n" MRU);
	edit(NULL, *state, "q", "[Match]\nUnit=u*.service\n" MRU);
	start(&d, *state);
	assert_int_equal(count(&d, "q", MP_STATE_ACTIVE), 1000);
	assert_int_equal(count(&d, "p", MP_STATE_LOADED), MP_STANDING_BACK_MAX);
	assert_told(&d, list, "at 984 more cgroups another policy governs");
	/* One for each that governs, and one that only the verifier saw. */
	assert_true(kernel.loads <= 1001);
}

/* What is tried again. */

static void test_a_cgroup_without_the_controller_is_not_loaded_for(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	unsigned int loads;

	tree_write(*state, "cgroups/a/cgroup.controllers", "cpu pids\n");
	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" MRU);
	start(&d, *state);
	assert_int_equal(at(&d, "p")->state, MP_STATE_WAITING);
	assert_string_equal(at(&d, "p")->reason,
			    "the memory controller is not enabled for this cgroup");
	loads = kernel.loads;
	assert_true(loads <= 1);
	for (int i = 0; i < 20; i++) {
		at(&d, "p")->retry_usec = 1;
		mp_manager_update(d.m);
	}
	assert_int_equal(kernel.loads, loads);
	assert_true(at(&d, "p")->retry_usec > mp_manager_now(d.m) + 30000000);

	tree_write(*state, "cgroups/a/cgroup.controllers", "cpu memory pids\n");
	at(&d, "p")->retry_usec = 1;
	mp_manager_update(d.m);
	assert_int_equal(at(&d, "p")->state, MP_STATE_ACTIVE);
}

static void test_what_came_too_early_is_attached_without_another_load(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	kernel.attach_error = -EBUSY;
	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" MRU);
	start(&d, *state);
	assert_int_equal(at(&d, "p")->state, MP_STATE_WAITING);
	for (int i = 0; i < 5; i++) {
		at(&d, "p")->retry_usec = 1;
		mp_manager_update(d.m);
	}
	kernel.attach_error = 0;
	at(&d, "p")->retry_usec = 1;
	mp_manager_update(d.m);
	assert_int_equal(at(&d, "p")->state, MP_STATE_ACTIVE);
	assert_int_equal(kernel.loads, 1);

	/* An edit is loaded anew. */
	edit(&d, *state, "p", "[Match]\nCgroup=/a\n[Cache]\nEngine=lfu\n");
	assert_int_equal(kernel.loads, 2);
}

static void test_an_agent_that_could_not_be_loaded_is_tried_again(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	uint64_t first, second;

	kernel.agent_error = -ENOMEM;
	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" MRU);
	start(&d, *state);
	assert_int_equal(at(&d, "p")->state, MP_STATE_ACTIVE);
	assert_int_equal(kernel.agent_loads, 1);
	first = mp_kernel_next_agent(d.m) - mp_manager_now(d.m);
	assert_true(first <= 1000000);
	/* Another attachment is no reason to try again before. */
	mp_kernel_need_agent(d.m);
	assert_int_equal(kernel.agent_loads, 1);
	d.m->agent_retry_usec = 1;
	mp_kernel_need_agent(d.m);
	second = mp_kernel_next_agent(d.m) - mp_manager_now(d.m);
	assert_true(second > first);

	kernel.agent_error = 0;
	d.m->agent_retry_usec = 1;
	mp_kernel_need_agent(d.m);
	assert_non_null(d.m->agent);
	assert_true(mp_kernel_next_agent(d.m) == UINT64_MAX);
}

static void test_the_agent_of_the_start_is_loaded_again(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "p", "[Match]\nCgroup=/nowhere\n" MRU);
	start(&d, *state);
	assert_int_equal(unlink(d.agent), 0);
	edit(&d, *state, "p", "[Match]\nCgroup=/a\n" MRU);
	assert_non_null(d.m->agent);
}

static void fail_for_good(struct daemon *d, const char *tree)
{
	kernel.attach_error = -EINVAL;
	edit(NULL, tree, "p", "[Match]\nCgroup=/a\n" MRU);
	start(d, tree);
	assert_int_equal(at(d, "p")->state, MP_STATE_FAILED);
	kernel.attach_error = 0;
	mp_manager_update(d->m);
	assert_int_equal(at(d, "p")->state, MP_STATE_FAILED);
}

static void test_a_reset_tries_again_what_has_failed(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	fail_for_good(&d, *state);
	assert_int_equal(mp_manager_reset(d.m, mp_slot_find(d.m, "p")), 1);
	mp_manager_update(d.m);
	assert_int_equal(at(&d, "p")->state, MP_STATE_ACTIVE);
	assert_int_equal(mp_manager_reset(d.m, mp_slot_find(d.m, "p")), 0);
}

static void test_a_reload_tries_again_what_has_failed(void **state)
{
	_cleanup_errors_ struct mp_errors errors = {};
	_cleanup_daemon_ struct daemon d = {};

	fail_for_good(&d, *state);
	assert_int_equal(mp_manager_reload(d.m, &errors), 0);
	assert_int_equal(at(&d, "p")->state, MP_STATE_ACTIVE);
}

/* A step that fails. */

static void test_a_takeover_that_fails_leaves_everything_as_it_was(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	make_cgroups(*state, "s", 40);
	edit(NULL, *state, "p", "[Match]\nUnit=u*.service\n" MRU);
	edit(NULL, *state, "q", "[Match]\nUnit=none.service\n[Cache]\nEngine=lfu\n");
	start(&d, *state);
	assert_int_equal(kernel.attached, 40);
	kernel.replace_error = kernel.attach_error = -EINVAL;
	edit(&d, *state, "q",
	     "[Policy]\nPriority=5\n[Match]\nUnit=u*.service\n[Cache]\nEngine=lfu\n");
	assert_int_equal(kernel.attached, 40);
	assert_int_equal(count(&d, "p", MP_STATE_ACTIVE), 40);

	/* Once it succeeds the predecessor's attachments beyond those that are listed are gone. */
	kernel.replace_error = kernel.attach_error = 0;
	edit(&d, *state, "q",
	     "[Policy]\nPriority=6\n[Match]\nUnit=u*.service\n[Cache]\nEngine=lfu\n");
	assert_int_equal(count(&d, "q", MP_STATE_ACTIVE), 40);
	assert_int_equal(count(&d, "p", MP_STATE_LOADED), MP_STANDING_BACK_MAX);
	assert_int_equal(d.m->n_attachments, 40 + MP_STANDING_BACK_MAX);
}

static void test_a_takeover_that_was_too_early_leaves_everything_as_it_was(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	make_cgroups(*state, "s", 40);
	edit(NULL, *state, "p", "[Match]\nUnit=u*.service\n" MRU);
	edit(NULL, *state, "q", "[Match]\nUnit=none.service\n[Cache]\nEngine=lfu\n");
	start(&d, *state);
	kernel.load_error = -EAGAIN;
	edit(&d, *state, "q",
	     "[Policy]\nPriority=5\n[Match]\nUnit=u*.service\n[Cache]\nEngine=lfu\n");
	assert_int_equal(kernel.attached, 40);
}

static void test_an_exclusion_that_was_taken_back_leaves_nothing_due(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	tree_mkdirs(*state, "cgroups/s/x.service/deep");
	edit(NULL, *state, "p", "[Match]\nCgroup=/s/x.service\n" MRU);
	start(&d, *state);
	kernel.replace_error = -ENOMEM;
	edit(&d, *state, "p", "[Match]\nCgroup=/s !/s/x.service\n" MRU);
	assert_true(where(&d, "p", "/s/x.service")->retry_usec != 0);
	/* The engine runs there still, and nothing else is said. */
	assert_string_equal(mp_attachment_engine(where(&d, "p", "/s/x.service")), "mru");
	kernel.replace_error = 0;
	edit(&d, *state, "p", "[Match]\nCgroup=/s/x.service\n" MRU);
	assert_int_equal(where(&d, "p", "/s/x.service")->retry_usec, 0);
	assert_null(where(&d, "p", "/s/x.service")->reason);
	assert_true(mp_converge_next_retry(d.m) == UINT64_MAX);
}

static void test_an_exclusion_whose_engine_is_missing_has_failed_and_says_so(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	kernel.none_missing = true;
	tree_mkdirs(*state, "cgroups/s/x.service/deep");
	edit(NULL, *state, "p", "[Match]\nCgroup=/s !/s/x.service\n" MRU);
	start(&d, *state);
	assert_int_equal(where(&d, "p", "/s/x.service")->state, MP_STATE_FAILED);
	assert_string_equal(where(&d, "p", "/s/x.service")->reason,
			    "engine none: /e/none.bpf.o: it does not exist");
}

static void test_exclusions_have_places_before_what_is_governed(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	char path[128];

	for (int i = 0; i < 600; i++) {
		snprintf(path, sizeof(path), "cgroups/s/u%04d/private/x", i);
		tree_mkdirs(*state, path);
	}
	edit(NULL, *state, "p", "[Match]\nCgroup=/s/* !/s/*/private\n" MRU);
	start(&d, *state);
	for (int i = 0; i < 600; i++) {
		snprintf(path, sizeof(path), "/s/u%04d/private", i);
		assert_true(where(&d, "p", path)->loaded->leaves);
	}
	assert_told(&d, list, "176 of its 1200 matching cgroups are left to the kernel");
}

/* Ejections. */

static void eject_once(struct daemon *d, const char *name)
{
	kernel.ejected = true;
	mp_kernel_refresh(d->m, at(d, name));
	kernel.ejected = false;
}

static void test_the_third_ejection_is_a_quarantine_and_says_what_to_do(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" MRU);
	start(&d, *state);
	for (int i = 0; i < 3; i++) {
		at(&d, "p")->retry_usec = 1;
		mp_manager_update(d.m);
		eject_once(&d, "p");
	}
	assert_int_equal(at(&d, "p")->state, MP_STATE_QUARANTINED);
	assert_non_null(strstr(at(&d, "p")->reason,
			       "; ejected 3 times in a row: change it, or mempolctl reset p"));
	assert_false(mp_kernel_is_used(d.m));
}

static void test_the_last_good_version_that_is_ejected_is_not_promised_again(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" MRU);
	start(&d, *state);
	kernel.replace_error = -EINVAL;
	edit(&d, *state, "p", "[Match]\nCgroup=/a\n[Cache]\nEngine=lfu\n");
	eject_once(&d, "p");
	mp_manager_update(d.m);
	assert_int_equal(at(&d, "p")->state, MP_STATE_EJECTED);
	assert_non_null(strstr(at(&d, "p")->reason, "the new one has failed: change it"));
	assert_true(mp_converge_next_retry(d.m) == UINT64_MAX);
	assert_false(mp_kernel_is_used(d.m));
}

static void test_what_fails_after_an_ejection_is_not_waited_for(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" MRU);
	start(&d, *state);
	eject_once(&d, "p");
	assert_true(mp_kernel_is_used(d.m));
	kernel.attach_error = -EINVAL;
	at(&d, "p")->retry_usec = 1;
	mp_manager_update(d.m);
	assert_int_equal(at(&d, "p")->state, MP_STATE_FAILED);
	assert_false(mp_kernel_is_used(d.m));
}

/* What is told. */

static int show_p(struct mp_manager *m, sd_json_variant **ret)
{
	return mp_report_show(m, "p", ret);
}

static void test_show_names_the_files_in_force_when_only_they_have_changed(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" MRU);
	start(&d, *state);
	tree_write(*state, "policies/p.mempolicy.d/10-same.conf", MRU);
	assert_int_equal(mp_slots_scan(d.m), 0);
	assert_told(&d, show_p, "10-same.conf");
}

static void assert_explained(struct daemon *d, const char *cgroup, const char *wanted)
{
	sd_json_variant *reply = NULL;
	_cleanup_free_ char *text = NULL;

	assert_int_equal(mp_explain(d->m, cgroup, &reply), 0);
	assert_true(sd_json_variant_format(reply, 0, &text) >= 0);
	sd_json_variant_unref(reply);
	if (!strstr(text, wanted))
		fail_msg("'%s' lacks '%s'", text, wanted);
}

static void test_a_cgroup_is_explained(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	sd_json_variant *reply = NULL;

	tree_mkdirs(*state, "cgroups/s/x.service/deep/x");
	tree_mkdirs(*state, "cgroups/s/y.service/x");
	tree_mkdirs(*state, "cgroups/alone/x");
	edit(NULL, *state, "p", "[Policy]\nPriority=1\n[Match]\nCgroup=/s !/s/x.service\n" MRU);
	edit(NULL, *state, "q", "[Match]\nCgroup=/s\n" MRU);
	edit(NULL, *state, "bad", "[Match]\nCgroup=/s\n");
	start(&d, *state);

	assert_explained(&d, "s/", "{\"cgroup\":\"/s\",");
	assert_explained(
		&d, "/s",
		"\"policy\":\"p\",\"mechanism\":\"cache\",\"engine\":\"mru\",\"priority\":1,"
		"\"verdict\":\"governs\",\"reason\":null");
	assert_explained(
		&d, "/s",
		"\"verdict\":\"stands-back\",\"reason\":\"policy p governs it: its priority 1 is "
		"higher than 0\"");
	assert_explained(&d, "/s", "\"policy\":\"bad\"");
	assert_explained(&d, "/s", "\"reason\":\"the policy cannot run: ");
	assert_explained(&d, "/s/y.service", "\"verdict\":\"governs\",\"reason\":\"through /s\"");
	assert_explained(
		&d, "/s/x.service",
		"\"verdict\":\"excludes\",\"reason\":\"the policy governs a cgroup above and "
		"excludes this one\"");
	assert_explained(&d, "/s/x.service/deep",
			 "\"reason\":\"through /s/x.service, which the policy excludes\"");
	assert_explained(
		&d, "/alone",
		"\"policy\":\"p\",\"mechanism\":\"cache\",\"engine\":\"mru\",\"priority\":1,"
		"\"verdict\":\"no-match\"");
	assert_int_equal(mp_explain(d.m, "/nowhere", &reply), -ESRCH);
}

static void test_a_cgroup_is_explained_by_what_is_above(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	kernel.attach_error = -EINVAL;
	tree_mkdirs(*state, "cgroups/s/x.service/deep");
	edit(NULL, *state, "p", "[Match]\nCgroup=/s /s/*\n" MRU);
	start(&d, *state);
	assert_explained(&d, "/s/x.service",
			 "\"verdict\":\"would-govern\",\"reason\":\"through /s, failed: ");
	kernel.attach_error = 0;
	mp_manager_reset(d.m, mp_slot_find(d.m, "p"));
	mp_manager_update(d.m);
	kernel.passive = true;
	assert_explained(&d, "/s/x.service",
			 "\"verdict\":\"governs\",\"reason\":\"through /s, degraded: the daemon's");
}

static void test_a_policy_that_is_not_in_place_everywhere_says_so(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" MRU);
	start(&d, *state);
	kernel.missing_cgroups = 3;
	mp_kernel_refresh(d.m, at(&d, "p"));
	assert_int_equal(at(&d, "p")->state, MP_STATE_DEGRADED);
	assert_string_equal(at(&d, "p")->reason, "of the cgroups that it should govern, the kernel "
						 "had no memory for 3 and tries again");
	kernel.missing_cgroups = 0;
	mp_kernel_refresh(d.m, at(&d, "p"));
	assert_int_equal(at(&d, "p")->state, MP_STATE_ACTIVE);
}

static void test_what_keeps_every_policy_from_running_is_explained(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	kernel.cache_missing = "the running kernel has no mempol module";
	edit(NULL, *state, "p", "[Match]\nCgroup=/a\n" MRU);
	start(&d, *state);
	assert_explained(&d, "/a",
			 "\"verdict\":\"would-govern\",\"reason\":\"waiting: the running");
	assert_explained(&d, "/a", "\"missing\":\"the running kernel has no mempol module\"");
}

static void test_a_policy_is_counted_once_and_alike_everywhere(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	struct mp_counts n;

	tree_mkdirs(*state, "cgroups/b/x");
	edit(NULL, *state, "p", "[Match]\nCgroup=/a /b\n" MRU);
	edit(NULL, *state, "bad", "[Match]\nCgroup=/a\n");
	start(&d, *state);
	mp_manager_count(d.m, &n);
	assert_int_equal(n.policies, 2);
	assert_int_equal(n.active, 1);
	assert_int_equal(n.failed, 1);
	assert_int_equal(n.attachments, 2);
	assert_told(&d, mp_report_status, "2 policies, 1 active, 1 failed");
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
		DAEMON_TEST(test_an_excluded_cgroup_gets_the_engine_that_leaves_it_to_the_kernel),
		DAEMON_TEST(test_another_value_of_a_tunable_replaces_the_engine_live),
		DAEMON_TEST(test_an_exclusion_that_is_matched_later_gets_the_policys_engine),
		DAEMON_TEST(test_the_hosts_own_cgroups_are_governed_beside_a_tenants_many),
		DAEMON_TEST(test_policies_that_stand_back_do_not_use_up_the_places),
		DAEMON_TEST(test_a_cgroup_without_the_controller_is_not_loaded_for),
		DAEMON_TEST(test_what_came_too_early_is_attached_without_another_load),
		DAEMON_TEST(test_an_agent_that_could_not_be_loaded_is_tried_again),
		DAEMON_TEST(test_the_agent_of_the_start_is_loaded_again),
		DAEMON_TEST(test_a_reset_tries_again_what_has_failed),
		DAEMON_TEST(test_a_reload_tries_again_what_has_failed),
		DAEMON_TEST(test_a_takeover_that_fails_leaves_everything_as_it_was),
		DAEMON_TEST(test_a_takeover_that_was_too_early_leaves_everything_as_it_was),
		DAEMON_TEST(test_an_exclusion_that_was_taken_back_leaves_nothing_due),
		DAEMON_TEST(test_an_exclusion_whose_engine_is_missing_has_failed_and_says_so),
		DAEMON_TEST(test_exclusions_have_places_before_what_is_governed),
		DAEMON_TEST(test_the_third_ejection_is_a_quarantine_and_says_what_to_do),
		DAEMON_TEST(test_the_last_good_version_that_is_ejected_is_not_promised_again),
		DAEMON_TEST(test_what_fails_after_an_ejection_is_not_waited_for),
		DAEMON_TEST(test_a_cgroup_is_explained_by_what_is_above),
		DAEMON_TEST(test_a_policy_that_is_not_in_place_everywhere_says_so),
		DAEMON_TEST(test_show_names_the_files_in_force_when_only_they_have_changed),
		DAEMON_TEST(test_a_cgroup_is_explained),
		DAEMON_TEST(test_what_keeps_every_policy_from_running_is_explained),
		DAEMON_TEST(test_a_policy_is_counted_once_and_alike_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
