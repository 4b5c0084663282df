/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for the text of one policy file: what it says arrives, what it must not say is
 * refused with the line and the nearest word.
 */
#include "fixture.h"
#include "mechanism-balloon.h"
#include "policy.h"

#define PATH "/x/60-search.mempolicy"
#define REST "[Match]\nUnit=a.service\n[Cache]\nEngine=mru\n"

static struct mp_policy *parse(const char *text)
{
	_cleanup_errors_ struct mp_errors errors = {};
	struct mp_policy *policy = NULL;
	int r = mp_policy_parse(PATH, text, strlen(text), &errors, &policy);

	for (size_t i = 0; i < errors.count; i++)
		print_error("%s\n", errors.items[i]);
	assert_int_equal(r, 0);
	assert_int_equal(errors.count, 0);
	return policy;
}

/* Refused with exactly one entry. */
static void refuse(const char *text, const char *line, const char *message)
{
	_cleanup_errors_ struct mp_errors errors = {};
	struct mp_policy *policy = NULL;

	assert_int_equal(mp_policy_parse(PATH, text, strlen(text), &errors, &policy), -EBADMSG);
	assert_null(policy);
	assert_error(&errors, line, message);
	assert_int_equal(errors.count, 1);
	assert_int_equal(strncmp(errors.items[0], PATH ":", strlen(PATH ":")), 0);
}

static void test_example_of_the_design_is_read(void **state)
{
	_cleanup_policy_ struct mp_policy *policy =
		parse("# /etc/mempolicyd/policy.d/60-search.mempolicy\n"
		      "[Policy]\n"
		      "Description=Searches over the source tree must not flush the database\n"
		      "[Match]\n"
		      "Unit=search.service\n"
		      "[Cache]\n"
		      "Engine=mru\n");

	assert_string_equal(policy->name, "60-search");
	assert_string_equal(policy->path, PATH);
	assert_string_equal(policy->description,
			    "Searches over the source tree must not flush the database");
	assert_int_equal(policy->priority, 0);
	assert_string_equal(mp_policy_mode(policy), "enforce");
	assert_int_equal(policy->match.unit.count, 1);
	assert_string_equal(policy->match.unit.items[0].glob, "search.service");
	assert_int_equal(policy->match.cgroup.count, 0);
	assert_string_equal(policy->choice.engine, "mru");
	assert_string_equal(policy->choice.file, PATH);
	assert_int_equal(policy->choice.line, 7);
	assert_int_equal(policy->n_files, 1);
	assert_null(policy->files[1]);
}

static void test_lists_add_up_exclude_and_reset(void **state)
{
	_cleanup_policy_ struct mp_policy *policy =
		parse("[Match]\nUnit=z.slice\nUnit=\nUnit=a.slice b.slice\nUnit=!c.slice\n"
		      "Cgroup=a.slice/ /b/* !c\n[Cache]\nEngine=mru\n");
	const struct mp_match *match = &policy->match;

	assert_int_equal(match->unit.count, 3);
	assert_string_equal(match->unit.items[0].glob, "a.slice");
	assert_false(match->unit.items[1].negated);
	assert_string_equal(match->unit.items[2].glob, "c.slice");
	assert_true(match->unit.items[2].negated);
	assert_int_equal(match->cgroup.count, 3);
	assert_string_equal(match->cgroup.items[0].glob, "/a.slice");
	assert_string_equal(match->cgroup.items[1].glob, "/b/*");
	assert_string_equal(match->cgroup.items[2].glob, "/c");
	assert_string_equal(match->cgroup.items[2].file, PATH);
	assert_int_equal(match->cgroup.items[2].line, 6);
}

static void test_last_of_repeated_single_values_wins_and_empty_resets(void **state)
{
	_cleanup_policy_ struct mp_policy *policy =
		parse("[Policy]\nPriority=5\nPriority=-7\nDescription=x\nDescription=\n" REST
		      "[Cache]\nEngine=lfu\n");

	assert_int_equal(policy->priority, -7);
	assert_null(policy->description);
	assert_string_equal(policy->choice.engine, "lfu");
}

static void test_sections_may_repeat(void **state)
{
	_cleanup_policy_ struct mp_policy *policy = parse(REST "[Match]\nUnit=b.service\n");

	assert_int_equal(policy->match.unit.count, 2);
}

