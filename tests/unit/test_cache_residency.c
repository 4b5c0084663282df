// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for cache residency where the kernel says where pages are: how a file of such pages is drawn and what
 * JSON says of it. The library is the test's. test_mempolctl_cache has what is shown where the kernel says nothing.
 */
#include "../../daemon/mempolctl/cache-places.h"
#include "../../daemon/mempolctl/client.h"
#include "../../daemon/mempolctl/complain.h"
#include "../../daemon/mempolctl/open-hints.h"
#include "fixture.h"

#define PAGES_MAX 2000

static uint8_t pages[PAGES_MAX];
static uint64_t n_pages;
static int error;
static enum mempolicy_way way;
static unsigned int samples; /* of --watch, before the file goes */
static char *said;
static unsigned int asked_daemon;

/* --- in place of the library, of the files and of the daemon ------------------------------------------- */

int mempolicy_residency(struct mempolicy *m, int fd, uint64_t page, uint8_t *ret, size_t n)
{
	assert_int_equal(fd, 5);
	assert_true(page + n <= n_pages);
	memcpy(ret, pages + page, n);
	return error;
}

enum mempolicy_way mempolicy_way(const struct mempolicy *m)
{
	return way;
}

struct mempolicy *mempolicy_close(struct mempolicy *m)
{
	return NULL;
}

int ctl_open_hints(const struct ctl *ctl, unsigned int flags, struct mempolicy **ret)
{
	assert_int_equal(flags, MEMPOLICY_FALLBACK);
	*ret = NULL;
	return 0;
}

enum ctl_exit cache_for_each(const struct cache_request *request, int argc, char *argv[],
			     cache_file_handler handler, void *userdata)
{
	struct cache_file file = { .path = "data", .fd = 5 };

	file.st.st_mode = S_IFREG;
	file.st.st_size = (off_t)n_pages * sysconf(_SC_PAGESIZE);
	if (request->watch_ms && !samples--)
		return CTL_FAILED;
	return handler(&file, userdata);
}

enum ctl_exit cache_worse(enum ctl_exit a, enum ctl_exit b)
{
	return a == CTL_OK ? b : a;
}

enum ctl_exit cache_print_files(sd_json_variant *files)
{
	return sd_json_variant_dump(files, 0, NULL, NULL) < 0 ? CTL_FAILED : CTL_OK;
}

int ctl_complain(const char *verb, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	assert_true(vasprintf(&said, format, ap) > 0);
	va_end(ap);
	return -EINVAL;
}

sd_json_variant *ctl_ask_file_quietly(const struct ctl *ctl, const char *method,
				      sd_json_variant *parameters, int fd)
{
	asked_daemon++;
	return NULL;
}

/* --- the tests' tools ----------------------------------------------------------------------------------- */

/* What it prints, allocated. */
static char *print(struct cache_request request, enum ctl_exit expected)
{
	FILE *before = stdout;
	char *text = NULL;
	enum ctl_exit result;
	size_t size;

	stdout = open_memstream(&text, &size);
	assert_non_null(stdout);
	result = cache_residency(&request, 0, NULL);
	fclose(stdout);
	stdout = before;
	assert_int_equal(result, expected);
	return text;
}

static void assert_printed(struct cache_request request, const char *wanted)
{
	_cleanup_free_ char *text = print(request, CTL_OK);

	assert_string_equal(text, wanted);
}

static void add(uint64_t n, int what)
{
	assert_true(n_pages + n <= PAGES_MAX);
	memset(pages + n_pages, what, n);
	n_pages += n;
}

static int setup(void **state)
{
	n_pages = 0;
	error = 0;
	way = MEMPOLICY_BY_KERNEL;
	said = NULL;
	asked_daemon = 0;
	return 0;
}

static int teardown(void **state)
{
	free(said);
	return 0;
}

/* --- tests ---------------------------------------------------------------------------------------------- */

#define LEGEND                                                                                \
	". not cached, i inactive, a active, l on a list of the engine's, c cold, p pinned, " \
	"r rejected, u unevictable, d dirty; capital: all of the part is cached\n"

