// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for placement in the manager: the engine is told of its pool, a policy waits until that is there,
 * frames come in parts, and whoever cannot be answered learns why.
 */
#include "../../daemon/mempolicyd/kernel.h"
#include "../../daemon/mempolicyd/mechanism-ops.h"
#include "../../daemon/mempolicyd/placement.h"
#include "fake-kernel.h"
#include "mechanism-placement.h"

#define POLICY "[Match]\nCgroup=/a\n[Placement]\nEngine=mosaic\nPool=16M\n"
#define POOL_PAGES 4096

static struct {
	unsigned int pool_calls, frame_calls, resets;
	uint64_t policy_id; /* of the last call */
	int error;
	uint32_t busy; /* so many times the page in frame 3 is locked */
	uint32_t cut; /* the pool has become so small; 0: it has not */
	bool slow; /* pages are hard to look at */
} asked;

static void answer_pool(struct mempol_call *call)
{
	asked.pool_calls++;
	call->body.place_pool.pages = POOL_PAGES;
	call->body.place_pool.wanted = POOL_PAGES;
	call->body.place_pool.policies = 1;
	call->body.place_pool.ready = 1;
	call->body.place_pool.nr = 2;
	call->body.place_pool.segments[0] = (struct mempol_place_segment){ 0, 0, 16, 0 };
	call->body.place_pool.segments[1] = (struct mempol_place_segment){ 2, 16, 48, 0 };
}

/* Every other frame is in use, by a page of its own number; one is lost, one is being emptied. */
static struct mempol_place_frame frame_of(uint32_t n)
{
	struct mempol_place_frame frame = {
		.pfn = 0x1000 + n,
		.space = 7,
		.vpn = 0x55550000 + n,
		.index = n,
		.state = n % 2 ? MEMPOL_PLACE_IS_USED : MEMPOL_PLACE_IS_FREE,
		.age = 5,
		.mapped = 1,
		.flags = n == 1 ? MEMPOL_PLACE_SHARED | MEMPOL_PLACE_OTHER : 0,
	};

	if (n == 8)
		frame.state = MEMPOL_PLACE_ABSENT;
	if (n == 9)
		frame.state = MEMPOL_PLACE_IS_HELD;
	if (n == 3 && asked.busy) {
		asked.busy--;
		frame.state = MEMPOL_PLACE_IS_BUSY;
	}
	return frame;
}

static void answer_frames(struct mempol_call *call)
{
	uint32_t first = call->body.place_frames.first, end = asked.cut ?: POOL_PAGES;

	asked.frame_calls++;
	if (asked.slow)
		usleep(100000);
	call->body.place_frames.nr = 0;
	while (call->body.place_frames.nr < MEMPOL_PLACE_FRAMES && first < end)
		call->body.place_frames.frames[call->body.place_frames.nr++] = frame_of(first++);
	call->body.place_frames.first = first;
}

static int answer(struct mempol_call *call)
{
	asked.policy_id = call->body.place_pool.policy_id;
	if (asked.error && call->op != MEMPOL_CALL_PLACEMENT_POOL)
		return asked.error;
	switch (call->op) {
	case MEMPOL_CALL_PLACEMENT_POOL:
		answer_pool(call);
		return 0;
	case MEMPOL_CALL_PLACEMENT_FRAMES:
		answer_frames(call);
		return 0;
	case MEMPOL_CALL_PLACEMENT_RESET:
		asked.resets++;
		return 0;
	default:
		fail_msg("it was asked for %u", call->op);
		return -EINVAL;
	}
}