static void test_priority_is_an_integer_in_its_range(void **state)
{
	static const char *const bad[] = { "x",	   "1.5", "1000001", "-1000001",
					   "0x10", "+",	  "- 1",     "99999999999999999999" };
	_cleanup_policy_ struct mp_policy *low = parse("[Policy]\nPriority=-1000000\n" REST);
	_cleanup_policy_ struct mp_policy *high = parse("[Policy]\nPriority=+1000000\n" REST);

	assert_int_equal(low->priority, MP_PRIORITY_MIN);
	assert_int_equal(high->priority, MP_PRIORITY_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text = NULL;

		assert_true(asprintf(&text, "[Policy]\nPriority=%s\n" REST, bad[i]) > 0);
		refuse(text, "2", "not an integer from -1000000 to 1000000");
	}
}

static void test_engine_is_a_shipped_name_or_an_object_path(void **state)
{
	_cleanup_policy_ struct mp_policy *policy =
		parse("[Match]\nUnit=a.service\n[Cache]\nEngine=/opt/my engines/x.bpf.o\n");

	assert_string_equal(policy->choice.engine, "/opt/my engines/x.bpf.o");
	refuse("[Match]\nUnit=a.service\n[Cache]\nEngine=mrv\n", "4", "did you mean 'mru'");
	refuse("[Match]\nUnit=a.service\n[Cache]\nEngine=x.bpf.o\n", "4", "unknown engine");
	refuse("[Match]\nUnit=a.service\n[Cache]\nEngine=./x.bpf.o\n", "4",
	       "a path must begin with '/'");
	refuse("[Match]\nUnit=a.service\n[Cache]\nEngine=/x/y.o\n", "4", "end in NAME.bpf.o");
	refuse("[Match]\nUnit=a.service\n[Cache]\nEngine=/x/.bpf.o\n", "4", "end in NAME.bpf.o");
	refuse("[Match]\nUnit=a.service\n[Placement]\nEngine=colour\n", "4",
	       "not available in this version");
	refuse("[Match]\nUnit=a.service\n[Cache]\nEngine=mru\nEngine=\n", "3",
	       "[Cache] has no Engine=");
}

static void test_unknown_words_are_refused_with_the_nearest(void **state)
{
	refuse("[Plicy]\nPriority=1\n" REST, "1", "did you mean [Policy]?");
	refuse("[Policy]\nPriorty=1\n" REST, "2", "did you mean 'Priority='?");
	refuse("[Policy]\npriority=1\n" REST, "2", "did you mean 'Priority='?");
	refuse("[Match]\nEngine=mru\n" REST, "2", "it belongs to [Cache]");
	refuse("[Match]\nUnit=a.service\n[Caxhe]\nEngine=mru\n", "3", "did you mean [Cache]?");
	refuse("[Match]\nUnit=a.service\n[Cache]\nThreshold=5\n", "4",
	       "unknown key 'Threshold' in [Cache], there are 'Engine=' and 'PinMax='");
}

/* What people ask for who want one directory to stay out of the cache. */
static void test_far_words_are_answered_with_what_there_is(void **state)
{
	refuse("[Match]\nUnit=mirror.service\n[Files]\nPath=/srv/dl/**\nSizeMin=256K\n"
	       "[Cache]\nEngine=mru\n",
	       "3",
	       "unknown section [Files], there are [Policy], [Match], [Cache], [Placement], [Balloon], [Refcount] and [Translation]");
	refuse("[Match]\nUnit=a.service\nComm=rsync\n[Cache]\nEngine=mru\n", "3",
	       "unknown key 'Comm' in [Match], there are 'Cgroup=' and 'Unit='");
	refuse("[Match]\nUnit=a.service\n[Cache]\nEngine=drop-behind\n", "4",
	       "Engine=drop-behind: unknown engine, there are 'fifo', 'get-scan', 'kernel', 'lfu'");
	refuse("[Match]\nUnit=a.service\n[Cache]\nFileCacheMax=2G\n", "4",
	       "unknown key 'FileCacheMax' in [Cache], there are 'Engine=' and 'PinMax='");
}

