/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for placement as a user of mempolctl sees it: how full pools are, that an audit finds what lies where
 * it may not and fails, and that a map is a dump that the audit reads again.
 */
#include "mempolctl-server.h"

#include "../../bpf/placement/mosaic.h"

#define BUCKETS 16
#define COUNTERS                                                                           \
	"{\"pool_pages\":1024,\"wanted_pages\":1024,\"used_pages\":1020,\"free_pages\":3," \
	"\"lost_pages\":1,\"placed\":5000,\"evicted\":300,\"ordinary\":2,\"exempt\":15,"   \
	"\"exempt_large\":10,\"exempt_node\":1,\"races\":0,\"busy\":0,\"failed\":0,"       \
	"\"protected\":0,\"gated\":0,\"paused\":0,\"kept\":0,\"moved\":0,\"looks\":0,"     \
	"\"accessed\":0,\"conflict_pages\":1011,\"refused\":0,\"ejections\":0}"
#define POOL(name, cgroup, counters, more)                                                     \
	"{\"policy\":\"" name "\",\"engine\":\"mosaic\",\"state\":\"active\",\"reason\":null," \
	"\"cgroup\":\"" cgroup "\",\"pool\":\"graphs\",\"page_size\":4096,"                    \
	"\"counters\":" counters more "}"
#define READY ",\"nodes\":[0],\"policies\":2,\"ready\":true"
#define STATUS "{\"pools\":[" POOL("60-g", "/a", COUNTERS, READY) "]}"

static const struct mosaic_geometry geometry = { 44, 20, 4, 0, BUCKETS };

/* The frame that a page of the space may have by one of its codes. */
static unsigned int frame_of(unsigned long long space, unsigned long long page, unsigned int code)
{
	return mosaic_frame(&geometry, mosaic_key(space, page, 5), code);
}

/* Where page 0x10 of the space may not lie. */
static unsigned int wrong_frame(unsigned long long space)
{
	for (unsigned int frame = 0;; frame++) {
		bool may = false;

		for (unsigned int code = 0; code < MOSAIC_CODES; code++)
			may = may || frame_of(space, 0x10, code) == frame;
		if (!may)
			return frame;
	}
}

static char *page(unsigned int frame, unsigned int space, unsigned int vpn, unsigned int index,
		  const char *flags)
{
	char *text;

	assert_true(asprintf(&text,
			     "{\"frame\":%u,\"pfn\":%u,\"space\":%u,\"vpn\":%u,\"index\":%u,"
			     "\"age\":1,\"mapped\":1,\"flags\":[%s]}",
			     frame, frame + 0x1000, space, vpn, index, flags) > 0);
	return text;
}

#define GEOMETRY \
	",\"geometry\":{\"front\":44,\"back\":20,\"choices\":4,\"seed\":\"0x5\",\"by_object\":false}"

static char *frames(const char *pages, const char *more)
{
	char *text;

	assert_true(asprintf(&text,
			     "{\"policy\":\"60-g\",\"engine\":\"mosaic\",\"cgroup\":\"/a\","
			     "\"frames\":%u,\"pages\":[%s],\"busy\":1,\"absent\":0,\"segments\":["
			     "{\"node\":0,\"first_bucket\":0,\"buckets\":%u}]%s}",
			     BUCKETS * 64, pages, BUCKETS, more) > 0);
	return text;
}

/* A daemon that has these pools, and these frames of each. */
static void serve_frames(struct run *r, const char *status, const char *text)
{
	const struct reply some[] = { { "PlacementStatus", NULL, status },
				      { "PlacementFrames", NULL, text },
				      { "PlacementReset", NULL, "{\"changed\":1}" } };

	server_replies = some;
	n_server_replies = ARRAY_SIZE(some);
	start_server(r);
}

/* ---- status -------------------------------------------------------------------------------------------- */

