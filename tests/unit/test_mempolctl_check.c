/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for mempolctl check: it needs no daemon, says of every file that it is good or all that is
 * wrong with it, reads what the daemon would read, and counts what each pattern matches.
 */
#include "mempolctl.h"
#include "trusted.h"

#define GOOD "[Match]\nUnit=a.service\n[Cache]\nEngine=mru\n"
#define BAD "[Match]\nUnt=a.service\n[Cache]\nEngine=mru\n"
#define BAD_LINE ":2: unknown key 'Unt' in [Match], did you mean 'Unit='?\n"

/* A tree of policies and cgroups; $C has it checked against both. */
#define SET_UP                                                           \
	"mkdir -p cg/system.slice/a.service cg/system.slice/b.service; " \
	"C=\"$M check --cgroup-root $PWD/cg --policy-dir $PWD/etc --policy-dir $PWD/usr\"; "

static void test_check_prints_ok_or_every_error(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "good.mempolicy", GOOD);
	tree_write(*state, "bad.mempolicy", "[Match]\nUnt=a\n[Cache]\nEngine=mru2\n");
	tree_write(*state, "drop.mempolicy", GOOD);
	tree_write(*state, "drop.mempolicy.d/x.conf", "[Cache]\nX=1\n");
	tree_write(*state, "name.txt", GOOD);
	tree_write(*state, "balloon.mempolicy", "[Balloon]\nEngine=balloon-psi\nKeep=5%\n");
	tree_link(*state, "mask.mempolicy", "/dev/null");
	expect(&r, SET_UP "$C good.mempolicy mask.mempolicy balloon.mempolicy", 0,
	       "good.mempolicy: OK\ngood.mempolicy:2: Unit=a.service matches 1 cgroup\n"
	       "mask.mempolicy: OK\nballoon.mempolicy: OK\n",
	       "");
	expect(&r, SET_UP "$C bad.mempolicy balloon.mempolicy", 1, "balloon.mempolicy: OK\n",
	       "bad.mempolicy:2: unknown key 'Unt' in [Match], did you mean 'Unit='?\n"
	       "bad.mempolicy:4: Engine=mru2: unknown engine, did you mean 'mru'?\n");
	expect(&r, SET_UP "$C --engine-dir /nowhere drop.mempolicy", 1, "",
	       "drop.mempolicy.d/x.conf:2: unknown key 'X' in [Cache], there are 'Engine=' and 'PinMax=' (which ones "
	       "engine mru has cannot be told: /nowhere/mru.bpf.o: it is not installed)\n");
	expect(&r, SET_UP "$C nope.mempolicy", 1, "", "nope.mempolicy:1: there is no such file\n");
	assert_int_equal(run(&r, "$M check name.txt"), 1);
	assert_int_equal(run(&r, "mkfifo f.mempolicy; timeout 10 $M check f.mempolicy"), 1);
	assert_string_equal(r.err, "f.mempolicy:1: this is not a regular file\n");
}

static void test_check_looks_into_engines_that_are_named_by_a_path(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	if (!*state)
		skip();
	free(trusted_object(*state, "good.bpf.o"));
	free(trusted_object(*state, "none.bpf.o"));
	free(trusted_object(*state, "balloon.bpf.o"));
#define WRITE(name, match, engine) \
	"printf '" match "Engine=%s\\n' \"$PWD/" engine "\" >" name ".mempolicy; "
#define CACHE "[Match]\\nCgroup=/x\\n[Cache]\\n"
	run(&r, WRITE("own", CACHE, "good.bpf.o") WRITE("none", CACHE, "none.bpf.o")
			WRITE("mine", "[Balloon]\\n", "balloon.bpf.o")
				WRITE("wrong", "[Balloon]\\n", "good.bpf.o"));
	expect(&r, SET_UP "mkdir cg/x; $C own.mempolicy mine.mempolicy", 0,
	       "own.mempolicy: OK\nown.mempolicy:2: Cgroup=/x matches 1 cgroup\n"
	       "mine.mempolicy: OK\n",
	       "");
	assert_int_equal(run(&r, "$M check none.mempolicy"), 1);
	assert_non_null(strstr(r.err, "none.mempolicy:4: Engine="));
	assert_non_null(strstr(r.err, "no struct_ops of type mempol_cache_ops\n"));
	assert_int_equal(run(&r, "$M check wrong.mempolicy"), 1);
	assert_non_null(strstr(r.err, "wrong.mempolicy:2: Engine="));
	assert_non_null(strstr(r.err, "is an engine for [Cache], not for [Balloon]\n"));
	assert_int_equal(run(&r, "chmod g+w good.bpf.o; $M check own.mempolicy"), 1);
	assert_non_null(strstr(r.err, "own.mempolicy:4: Engine="));
	assert_non_null(strstr(r.err, "chmod go-w "));
}

