/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for engines of one's own in mempolctl: shared objects that are none are refused before their code runs, one
 * that crashes takes no more than its process along, each rule of the kernel is found broken, values are set as a policy
 * file sets them, and objects for the kernel are listed and checked.
 */
#include "mempolctl.h"

/* ASan would make an exit of a crash. */
#define N "export ASAN_OPTIONS=handle_segv=0; F=" TEST_FIXTURES "; "
/* Without sanitizers, where many runs are made. */
#define QUICK "M=" TEST_BUILD "/mempolctl; "
#define TRACE "seq 0 3000 | sed 's/^/r /' >t; "

static void says(struct run *r, const char *line, int code, const char *out, const char *err)
{
	int status = run(r, line);

	if (!code && *err == '\0')
		assert_string_equal(r->err, "");
	if (status != code || !strstr(r->out, out) || !strstr(r->err, err))
		fail_msg("%s: exit %d, not %d, '%s' or '%s' is not in:\n%s%s", line, status, code,
			 out, err, r->out, r->err);
}

static void test_what_is_no_engine_is_refused_with_the_remedy(void **state)
{
	static const struct {
		const char *file, *problem;
	} cases[] = {
		{ "$F/bad-abi.so",
		  "built for version 99 of native engines, this mempolctl has version 1: "
		  "build it again with mempol-engine.mk of this version" },
		{ "$F/bad-magic.so", "is something else; build it with mempol-engine.mk" },
		{ "$F/bad-none.so", "does not export mempol_native_engine" },
		{ "$F/bad-ops.so", "no added() or no evict(), write MEMPOL_CACHE_ENGINE(NAME)" },
		{ "$F/bad-symbol.so", "undefined symbol: bpf_mempol_cache_of_another_version" },
		{ "$F/bad-constructor.so", "it crashes when it is loaded (Segmentation fault)" },
		{ "$F/bad-loop.so",
		  "it does not come to an end when it is loaded, after 2 seconds" },
		{ "$F/bad-exit.so", "it ends the program when it is loaded" },
		{ "$F/bad-range.so",
		  "tunable wide: its default 10 is not within its own range 1..9" },
		{ "$F/tunables.bpf.o", "this is the object for the kernel" },
		{ "./t", "this is not an ELF file" },
		{ "./empty.so", "this is not an ELF file" },
		{ "./absent.so", "there is no such file" },
		{ "/dev/null", "" },
		{ "/", "" },
	};
	_cleanup_run_ struct run r = { .tree = *state };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *line = NULL;

		assert_true(asprintf(&line,
				     N TRACE
				     ">empty.so; $M simulate --size 4M --set Bias=1 --engine "
				     "%s t",
				     cases[i].file) > 0);
		says(&r, line, 2, "", cases[i].problem);
	}
}

/* Cut off anywhere, or with any byte of its beginning changed: refused or run, and a sentence in any case. */
static void test_damaged_shared_objects_do_no_harm(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	says(&r,
	     N TRACE
	     "for n in 1 63 64 100 1000 4000 8000 12000; do head -c $n $F/bad-no.so >cut.so; "
	     "$M simulate --size 4M --engine ./cut.so t >o 2>e; s=$?; "
	     "[ $s = 2 ] && [ $(wc -l <e) = 1 ] || { echo $n: $s; cat e; }; done; echo done",
	     0, "done", "");
	assert_string_equal(r.out, "done\n");
}

static void test_a_crash_names_the_engine(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	says(&r, N TRACE "$M simulate --size 4M --engines fifo --engine $F/bad-crash.so t", 1, "",
	     "mempolctl simulate: bad: the engine crashed: Segmentation fault");
	says(&r, N TRACE "$M simulate --size 4M --engine $F/bad-list.so t", 1, "",
	     "bad: added() returned neither a list from 0 to 7");
}

static void test_own_engines_run_beside_shipped_ones(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	says(&r,
	     N TRACE
	     "$M simulate --no-legend --size 4M --engines fifo --engine $F/bad-no.so --engine "
	     "$F/bad-no.so t | awk '{ print $1 }'",
	     0, "fifo\nbad\n", "");
	/* The name is taken the second time. */
	assert_non_null(strstr(r.out, "/bad-no.so\n"));
	/* In CSV a name is one cell whatever it is. */
	says(&r,
	     N TRACE "cp $F/bad-no.so 'a,\"b.so'; $M simulate --csv --no-legend --size 4M --engine "
		     "$F/bad-no.so --engine './a,\"b.so' t",
	     0, "\n\"./a,\"\"b.so\",4194304,3001,", "");
}

