/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for refs as a user sees it: files are opened by mempolctl and come to the daemon as descriptors,
 * parts of an answer become one, words that mean nothing are refused before anybody is asked. And for what the
 * verb is made of: ranges, areas of CMA, and processes that may hold a page.
 */
#include "mempolctl-server.h"

#include "../../daemon/mempolctl/refs.h"

#include <sys/sysmacros.h>

#define ROW(index, folios, extra, flags, reason, why)                                       \
	"{\"index\":" index ",\"folios\":" folios ",\"pages\":1,\"refs\":1,\"mapped\":0,"   \
	"\"expected\":1,\"extra\":" extra ",\"hidden\":0,\"flags\":[" flags "],\"node\":0," \
	"\"reason\":\"" reason "\",\"why\":\"" why "\"}"
#define CLEAN "\"lru\",\"file\""
#define GO(index, folios) ROW(index, folios, "0", CLEAN, "go", "can go")
#define HELD(index) ROW(index, "1", "2", CLEAN, "held", "held 2")
#define DIRTY(index) ROW(index, "1", "0", "\"dirty\"," CLEAN, "dirty", "dirty")
#define ABSENT                                                                       \
	"{\"pages\":[{\"index\":0,\"folios\":1,\"pages\":9,\"refs\":0,\"mapped\":0," \
	"\"expected\":null,\"extra\":null,\"hidden\":0,\"flags\":[\"offline\"],"     \
	"\"node\":null,\"reason\":\"offline\",\"why\":\"offline\"}]}"

static const struct reply replies[] = {
	{ "RefsFile", NULL,
	  "{\"pages\":[" GO("0", "2") "," HELD("2") "," GO("3", "1") "," DIRTY("7") "]}" },
	{ "RefsMemory", NULL, "{\"pages\":[" GO("16", "4") "]}" },
	{ "RefsFiles", NULL,
	  "{\"files\":[{\"policy\":\"60-r\",\"name\":\"/srv/db/a.idx\",\"device\":\"8:1\","
	  "\"inode\":12,\"cause\":\"policy\",\"age_ms\":1500,\"reads\":1024,\"fell_back\":0,"
	  "\"busy\":3}]}" },
	{ "RefsOn", NULL, "{\"policy\":\"60-r\"}" },
	{ "RefsOff", "io.mempolicy.Manager.RefsCannot",
	  "{\"reason\":\"The file's reads are not counted in cells\"}" },
};

static const struct question questions[] = {
	{ "RefsFile", "{\"file\":0,\"first\":0,\"last\":9,\"drain\":false}" },
	{ "RefsMemory", "{\"first\":16,\"last\":4112,\"drain\":true}" },
	{ "RefsOn", "{\"file\":0}" },
	{},
};

/* A file of ten pages. */
static void write_file(const char *tree, const char *name, off_t size)
{
	_cleanup_free_ char *path = tree_path(tree, name);

	tree_write(tree, name, "");
	assert_int_equal(truncate(path, size), 0);
}

static void test_a_files_pages_have_a_row_for_each_run_and_a_total(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	write_file(r.tree, "data", 10 * sysconf(_SC_PAGESIZE));
	start_server(&r);
	expect(&r, "$M refs data", 0,
	       "INDEX PAGES REFS MAPPED EXPECTED EXTRA HIDDEN FLAGS          WHY\n"
	       "  0-1     2    1      0        1     0      0 lru,file       can go\n"
	       "    2     1    1      0        1     2      0 lru,file       held 2\n"
	       "    3     1    1      0        1     0      0 lru,file       can go\n"
	       "    7     1    1      0        1     0      0 dirty,lru,file dirty\n"
	       "5 of 10 pages in memory: 1 dirty, 1 held, 3 can go\n",
	       "");
	expect(&r, "$M refs --held --no-legend data", 0, "2 1 1 0 1 2 0 lru,file held 2\n", "");
	expect(&r, "$M refs --json --held data", 0,
	       "{\"pages\":[" HELD("2") "],\"total\":{\"dirty\":1,\"held\":1,\"go\":3}}\n", "");
}

