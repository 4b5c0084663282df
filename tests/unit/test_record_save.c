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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_new_and_as_open_as_the_umask_lets_it_be,
						tree_setup, tree_teardown),
		cmocka_unit_test(a_smaller_sample_is_said),
	};

	return cmocka_run_group_tests_name("record_save", tests, NULL, NULL);
}
