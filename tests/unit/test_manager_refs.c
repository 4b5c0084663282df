// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for references in the manager: parts of the kernel's answer become runs with a reason, a reply has
 * a limit and says where to go on, and whoever cannot be answered learns why.
 */
#include "../../daemon/mempolicyd/kernel.h"
#include "../../daemon/mempolicyd/refs.h"
#include "fake-kernel.h"

#define CLEAN (MEMPOL_REF_FILE | MEMPOL_REF_LRU)

static struct {
	unsigned int calls, drained;
	bool alike; /* all pages are */
	int error;
} pages;

/* A file of as many pages as are asked for, all in memory. */
static int answer(struct mempol_call *call)
{
	pages.calls++;
	if (pages.error)
		return pages.error;
	assert_int_equal(call->op, MEMPOL_CALL_REFS);
	pages.drained += call->body.refs.drain;
	call->body.refs.nr = 0;
	while (call->body.refs.nr < MEMPOL_REF_PAGES &&
	       call->body.refs.first <= call->body.refs.last)
		call->body.refs.pages[call->body.refs.nr++] = (struct mempol_ref_page){
			.index = call->body.refs.first,
			.refs = pages.alike ? 1 : 1 + call->body.refs.first % 2,
			.expected = 1,
			.extra = pages.alike ? 0 : call->body.refs.first % 2,
			.nr_pages = 1,
			.flags = call->body.refs.fd < 0 ? MEMPOL_REF_SLAB : CLEAN,
			.nid = call->body.refs.first++ < 1000000 ? 0 : MEMPOL_REF_NOWHERE,
		};
	return 0;
}

static char *look(struct daemon *d, int fd, uint64_t first, uint64_t last, bool drain)
{
	const struct mp_refs_range range = { .first = first, .last = last, .drain = drain };
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	char *problem = NULL, *text = NULL;
	int r = mp_refs_look(d->m, fd, &range, &v, &problem);

	if (r < 0)
		return problem;
	assert_true(sd_json_variant_format(v, 0, &text) >= 0);
	return text;
}

static void assert_look(struct daemon *d, int fd, uint64_t first, uint64_t last, bool drain,
			const char *wanted)
{
	_cleanup_free_ char *text = look(d, fd, first, last, drain);

	assert_string_equal(text, wanted);
}

static void test_what_is_alike_is_one_row_however_often_the_kernel_is_asked(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	kernel.call = answer;
	pages.alike = true;
	start(&d, *state);
	assert_look(&d, 5, 0, 99, true,
		    "{\"pages\":[{\"index\":0,\"folios\":100,\"pages\":1,\"refs\":1,\"mapped\":0,"
		    "\"expected\":1,\"extra\":0,\"hidden\":0,\"flags\":[\"lru\",\"file\"],"
		    "\"node\":0,\"reason\":\"go\",\"why\":\"can go\"}]}");
	assert_int_equal(pages.calls, 3);
	assert_int_equal(pages.drained, 1);
}

static void test_memory_is_asked_whether_it_can_move(void **state)
{
	_cleanup_daemon_ struct daemon d = {};

	kernel.call = answer;
	pages.alike = true;
	start(&d, *state);
	assert_look(&d, -1, 1000000, 1000000, false,
		    "{\"pages\":[{\"index\":1000000,\"folios\":1,\"pages\":1,\"refs\":1,"
		    "\"mapped\":0,\"hidden\":0,\"flags\":[\"slab\"],\"reason\":\"slab\","
		    "\"why\":\"slab\"}]}");
}

static void test_a_reply_has_a_limit_and_says_where_to_go_on(void **state)
{
	_cleanup_free_ char *many = NULL, *alike = NULL;
	_cleanup_daemon_ struct daemon d = {};

	kernel.call = answer;
	start(&d, *state);
	/* 256 rows. */
	many = look(&d, 5, 10, 10000, false);
	assert_non_null(strstr(many, "{\"index\":265,"));
	assert_null(strstr(many, "{\"index\":266,"));
	assert_non_null(strstr(many, "],\"next\":266}"));
	assert_non_null(strstr(many, "\"why\":\"held 1 or in an LRU batch\"}"));
	/* 64 calls. */
	pages.alike = true;
	alike = look(&d, 5, 0, 10000, false);
	assert_non_null(strstr(alike, "\"folios\":2560,"));
	assert_non_null(strstr(alike, "],\"next\":2560}"));
}