/* A folio is told as a whole, and counted as far as it was asked about. */
static void test_the_total_is_of_the_pages_that_were_asked_about(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	write_file(r.tree, "data", 10 * sysconf(_SC_PAGESIZE));
	special = (struct reply){
		"RefsFile", NULL,
		"{\"pages\":[{\"index\":0,\"folios\":2,\"pages\":8,\"refs\":4,\"mapped\":0,"
		"\"expected\":4,\"extra\":0,\"hidden\":0,\"flags\":[" CLEAN "],\"node\":0,"
		"\"reason\":\"go\",\"why\":\"can go\"}]}"
	};
	start_server(&r);
	special = (struct reply){};
	expect(&r, "$M refs data", 0,
	       "INDEX PAGES REFS MAPPED EXPECTED EXTRA HIDDEN FLAGS    WHY\n"
	       " 0-15   2x8    4      0        4     0      0 lru,file can go\n"
	       "10 of 10 pages in memory: 10 can go\n",
	       "");
}

static void test_memory_is_asked_by_frames_in_both_notations(void **state)
{
	static const char out[] = "INDEX PAGES REFS MAPPED EXPECTED EXTRA HIDDEN FLAGS    WHY\n"
				  "16-19     4    1      0        1     0      0 lru,file can go\n"
				  "4 pages: 4 can go\n";
	_cleanup_run_ struct run r = { .tree = *state };

	start_server(&r);
	expect(&r, "$M refs --drain pfn 16-4112", 0, out, "");
	expect(&r, "$M refs pfn --drain 0x10-0x1010", 0, out, "");
}

static void test_memory_that_is_not_there_is_said(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	special = (struct reply){ "RefsMemory", NULL, ABSENT };
	start_server(&r);
	special = (struct reply){};
	expect(&r, "$M refs pfn --drain 16-4112", 1, "",
	       "mempolctl refs: there is no memory at page frame 16 to 4112; /proc/zoneinfo says "
	       "where it begins\n");
}

static void test_files_in_cells_are_listed_and_switched(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	write_file(r.tree, "data", 10);
	start_server(&r);
	expect(&r, "$M refs files", 0,
	       "POLICY FILE          DEVICE INODE CAUSE  AGE MS ~READS ~FELL BACK BUSY\n"
	       "60-r   /srv/db/a.idx 8:1       12 policy   1500   1024          0    3\n",
	       "");
	expect(&r, "$M refs on data", 0,
	       "the reads of the file are counted in cells, by policy 60-r\n", "");
	expect(&r, "$M refs off data", 1, "", "The file's reads are not counted in cells\n");
}

static void test_what_names_no_file_is_refused(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	write_file(r.tree, "data", 10);
	write_file(r.tree, "empty", 0);
	assert_int_equal(run(&r, "mkdir d; mkfifo fifo"), 0);
	expect(&r, "$M refs none", 1, "",
	       "mempolctl refs: cannot open 'none': No such file or directory\n");
	expect(&r, "$M refs on none", 1, "",
	       "mempolctl refs: cannot open 'none': No such file or directory\n");
	expect(&r, "$M refs d", 1, "",
	       "mempolctl refs: 'd' is a directory: name a file whose pages are meant\n");
	expect(&r, "$M refs fifo", 1, "",
	       "mempolctl refs: 'fifo' is neither a regular file nor a block device: it has no "
	       "pages\n");
	expect(&r, "$M refs data:10+1", 1, "",
	       "mempolctl refs: 'data' has 10 bytes: there is nothing at offset 10\n");
	expect(&r, "$M refs data:0+1x", 2, "",
	       "mempolctl refs: '0+1x' is no range: offset and length in bytes, or with K, M, G or "
	       "T, as in FILE:0+64K\n");
	expect(&r, "$M refs data:0+0", 2, "",
	       "mempolctl refs: '0+0' is no range: offset and length in bytes, or with K, M, G or "
	       "T, as in FILE:0+64K\n");
	/* It has no page that could be asked for. */
	expect(&r, "$M refs --no-legend empty", 0, "", "");
	expect(&r, "$M refs --json empty", 0, "{\"pages\":[],\"total\":{}}\n", "");
}