static void test_set_is_checked_as_in_a_policy_file(void **state)
{
	static const struct {
		const char *set;
		int code;
		const char *problem;
	} cases[] = {
		{ "Order=NEWEST --set bad.Bias=-3 --set SmallPercent=20", 0, "" },
		{ "Bias=4", 2, "--set: Bias=4: not a whole number in -3..3" },
		{ "Order=NEWES", 2, "Order=NEWES: unknown word, did you mean 'NEWEST'?" },
		{ "Ordr=NEWEST", 2, "Ordr=NEWEST: unknown key 'Ordr', did you mean 'Order='?" },
		{ "s3fifo.Order=NEWEST", 2, "unknown key 'Order', there is 'SmallPercent='" },
		{ "fifo.Order=NEWEST", 2, "engine fifo has no tunables" },
		{ "bat.Order=NEWEST", 2,
		  "engine 'bat' is not among those that run, did you mean 'bad'?" },
		{ "Order", 2, "write KEY=VALUE or ENGINE.KEY=VALUE" },
		{ "=1", 2, "write KEY=VALUE or ENGINE.KEY=VALUE" },
	};
	_cleanup_run_ struct run r = { .tree = *state };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *line = NULL;

		assert_true(asprintf(&line,
				     N TRACE "$M simulate --size 4M --engines fifo,s3fifo --engine "
					     "$F/bad-no.so --set %s t",
				     cases[i].set) > 0);
		says(&r, line, cases[i].code, "", cases[i].problem);
	}
	says(&r, N TRACE "$M simulate --size 4M --engines s3fifo,get-scan --set Xyzzy=1 t", 2, "",
	     "unknown key 'Xyzzy', there is 'SmallPercent='");
	says(&r, N TRACE "$M simulate --size 4M --engines lru,fifo --set Xyzzy=1 t", 2, "",
	     "Xyzzy=1: none of the engines has tunables");
}

/* In a loop over more than fits the newest pages are the right ones to evict. */
static void test_what_is_set_counts(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	says(&r,
	     N
	     "for i in 1 2 3; do seq 0 2000; done | sed 's/^/r /' >t; "
	     "hits() { $M simulate --no-legend --size 4M --engine $F/bad-no.so --set Order=$1 t | awk '{ "
	     "print $4 }'; }; echo $(hits OLDEST) $(($(hits NEWEST) > 1000))",
	     0, "0 1\n", "");
}

static void test_each_rule_of_the_kernel_is_found_broken(void **state)
{
	static const struct {
		const char *fault, *problem;
	} cases[] = {
		{ "refused", "calls: an index is of the batch" },
		{ "context", "nothing is called outside evict()" },
		{ "short", "named less than a quarter of what was wanted" },
		{ "idle", "the kernel ejects it after" },
		{ "looks", "more than 24 for each" },
#ifdef __x86_64__
		{ "differs", "two runs of the same differ" },
#endif
		{ "crash", "it crashes: Segmentation fault" },
		{ "list", "added() returned neither a list" },
	};
	_cleanup_run_ struct run r = { .tree = *state };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *line = NULL;

		assert_true(asprintf(&line, N QUICK "$M test-engine $F/bad-%s.so", cases[i].fault) >
			    0);
		says(&r, line, 1, "bad: FAILED: ", "");
		if (!strstr(r.out, cases[i].problem))
			fail_msg("'%s' is not in '%s'", cases[i].problem, r.out);
	}
	says(&r, N QUICK "$M test-engine $F/bad-tunable.so", 1,
	     "bad with Order=NEWEST: FAILED: pages at random", "");
	assert_null(strstr(r.out, "bad: FAILED"));
}

static void test_good_engines_keep_the_rules(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	says(&r, N QUICK "$M test-engine fifo lfu mru noop s3fifo", 0, "s3fifo: keeps the rules",
	     "");
	says(&r,
	     N QUICK "$M test-engine --set Order=NEWEST $F/bad-no.so " TEST_BUILD
		     "/examples/engine/mine.so",
	     0, "mine: keeps the rules", "");
	says(&r, N QUICK "$M test-engine --set Order=NEWEST " TEST_BUILD "/examples/engine/mine.so",
	     2, "", "--set: Order=NEWEST: unknown key 'Order', there is 'Chances='");
	/* It is for those that have the key, or for the one that is named. */
	says(&r, N QUICK "$M test-engine --set SmallPercent=20 fifo s3fifo", 0,
	     "s3fifo: keeps the rules", "");
	says(&r, N QUICK "$M test-engine --set s3fifo.SmallPercent=20 fifo s3fifo", 0,
	     "s3fifo: keeps the rules", "");
	says(&r, N QUICK "$M test-engine " TEST_BUILD "/examples/engine/mine.so", 0,
	     "mine: keeps the rules of the kernel in 216 runs", "");
	says(&r, "$M test-engine fifi", 2, "", "fifi: unknown engine, did you mean 'fifo'?");
	says(&r, "$M test-engine lru", 2, "", "lru: unknown engine");
	says(&r, "$M test-engine", 2, "", "Usage: mempolctl test-engine ENGINE|FILE...");
	says(&r, "$M test-engine --sat x fifo", 2, "", "see mempolctl test-engine --help");
	says(&r, "$M test-engine --help", 0, "Usage: mempolctl test-engine", "");
}

