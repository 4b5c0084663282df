// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold in the manager for what programs say of cached pages: the policy's PinMax= reaches the kernel that
 * knows of it, and explain tells of it; sets of pins are kept as long as they should be; and whoever cannot be answered
 * learns why.
 */
#include "../../daemon/mempolicyd/explain.h"
#include "../../daemon/mempolicyd/hints.h"
#include "../../daemon/mempolicyd/kept-pins.h"
#include "../../daemon/mempolicyd/peer-cgroup.h"
#include "fake-kernel.h"

#define POLICY "[Match]\nCgroup=/a\n[Cache]\nEngine=mru\n"

static void assert_explained(struct daemon *d, const char *wanted)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *reply = NULL;
	_cleanup_free_ char *text = NULL;

	assert_int_equal(mp_explain(d->m, "/a", &reply), 0);
	assert_true(sd_json_variant_format(reply, 0, &text) >= 0);
	if (!strstr(text, wanted))
		fail_msg("'%s' lacks '%s'", text, wanted);
}

/* --- PinMax= ------------------------------------------------------------------------------------------ */

static void test_what_may_be_pinned_is_told_to_the_kernel(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "p", POLICY);
	start(&d, *state);
	assert_int_equal(own_value(&kernel.values, "pin_permyriad"), 1000);
	assert_true(kernel.values.own[0].optional && kernel.values.n_own == 1);
	edit(&d, *state, "p", POLICY "PinMax=65%\n");
	assert_int_equal(own_value(&kernel.values, "pin_permyriad"), 6500);
	assert_int_equal(own_value(&kernel.values, "pin_pages"), 0);
	assert_false(kernel.values.own[0].optional);
	/* Another number is another engine to the kernel, which takes over what there is. */
	assert_int_equal(kernel.replacements, 1);
	edit(&d, *state, "p", POLICY "PinMax=1M\n");
	assert_int_equal(own_value(&kernel.values, "pin_permyriad"), 0);
	assert_int_equal(own_value(&kernel.values, "pin_pages"), (1 << 20) / sysconf(_SC_PAGESIZE));
}

static void test_where_nothing_may_be_pinned_nothing_is_told(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "p", POLICY "PinMax=0\n");
	start(&d, *state);
	assert_int_equal(kernel.values.n_own, 0);
	edit(&d, *state, "p", "[Match]\nCgroup=/a\n[Cache]\nEngine=none\nPinMax=5%\n");
	assert_int_equal(kernel.loads, 2);
	assert_int_equal(kernel.values.n_own, 0);
}

static void test_a_kernel_without_hints_is_told_nothing_and_the_policy_runs(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	kernel.hints_missing = "this is a kernel without CONFIG_MEMPOL_VERBS";
	edit(NULL, *state, "p", POLICY "PinMax=65%\n");
	start(&d, *state);
	assert_int_equal(kernel.values.n_own, 0);
	assert_int_equal(at(&d, "p")->state, MP_STATE_ACTIVE);
	assert_explained(&d, "\"reason\":\"programs can pin nothing: this is a kernel without "
			     "CONFIG_MEMPOL_VERBS\"");
	edit(&d, *state, "p", POLICY);
	assert_explained(&d, "\"reason\":null");
}

static void test_explain_says_how_much_may_be_pinned_and_is(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "p", POLICY);
	start(&d, *state);
	/* What is usual is not worth a word. */
	assert_explained(&d, "\"reason\":null");
	kernel.counters[MEMPOL_CACHE_PINNED_PAGES] = 1;
	assert_explained(&d, "programs may pin 10% of its memory, 1 page is pinned");
	kernel.counters[MEMPOL_CACHE_PINNED_PAGES] = 0;
	edit(&d, *state, "p", POLICY "PinMax=64M\n");
	assert_explained(&d, "programs may pin 64M, 0 pages are pinned");
	kernel.query_error = -EIO;
	assert_explained(&d, "how much of it is pinned cannot be read now");
}

/* --- sets --------------------------------------------------------------------------------------------- */