static void test_usage_is_two_and_asks_nobody(void **state)
{
	static const char *const bad[] = { "x",	 "-1", "1-", "1-2-3",
					   "0x", "1 ", "+1", "9223372036854775808" };
	static const char use[] = "Usage: mempolctl refs FILE[:OFFSET+LENGTH] | pfn FIRST[-LAST] | "
				  "cma NAME | files | on FILE | off FILE\n";
	_cleanup_run_ struct run r = { .tree = *state };

	expect(&r, "$M refs", 2, "", use);
	expect(&r, "$M refs a b", 2, "", use);
	expect(&r, "$M refs pfn", 2, "", use);
	expect(&r, "$M refs files x", 2, "", use);
	expect(&r, "$M refs --who pfn 1", 2, "", "mempolctl refs: --who does not go with pfn\n");
	expect(&r, "$M refs --held files", 2, "",
	       "mempolctl refs: --held does not go with files\n");
	expect(&r, "$M refs --drain on x", 2, "", "mempolctl refs: --drain does not go with on\n");
	expect(&r, "$M refs --hold x", 2, "",
	       "mempolctl refs: unknown option '--hold'; see mempolctl refs --help\n");
	expect(&r, "$M refs --socket", 2, "", "mempolctl refs: '--socket' needs a value\n");
	expect(&r, "$M refs pfn 2-1", 2, "",
	       "mempolctl refs: '2-1' ends before it begins: write 1-2\n");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *line = NULL, *wanted = NULL;

		assert_true(asprintf(&line, "$M refs pfn -- '%s'", bad[i]) > 0);
		assert_true(asprintf(&wanted,
				     "mempolctl refs: '%s' are no page frames: a number, or the "
				     "first and the last one, as in 4096-8191 or 0x1000\n",
				     bad[i]) > 0);
		expect(&r, line, 2, "", wanted);
	}
	expect(&r, "$M refs cma a/b", 2, "", "mempolctl refs: 'a/b' is no name of an area\n");
}

static void test_completion_offers_its_words_and_files(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	expect(&r, "$M --complete ref", 0, "refs\n", "");
	expect(&r, "$M --complete refs ''", 0, "pfn\ncma\nfiles\non\noff\nPATH\n", "");
	expect(&r, "$M --complete refs on ''", 0, "PATH\n", "");
	expect(&r, "$M --complete refs files ''", 0, "", "");
	expect(&r, "$M --complete refs --h", 0, "--held\n--help\n", "");
}

static void test_a_range_is_of_pages_and_ends_with_the_file(void **state)
{
	const uint64_t page = sysconf(_SC_PAGESIZE);
	_cleanup_free_ char *path = tree_path(*state, "data"), *word = NULL, *problem = NULL;
	struct refs_target target;

	write_file(*state, "data", 10 * page + 1);
	assert_int_equal(refs_target_file(path, &target, &problem), 0);
	assert_int_equal(target.first, 0);
	assert_int_equal(target.last, 10);
	refs_target_done(&target);
	assert_true(asprintf(&word, "%s:%d+%d", path, (int)page - 1, 2) > 0);
	assert_int_equal(refs_target_file(word, &target, &problem), 0);
	assert_int_equal(target.first, 0);
	assert_int_equal(target.last, 1);
	assert_string_equal(target.path, path);
	refs_target_done(&target);
	free(word);
	assert_true(asprintf(&word, "%s:4K+1T", path) > 0);
	assert_int_equal(refs_target_file(word, &target, &problem), 0);
	assert_int_equal(target.first, 4096 / page);
	assert_int_equal(target.last, 10);
	refs_target_done(&target);
	/* A colon alone is the name's. */
	write_file(*state, "data:x+1", page);
	free(word);
	word = tree_path(*state, "data:x+1");
	assert_int_equal(refs_target_file(word, &target, &problem), 0);
	refs_target_done(&target);
}

static void test_an_area_of_cma_is_found_by_its_name(void **state)
{
	_cleanup_free_ char *problem = NULL, *wanted = NULL;
	struct refs_target target;

	assert_int_equal(refs_target_cma(*state, "video", &target, &problem), -ENOENT);
	assert_true(asprintf(&wanted,
			     "there is no %s/cma: mount debugfs, on a kernel with "
			     "CONFIG_CMA_DEBUGFS, or name page frames with refs pfn",
			     (char *)*state) > 0);
	assert_string_equal(problem, wanted);
	free(problem);
	tree_write(*state, "cma/video/base_pfn", "4096\n");
	tree_write(*state, "cma/video/count", "256\n");
	assert_int_equal(refs_target_cma(*state, "video", &target, &problem), 0);
	assert_int_equal(target.first, 4096);
	assert_int_equal(target.last, 4351);
	assert_null(target.path);
	assert_int_equal(refs_target_cma(*state, "audio", &target, &problem), -ENOENT);
	assert_string_equal(problem, "there is no area 'audio' of CMA; there are: video");
	free(problem);
	tree_write(*state, "cma/video/count", "0\n");
	assert_int_equal(refs_target_cma(*state, "video", &target, &problem), -EBADMSG);
}