static void test_each_place_has_its_letter_and_its_count(void **state)
{
	add(1, MEMPOLICY_PAGE_ABSENT);
	add(2, MEMPOLICY_PAGE_INACTIVE);
	add(3, MEMPOLICY_PAGE_ACTIVE);
	add(4, MEMPOLICY_PAGE_LIST);
	add(1, MEMPOLICY_PAGE_LIST + 7);
	add(2, MEMPOLICY_PAGE_COLD);
	add(3, MEMPOLICY_PAGE_PINNED);
	add(1, MEMPOLICY_PAGE_PINNED | MEMPOLICY_PAGE_DIRTY);
	assert_printed(
		(struct cache_request){ .ctl.legend = true },
		"data: 16 of 17 pages cached, 2 inactive, 3 active, 5 list, 2 cold, 4 pinned, "
		"1 dirty\n"
		"  [.IIAAALLLLLCCPPPD]\n" LEGEND);
	/* It is the kernel's word that counts. */
	assert_int_equal(asked_daemon, 0);
}

static void test_what_is_rare_is_named_where_it_is(void **state)
{
	add(1, MEMPOLICY_PAGE_REJECTED | MEMPOLICY_PAGE_WRITEBACK);
	add(2, MEMPOLICY_PAGE_UNEVICTABLE);
	assert_printed((struct cache_request){},
		       "data: 3 of 3 pages cached, 0 inactive, 0 active, 0 list, 0 cold, 0 pinned, "
		       "1 rejected, 2 unevictable, 0 dirty\n"
		       "  [RUU]\n");
}

static void test_a_part_is_what_most_of_it_is(void **state)
{
	_cleanup_free_ char *text = NULL;

	/* 20 pages a part. */
	for (unsigned int i = 0; i < 59; i++) {
		add(11, MEMPOLICY_PAGE_PINNED);
		add(9, i % 2 ? MEMPOLICY_PAGE_COLD : MEMPOLICY_PAGE_ABSENT);
	}
	add(20, MEMPOLICY_PAGE_ABSENT);
	text = print((struct cache_request){}, CTL_OK);
	assert_non_null(strstr(text, "data: 910 of 1200 pages cached"));
	assert_non_null(strstr(text,
			       "  [pPpPpPpPpPpPpPpPpPpPpPpPpPpPpPpPpPpPpPpPpPpPpPpPpPpPpPpPpPp.]"
			       "\n"));
}

static void test_json_has_all_of_it(void **state)
{
	add(1, MEMPOLICY_PAGE_ABSENT);
	add(1, (MEMPOLICY_PAGE_LIST + 2) | MEMPOLICY_PAGE_WRITEBACK);
	assert_printed(
		(struct cache_request){ .ctl.json = true },
		"[{\"page\":0,\"pages\":2,\"cached\":1,\"absent\":1,\"inactive\":0,\"active\":0,"
		"\"list\":1,\"cold\":0,\"pinned\":0,\"rejected\":0,\"unevictable\":0,"
		"\"governed\":1,\"dirty\":0,\"writeback\":1,\"path\":\"data\",\"parts\":["
		"{\"page\":0,\"pages\":1,\"cached\":0,\"absent\":1,\"inactive\":0,\"active\":0,"
		"\"list\":0,\"cold\":0,\"pinned\":0,\"rejected\":0,\"unevictable\":0,"
		"\"governed\":0,\"dirty\":0,\"writeback\":0},"
		"{\"page\":1,\"pages\":1,\"cached\":1,\"absent\":0,\"inactive\":0,\"active\":0,"
		"\"list\":1,\"cold\":0,\"pinned\":0,\"rejected\":0,\"unevictable\":0,"
		"\"governed\":1,\"dirty\":0,\"writeback\":1}]}]");
}