static struct {
	unsigned int opened;
	int error; /* of the whole call */
	uint64_t most; /* bytes in one call */
	int last_session;
	uint64_t on_behalf;
} hints;

static int hint(struct mempol_hint *h)
{
	struct mempol_hint_range *range = &h->range[0];

	if (hints.error)
		return hints.error;
	if (h->flags & MEMPOL_HINT_OPEN) {
		h->session = open("/dev/null", O_RDWR | O_CLOEXEC);
		hints.opened++;
		return 0;
	}
	assert_true(fcntl(h->session, F_GETFD) >= 0);
	hints.last_session = h->session;
	hints.on_behalf = h->on_behalf;
	range->done = range->length < hints.most ? range->length : hints.most;
	range->error = range->done < range->length ? -EAGAIN : 0;
	range->applied = (uint32_t)(range->done / 4096);
	range->absent = 1;
	return 0;
}

struct pins {
	struct daemon d;
	int fd;
	struct mp_pin_request request;
};

static void pins_done(struct pins *p)
{
	daemon_done(&p->d);
	close(p->fd);
}

static void pins_start(struct pins *p, const char *tree)
{
	_cleanup_free_ char *path = tree_path(tree, "file");

	kernel.hint = hint;
	hints.most = UINT64_MAX;
	edit(NULL, tree, "p", POLICY);
	start(&p->d, tree);
	tree_write(tree, "file", "content");
	p->fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(p->fd >= 0);
	p->request = (struct mp_pin_request){ "a", p->fd, 0, 8192 };
}

/* The reply or the sentence. */
static char *change(struct pins *p, bool pin, int wanted)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	char *text = NULL, *problem = NULL;
	int r = pin ? mp_pins_add(p->d.m, &p->request, &v, &problem) :
		      mp_pins_remove(p->d.m, &p->request, &v, &problem);

	assert_int_equal(r < 0 ? r : 0, wanted);
	if (r < 0)
		return problem;
	assert_true(sd_json_variant_format(v, 0, &text) >= 0);
	return text;
}

static void assert_pins(struct pins *p, const char *wanted)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_free_ char *text = NULL;

	assert_true(mp_kept_json(p->d.m, &v) >= 0);
	assert_true(sd_json_variant_format(v, 0, &text) >= 0);
	if (!strstr(text, wanted))
		fail_msg("'%s' lacks '%s'", text, wanted);
}

static void test_a_set_has_a_session_and_what_was_gone_through(void **state)
{
	_cleanup_(pins_done) struct pins p = {};
	_cleanup_free_ char *reply = NULL, *more = NULL, *other = NULL;
	int session;

	pins_start(&p, *state);
	assert_pins(&p, "{\"sets\":[]}");
	hints.most = 4096;
	reply = change(&p, true, 0);
	assert_string_equal(reply, "{\"result\":{\"done\":4096,\"applied\":1,\"already\":0,"
				   "\"absent\":1,\"foreign\":0,\"capped\":0,\"unevictable\":0,"
				   "\"busy\":0,\"other\":0,\"error\":11}}");
	assert_pins(&p, "\"bytes\":4096,\"ranges\":[{\"offset\":0,\"length\":4096}]}]}]}");
	session = hints.last_session;
	p.request.offset = 4096;
	p.request.length = 10;
	more = change(&p, true, 0);
	assert_int_equal(hints.last_session, session);
	assert_int_equal(hints.opened, 1);
	/* Anybody's pages: only root is let in. */
	assert_int_equal(hints.on_behalf, 0);
	assert_pins(&p, "{\"sets\":[{\"name\":\"a\",\"files\":[{\"path\":\"");
	assert_pins(&p, "/file\",\"bytes\":8192,\"ranges\":[{\"offset\":0,\"length\":8192}]");
	p.request.set = "b";
	other = change(&p, true, 0);
	assert_int_equal(hints.opened, 2);
	assert_int_not_equal(hints.last_session, session);
}