static void test_engines_lists_what_an_object_has(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	says(&r, N "$M engines $F/tunables.bpf.o", 0, "Callbacks: added, evict\n", "");
	assert_non_null(strstr(r.out, "Calls: bpf_mempol_cache_batch\n"));
	assert_non_null(strstr(r.out, "SmallPercent"));
	assert_non_null(strstr(r.out, "1..90 %"));
	assert_non_null(strstr(r.out, "share of new pages"));
	says(&r, N "$M engines --json $F/tunables.bpf.o", 0,
	     "{\"key\":\"SmallPercent\",\"type\":\"u32\",\"default\":\"10\",\"range\":\"1..90 "
	     "%\",\"description\":\"share of new pages\"}",
	     "");
	says(&r, N "$M engines $F/good.bpf.o", 0, "Tunables: none\n", "");
	says(&r, N "$M engines $F/balloon.bpf.o", 0, "Mechanism: balloon\n", "");
	says(&r, N "$M engines " TEST_BUILD "/bpf/s3fifo.bpf.o", 0, "1..50 %", "");
	says(&r, N "$M engines $F/tune-plain.bpf.o", 1, "",
	     "tune-plain.bpf.o: tunable folded: it is no global 'const volatile'");
	says(&r, "$M engines absent", 1, "",
	     "absent: there is no such file, and no shipped engine of that name");
	says(&r, "$M engines ./absent.bpf.o", 1, "", "./absent.bpf.o: ");
}

static void test_check_takes_objects_and_their_keys(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	says(&r, N "$M check $F/tunables.bpf.o >o && ! grep Matches o", 0, "", "");
	says(&r, N "$M check --cgroup-root $PWD $F/tunables.bpf.o", 0, "tunables.bpf.o: OK\n", "");
	says(&r, N "$M check --cgroup-root $PWD $F/tune-data.bpf.o", 1, "",
	     "tune-data.bpf.o:1: tunable written: it is no global");
	says(&r, N "$M check --cgroup-root $PWD $F/absent.bpf.o", 1, "", "absent.bpf.o:1: ");
#define POLICY(key)                                                                       \
	"printf '[Match]\\nUnit=a.service\\n[Cache]\\nEngine=s3fifo\\n" key               \
	"\\n' >p.mempolicy; $M check --cgroup-root $PWD --engine-dir " TEST_BUILD "/bpf " \
	"p.mempolicy"
	says(&r, POLICY("SmallPercent=20"), 0, "p.mempolicy: OK\n", "");
	says(&r, POLICY("SmallPercent=51"), 1, "",
	     "p.mempolicy:5: SmallPercent=51: not a whole number in 1..50 %");
	says(&r, POLICY("SmalPercent=20"), 1, "",
	     "p.mempolicy:5: unknown key 'SmalPercent' in [Cache] with engine s3fifo, did you mean "
	     "'SmallPercent='?");
	says(&r, POLICY("SmallPercent=20 # more"), 1, "", "a comment has a line of its own");
}

static void test_load_without_root_or_module_says_so(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	says(&r, N "$M check --cgroup-root $PWD --load $F/tunables.bpf.o", 1, "",
	     "tunables.bpf.o:1: ");
}

int main(void)
{
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)
	const struct CMUnitTest tests[] = {
		IN_TREE(test_what_is_no_engine_is_refused_with_the_remedy),
		IN_TREE(test_damaged_shared_objects_do_no_harm),
		IN_TREE(test_a_crash_names_the_engine),
		IN_TREE(test_own_engines_run_beside_shipped_ones),
		IN_TREE(test_set_is_checked_as_in_a_policy_file),
		IN_TREE(test_what_is_set_counts),
		IN_TREE(test_each_rule_of_the_kernel_is_found_broken),
		IN_TREE(test_good_engines_keep_the_rules),
		IN_TREE(test_engines_lists_what_an_object_has),
		IN_TREE(test_check_takes_objects_and_their_keys),
		IN_TREE(test_load_without_root_or_module_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