static void test_what_is_unknown_is_no_zero(void **state)
{
	_cleanup_free_ char *text = NULL, *json = NULL;

	way = MEMPOLICY_BY_DAEMON;
	add(2, MEMPOLICY_PAGE_CACHED | MEMPOLICY_PAGE_UNSURE);
	text = print((struct cache_request){ .ctl.legend = true }, CTL_OK);
	assert_string_equal(text, "data: 2 of 2 pages cached, what is dirty is not known\n"
				  "  [XX]\n"
				  ". not cached, x cached, d dirty; capital: all of the part is "
				  "cached\n"
				  "not known here: on which list a page is, what is cold, what is "
				  "pinned, what is governed: bpf(2) is forbidden here\n");
	json = print((struct cache_request){ .ctl.json = true }, CTL_OK);
	assert_non_null(strstr(json, "\"cached\":2,\"absent\":0,\"inactive\":null,\"active\":null,"
				     "\"list\":null,\"cold\":null,\"pinned\":null,\"rejected\":"
				     "null,\"unevictable\":null,\"governed\":null,\"dirty\":null,"
				     "\"writeback\":null"));
}

static void test_of_tmpfs_the_kernel_tells_only_what_is_cached(void **state)
{
	add(1, MEMPOLICY_PAGE_CACHED);
	add(1, MEMPOLICY_PAGE_ABSENT);
	assert_printed(
		(struct cache_request){ .ctl.legend = true },
		"data: 1 of 2 pages cached, 0 dirty\n"
		"  [X.]\n"
		". not cached, x cached, d dirty; capital: all of the part is cached\n"
		"not known here: on which list a page is, what is cold, what is pinned, what "
		"is governed: of some of these files the kernel does not tell it\n");
	assert_int_equal(asked_daemon, 1);
}

static void test_without_a_daemon_it_is_said_what_is_missing(void **state)
{
	_cleanup_free_ char *text = NULL;

	way = MEMPOLICY_BY_ADVICE;
	add(2, MEMPOLICY_PAGE_CACHED);
	text = print((struct cache_request){ .ctl.legend = true }, CTL_OK);
	assert_non_null(strstr(text, "mempolicyd does not run, or this kernel cannot (mempolctl "
				     "features)"));
}

static void test_a_picture_over_time_has_a_line_for_each_look(void **state)
{
	_cleanup_free_ char *text = NULL, *json = NULL;
	unsigned int lines = 0;

	add(3, MEMPOLICY_PAGE_ACTIVE);
	samples = 3;
	text = print((struct cache_request){ .watch_ms = 1, .ctl.legend = true }, CTL_FAILED);
	for (const char *at = text; (at = strstr(at, "s [AAA] 3 of 3 pages data\n")); at++)
		lines++;
	assert_int_equal(lines, 3);
	assert_int_equal(strncmp(text, "   0.", 5), 0);
	/* Its legend comes once. */
	assert_non_null(strstr(text, LEGEND));
	assert_null(strstr(strstr(text, LEGEND) + 1, LEGEND));
	samples = 1;
	json = print((struct cache_request){ .watch_ms = 1, .ctl.json = true }, CTL_FAILED);
	assert_int_equal(strncmp(json, "{\"msec\":0,\"files\":[{\"page\":0,", 29), 0);
	assert_non_null(strstr(json, "\"files\":[]}\n"));
}

static void test_who_may_not_know_is_told_why(void **state)
{
	_cleanup_free_ char *text = NULL;

	add(2, MEMPOLICY_PAGE_ACTIVE);
	error = -EACCES;
	text = print((struct cache_request){ .ctl.legend = true }, CTL_NOT_PERMITTED);
	assert_string_equal(text, "");
	assert_string_equal(said,
			    "'data' is another user's: only root, the owner and who may write it "
			    "are told which of its pages are cached");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_each_place_has_its_letter_and_its_count),
		TEST(test_what_is_rare_is_named_where_it_is),
		TEST(test_a_part_is_what_most_of_it_is),
		TEST(test_json_has_all_of_it),
		TEST(test_what_is_unknown_is_no_zero),
		TEST(test_of_tmpfs_the_kernel_tells_only_what_is_cached),
		TEST(test_without_a_daemon_it_is_said_what_is_missing),
		TEST(test_a_picture_over_time_has_a_line_for_each_look),
		TEST(test_who_may_not_know_is_told_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