/* The keys of mosaic, as its object has them. */
static struct mp_tunable items[] = {
	{ .key = (char *)"Front",
	  .kind = MP_TUNABLE_UNSIGNED,
	  .max = 63,
	  .value = 44,
	  .size = 4,
	  .unit = (char *)"" },
	{ .key = (char *)"Back",
	  .kind = MP_TUNABLE_UNSIGNED,
	  .max = 63,
	  .value = 20,
	  .size = 4,
	  .unit = (char *)"" },
	{ .key = (char *)"Choices",
	  .kind = MP_TUNABLE_UNSIGNED,
	  .max = 16,
	  .value = 4,
	  .size = 4,
	  .unit = (char *)"" },
	{ .key = (char *)"Eviction",
	  .kind = MP_TUNABLE_ENUM,
	  .words = { (char *)"second-chance", (char *)"horizon" },
	  .n_words = 2,
	  .max = 1,
	  .size = 4,
	  .unit = (char *)"" },
	{ .key = (char *)"Key",
	  .kind = MP_TUNABLE_ENUM,
	  .words = { (char *)"address", (char *)"object" },
	  .n_words = 2,
	  .max = 1,
	  .size = 4,
	  .unit = (char *)"" },
	{ .key = (char *)"Seed",
	  .kind = MP_TUNABLE_UNSIGNED,
	  .max = UINT64_MAX,
	  .size = 8,
	  .unit = (char *)"" },
};
static const struct mp_tunables tunables = { items, ARRAY_SIZE(items) };

static void set_pool(uint64_t pages, uint64_t placed)
{
	kernel.counters[MEMPOL_PLACEMENT_POOL_PAGES] = pages;
	kernel.counters[MEMPOL_PLACEMENT_WANTED_PAGES] = POOL_PAGES;
	kernel.counters[MEMPOL_PLACEMENT_USED_PAGES] = pages / 4;
	kernel.counters[MEMPOL_PLACEMENT_PLACED] = placed;
}

static void start_with(struct daemon *d, const char *tree, const char *policy)
{
	kernel.call = answer;
	set_pool(POOL_PAGES, 1);
	edit(NULL, tree, "p", policy);
	start(d, tree);
}

typedef int (*question_t)(struct mp_manager *m, const struct mp_placement_wish *wish,
			  sd_json_variant **ret, char **ret_problem);

/* The reply, or what is wrong. */
static char *ask(struct daemon *d, question_t question, const char *name, const char *cgroup,
		 uint64_t first, int wanted)
{
	const struct mp_placement_wish wish = { name, cgroup, first };
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	char *problem = NULL, *text = NULL;

	assert_int_equal(question(d->m, &wish, &v, &problem), wanted);
	if (wanted < 0)
		return problem;
	assert_true(sd_json_variant_format(v, 0, &text) >= 0);
	return text;
}

static void assert_asked(struct daemon *d, question_t question, const char *name,
			 const char *cgroup, int wanted, const char *text)
{
	_cleanup_free_ char *got = ask(d, question, name, cgroup, 0, wanted);

	if (!got || !strstr(got, text))
		fail_msg("'%s' does not have '%s'", got ?: "(nothing)", text);
}

/* ---- the pool that the engine is told of -------------------------------------------------------------- */

static void test_the_engine_is_told_of_its_pool(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	start_with(&d, *state, POLICY "Nodes=0 2\nContiguous=yes\nPoolName=x\n");
	assert_int_equal(own_value(&kernel.values, "pool_pages"), POOL_PAGES);
	assert_int_equal(own_value(&kernel.values, "nodes"), 5);
	assert_int_equal(own_value(&kernel.values, "pool_flags"), MEMPOL_POOL_CONTIGUOUS);
	assert_int_equal(own_value(&kernel.values, "pool_id"),
			 mp_placement_pool_id(at(&d, "p")->slot->policy));
}

static void test_what_leaves_pages_to_the_kernel_takes_no_memory(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	start_with(&d, *state, "[Match]\nCgroup=/a\n[Placement]\nEngine=ordinary\nPool=16M\n");
	assert_int_equal(own_value(&kernel.values, "pool_pages"), 0);
	assert_int_equal(own_value(&kernel.values, "pool_id"), 0);
}

static void test_an_exclusion_takes_no_memory(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	kernel.call = answer;
	tree_mkdirs(*state, "cgroups/a/x/y");
	edit(NULL, *state, "p",
	     "[Match]\nCgroup=/a !/a/x\n[Placement]\nEngine=mosaic\nPool=16M\nSeed=3\n");
	start(&d, *state);
	assert_int_equal(kernel.attached, 2);
	assert_true(kernel.values.leaves);
	assert_int_equal(own_value(&kernel.values, "pool_pages"), 0);
	assert_int_equal(kernel.values.n_tunings, 0);
}