static void test_words_of_other_places_are_answered_with_what_does_it_here(void **state)
{
	refuse("[Match]\nUnit=a.service\n[Cache]\nEngine=lru\n", "4",
	       "Engine=lru: LRU is the kernel's own, use Engine=none or no policy");
	refuse("[Balloon]\nEngine=lru\n", "2", "unknown engine, there are 'balloon-free', ");
	refuse("[Match]\nSlice=x.slice\n[Cache]\nEngine=mru\n", "2",
	       "Slice=: not available in this version, use Cgroup=/x.slice or Unit=x.slice");
	refuse("[Match]\nUser=1000\n[Cache]\nEngine=mru\n", "2",
	       "User=: not available in this version, use Cgroup=/user.slice/user-1000.slice");
}

static void test_words_that_are_not_built_are_refused_by_name(void **state)
{
	static const char *const sections[] = { "Guard" };
	static const char *const keys[][2] = { { "Policy", "Mode=enforce" },
					       { "Match", "Slice=a" },
					       { "Match", "User=1000" } };

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		_cleanup_free_ char *text = NULL;

		assert_true(asprintf(&text, "[%s]\nEngine=x\n" REST, sections[i]) > 0);
		refuse(text, "1", "not available in this version");
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		_cleanup_free_ char *text = NULL;

		assert_true(asprintf(&text, "[%s]\n%s\n" REST, keys[i][0], keys[i][1]) > 0);
		refuse(text, "2", "not available in this version");
	}
}

static void test_whole_must_match_something_and_do_something(void **state)
{
	refuse("[Cache]\nEngine=mru\n", "1", "no [Match] section");
	refuse("[Match]\nUnit=a.service\n", "1", "no mechanism section");
	refuse("\n[Match]\n[Cache]\nEngine=mru\n", "2", "neither Cgroup= nor Unit=");
	refuse("[Match]\nUnit=a.service\nUnit=\n[Cache]\nEngine=mru\n", "1",
	       "neither Cgroup= nor Unit=");
	refuse("[Match]\nUnit=a.service\n[Cache]\n", "3", "has no Engine=");
}

static void test_balloon_is_for_the_whole_machine(void **state)
{
	_cleanup_policy_ struct mp_policy *plain = parse("[Balloon]\nEngine=balloon-free\n");
	_cleanup_policy_ struct mp_policy *full =
		parse("[Policy]\nPriority=3\n[Balloon]\nEngine=/x/y.bpf.o\nKeep=512M\nPeriod=1h\n");

	assert_int_equal(plain->choice.mechanism, MEMPOL_MECH_BALLOON);
	assert_string_equal(plain->choice.engine, "balloon-free");
	assert_int_equal(plain->choice.line, 2);
	assert_true(mp_balloon_of(plain)->keep_is_share);
	assert_int_equal(mp_balloon_of(plain)->keep, 10);
	assert_int_equal(mp_balloon_of(plain)->period_ms, 1000);
	assert_false(mp_balloon_of(full)->keep_is_share);
	assert_int_equal(mp_balloon_of(full)->keep, 512 << 20);
	assert_int_equal(mp_balloon_of(full)->period_ms, 3600000);
	refuse("[Match]\nUnit=a.service\n[Balloon]\nEngine=balloon-free\n", "1",
	       "[Match]: [Balloon] is for the whole machine, take [Match] out");
	refuse("[Match]\n[Balloon]\nEngine=balloon-free\n", "1", "take [Match] out");
	refuse("[Balloon]\nKeep=1G\n", "1", "[Balloon] has no Engine=");
	refuse("[Balloon]\nEngine=balloon-free\nEngine=\n", "1", "[Balloon] has no Engine=");
}

static void test_a_policy_has_one_mechanism(void **state)
{
	refuse(REST "[Balloon]\nEngine=balloon-free\n", "5",
	       "[Balloon]: a policy has one mechanism, put this section into a file of its own");
	refuse("[Balloon]\n[Cache]\nEngine=mru\n", "1", "one mechanism");
}