static void test_status_says_how_full_a_pool_is_and_who_got_no_frame_of_it(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	serve_frames(&r, STATUS, "{}");
	expect(&r, "$M placement status", 0,
	       "     Policy: 60-g\n"
	       "     Cgroup: /a\n"
	       "     Engine: mosaic\n"
	       "      State: active\n"
	       "       Pool: graphs: 4M (1024 pages), shared by 2 attachments\n"
	       "     In use: 99.60 % (1020 pages)\n"
	       "       Lost: 1 page, memory failed there\n"
	       "   Conflict: the first with 98.73 % in use (1011 pages)\n"
	       "     Placed: 5000, for 300 of them another page went\n"
	       "   Ordinary: 2\n"
	       "     Exempt: 15: large folios 10, other nodes 1, the rest 4\n",
	       "");
	expect(&r, "$M placement status --json 60-g", 0, STATUS "\n", "");
}

static void test_status_of_a_policy_that_waits_is_its_state(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	serve_frames(&r,
		     "{\"pools\":[{\"policy\":\"p\",\"engine\":\"mosaic\",\"state\":\"waiting\","
		     "\"reason\":\"its pool has 512 of 1024 pages, and waits for free memory\","
		     "\"cgroup\":\"/a\",\"pool\":\"p\",\"page_size\":4096}]}",
		     "{}");
	expect(&r, "$M placement status", 0,
	       "     Policy: p\n     Cgroup: /a\n     Engine: mosaic\n      State: waiting\n"
	       "     Reason: its pool has 512 of 1024 pages, and waits for free memory\n",
	       "");
	expect(&r, "$M placement audit", 1, "",
	       "mempolctl placement audit: no pool is there to be audited; see mempolctl placement "
	       "status\n");
	expect(&r, "$M placement iutil", 1, "",
	       "mempolctl placement iutil: there is no pool now; see mempolctl placement status\n");
	expect(&r, "$M placement map p", 1, "",
	       "mempolctl placement map: policy p has no pool now; see mempolctl show p\n");
}

static void test_a_map_of_a_policy_that_waits_is_refused_as_the_daemon_says(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	special = (struct reply){ "PlacementFrames", INTERFACE "PlacementCannot",
				  "{\"reason\":\"/x/p.mempolicy:5: Pool=4M: policy p waits\"}" };
	serve_frames(&r, STATUS, "{}");
	special = (struct reply){};
	expect(&r, "$M placement map 60-g", 1, "", "/x/p.mempolicy:5: Pool=4M: policy p waits\n");
	expect(&r, "$M placement audit", 1, "", "/x/p.mempolicy:5: Pool=4M: policy p waits\n");
}

static void test_a_kernel_that_cannot_is_three(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	special = (struct reply){ "PlacementStatus", INTERFACE "KernelCannot",
				  "{\"reason\":\"it has no placement\"}" };
	serve_frames(&r, STATUS, "{}");
	special = (struct reply){};
	expect(&r, "$M placement status", 3, "", "This kernel cannot: it has no placement\n");
	expect(&r, "$M placement audit", 3, "", "This kernel cannot: it has no placement\n");
}

/* ---- audit --------------------------------------------------------------------------------------------- */

static void test_pages_that_lie_where_they_may_pass_the_audit(void **state)
{
	_cleanup_free_ char *a = page(frame_of(3, 0x10, 0), 3, 0x10, 0x10, "");
	_cleanup_free_ char *b = page(frame_of(3, 0x11, 50), 3, 0x11, 0x11, "");
	_cleanup_free_ char *c = page(wrong_frame(9), 9, 0x10, 0x10, "\"inherited\"");
	_cleanup_free_ char *pages = NULL, *text = NULL;
	_cleanup_run_ struct run r = { .tree = *state };

	assert_true(asprintf(&pages, "%s,%s,%s", a, b, c) > 0);
	text = frames(pages, GEOMETRY);
	serve_frames(&r, STATUS, text);
	expect(&r, "$M placement audit", 0,
	       "POLICY CGROUP OK STALE SHARED SWAP CACHE EXEMPT BUSY VIOLATIONS\n"
	       "60-g   /a      2     0      1          0      0    1          0\n",
	       "");
	expect(&r, "$M placement audit --json 60-g --cgroup /a", 0,
	       "{\"audits\":[{\"policy\":\"60-g\",\"cgroup\":\"/a\",\"frames\":1024,\"busy\":1,"
	       "\"ok\":2,\"stale\":0,\"shared\":1,\"swap-cache\":0,\"exempt\":0,"
	       "\"violation\":0}]}\n",
	       "");
	expect(&r, "$M placement audit --cgroup /b", 1, "",
	       "mempolctl placement audit: no pool is there to be audited; see mempolctl placement "
	       "status\n");
}