static void test_a_change_of_the_pool_takes_another_one(void **state)
{
	_cleanup_daemon_ struct daemon d = {};
	uint64_t id;

	start_with(&d, *state, POLICY);
	id = own_value(&kernel.values, "pool_id");
	edit(&d, *state, "p", POLICY "Seed=1\n");
	assert_int_equal(kernel.replacements, 1);
	assert_int_equal(own_value(&kernel.values, "pool_id"), id);
	/* The kernel hands over no pool of another size: the new one comes when the old one has gone. */
	kernel.replace_error = -EEXIST;
	edit(&d, *state, "p", POLICY "Pool=32M\n");
	assert_int_equal(kernel.replacements, 2);
	assert_int_not_equal(own_value(&kernel.values, "pool_id"), id);
	assert_int_equal(kernel.attached, 1);
	assert_int_equal(at(&d, "p")->state, MP_STATE_ACTIVE);
	assert_null(at(&d, "p")->reason);
	/* Whatever else is wrong with a successor, its predecessor goes on. */
	kernel.replace_error = -EINVAL;
	edit(&d, *state, "p", POLICY "Pool=64M\n");
	assert_non_null(strstr(at(&d, "p")->reason, "kept the last good version"));
	assert_int_equal(kernel.attached, 1);
}

static void
test_a_pool_beyond_half_of_the_machine_is_refused_before_the_kernel_is_asked(void **state)
{
	_cleanup_free_ char *sys = tree_path(*state, "sys");
	_cleanup_daemon_ struct daemon d = {};

	tree_write(*state, "sys/devices/system/node/node0/meminfo", "Node 0 MemTotal: 65536 kB\n");
	start_with(&d, *state, POLICY);
	d.config.sys = sys;
	edit(&d, *state, "q", "[Match]\nCgroup=/b\n[Placement]\nEngine=mosaic\nPool=33M\n");
	assert_int_equal(kernel.loads, 1);
	assert_error(
		&mp_slot_find(d.m, "q")->errors, "5",
		"Pool=33M: a pool may have half of the memory of its nodes, which is 32M here");
	edit(&d, *state, "q", "[Match]\nCgroup=/b\n[Placement]\nEngine=mosaic\nPool=32M\n");
	assert_int_equal(mp_slot_find(d.m, "q")->errors.count, 0);
}

static void test_of_two_policies_that_share_a_pool_and_differ_the_first_runs(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	start_with(&d, *state, POLICY);
	edit(&d, *state, "q",
	     "[Match]\nCgroup=/b\n[Placement]\nEngine=mosaic\nPool=8M\nPoolName=p\n");
	assert_error(&mp_slot_find(d.m, "q")->errors, "5", "Pool=8M: policy p (");
	/* Both change at once, and agree again. */
	tree_write(*state, "policies/p.mempolicy",
		   "[Match]\nCgroup=/a\n[Placement]\nEngine=mosaic\nPool=8M\n");
	assert_int_equal(mp_slots_scan(d.m), 0);
	assert_int_equal(mp_slot_find(d.m, "q")->errors.count, 0);
	assert_int_equal(mp_slot_find(d.m, "p")->errors.count, 0);
}

/* ---- states -------------------------------------------------------------------------------------------- */

static void send_event(uint16_t type, const struct mp_attachment *to)
{
	struct mempol_event e = {
		.version = MEMPOL_ABI_VERSION,
		.type = type,
		.mechanism = MEMPOL_MECH_PLACEMENT,
		.policy_id = mp_loaded_policy_id(to->loaded),
		.cgroup_id = to->cgroup_id,
		.body.pool = { kernel.counters[MEMPOL_PLACEMENT_POOL_PAGES], POOL_PAGES, 0, 0 },
	};

	kernel.event(&e, kernel.event_userdata);
}