static void test_a_set_without_ranges_is_none(void **state)
{
	_cleanup_(pins_done) struct pins p = {};
	_cleanup_free_ char *in = NULL, *half = NULL, *out = NULL, *none = NULL;

	pins_start(&p, *state);
	in = change(&p, true, 0);
	p.request.length = 4096;
	half = change(&p, false, 0);
	assert_pins(&p, "[{\"offset\":4096,\"length\":4096}]");
	p.request.length = 1 << 20;
	out = change(&p, false, 0);
	assert_pins(&p, "{\"sets\":[]}");
	assert_int_equal(fcntl(hints.last_session, F_GETFD), -1);
	none = change(&p, false, -ESRCH);
	assert_null(none);
}

static void test_a_set_can_be_dropped_as_a_whole(void **state)
{
	_cleanup_(pins_done) struct pins p = {};
	_cleanup_free_ char *reply = NULL;

	pins_start(&p, *state);
	assert_int_equal(mp_kept_drop(p.d.m, "a"), -ENOENT);
	reply = change(&p, true, 0);
	assert_int_equal(mp_kept_drop(p.d.m, "b"), -ENOENT);
	assert_int_equal(mp_kept_drop(p.d.m, "a"), 0);
	assert_pins(&p, "{\"sets\":[]}");
	assert_int_equal(fcntl(hints.last_session, F_GETFD), -1);
}

static void test_sets_go_with_the_last_policy(void **state)
{
	_cleanup_(pins_done) struct pins p = {};
	_cleanup_free_ char *reply = NULL;

	pins_start(&p, *state);
	reply = change(&p, true, 0);
	edit(&p.d, *state, "p", POLICY "PinMax=5%\n");
	assert_pins(&p, "\"name\":\"a\"");
	edit(&p.d, *state, "p", "[Match]\nCgroup=/nowhere\n[Cache]\nEngine=mru\n");
	assert_pins(&p, "{\"sets\":[]}");
	assert_int_equal(fcntl(hints.last_session, F_GETFD), -1);
}

static void test_there_is_a_limit_to_sets(void **state)
{
	_cleanup_(pins_done) struct pins p = {};
	_cleanup_free_ char *problem = NULL;
	char name[16];

	pins_start(&p, *state);
	p.request.set = name;
	for (unsigned int i = 0; i < 32; i++) {
		_cleanup_free_ char *reply = NULL;

		snprintf(name, sizeof(name), "set%u", i);
		reply = change(&p, true, 0);
	}
	snprintf(name, sizeof(name), "more");
	problem = change(&p, true, -ENOSPC);
	assert_non_null(strstr(problem, "mempolctl cache unpin ends one"));
	assert_int_equal(mp_kept_drop(p.d.m, "set7"), 0);
	free(change(&p, true, 0));
}

static void test_nothing_remains_of_a_pin_that_failed(void **state)
{
	_cleanup_(pins_done) struct pins p = {};
	_cleanup_free_ char *full = NULL, *refused = NULL;

	pins_start(&p, *state);
	hints.error = -EMFILE;
	full = change(&p, true, -EMFILE);
	assert_non_null(strstr(full, "as many owners of pins as there may be (64 a user)"));
	assert_pins(&p, "{\"sets\":[]}");
	hints.error = 0;
	hints.most = 0;
	refused = change(&p, true, 0);
	assert_pins(&p, "{\"sets\":[]}");
}

/* --- who is asked -------------------------------------------------------------------------------------- */

static void test_a_kernel_without_hints_is_told_of(void **state)
{
	_cleanup_(pins_done) struct pins p = {};
	_cleanup_free_ char *problem = NULL, *pin = NULL;
	int hint_fd = -1, residency_fd = -1;

	kernel.hints_missing = "this is a kernel without CONFIG_MEMPOL_VERBS";
	pins_start(&p, *state);
	assert_int_equal(mp_hints_programs(p.d.m, &hint_fd, &residency_fd, &problem), -EOPNOTSUPP);
	assert_string_equal(problem, kernel.hints_missing);
	pin = change(&p, true, -EOPNOTSUPP);
	assert_string_equal(pin, kernel.hints_missing);
	assert_int_equal(hint_fd, -1);
	assert_int_equal(residency_fd, -1);
}

