/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for an event's sentence: it says who, where and why, whatever the record holds.
 */
#include "fixture.h"
#include "mechanism-refcount.h"
#include "names.h"

static char *format(const struct mempol_event *event)
{
	char *message = NULL;

	assert_int_equal(mp_event_format(event, "60-s", "mru", "/a.slice", &message), 0);
	return message;
}

#define EVENT(...) ((struct mempol_event){ .version = MEMPOL_ABI_VERSION, __VA_ARGS__ })

static void test_every_type_has_its_sentence(void **state)
{
	const struct {
		struct mempol_event event;
		const char *wanted;
	} cases[] = {
		{ EVENT(.type = MEMPOL_EV_ATTACHED, .body.state.cgroups = 1),
		  "policy 60-s governs /a.slice now, with engine mru (1 cgroup)" },
		{ EVENT(.type = MEMPOL_EV_REPLACED, .body.state.pages = 7),
		  "policy 60-s at /a.slice runs engine mru now, which took over 7 pages" },
		{ EVENT(.type = MEMPOL_EV_DRAINED, .body.state.pages = 1),
		  "policy 60-s at /a.slice is drained: 1 page went back to the kernel's lists" },
		{ EVENT(.type = MEMPOL_EV_DETACHED,
			.body.exit = { .kind = MEMPOL_EXIT_CGROUP, .pages = 2 }),
		  "policy 60-s no longer governs /a.slice: its cgroup was removed; 2 pages to "
		  "give back" },
		{ EVENT(.type = MEMPOL_EV_EJECTED,
			.body.exit = { .kind = MEMPOL_EXIT_STALLED, .reason = "no verdicts" }),
		  "policy 60-s was ejected by the kernel from /a.slice: no verdicts; 0 pages to "
		  "give back" },
		{ EVENT(.type = MEMPOL_EV_PASSIVE, .body.state.pages = 3),
		  "policy 60-s at /a.slice is passive: the daemon's heartbeat is missing" },
		{ EVENT(.type = MEMPOL_EV_ACTIVE, .body.state.pages = 3),
		  "policy 60-s at /a.slice goes on: the daemon's heartbeat is back" },
		{ EVENT(.type = MEMPOL_EV_FORCED, .body.forced.pages = 64),
		  "the kernel took 64 pages from policy 60-s at /a.slice by force: engine mru "
		  "yielded too little while memory was short" },
		{ EVENT(.type = MEMPOL_EV_REFUSED,
			.body.refused = { .count = 3, .reason = MEMPOL_REFUSED_LIST }),
		  "the kernel refused 3 requests of engine mru (policy 60-s at /a.slice), the "
		  "last one: no such list" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *message = format(&cases[i].event);

		assert_string_equal(message, cases[i].wanted);
	}
}

static void test_a_balloon_is_the_machines(void **state)
{
#define BALLOON(...) EVENT(.mechanism = MEMPOL_MECH_BALLOON, __VA_ARGS__)
	const struct {
		struct mempol_event event;
		const char *wanted;
	} cases[] = {
		{ BALLOON(.type = MEMPOL_EV_ATTACHED, .body.state.pages = 5),
		  "policy 50-b governs the machine now, with engine balloon-psi" },
		{ BALLOON(.type = MEMPOL_EV_DRAINED, .body.state.pages = 1024),
		  "policy 50-b at the machine is drained: 1024 pages came back from the host" },
		{ BALLOON(.type = MEMPOL_EV_DETACHED,
			  .body.exit = { .kind = MEMPOL_EXIT_DETACHED, .pages = 1 }),
		  "policy 50-b no longer governs the machine: its link was closed; 1 page to take "
		  "back" },
		{ BALLOON(.type = MEMPOL_EV_PASSIVE),
		  "policy 50-b at the machine is passive: the daemon's heartbeat is missing" },
		{ BALLOON(.type = MEMPOL_EV_RESIZED,
			  .body.resized = { .held = 1024,
					    .target = 2048,
					    .host = 512,
					    .cause = MEMPOL_BALLOON_BY_OOM }),
		  "policy 50-b: the balloon holds 1024 pages for the host, aims at 2048, the host "
		  "asks for 512; cause: oom (memory had run out)" },
		{ BALLOON(.type = MEMPOL_EV_RESIZED, .body.resized = { .held = 1, .cause = 1000 }),
		  "policy 50-b: the balloon holds 1 page for the host, aims at 0, the host asks for "
		  "0; cause: unknown (this version does not know it)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *message = NULL;

		assert_int_equal(
			mp_event_format(&cases[i].event, "50-b", "balloon-psi", NULL, &message), 0);
		assert_string_equal(message, cases[i].wanted);
	}
}

static void test_files_go_in_and_out_for_a_reason(void **state)
{
#define REFCOUNT(...) EVENT(.mechanism = MEMPOL_MECH_REFCOUNT, __VA_ARGS__)
#define REF_FILE(...) REFCOUNT(.type = MEMPOL_EV_REF_FILE, .body.file = { __VA_ARGS__ })
	const struct {
		struct mempol_event event;
		const char *wanted;
	} cases[] = {
		{ REFCOUNT(.type = MEMPOL_EV_ATTACHED, .body.state.cgroups = 1),
		  "policy 60-s governs /a.slice now, with engine mru (1 cgroup)" },
		{ REFCOUNT(.type = MEMPOL_EV_REPLACED, .body.state.pages = 7),
		  "policy 60-s at /a.slice runs engine mru now, and its files stay in" },
		{ REFCOUNT(.type = MEMPOL_EV_DRAINED),
		  "policy 60-s at /a.slice is drained: its files are out" },
		{ REFCOUNT(.type = MEMPOL_EV_DETACHED,
			   .body.exit = { .kind = MEMPOL_EXIT_DETACHED, .pages = 1 }),
		  "policy 60-s no longer governs /a.slice: its link was closed; its files go out" },
		{ REFCOUNT(.type = MEMPOL_EV_EJECTED,
			   .body.exit = { .kind = MEMPOL_EXIT_SLOW, .pages = 2 }),
		  "policy 60-s was ejected by the kernel from /a.slice: its callbacks took too much "
		  "CPU time; its files go out" },
		{ REF_FILE(.on = 1, .cause = MEMPOL_REF_BY_POLICY, .name = "/srv/a.idx"),
		  "policy 60-s: /srv/a.idx is in now: FilePath= names it" },
		{ REF_FILE(.on = 1, .cause = MEMPOL_REF_BY_SAMPLE, .name = "deep/a.idx"),
		  "policy 60-s: ...deep/a.idx is in now: the engine found it contended" },
		{ REF_FILE(.cause = MEMPOL_REF_BY_REVIEW, .name = "/a\nb"),
		  "policy 60-s: /a?b is out now: the engine found it idle" },
		{ REF_FILE(.cause = 77, .name = "/a"),
		  "policy 60-s: /a is out now: this version does not know why" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *message = format(&cases[i].event);

		assert_string_equal(message, cases[i].wanted);
	}
	/* Each cause has its word, and a sentence for either way. */
	for (unsigned int i = 0; i <= MEMPOL_REF_BY_GUARD; i++) {
		assert_non_null(mp_ref_cause_to_string(i));
		assert_non_null(mp_ref_cause_text(i, true));
		assert_non_null(mp_ref_cause_text(i, false));
	}
	assert_null(mp_ref_cause_to_string(MEMPOL_REF_BY_GUARD + 1));
}

/* The kernel's array has no end of its own. */
static void test_the_name_of_a_file_is_cut(void **state)
{
	char name[MEMPOL_REF_NAME_LEN], text[MEMPOL_REF_NAME_LEN + 4];

	memset(name, 'x', sizeof(name));
	mp_ref_name(name, text);
	assert_int_equal(strlen(text), 3 + MEMPOL_REF_NAME_LEN - 1);
	assert_int_equal(strncmp(text, "...xxx", 6), 0);
	*name = '\0';
	mp_ref_name(name, text);
	assert_string_equal(text, "");
}

static void test_unknown_words_are_replaced_not_followed(void **state)
{
	struct mempol_event event =
		EVENT(.type = MEMPOL_EV_EJECTED, .cgroup_id = 42, .body.exit.kind = 1000);
	_cleanup_free_ char *message = NULL;

	assert_int_equal(mp_event_format(&event, NULL, NULL, NULL, &message), 0);
	assert_string_equal(message, "policy (unknown) was ejected by the kernel from cgroup 42: "
				     "the kernel did not say why; 0 pages to give back");
}

static void test_unterminated_and_dirty_reason_is_cut_and_cleaned(void **state)
{
	struct mempol_event event = EVENT(.type = MEMPOL_EV_EJECTED);
	_cleanup_free_ char *message = NULL;

	memset(event.body.exit.reason, '\x1b', sizeof(event.body.exit.reason));
	message = format(&event);
	assert_null(strchr(message, '\x1b'));
	assert_non_null(strstr(message, "?; 0 pages"));
}

static void test_foreign_version_and_type_are_refused(void **state)
{
	struct mempol_event event = EVENT(.type = 1000);
	char *message = NULL;

	assert_int_equal(mp_event_format(&event, "p", "e", "/", &message), -EPROTO);
	event = EVENT(.type = MEMPOL_EV_ATTACHED);
	event.version++;
	assert_int_equal(mp_event_format(&event, "p", "e", "/", &message), -EPROTO);
	assert_null(message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_type_has_its_sentence),
		cmocka_unit_test(test_a_balloon_is_the_machines),
		cmocka_unit_test(test_files_go_in_and_out_for_a_reason),
		cmocka_unit_test(test_the_name_of_a_file_is_cut),
		cmocka_unit_test(test_unknown_words_are_replaced_not_followed),
		cmocka_unit_test(test_unterminated_and_dirty_reason_is_cut_and_cleaned),
		cmocka_unit_test(test_foreign_version_and_type_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