static void test_a_policy_waits_until_its_pool_is_complete(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	start_with(&d, *state, POLICY);
	set_pool(512, 0);
	mp_kernel_refresh(d.m, at(&d, "p"));
	assert_int_equal(at(&d, "p")->state, MP_STATE_WAITING);
	assert_string_equal(at(&d, "p")->reason,
			    "its pool has 512 of 4096 pages, and waits for free memory");
	set_pool(POOL_PAGES, 0);
	send_event(MEMPOL_EV_POOL, at(&d, "p"));
	assert_int_equal(at(&d, "p")->state, MP_STATE_ACTIVE);
	assert_null(at(&d, "p")->reason);
	set_pool(1024, 9);
	send_event(MEMPOL_EV_POOL, at(&d, "p"));
	assert_int_equal(at(&d, "p")->state, MP_STATE_DEGRADED);
	kernel.passive = true;
	mp_kernel_refresh(d.m, at(&d, "p"));
	assert_string_equal(at(&d, "p")->reason, MP_PASSIVE_TEXT);
	kernel.passive = false;
	set_pool(POOL_PAGES, 9);
	mp_kernel_refresh(d.m, at(&d, "p"));
	assert_int_equal(at(&d, "p")->state, MP_STATE_ACTIVE);
}

static void test_events_have_what_became_of_the_pool(void **state)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_free_ char *text = NULL;
	_cleanup_daemon_ struct daemon d = {};

	start_with(&d, *state, POLICY);
	/* The agent was there to hear that it was attached: nobody has to tell it in the kernel's place. */
	assert_int_equal(mp_events_json(d.m->events, &v), 0);
	assert_true(sd_json_variant_format(v, 0, &text) >= 0);
	assert_null(strstr(text, "\"type\":\"attached\""));
	v = sd_json_variant_unref(v);
	text = (free(text), NULL);
	send_event(MEMPOL_EV_POOL, at(&d, "p"));
	send_event(MEMPOL_EV_CONFLICT, at(&d, "p"));
	assert_true(mp_events_json(d.m->events, &v) >= 0);
	assert_true(sd_json_variant_format(v, 0, &text) >= 0);
	assert_non_null(strstr(text, "\"type\":\"pool\",\"policy\":\"p\""));
	assert_non_null(
		strstr(text, "\"pool_pages\":4096,\"wanted_pages\":4096,\"cause\":\"claim\""));
	assert_non_null(strstr(text, "\"type\":\"conflict\",\"policy\":\"p\""));
	assert_non_null(strstr(text, "\"used_pages\":4096,\"pool_pages\":4096"));
}

static void test_explain_says_how_full_the_pool_is(void **state)
{
	const struct mp_mechanism_ops *ops = mp_mechanism_ops_of(MEMPOL_MECH_PLACEMENT);
	_cleanup_free_ char *text = NULL, *waits = NULL, *absent = NULL;
	_cleanup_daemon_ struct daemon d = {};

	start_with(&d, *state, POLICY);
	text = ops->explain(d.m, at(&d, "p")->slot, at(&d, "p"));
	assert_string_equal(text,
			    "new anonymous pages go to pool p of 16M, 25.00 % of which is in use");
	set_pool(512, 0);
	waits = ops->explain(d.m, at(&d, "p")->slot, at(&d, "p"));
	assert_null(waits);
	absent = ops->explain(d.m, at(&d, "p")->slot, NULL);
	assert_null(absent);
}

/* ---- questions ----------------------------------------------------------------------------------------- */

static void test_status_has_a_row_for_each_attachment(void **state)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_daemon_ struct daemon d = {};

	start_with(&d, *state, POLICY);
	text = ask(&d, mp_placement_status, NULL, NULL, 0, 0);
	assert_non_null(strstr(
		text, "{\"pools\":[{\"policy\":\"p\",\"engine\":\"mosaic\","
		      "\"state\":\"active\",\"reason\":null,\"cgroup\":\"/a\",\"pool\":\"p\","
		      "\"page_size\":4096,\"counters\":{\"pool_pages\":4096,"));
	assert_non_null(strstr(text, "\"nodes\":[0,2],\"policies\":1,\"ready\":true}]}"));
	assert_int_equal(asked.policy_id, mp_loaded_policy_id(at(&d, "p")->loaded));
}