static void test_engine_of_another_mechanism_is_named_as_such(void **state)
{
	refuse("[Balloon]\nEngine=mru\n", "2",
	       "Engine=mru: this engine is for [Cache], [Balloon] has 'balloon-free', ");
	refuse("[Match]\nUnit=a.service\n[Cache]\nEngine=balloon-psi\n", "4",
	       "this engine is for [Balloon], [Cache] has 'fifo', 'get-scan', ");
	refuse("[Balloon]\nEngine=mosaic\n", "2", "this engine is for [Placement], [Balloon] has ");
	refuse("[Balloon]\nEngine=colour\n", "2", "not available in this version");
	refuse("[Balloon]\nEngine=balloon-fre\n", "2", "did you mean 'balloon-free'?");
}

static void test_keep_and_period_have_their_forms_and_ranges(void **state)
{
	static const char *const bad[][2] = {
		{ "Keep=101%", "Keep=101%: more than 100% of the memory" },
		{ "Keep=1.5%", "nor a whole percentage" },
		{ "Keep=10 %", "neither a size" },
		{ "Keep=1P", "neither a size in bytes or with K, M, G or T" },
		{ "Keep=-1", "neither a size" },
		{ "Period=99ms", "Period=99ms: not a time from 100ms to 1h" },
		{ "Period=61min", "from 100ms to 1h" },
		{ "Period=5", "with ms, s, min or h" },
		{ "Period=99999999999999999999s", "not a time" },
		{ "Perod=5s", "did you mean 'Period='?" },
	};
	_cleanup_policy_ struct mp_policy *reset =
		parse("[Balloon]\nKeep=1G\nKeep=\nPeriod=2s\nPeriod=\nEngine=balloon-psi\n");
	_cleanup_policy_ struct mp_policy *words =
		parse("[Balloon]\nKeep=1.5G\nPeriod=1min 30s\nEngine=balloon-psi\n");
	_cleanup_policy_ struct mp_policy *least =
		parse("[Balloon]\nKeep=0\nPeriod=100ms\nEngine=balloon-psi\n");

	assert_int_equal(mp_balloon_of(words)->keep, 3ULL << 29);
	assert_int_equal(mp_balloon_of(words)->period_ms, 90000);
	assert_true(mp_balloon_of(reset)->keep_is_share);
	assert_int_equal(mp_balloon_of(reset)->keep, 10);
	assert_int_equal(mp_balloon_of(reset)->period_ms, 1000);
	assert_false(mp_balloon_of(least)->keep_is_share);
	assert_int_equal(mp_balloon_of(least)->keep, 0);
	assert_int_equal(mp_balloon_of(least)->period_ms, MP_PERIOD_MIN_MS);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text = NULL;

		assert_true(asprintf(&text, "[Balloon]\nEngine=balloon-psi\n%s\n", bad[i][0]) > 0);
		refuse(text, "3", bad[i][1]);
	}
	refuse(REST "Keep=1G\n", "5", "it belongs to [Balloon]");
}

static void test_key_before_any_section_is_refused(void **state)
{
	refuse("Unit=a.service\n" REST, "1", "before any [Section]");
}

static void test_bad_globs_are_refused_with_their_line(void **state)
{
	refuse("[Match]\nCgroup=/a /b[c\n[Cache]\nEngine=mru\n", "2", "a '[' is not closed");
	refuse("[Match]\nUnit=a/b\n[Cache]\nEngine=mru\n", "2", "cannot hold a '/'");
	refuse("[Match]\nUnit=!\n[Cache]\nEngine=mru\n", "2", "no glob behind the '!'");
}