static void test_whoever_cannot_be_answered_learns_why(void **state)
{
	static const struct {
		int error;
		const char *text;
	} errors[] = {
		{ -EBADF, "The file was not opened for reading" },
		{ -EINVAL, "It is neither a regular file nor a block device: nothing else has "
			   "pages of its own" },
		{ -EOPNOTSUPP, "module mempol is of another version, and does not know the "
			       "question" },
		{ -ENOMEM, "The kernel refused: Cannot allocate memory" },
	};
	_cleanup_daemon_ struct daemon d = {};

	kernel.call = answer;
	start(&d, *state);
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		pages.error = errors[i].error;
		assert_look(&d, 5, 0, 1, false, errors[i].text);
	}
}

static void test_the_agent_is_loaded_for_a_question_and_goes(void **state)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_daemon_ struct daemon d = {};

	kernel.call = answer;
	start(&d, *state);
	assert_null(d.m->agent);
	text = look(&d, 5, 0, 1, false);
	assert_non_null(d.m->agent);
	assert_int_equal(kernel.agent_loads, 1);
	mp_kernel_release_agent(d.m);
	assert_null(d.m->agent);
	kernel.agent_error = -EPERM;
	assert_look(&d, 5, 0, 1, false, "its agent cannot be loaded now");
}

static void test_without_a_policy_of_reference_counts_no_file_is_in(void **state)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_free_ char *problem = NULL, *text = NULL;
	_cleanup_daemon_ struct daemon d = {};

	kernel.call = answer;
	start(&d, *state);
	assert_int_equal(mp_refs_files(d.m, &v, &problem), 0);
	assert_true(sd_json_variant_format(v, 0, &text) >= 0);
	assert_string_equal(text, "{\"files\":[]}");
	assert_int_equal(mp_refs_switch(d.m, 5, true, &v, &problem), -ENOENT);
	assert_non_null(strstr(problem, "There is no active policy of reference counts: put a file "
					"with [Refcount] into "));
	assert_int_equal(pages.calls, 0);
}

/* The kernel keeps the last bytes of a path, which may begin within a letter, and a name need not be UTF-8. */
static void test_a_file_is_listed_whatever_its_name_is(void **state)
{
	static const char bad[] = "\xa4/d\xff\x1b[2J";
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_free_ char *problem = NULL, *text = NULL;
	_cleanup_daemon_ struct daemon d = {};

	edit(NULL, *state, "r", "[Match]\nCgroup=/a\n[Refcount]\nEngine=hot\n");
	start(&d, *state);
	kernel.n_files = 2;
	kernel.files[0] = (struct mempol_ref_file){ .policy_id = kernel.values.policy_id,
						    .ino = 7,
						    .dev = 0x801,
						    .cause = MEMPOL_REF_BY_SAMPLE,
						    .name = "/whole" };
	kernel.files[1] = kernel.files[0];
	kernel.files[1].cause = 99;
	memcpy(kernel.files[1].name, bad, sizeof(bad));
	assert_int_equal(mp_refs_files(d.m, &v, &problem), 0);
	assert_true(sd_json_variant_format(v, 0, &text) >= 0);
	assert_string_equal(text,
			    "{\"files\":[{\"policy\":\"r\",\"name\":\"/whole\","
			    "\"device\":\"8:1\",\"inode\":7,\"cause\":\"sample\",\"age_ms\":0,"
			    "\"reads\":0,\"fell_back\":0,\"busy\":0},"
			    "{\"policy\":\"r\",\"name\":\"...?/d??[2J\",\"device\":\"8:1\","
			    "\"inode\":7,\"cause\":\"?\",\"age_ms\":0,\"reads\":0,"
			    "\"fell_back\":0,\"busy\":0}]}");
}

static int setup(void **state)
{
	fake_reset();
	memset(&pages, 0, sizeof(pages));
	return tree_setup(state);
}

#define DAEMON_TEST(f) cmocka_unit_test_setup_teardown(f, setup, tree_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DAEMON_TEST(test_what_is_alike_is_one_row_however_often_the_kernel_is_asked),
		DAEMON_TEST(test_memory_is_asked_whether_it_can_move),
		DAEMON_TEST(test_a_reply_has_a_limit_and_says_where_to_go_on),
		DAEMON_TEST(test_whoever_cannot_be_answered_learns_why),
		DAEMON_TEST(test_the_agent_is_loaded_for_a_question_and_goes),
		DAEMON_TEST(test_without_a_policy_of_reference_counts_no_file_is_in),
		DAEMON_TEST(test_a_file_is_listed_whatever_its_name_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