static void test_processes_that_may_hold_a_file_are_found(void **state)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *who = NULL;
	_cleanup_free_ char *path = tree_path(*state, "data"), *maps = NULL, *text = NULL,
			    *proc = tree_path(*state, "proc");
	unsigned int hidden = 1;
	struct stat st;

	write_file(*state, "data", 4096);
	assert_int_equal(stat(path, &st), 0);
	assert_true(asprintf(&maps,
			     "1000-2000 r--p 00000000 %02x:%02x %lu %s\n"
			     "3000-4000 r--s 00000000 ffe:ff %lu %s\n"
			     "5000-6000 r--s 00000000 ffe:ff %lu %s.other\n"
			     "7000-8000 rw-p 00000000 00:00 0\n",
			     major(st.st_dev), minor(st.st_dev), st.st_ino, path, st.st_ino, path,
			     st.st_ino, path) > 0);
	tree_write(*state, "proc/71/maps", maps);
	tree_write(*state, "proc/71/comm", "mapper\n");
	tree_write(*state, "proc/71/status", "Name:\tmapper\nVmPin:\t      12 kB\n");
	tree_write(*state, "proc/71/fdinfo/4", "pos:\t0\nUserFiles:\t9\nUserBufs:\t3\n");
	tree_link(*state, "proc/71/fd/4", "anon_inode:[io_uring]");
	tree_link(*state, "proc/71/fd/5", "/dev/vfio/12");
	tree_write(*state, "proc/72/maps", "");
	tree_write(*state, "proc/72/comm", "open\xff\x1b\n");
	tree_link(*state, "proc/72/fd/3", path);
	tree_write(*state, "proc/73/maps", "");
	tree_write(*state, "proc/73/comm", "bystander\n");
	tree_write(*state, "proc/meminfo", "");
	assert_int_equal(refs_who(proc, &st, path, &who, &hidden), 0);
	assert_int_equal(hidden, 0);
	/* In whatever order the directory has them. */
	assert_int_equal(sd_json_variant_elements(who), 2);
	assert_true(sd_json_variant_format(who, 0, &text) >= 0);
	assert_non_null(strstr(text, "{\"pid\":71,\"command\":\"mapper\",\"maps\":2,\"open\":0,"
				     "\"pinned_bytes\":12288,\"io_uring_buffers\":3,"
				     "\"vfio\":true}"));
	assert_non_null(strstr(text, "{\"pid\":72,\"command\":\"open??\",\"maps\":0,\"open\":1,"
				     "\"pinned_bytes\":0,\"io_uring_buffers\":0,"
				     "\"vfio\":false}"));
}

static sd_json_variant *parse(const char *text)
{
	sd_json_variant *v = NULL;

	assert_true(sd_json_parse(text, 0, &v, NULL, NULL) >= 0);
	return v;
}

static void test_a_run_goes_on_in_the_next_part(void **state)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *rows = NULL;
	_cleanup_(sd_json_variant_unrefp)
		sd_json_variant *a = parse("[" HELD("0") "," GO("1", "2") "]");
	_cleanup_(sd_json_variant_unrefp)
		sd_json_variant *b = parse("[" GO("3", "4") "," DIRTY("7") "]");
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *c = parse("[" GO("8", "1") "]");
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *wanted =
		parse("[" HELD("0") "," GO("1", "6") "," DIRTY("7") "," GO("8", "1") "]");

	assert_true(refs_join(&rows, NULL) >= 0);
	assert_true(refs_join(&rows, a) >= 0);
	assert_true(refs_join(&rows, b) >= 0);
	assert_true(refs_join(&rows, c) >= 0);
	assert_true(sd_json_variant_equal(rows, wanted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_a_files_pages_have_a_row_for_each_run_and_a_total),
		TREE_TEST(test_the_total_is_of_the_pages_that_were_asked_about),
		TREE_TEST(test_memory_is_asked_by_frames_in_both_notations),
		TREE_TEST(test_memory_that_is_not_there_is_said),
		TREE_TEST(test_files_in_cells_are_listed_and_switched),
		TREE_TEST(test_what_names_no_file_is_refused),
		TREE_TEST(test_usage_is_two_and_asks_nobody),
		TREE_TEST(test_completion_offers_its_words_and_files),
		TREE_TEST(test_a_range_is_of_pages_and_ends_with_the_file),
		TREE_TEST(test_an_area_of_cma_is_found_by_its_name),
		TREE_TEST(test_processes_that_may_hold_a_file_are_found),
		TREE_TEST(test_a_run_goes_on_in_the_next_part),
	};

	server_replies = replies;
	n_server_replies = ARRAY_SIZE(replies);
	server_questions = questions;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