static void test_a_page_that_lies_where_it_may_not_fails_the_audit_and_is_named(void **state)
{
	_cleanup_free_ char *a = page(wrong_frame(3), 3, 0x10, 0x10, "");
	_cleanup_free_ char *text = frames(a, GEOMETRY), *sentence = NULL;
	_cleanup_run_ struct run r = { .tree = *state };

	serve_frames(&r, STATUS, text);
	assert_int_equal(run(&r, "$M placement audit 60-g"), 1);
	assert_true(asprintf(&sentence,
			     "60-g: frame %u (bucket %u, slot %u) has page 0x10 of space 3, which "
			     "may lie in the front yard of bucket ",
			     wrong_frame(3), wrong_frame(3) / 64, wrong_frame(3) % 64) > 0);
	assert_non_null(strstr(r.out, sentence));
	assert_non_null(strstr(r.out, "    1          1\n"));
	assert_int_equal(run(&r, "$M placement audit --json"), 1);
	assert_non_null(strstr(r.out, "\"violation\":1,\"first\":\"frame "));
}

static void test_a_pool_is_read_to_its_last_part(void **state)
{
	_cleanup_free_ char *a = page(frame_of(3, 0x10, 0), 3, 0x10, 0x10, "");
	_cleanup_free_ char *text = frames(a, GEOMETRY ",\"next\":512");
	_cleanup_run_ struct run r = { .tree = *state };

	/* The same once more, and then it does not go on. */
	serve_frames(&r, STATUS, text);
	expect(&r, "$M --no-legend placement audit", 0, "60-g /a 2 0 0 0 0 2 0\n", "");
}

static void test_pages_of_an_engine_without_yards_are_not_audited(void **state)
{
	_cleanup_free_ char *a = page(0, 3, 0x10, 0x10, "");
	_cleanup_free_ char *text = frames(a, "");
	_cleanup_run_ struct run r = { .tree = *state };

	serve_frames(&r, STATUS, text);
	assert_int_equal(run(&r, "$M placement audit"), 1);
	assert_non_null(strstr(r.err,
			       "where pages of policy 60-g may lie is not known: engine "
			       "mosaic has no Front=, Back=, Choices=, Seed= and Key=, or "));
}

static void test_a_reply_that_is_not_whole_is_no_pool(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	serve_frames(&r, STATUS,
		     "{\"frames\":1024,\"pages\":[],\"segments\":[{\"node\":0,\"first_bucket\":0,"
		     "\"buckets\":3}]" GEOMETRY "}");
	expect(&r, "$M placement audit", 1, "",
	       "mempolctl placement: the pool changed while it was read: ask again\n");
}

/* ---- iutil --------------------------------------------------------------------------------------------- */

