// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for a recording when it is over: its file is new, whole and as open as the umask lets it be, and what
 * was not kept is said.
 */
#include "fixture.h"

#include "../../daemon/mempolctl/record.h"

static char said[4096];

int ctl_complain(const char *verb, const char *format, ...)
{
	size_t length = strlen(said);
	va_list ap;

	va_start(ap, format);
	vsnprintf(said + length, sizeof(said) - length, format, ap);
	va_end(ap);
	return -EINVAL;
}

static const struct record_request request = { .verb = "record" };

static void make(struct recording *recording)
{
	struct mempol_record record = { .ino = 5 };

	*recording = (struct recording){ .sample.max_uses = 10, .cgroup = (char *)"/a" };
	for (; !recording->sample.nr_uses; record.index++)
		assert_int_equal(sample_add(&recording->sample, &record), 0);
	*said = '\0';
}

static void a_file_is_new_and_as_open_as_the_umask_lets_it_be(void **state)
{
	_cleanup_free_ char *path = tree_path(*state, "t");
	mode_t mask = umask(027);
	struct recording recording;
	struct stat st;

	make(&recording);
	assert_int_equal(record_save(&request, &recording, path), CTL_OK);
	umask(mask);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(st.st_nlink, 1);
	assert_string_equal(said, "");
	assert_int_equal(record_save(&request, &recording, path), CTL_FAILED);
	assert_non_null(strstr(said, "nothing was kept, name an --output that does not exist"));
	sample_done(&recording.sample);
}

static void a_smaller_sample_is_said(void **state)
{
	struct recording recording;

	make(&recording);
	record_report(&request, &recording);
	assert_null(strstr(said, "warning"));
	recording.sample.shift = 3;
	record_report(&request, &recording);
	assert_non_null(
		strstr(said, "the sample was made smaller, from one page in 1 to one in 8"));
	*said = '\0';
	recording.lost = 7;
	record_report(&request, &recording);
	assert_non_null(strstr(said, "7 records were lost"));
	assert_null(strstr(said, "made smaller"));
	sample_done(&recording.sample);
}

static void under_a_policy_it_says_which_hits_ran_a_program(void **state)
{
	static char policy[] = "p (fifo) at /a", reason[] = "mempolicyd does not answer";
	struct recording recording;

	make(&recording);
	record_report(&request, &recording);
	assert_null(strstr(said, "policy"));
	/* The daemon is asked wherever there is little page cache, and need not be there. */
	recording.not_told = reason;
	record_report(&request, &recording);
	assert_null(strstr(said, "policy"));
	recording.governed = true;
	recording.not_told = NULL;
	record_report(&request, &recording);
	assert_non_null(strstr(said, "more than a tenth of its page cache is the kernel's"));
	*said = '\0';
	recording.not_told = reason;
	record_report(&request, &recording);
	assert_non_null(strstr(said, "every hit ran a program: mempolicyd does not answer"));
	*said = '\0';
	recording.not_told = NULL;
	recording.policies = policy;
	recording.foreign_percent = 3;
	record_report(&request, &recording);
	assert_non_null(strstr(said, "under policy p (fifo) at /a: the kernel told of the hits"));
	assert_non_null(strstr(said, "no other ran a program; 3 % of the page cache was not"));
	*said = '\0';
	recording.left_policy = true;
	record_report(&request, &recording);
	assert_non_null(strstr(said, "warning: p (fifo) at /a: one of these policies went"));
	assert_null(strstr(said, "no other ran"));
	sample_done(&recording.sample);
}

static void json_says_the_same(void **state)
{
	static char policy[] = "p (fifo) at /a";
	_cleanup_free_ char *text = NULL;
	sd_json_variant *v = NULL;
	struct recording recording;

	make(&recording);
	recording.seconds = 1.5;
	recording.governed = true;
	recording.policies = policy;
	recording.cost = (struct recorder_cost){ .runs = 7, .run_ns = 700, .programs = 6 };
	recording.own_ns = 9;
	assert_true(record_json(&recording, &v) >= 0);
	assert_true(sd_json_variant_format(v, 0, &text) >= 0);
	sd_json_variant_unref(v);
	assert_string_equal(text,
			    "{\"cgroup\":\"/a\",\"duration_ms\":1500,\"shift\":0,\"uses\":1,"
			    "\"mapped_uses\":0,\"added_pages\":0,\"lost_records\":0,\"gone\":false,"
			    "\"interrupted\":false,\"governed\":true,\"hook\":\"policy\","
			    "\"policies\":\"p (fifo) at /a\",\"cost\":{\"programs\":6,\"runs\":7,"
			    "\"run_ns\":700,\"own_ns\":9}}");
	sample_done(&recording.sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_new_and_as_open_as_the_umask_lets_it_be,
						tree_setup, tree_teardown),
		cmocka_unit_test(a_smaller_sample_is_said),
		cmocka_unit_test(under_a_policy_it_says_which_hits_ran_a_program),
		cmocka_unit_test(json_says_the_same),
	};

	return cmocka_run_group_tests_name("record_save", tests, NULL, NULL);
}