static void test_each_pattern_is_counted(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "a.mempolicy",
		   "[Match]\nCgroup=/system.slice/* !/system.slice/b.*\nCgroup=/web\n"
		   "Unit=*.service c.scope\n[Cache]\nEngine=mru\n");
	expect(&r, SET_UP "$C a.mempolicy", 0,
	       "a.mempolicy: OK\n"
	       "a.mempolicy:2: Cgroup=/system.slice/* matches 2 cgroups\n"
	       "a.mempolicy:2: Cgroup=!/system.slice/b.* excludes 1 cgroup\n"
	       "a.mempolicy:3: warning: Cgroup=/web matches no cgroup now\n"
	       "a.mempolicy:4: Unit=*.service matches 2 cgroups\n"
	       "a.mempolicy:4: warning: Unit=c.scope matches no cgroup now\n",
	       "");
	tree_write(*state, "b.mempolicy",
		   "[Match]\nCgroup=/system.slice\nUnit=a.service\n[Cache]\nEngine=mru\n");
	expect(&r, SET_UP "$C b.mempolicy", 0,
	       "b.mempolicy: OK\n"
	       "b.mempolicy: warning: no cgroup matches both Cgroup= and Unit= now\n"
	       "b.mempolicy:2: Cgroup=/system.slice matches 1 cgroup\n"
	       "b.mempolicy:3: Unit=a.service matches 1 cgroup\n",
	       "");
	expect(&r, SET_UP "$C --json b.mempolicy", 0,
	       "{\"files\":[{\"file\":\"b.mempolicy\",\"ok\":true,\"errors\":[],\"warnings\":[],"
	       "\"patterns\":[{\"key\":\"Cgroup\",\"glob\":\"/system.slice\",\"negated\":false,"
	       "\"file\":\"b.mempolicy\",\"line\":2,\"matches\":1},"
	       "{\"key\":\"Unit\",\"glob\":\"a.service\",\"negated\":false,"
	       "\"file\":\"b.mempolicy\",\"line\":3,\"matches\":1}],\"matches\":0}]}\n",
	       "");
	assert_int_equal(run(&r, "$M check --cgroup-root $PWD/nowhere b.mempolicy"), 1);
	assert_non_null(strstr(r.err, "cannot read "));
}