static void test_iutil_counts_buckets_by_what_is_in_use(void **state)
{
	_cleanup_free_ char *text = NULL, *pages = NULL;
	_cleanup_run_ struct run r = { .tree = *state };
	size_t size;
	FILE *f = open_memstream(&pages, &size);

	/* Bucket 0 is full, bucket 1 has 62, bucket 2 one; the others are empty. */
	for (unsigned int frame = 0; frame < 129; frame++) {
		_cleanup_free_ char *one = page(frame, 3, frame, frame, "");

		if (frame != 70 && frame != 71)
			fprintf(f, "%s%s", frame ? "," : "", one);
	}
	fclose(f);
	text = frames(pages, GEOMETRY);
	serve_frames(&r, STATUS, text);
	expect(&r, "$M placement iutil", 0,
	       "     Policy: 60-g\n"
	       "     Cgroup: /a\n"
	       "   Conflict: the first with 98.73 % in use (1011 of 1024 pages)\n"
	       "        Now: 12.50 % (128 of 1024 pages)\n"
	       "\n"
	       "FRAMES IN USE BUCKETS   SHARE\n"
	       "           64       1  6.25 %\n"
	       "        60-63       1  6.25 %\n"
	       "         1-31       1  6.25 %\n"
	       "            0      13 81.25 %\n",
	       "");
	assert_int_equal(run(&r, "$M placement iutil --json"), 0);
	assert_non_null(strstr(r.out, "{\"pools\":[{\"policy\":\"60-g\",\"cgroup\":\"/a\","
				      "\"pool_pages\":1024,\"conflict_pages\":1011,"
				      "\"used_pages\":128,\"buckets\":[13,1,0,"));
	assert_non_null(strstr(r.out, ",0,1,0,1]}]}\n"));
	expect(&r, "$M placement iutil --reset 60-g", 0,
	       "the first conflict is forgotten at 1 cgroup\n", "");
	expect(&r, "$M placement iutil --reset --json", 0, "{\"changed\":1}\n", "");
}

static void test_an_empty_pool_has_empty_buckets(void **state)
{
	_cleanup_free_ char *text = frames("", GEOMETRY);
	_cleanup_run_ struct run r = { .tree = *state };

	serve_frames(&r, "{\"pools\":[" POOL("p", "/a", "{\"pool_pages\":1024}", READY) "]}", text);
	expect(&r, "$M placement iutil", 0,
	       "     Policy: p\n     Cgroup: /a\n   Conflict: none yet\n"
	       "        Now: 0.09 % (1 of 1024 pages)\n\n"
	       "FRAMES IN USE BUCKETS    SHARE\n"
	       "            0      16 100.00 %\n",
	       "");
}

/* ---- map ------------------------------------------------------------------------------------------------ */

static void test_a_map_is_a_dump_that_the_audit_reads(void **state)
{
	_cleanup_free_ char *a = page(frame_of(3, 0x10, 0), 3, 0x10, 0x10, "");
	_cleanup_free_ char *b =
		page(frame_of(3, 0x11, 50), 3, 0x11, 0x20, "\"shared\",\"swap-cache\"");
	_cleanup_free_ char *pages = NULL, *text = NULL, *wanted = NULL;
	_cleanup_run_ struct run r = { .tree = *state };

	assert_true(asprintf(&pages, "%s,%s", a, b) > 0);
	text = frames(pages, GEOMETRY);
	serve_frames(&r, STATUS, text);
	assert_true(asprintf(&wanted,
			     "mempol-placement 1\n# policy 60-g at /a\nengine=mosaic\nframes=1024\n"
			     "front=44\nback=20\nchoices=4\nseed=0x5\nkey=address\nsegment=0,0,16\n"
			     "pages\n%u 3 0x10 0x10 -\n%u 3 0x11 0x20 shared,swap-cache\n",
			     frame_of(3, 0x10, 0), frame_of(3, 0x11, 50)) > 0);
	expect(&r, "$M placement map 60-g", 0, wanted,
	       "1 frame was left out: their pages were locked at that moment\n");
	expect(&r, "$M placement map 60-g 2>/dev/null >dump; $M placement audit --file dump", 0,
	       "POLICY CGROUP OK STALE SHARED SWAP CACHE EXEMPT BUSY VIOLATIONS\n"
	       "dump   -       2     0      0          0      0    0          0\n",
	       "");
	/* By another seed they lie elsewhere; one of them is said to be shared. */
	assert_int_equal(run(&r, "sed s/seed=0x5/seed=6/ dump | $M placement audit --file -"), 1);
	assert_non_null(strstr(r.out, "-: frame "));
	assert_int_equal(run(&r, "$M placement map --json 60-g"), 0);
	assert_non_null(strstr(r.out, "\"frames\":1024,\"busy\":1,\"pages\":[{\"frame\":"));
	assert_non_null(strstr(r.out, "\"flags\":[\"shared\",\"swap-cache\"]}]}\n"));
}