static void test_the_programs_are_the_agents(void **state)
{
	_cleanup_(pins_done) struct pins p = {};
	_cleanup_free_ char *problem = NULL, *other = NULL;
	int hint_fd = -1, residency_fd = -1;

	pins_start(&p, *state);
	assert_int_equal(mp_hints_programs(p.d.m, &hint_fd, &residency_fd, &problem), 0);
	assert_int_equal(hint_fd, 77);
	assert_int_equal(residency_fd, 78);
	/* An agent's object without the second, and then without the first. */
	kernel.residency_fd_error = -ENOENT;
	assert_int_equal(mp_hints_programs(p.d.m, &hint_fd, &residency_fd, &problem), 0);
	assert_true(residency_fd < 0);
	kernel.hint_fd_error = -ENOENT;
	assert_int_equal(mp_hints_programs(p.d.m, &hint_fd, &residency_fd, &other), -EOPNOTSUPP);
	assert_non_null(strstr(other, "of another version"));
}

static void test_counts_are_hidden_from_whom_the_file_is_not(void **state)
{
	struct mempol_hint answer = {
		.nr = 1,
		.range[0] = { .done = 4096, .applied = 3, .absent = 4, .error = -EDQUOT },
	};
	static const char *const wanted[] = {
		"[{\"done\":4096,\"applied\":0,\"already\":0,\"absent\":0,\"foreign\":0,"
		"\"capped\":0,\"unevictable\":0,\"busy\":0,\"other\":0,\"error\":122}]",
		"[{\"done\":4096,\"applied\":3,\"already\":0,\"absent\":4,\"foreign\":0,"
		"\"capped\":0,\"unevictable\":0,\"busy\":0,\"other\":0,\"error\":122}]",
	};

	for (unsigned int visible = 0; visible < 2; visible++) {
		_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
		_cleanup_free_ char *text = NULL;

		assert_int_equal(mp_hints_json(&answer, visible, &v), 0);
		assert_true(sd_json_variant_format(v, 0, &text) >= 0);
		assert_string_equal(text, wanted[visible]);
	}
}

static void test_the_cgroup_of_version_2_is_found_among_others(void **state)
{
	assert_string_equal(mp_peer_cgroup_path("0::/a.slice/x\n"), "/a.slice/x\n");
	assert_string_equal(mp_peer_cgroup_path("1:name=systemd:/y\n0::/\n"), "/\n");
	assert_null(mp_peer_cgroup_path("3:memory:/0::/x\n10::/z\n"));
	assert_null(mp_peer_cgroup_path(""));
}

static int setup(void **state)
{
	fake_reset();
	memset(&hints, 0, sizeof(hints));
	return tree_setup(state);
}

#define DAEMON_TEST(f) cmocka_unit_test_setup_teardown(f, setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAEMON_TEST(test_what_may_be_pinned_is_told_to_the_kernel),
		DAEMON_TEST(test_where_nothing_may_be_pinned_nothing_is_told),
		DAEMON_TEST(test_a_kernel_without_hints_is_told_nothing_and_the_policy_runs),
		DAEMON_TEST(test_explain_says_how_much_may_be_pinned_and_is),
		DAEMON_TEST(test_a_set_has_a_session_and_what_was_gone_through),
		DAEMON_TEST(test_a_set_without_ranges_is_none),
		DAEMON_TEST(test_a_set_can_be_dropped_as_a_whole),
		DAEMON_TEST(test_sets_go_with_the_last_policy),
		DAEMON_TEST(test_there_is_a_limit_to_sets),
		DAEMON_TEST(test_nothing_remains_of_a_pin_that_failed),
		DAEMON_TEST(test_a_kernel_without_hints_is_told_of),
		DAEMON_TEST(test_the_programs_are_the_agents),
		DAEMON_TEST(test_counts_are_hidden_from_whom_the_file_is_not),
		DAEMON_TEST(test_the_cgroup_of_version_2_is_found_among_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