/* Of files as they are now: what is wrong is an error, what may come is a warning. */
static void test_files_of_reference_counts_are_looked_at(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	if (tree_is_in_memory(*state))
		return;
#define REFS "'[Match]\\nUnit=a.service\\n[Refcount]\\nEngine=files\\n'"
#define REFS_OF(name, values) "{ printf " REFS "; echo \"" values "\"; } >" name ".mempolicy; "
	expect(&r,
	       SET_UP "mkdir db; touch db/1.idx db/2.idx; " REFS_OF(
		       "a", "FilePath=$PWD/db/*.idx") "$C a.mempolicy | sed s,$PWD,.,",
	       0,
	       "a.mempolicy: OK\na.mempolicy:5: FilePath=./db/*.idx matches 2 files\n"
	       "a.mempolicy:2: Unit=a.service matches 1 cgroup\n",
	       "");
	expect(&r, SET_UP REFS_OF("b", "FilePath=/nowhere/*.idx") "$C b.mempolicy", 0,
	       "b.mempolicy: OK\nb.mempolicy:2: Unit=a.service matches 1 cgroup\n",
	       "b.mempolicy:5: warning: FilePath=/nowhere/*.idx matches no file now\n");
	expect(&r, SET_UP REFS_OF("c", "FilePath=/etc") "$C c.mempolicy", 1, "",
	       "c.mempolicy:5: FilePath=/etc: /etc: it is a directory: for the files in it write /* "
	       "behind it\n");
	expect(&r, SET_UP REFS_OF("d", "FilePath=db/x") "$C d.mempolicy", 1, "",
	       "d.mempolicy:5: FilePath=db/x: it must be absolute: begin with '/'\n");
	expect(&r, SET_UP REFS_OF("e", "FilePath=$PWD/db/*\nMaxFiles=1") "$C e.mempolicy 2>&1", 1,
	       "e.mempolicy:5: FilePath= matches 2 files, and MaxFiles=1: 1 of them stay out: raise "
	       "MaxFiles= (at most 1024), or let FilePath= match fewer\n",
	       "");
	expect(&r, SET_UP "$C --json b.mempolicy", 0,
	       "{\"files\":[{\"file\":\"b.mempolicy\",\"ok\":true,\"errors\":[],"
	       "\"warnings\":[\"b.mempolicy:5: warning: FilePath=/nowhere/*.idx matches no file "
	       "now\"],\"patterns\":[{\"key\":\"Unit\",\"glob\":\"a.service\",\"negated\":false,"
	       "\"file\":\"b.mempolicy\",\"line\":2,\"matches\":1},{\"key\":\"FilePath\",\"glob\":"
	       "\"/nowhere/*.idx\",\"negated\":false,\"file\":\"b.mempolicy\",\"line\":5,"
	       "\"matches\":0}],\"matches\":1}]}\n",
	       "b.mempolicy:5: warning: FilePath=/nowhere/*.idx matches no file now\n");
}

/* A drop-in in /etc may spoil a file of the vendor: whichever is named, the answer is the daemon's. */
static void test_files_of_the_directories_have_the_drop_ins_of_all(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "usr/v.mempolicy", GOOD);
	tree_write(*state, "etc/v.mempolicy.d/x.conf", BAD);
	tree_write(*state, "etc/w.mempolicy.d/y.conf", "[Policy]\nPriority=1\n");
	tree_write(*state, "usr/w.mempolicy", GOOD);
	assert_int_equal(run(&r, SET_UP "$C usr/v.mempolicy"), 1);
	assert_non_null(strstr(r.err, "/etc/v.mempolicy.d/x.conf" BAD_LINE));
	assert_int_equal(run(&r, SET_UP "$C etc/v.mempolicy.d/x.conf"), 1);
	assert_non_null(strstr(r.err, "/etc/v.mempolicy.d/x.conf" BAD_LINE));
	assert_int_equal(run(&r, SET_UP "cd etc/v.mempolicy.d; $C ../../usr/v.mempolicy"), 1);
	assert_int_equal(run(&r, SET_UP "$C etc/w.mempolicy.d/y.conf"), 0);
	assert_int_equal(strncmp(r.out, "etc/w.mempolicy.d/y.conf: OK\n", 29), 0);
	expect(&r, SET_UP "cp -r etc/w.mempolicy.d z.mempolicy.d; $C z.mempolicy.d/y.conf", 1, "",
	       "z.mempolicy.d/y.conf:1: there is no ./z.mempolicy that this drop-in could belong "
	       "to\n");
}

static void test_what_is_masked_is_said_to_be(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "usr/v.mempolicy", GOOD);
	tree_write(*state, "etc/v.mempolicy", GOOD);
	tree_write(*state, "usr/v.mempolicy.d/x.conf", GOOD);
	tree_write(*state, "etc/v.mempolicy.d/x.conf", "[Policy]\n");
	assert_int_equal(run(&r, SET_UP "$C usr/v.mempolicy"), 0);
	assert_non_null(strstr(r.err, "usr/v.mempolicy:1: warning: this file is not read, "));
	assert_non_null(strstr(r.err, "/etc/v.mempolicy masks it\n"));
	assert_int_equal(run(&r, SET_UP "$C usr/v.mempolicy.d/x.conf"), 0);
	assert_string_equal(r.err, "usr/v.mempolicy.d/x.conf:1: warning: this drop-in is not read, "
				   "one of the same name masks it\n");
	assert_int_equal(run(&r, SET_UP "$C etc/v.mempolicy etc/v.mempolicy.d/x.conf"), 0);
	assert_string_equal(r.err, "");
}