static void test_a_map_of_a_policy_at_several_cgroups_wants_one_of_them(void **state)
{
	_cleanup_free_ char *text = frames("", GEOMETRY);
	_cleanup_run_ struct run r = { .tree = *state };

	serve_frames(&r,
		     "{\"pools\":[" POOL("p", "/a", COUNTERS, READY) "," POOL("p", "/b", COUNTERS,
									      READY) "]}",
		     text);
	expect(&r, "$M placement map p", 2, "",
	       "mempolctl placement map: policy p is attached at several control groups: add "
	       "--cgroup, as in --cgroup /a\n");
	assert_int_equal(run(&r, "$M placement map p --cgroup /b"), 0);
}

static void test_a_bad_dump_is_told_with_its_line(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	expect(&r, "echo x | $M placement audit --file -", 1, "",
	       "-:1: This is no dump of placed memory: those begin with \"mempol-placement 1\"\n");
	expect(&r, "$M placement audit --file /absent", 1, "",
	       "mempolctl placement audit: /absent: No such file or directory\n");
}

/* ---- words ----------------------------------------------------------------------------------------------- */

static void test_options_that_a_verb_would_pass_over_are_refused(void **state)
{
	static const char *const lines[] = {
		"status --reset",
		"map --file x p",
		"audit --file x p",
		"audit --reset",
		"status --cgroup /a",
		"iutil --reset --cgroup /a",
		"map",
		"status a b",
		"",
		"map --cgroup",
		"audit --nonsense",
		"frames",
	};
	_cleanup_run_ struct run r = { .tree = *state };

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_free_ char *line = NULL;

		assert_true(asprintf(&line, "$M placement %s", lines[i]) > 0);
		if (run(&r, line) != 2)
			fail_msg("%s: %s%s", line, r.out, r.err);
		assert_string_equal(r.out, "");
	}
	expect(&r, "$M placement frames", 2, "",
	       "mempolctl placement: unknown verb 'frames', did you mean 'status'?\n");
}

static void test_help_and_completion_know_the_verbs(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	assert_int_equal(run(&r, "$M placement --help"), 0);
	for (const char *line = r.out; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") <= 80);
	expect(&r, "$M --complete placement ''", 0, "status\naudit\niutil\nmap\n", "");
	expect(&r, "$M --complete placement --c", 0, "--cgroup\n", "");
	expect(&r, "$M --complete placement audit --file ''", 0, "PATH\n", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_status_says_how_full_a_pool_is_and_who_got_no_frame_of_it),
		TREE_TEST(test_status_of_a_policy_that_waits_is_its_state),
		TREE_TEST(test_a_map_of_a_policy_that_waits_is_refused_as_the_daemon_says),
		TREE_TEST(test_a_kernel_that_cannot_is_three),
		TREE_TEST(test_pages_that_lie_where_they_may_pass_the_audit),
		TREE_TEST(test_a_page_that_lies_where_it_may_not_fails_the_audit_and_is_named),
		TREE_TEST(test_a_pool_is_read_to_its_last_part),
		TREE_TEST(test_pages_of_an_engine_without_yards_are_not_audited),
		TREE_TEST(test_a_reply_that_is_not_whole_is_no_pool),
		TREE_TEST(test_iutil_counts_buckets_by_what_is_in_use),
		TREE_TEST(test_an_empty_pool_has_empty_buckets),
		TREE_TEST(test_a_map_is_a_dump_that_the_audit_reads),
		TREE_TEST(test_a_map_of_a_policy_at_several_cgroups_wants_one_of_them),
		TREE_TEST(test_a_bad_dump_is_told_with_its_line),
		TREE_TEST(test_options_that_a_verb_would_pass_over_are_refused),
		TREE_TEST(test_help_and_completion_know_the_verbs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