static void test_frames_come_in_parts_without_those_that_are_free(void **state)
{
	_cleanup_free_ char *text = NULL, *last = NULL, *past = NULL;
	_cleanup_daemon_ struct daemon d = {};

	start_with(&d, *state, POLICY);
	text = ask(&d, mp_placement_frames, "p", NULL, 0, 0);
	assert_non_null(strstr(text,
			       "\"policy\":\"p\",\"engine\":\"mosaic\",\"cgroup\":\"/a\","
			       "\"frames\":4096,\"pages\":[{\"frame\":1,\"pfn\":4097,"
			       "\"space\":7,\"vpn\":1431633921,\"index\":1,\"age\":5,"
			       "\"mapped\":1,\"flags\":[\"shared\",\"other\"]},{\"frame\":3,"));
	assert_null(strstr(text, "{\"frame\":2,"));
	assert_non_null(strstr(text, "{\"frame\":9,"));
	assert_non_null(strstr(text, "{\"frame\":2047,"));
	assert_null(strstr(text, "{\"frame\":2049,"));
	assert_non_null(strstr(text,
			       "\"busy\":0,\"absent\":1,\"next\":2048,\"segments\":[{\"node\":0,"
			       "\"first_bucket\":0,\"buckets\":16},{\"node\":2,"
			       "\"first_bucket\":16,\"buckets\":48}],\"geometry\":{"));
	assert_int_equal(asked.frame_calls, 64);
	last = ask(&d, mp_placement_frames, "p", "/a", 2048, 0);
	assert_non_null(strstr(last, "{\"frame\":4095,"));
	assert_null(strstr(last, "next"));
	past = ask(&d, mp_placement_frames, "p", NULL, 1ULL << 40, 0);
	assert_non_null(strstr(past, "\"pages\":[]"));
}

static void test_a_part_is_smaller_where_the_kernel_takes_long(void **state)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_daemon_ struct daemon d = {};

	start_with(&d, *state, POLICY);
	asked.slow = true;
	text = ask(&d, mp_placement_frames, "p", NULL, 0, 0);
	assert_in_range(asked.frame_calls, 1, 2);
	assert_non_null(strstr(text, asked.frame_calls == 1 ? "\"next\":32," : "\"next\":64,"));
}

static void test_a_pool_that_becomes_smaller_ends_the_frames(void **state)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_daemon_ struct daemon d = {};

	start_with(&d, *state, POLICY);
	asked.cut = 40;
	text = ask(&d, mp_placement_frames, "p", NULL, 0, 0);
	assert_non_null(strstr(text, "{\"frame\":39,"));
	assert_null(strstr(text, "next"));
	assert_int_equal(asked.frame_calls, 3);
}

static void test_a_page_that_is_locked_is_looked_at_once_more(void **state)
{
	_cleanup_free_ char *text = NULL, *still = NULL;
	_cleanup_daemon_ struct daemon d = {};

	start_with(&d, *state, POLICY);
	asked.busy = 1;
	text = ask(&d, mp_placement_frames, "p", NULL, 0, 0);
	assert_non_null(strstr(text, "{\"frame\":3,"));
	assert_non_null(strstr(text, "\"busy\":0"));
	asked.busy = 2;
	still = ask(&d, mp_placement_frames, "p", NULL, 0, 0);
	assert_null(strstr(still, "{\"frame\":3,"));
	assert_non_null(strstr(still, "\"busy\":1"));
}

static void test_the_geometry_is_what_the_policy_says_of_the_engines_keys(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	start_with(&d, *state, POLICY "Preset=paper\nKey=object\nSeed=18446744073709551615\n");
	assert_asked(&d, mp_placement_frames, "p", NULL, 0,
		     "\"geometry\":{\"front\":56,\"back\":8,\"choices\":6,"
		     "\"seed\":\"0xffffffffffffffff\",\"by_object\":true}}");
	/* The new version could not be put in force: what runs has the old values. */
	kernel.replace_error = -EINVAL;
	edit(&d, *state, "p", POLICY);
	{
		_cleanup_free_ char *text = ask(&d, mp_placement_frames, "p", NULL, 0, 0);

		assert_null(strstr(text, "geometry"));
	}
}

static void test_a_policy_that_waits_has_no_map(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	start_with(&d, *state, POLICY);
	set_pool(512, 0);
	asked.error = -EAGAIN;
	assert_asked(&d, mp_placement_frames, "p", NULL, -EAGAIN,
		     "policies/p.mempolicy:5: Pool=16M: policy p waits, its pool has 512 of 4096 "
		     "pages: wait until memory is free (mempolctl events -f tells when), or make "
		     "Pool= smaller");
	assert_asked(&d, mp_placement_reset, "p", NULL, -EAGAIN, "policy p waits");
}