static void test_without_a_file_all_that_is_installed_is_checked(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	assert_int_equal(run(&r, SET_UP "$C"), 0);
	assert_non_null(strstr(r.out, "/etc: there are no policy files\n"));
	tree_write(*state, "usr/a.mempolicy", BAD);
	tree_write(*state, "etc/a.mempolicy", GOOD);
	tree_write(*state, "usr/b.mempolicy", GOOD);
	tree_write(*state, "etc/.c.mempolicy", BAD);
	assert_int_equal(run(&r, SET_UP "$C"), 0);
	assert_string_equal(r.err, "");
	assert_non_null(strstr(r.out, "/etc/a.mempolicy: OK\n"));
	assert_non_null(strstr(r.out, "/usr/b.mempolicy: OK\n"));
	assert_null(strstr(r.out, "/usr/a.mempolicy"));
	tree_write(*state, "etc/b.mempolicy.d/x.conf", BAD);
	assert_int_equal(run(&r, SET_UP "$C"), 1);
	assert_non_null(strstr(r.err, "/etc/b.mempolicy.d/x.conf" BAD_LINE));
	assert_int_equal(run(&r, SET_UP "$C --json"), 1);
	assert_non_null(strstr(r.out, "\"ok\":false"));
	assert_non_null(strstr(r.out, "\"ok\":true"));
	tree_write(*state, "etc/-d.mempolicy", GOOD);
	assert_int_equal(run(&r, SET_UP "rm -r etc/b*; $C"), 1);
	assert_non_null(strstr(r.err, "cannot begin with '-'"));
}

static void test_the_daemons_directories_are_the_default(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	run(&r, "$M check --cgroup-root $PWD");
	if (!strstr(r.out, "there are no policy files\n"))
		skip(); /* this machine has some */
	assert_string_equal(r.out, "/etc/mempolicyd/policy.d: there are no policy files\n"
				   "/run/mempolicyd/policy.d: there are no policy files\n"
				   "/usr/lib/mempolicyd/policy.d: there are no policy files\n");
}

static void test_a_directory_is_checked_by_itself(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "draft/a.mempolicy", GOOD);
	tree_write(*state, "draft/b.mempolicy", BAD);
	tree_write(*state, "etc/a.mempolicy.d/x.conf", BAD);
	expect(&r, SET_UP "$C draft", 1,
	       "draft/a.mempolicy: OK\ndraft/a.mempolicy:2: Unit=a.service matches 1 cgroup\n",
	       "draft/b.mempolicy" BAD_LINE);
	tree_write(*state, "usr/a.mempolicy", GOOD);
	assert_int_equal(run(&r, SET_UP "$C usr"), 1);
	assert_non_null(strstr(r.err, "/etc/a.mempolicy.d/x.conf" BAD_LINE));
}

static void test_standard_input_is_checked_under_a_name(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "good", GOOD);
	tree_write(*state, "bad", BAD);
	expect(&r, SET_UP "$C --name x - <good", 0,
	       "x.mempolicy: OK\nx.mempolicy:2: Unit=a.service matches 1 cgroup\n", "");
	expect(&r, SET_UP "$C --name x - <bad", 1, "", "x.mempolicy" BAD_LINE);
	tree_write(*state, "etc/x.mempolicy.d/y.conf", BAD);
	assert_int_equal(run(&r, SET_UP "$C --name x - <good"), 1);
	assert_non_null(strstr(r.err, "/etc/x.mempolicy.d/y.conf" BAD_LINE));
	expect(&r, SET_UP "head -c 65537 /dev/zero | $C --name y -", 1, "",
	       "y.mempolicy:1: the file is larger than 65536 bytes\n");
}