/* Case by case what people bring along from systemd, shells and other daemons. */
static void test_spellings_of_neighbouring_languages_are_refused_with_the_right_form(void **state)
{
	static const char *const bad[][2] = {
		{ "Unit=nginx.service # web", "Unit=#: a comment has a line of its own" },
		{ "Unit=nginx.service ;web", "Unit=;web: a comment has a line of its own" },
		{ "Cgroup=/a !#", "a comment has a line of its own" },
		{ "Unit=a.service,b.service", "separated by spaces, not by commas" },
		{ "Unit=\"x.service\"", "quotes are not removed" },
		{ "Unit='x.service'", "quotes are not removed" },
		{ "Cgroup=\"/we ird\"", "quotes are not removed" },
		{ "Unit={docker,libpod}-*.scope", "braces are not expanded" },
		{ "Cgroup=!*/init.scope !/system.slice/run-*.scope *.scope",
		  "Cgroup=*.scope: it begins at the cgroup root" },
		{ "Cgroup=!?x", "for any depth use Unit=" },
		{ "Cgroup=/system.slice/docker-", "a prefix is written with * behind it" },
		{ "Cgroup=a.slice/x-*.scope,b.slice/y-*.scope", "not by commas" },
		{ "Unit=foo@.service", "write @*. instead of @." },
		{ "Cgroup=/system.slice/foo@.service", "write @*. instead of @." },
		{ "Unit=foo@%i.service", "specifiers are not expanded" },
		{ "Cgroup=/user.slice/user-%U.slice", "specifiers are not expanded" },
		{ "Cgroup=/a/**", "** is no more than *" },
		{ "Unit=**.service", "** is no more than *" },
		{ "Unit=nginx", "Unit=nginx: no cgroup of a unit ends so: add the suffix" },
		{ "Unit=nginx.timer", "no cgroup of a unit ends so" },
		{ "Unit=*nginx", "no cgroup of a unit ends so" },
		{ "Unit=!nginx", "no cgroup of a unit ends so" },
		{ "Unit=a\\x2", "two hexadecimal digits" },
		{ "Unit=a\\x2D*", "in lower case" },
		{ "Cgroup=/we\\ ird", "a space within a name is matched by ?" },
		{ "Unit=a\u200b.service", "invisible character U+200B" },
		{ "Cgroup=/a\u202eb", "invisible character U+202E" },
		{ "Cgroup=/a\u00a0b", "invisible character U+00A0" },
		{ "Cgroup=/a\ufeffb", "invisible character U+FEFF" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_free_ char *text = NULL;

		assert_true(asprintf(&text, "[Match]\n\n%s\n[Cache]\nEngine=mru\n", bad[i][0]) > 0);
		refuse(text, "3", bad[i][1]);
	}
	refuse(REST "Engine=/x/\u200by.bpf.o\n", "5", "invisible character U+200B");
}

static void test_what_only_looks_foreign_is_taken(void **state)
{
	static const char *const good[] = {
		"Unit=*",	    "Unit=nginx*",     "Unit=foo@*.service", "Unit=*@*.slice",
		"Unit=a.serv?ce",   "Unit=*vice",      "Unit=run-r[0-9]",    "Unit=a.scope",
		"Unit=var-x.mount", "Unit=a.socket",   "Unit=dev-sda.swap",  "Cgroup=/*",
		"Cgroup=*/b",	    "Cgroup=/a\\-",    "Cgroup=/a#b;c",	     "Cgroup=/a\\,b",
		"Cgroup=/[\"',%]a", "Cgroup=/\u00e4b", "Cgroup=/a b",	     "Cgroup=/docker/0a",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_policy_ struct mp_policy *policy = NULL;
		_cleanup_free_ char *text = NULL;

		assert_true(asprintf(&text, "[Match]\n%s\n[Cache]\nEngine=mru\n", good[i]) > 0);
		policy = parse(text);
		assert_non_null(policy);
	}
}

static void test_all_errors_of_a_file_are_listed(void **state)
{
	const char *text = "[Policy]\nX=1\nPriority=y\n[Match]\nUnit=[\n[Cache]\nEngine=zzz\n";
	_cleanup_errors_ struct mp_errors errors = {};
	struct mp_policy *policy = NULL;

	assert_int_equal(mp_policy_parse(PATH, text, strlen(text), &errors, &policy), -EBADMSG);
	assert_int_equal(errors.count, 4);
	assert_error(&errors, "2", "unknown key");
	assert_error(&errors, "3", "not an integer");
	assert_error(&errors, "5", "not closed");
	assert_error(&errors, "7", "unknown engine");
}

static void test_a_file_with_more_errors_than_are_listed_is_still_bad(void **state)
{
	_cleanup_errors_ struct mp_errors errors = {};
	const char *text = "[Policy]\nX=1\n" REST;
	struct mp_policy *policy = NULL;

	for (int i = 0; i < 2 * MP_ERRORS_MAX; i++)
		assert_int_equal(mp_errors_add(&errors, "other", 1, "x"), 0);
	assert_int_equal(mp_policy_parse(PATH, text, strlen(text), &errors, &policy), -EBADMSG);
	assert_null(policy);
}

static void test_junk_is_one_error(void **state)
{
	_cleanup_errors_ struct mp_errors errors = {};
	struct mp_policy *policy = NULL;

	assert_int_equal(mp_policy_parse(PATH,
					 "\x7f"
					 "ELF\0\0",
					 6, &errors, &policy),
			 -EBADMSG);
	assert_int_equal(errors.count, 1);
	assert_int_equal(mp_policy_parse(PATH, "[Match]\nUnit=a\0b\n", 17, &errors, &policy),
			 -EBADMSG);
	assert_error(&errors, "2", "NUL");
}

static void test_size_limit_is_exact(void **state)
{
	_cleanup_free_ char *text = malloc(MP_POLICY_FILE_MAX + 1);
	_cleanup_policy_ struct mp_policy *policy = NULL;
	_cleanup_errors_ struct mp_errors errors = {};
	struct mp_policy *none = NULL;

	memset(text, '\n', MP_POLICY_FILE_MAX + 1);
	memcpy(text, REST, strlen(REST));
	assert_int_equal(mp_policy_parse(PATH, text, MP_POLICY_FILE_MAX, &errors, &policy), 0);
	assert_int_equal(mp_policy_parse(PATH, text, MP_POLICY_FILE_MAX + 1, &errors, &none),
			 -EBADMSG);
	assert_error(&errors, "1", "larger than 65536 bytes");
}

static void test_a_comment_behind_any_value_is_told_from_the_value(void **state)
{
	static const char comment[] =
		": a comment has a line of its own, this one would be part of ";
	_cleanup_policy_ struct mp_policy *policy = NULL;

	refuse("[Match]\nCgroup=/a\n[Cache]\nEngine=mru # best\n", "4", comment);
	refuse("[Policy]\nPriority=5 ; c\n[Match]\nCgroup=/a\n[Cache]\nEngine=mru\n", "2", comment);
	refuse("[Balloon]\nEngine=balloon-psi\nKeep=10% # x\n", "3", comment);
	policy = parse("[Policy]\nDescription=hash # and all\n[Match]\nCgroup=/a\n[Cache]\n"
		       "Engine=mru\n");
	assert_string_equal(policy->description, "hash # and all");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_comment_behind_any_value_is_told_from_the_value),
		cmocka_unit_test(test_example_of_the_design_is_read),
		cmocka_unit_test(test_lists_add_up_exclude_and_reset),
		cmocka_unit_test(test_last_of_repeated_single_values_wins_and_empty_resets),
		cmocka_unit_test(test_sections_may_repeat),
		cmocka_unit_test(test_priority_is_an_integer_in_its_range),
		cmocka_unit_test(test_engine_is_a_shipped_name_or_an_object_path),
		cmocka_unit_test(test_unknown_words_are_refused_with_the_nearest),
		cmocka_unit_test(test_far_words_are_answered_with_what_there_is),
		cmocka_unit_test(test_words_of_other_places_are_answered_with_what_does_it_here),
		cmocka_unit_test(test_words_that_are_not_built_are_refused_by_name),
		cmocka_unit_test(test_whole_must_match_something_and_do_something),
		cmocka_unit_test(test_balloon_is_for_the_whole_machine),
		cmocka_unit_test(test_a_policy_has_one_mechanism),
		cmocka_unit_test(test_engine_of_another_mechanism_is_named_as_such),
		cmocka_unit_test(test_keep_and_period_have_their_forms_and_ranges),
		cmocka_unit_test(test_key_before_any_section_is_refused),
		cmocka_unit_test(test_bad_globs_are_refused_with_their_line),
		cmocka_unit_test(
			test_spellings_of_neighbouring_languages_are_refused_with_the_right_form),
		cmocka_unit_test(test_what_only_looks_foreign_is_taken),
		cmocka_unit_test(test_all_errors_of_a_file_are_listed),
		cmocka_unit_test(test_a_file_with_more_errors_than_are_listed_is_still_bad),
		cmocka_unit_test(test_junk_is_one_error),
		cmocka_unit_test(test_size_limit_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