static void test_the_first_conflict_is_forgotten_for_one_policy_or_all(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	start_with(&d, *state, POLICY);
	tree_mkdirs(*state, "cgroups/b/x");
	(void)mp_cgroups_rescan(d.m->cgroups);
	edit(&d, *state, "q", "[Match]\nCgroup=/b\n[Placement]\nEngine=mosaic\nPool=8M\n");
	assert_asked(&d, mp_placement_reset, "q", NULL, 0, "{\"changed\":1}");
	assert_int_equal(asked.policy_id, mp_loaded_policy_id(at(&d, "q")->loaded));
	assert_asked(&d, mp_placement_reset, NULL, NULL, 0, "{\"changed\":2}");
	assert_int_equal(asked.resets, 3);
}

static void test_whoever_cannot_be_answered_learns_why(void **state)
{
	_cleanup_free_ char *nobody = NULL;
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "c", "[Match]\nCgroup=/a\n[Cache]\nEngine=mru\n");
	kernel.call = answer;
	start(&d, *state);
	assert_asked(&d, mp_placement_status, NULL, NULL, -ENOENT,
		     "There is no policy with a pool: put a file with [Placement] into ");
	nobody = ask(&d, mp_placement_status, "nobody", NULL, 0, -ESRCH);
	assert_null(nobody);
	assert_asked(&d, mp_placement_frames, "c", NULL, -EINVAL, "Policy c has no [Placement]");
	edit(&d, *state, "p", "[Match]\nCgroup=/nowhere\n[Placement]\nEngine=mosaic\nPool=8M\n");
	assert_asked(&d, mp_placement_frames, "p", NULL, -ENOENT,
		     "Policy p has no pool; see mempolctl show p");
	assert_asked(&d, mp_placement_frames, "p", "/b", -ENOENT,
		     "Policy p has no pool for /b; see");
	d.m->features.missing[MEMPOL_MECH_PLACEMENT] = "no placement here";
	assert_asked(&d, mp_placement_frames, "p", NULL, -EOPNOTSUPP, "no placement here");
	d.m->features.missing[MEMPOL_MECH_PLACEMENT] = NULL;
}

static void test_the_kernels_refusals_are_told(void **state)
{
	static const struct {
		int error, result;
		const char *text;
	} errors[] = {
		{ -ENOENT, -ENOENT, "Policy p has just left the kernel; see mempolctl show p" },
		{ -EOPNOTSUPP, -EOPNOTSUPP, "module mempol is of another version" },
		{ -ENOMEM, -ENOMEM, "The kernel refused: Cannot allocate memory" },
	};
	_cleanup_daemon_ struct daemon d = {};

	start_with(&d, *state, POLICY);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		asked.error = errors[i].error;
		assert_asked(&d, mp_placement_frames, "p", NULL, errors[i].result, errors[i].text);
	}
}

static int setup(void **state)
{
	fake_reset();
	memset(&asked, 0, sizeof(asked));
	fake_tunables = &tunables;
	return tree_setup(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_engine_is_told_of_its_pool),
		TEST(test_what_leaves_pages_to_the_kernel_takes_no_memory),
		TEST(test_an_exclusion_takes_no_memory),
		TEST(test_a_change_of_the_pool_takes_another_one),
		TEST(test_a_pool_beyond_half_of_the_machine_is_refused_before_the_kernel_is_asked),
		TEST(test_of_two_policies_that_share_a_pool_and_differ_the_first_runs),
		TEST(test_a_policy_waits_until_its_pool_is_complete),
		TEST(test_events_have_what_became_of_the_pool),
		TEST(test_explain_says_how_full_the_pool_is),
		TEST(test_status_has_a_row_for_each_attachment),
		TEST(test_frames_come_in_parts_without_those_that_are_free),
		TEST(test_a_part_is_smaller_where_the_kernel_takes_long),
		TEST(test_a_pool_that_becomes_smaller_ends_the_frames),
		TEST(test_a_page_that_is_locked_is_looked_at_once_more),
		TEST(test_the_geometry_is_what_the_policy_says_of_the_engines_keys),
		TEST(test_a_policy_that_waits_has_no_map),
		TEST(test_the_first_conflict_is_forgotten_for_one_policy_or_all),
		TEST(test_whoever_cannot_be_answered_learns_why),
		TEST(test_the_kernels_refusals_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