static void test_wrong_usage_of_check_is_named(void **state)
{
	static const char *const cases[][2] = {
		{ "$M check -", "--name NAME -" },
		{ "$M check --name x a.mempolicy", "--name goes with standard input" },
		{ "$M check --name x - a.mempolicy", "standard input goes alone" },
		{ "$M check --name ../x -", "no name for a policy: ../x" },
		{ "$M check --nme x", "there is no option --nme" },
		{ "$M check --name", "a value is missing behind --name" },
	};
	_cleanup_run_ struct run r = { .tree = *state };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(run(&r, cases[i][0]), 2);
		if (!strstr(r.err, cases[i][1]))
			fail_msg("%s: %s", cases[i][0], r.err);
	}
	assert_int_equal(run(&r, "$M check --help"), 0);
	assert_non_null(strstr(r.out, "/usr/lib/mempolicyd/policy.d.\n"));
}

static void test_files_that_others_may_write_to_are_refused(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "a.mempolicy", GOOD);
	tree_write(*state, "etc/b.mempolicy", GOOD);
	expect(&r, SET_UP "chmod 666 a.mempolicy; $C a.mempolicy", 1, "",
	       "a.mempolicy:1: others than its owner may write to it: chmod go-w a.mempolicy\n");
	assert_int_equal(run(&r, SET_UP "chmod 777 etc; $C etc/b.mempolicy"), 1);
	assert_non_null(strstr(r.err, "etc: chmod go-w "));
	assert_int_equal(run(&r, SET_UP "$C"), 1);
	assert_non_null(strstr(r.err, "etc: chmod go-w "));
}

/* For root it is an error, as for the daemon. */
static void test_without_root_another_owner_is_a_warning(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	if (geteuid())
		skip();
	tree_write(*state, "a.mempolicy", GOOD);
	if (run(&r, "chmod 755 . && chown 65533 a.mempolicy && cp $M mempolctl && "
		    "setpriv --reuid 65534 --clear-groups ./mempolctl --version"))
		skip();
	assert_int_equal(run(&r, "$M check a.mempolicy"), 1);
	assert_non_null(strstr(r.err, "belongs to the user with the number 65533, not to root"));
	assert_int_equal(run(&r, "setpriv --reuid 65534 --clear-groups ./mempolctl check "
				 "a.mempolicy"),
			 0);
	assert_non_null(strstr(r.err, "a.mempolicy:1: warning: it belongs to the user"));
	assert_non_null(strstr(r.out, "a.mempolicy: OK\n"));
}

static void test_what_is_not_there_is_called_so(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	assert_int_equal(run(&r, "$M check nowhere.d"), 1);
	assert_non_null(strstr(r.err, "nowhere.d:1: there is no such file or directory"));
}

static void test_a_directory_of_drop_ins_is_its_policy(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "a.mempolicy", "[Match]\nCgroup=/a\n[Cache]\nEngine=mru\n");
	tree_write(*state, "a.mempolicy.d/10.conf", "[Cache]\nEngine=mur\n");
	assert_int_equal(run(&r, "$M check a.mempolicy.d"), 1);
	assert_non_null(strstr(r.err, "a.mempolicy.d/10.conf:2: Engine=mur"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_what_is_not_there_is_called_so),
		TREE_TEST(test_a_directory_of_drop_ins_is_its_policy),
		TREE_TEST(test_check_prints_ok_or_every_error),
		TRUSTED_TEST(test_check_looks_into_engines_that_are_named_by_a_path),
		TREE_TEST(test_each_pattern_is_counted),
		TREE_TEST(test_files_of_reference_counts_are_looked_at),
		TREE_TEST(test_files_of_the_directories_have_the_drop_ins_of_all),
		TREE_TEST(test_what_is_masked_is_said_to_be),
		TREE_TEST(test_without_a_file_all_that_is_installed_is_checked),
		TREE_TEST(test_the_daemons_directories_are_the_default),
		TREE_TEST(test_a_directory_is_checked_by_itself),
		TREE_TEST(test_standard_input_is_checked_under_a_name),
		TREE_TEST(test_wrong_usage_of_check_is_named),
		TREE_TEST(test_files_that_others_may_write_to_are_refused),
		TREE_TEST(test_without_root_another_owner_is_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
