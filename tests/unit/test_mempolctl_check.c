/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for mempolctl check: it needs no daemon, and says of every file that it is good or
 * all that is wrong with it.
 */
#include "mempolctl.h"

#define GOOD "[Match]\nUnit=a.service\n[Cache]\nEngine=mru\n"

static void test_check_prints_ok_or_every_error(void **state)
{
	_cleanup_run_ struct run r = { .tree = *state };

	tree_write(*state, "good.mempolicy", GOOD);
	tree_write(*state, "bad.mempolicy", "[Match]\nUnt=a\n[Cache]\nEngine=mru2\n");
	tree_write(*state, "object.mempolicy",
		   "[Match]\nUnit=a.service\n[Cache]\nEngine=" TEST_FIXTURES "/none.bpf.o\n");
	tree_write(*state, "own.mempolicy",
		   "[Match]\nUnit=a.service\n[Cache]\nEngine=" TEST_FIXTURES "/good.bpf.o\n");
	tree_write(*state, "drop.mempolicy", GOOD);
	tree_write(*state, "drop.mempolicy.d/x.conf", "[Cache]\nX=1\n");
	tree_write(*state, "name.txt", GOOD);
	tree_link(*state, "mask.mempolicy", "/dev/null");
	expect(&r, "$M check good.mempolicy own.mempolicy mask.mempolicy", 0,
	       "good.mempolicy: OK\nown.mempolicy: OK\nmask.mempolicy: OK\n", "");
	expect(&r, "$M check bad.mempolicy good.mempolicy", 1, "good.mempolicy: OK\n",
	       "bad.mempolicy:2: unknown key 'Unt' in [Match], did you mean 'Unit='?\n"
	       "bad.mempolicy:4: Engine=mru2: unknown engine, did you mean 'mru'?\n");
	expect(&r, "$M check object.mempolicy", 1, "",
	       "object.mempolicy:4: Engine=" TEST_FIXTURES "/none.bpf.o: this BPF object has no "
	       "struct_ops of type mempol_cache_ops\n");
	tree_write(*state, "balloon.mempolicy", "[Balloon]\nEngine=balloon-psi\nKeep=5%\n");
	tree_write(*state, "mine.mempolicy", "[Balloon]\nEngine=" TEST_FIXTURES "/balloon.bpf.o\n");
	tree_write(*state, "wrong.mempolicy", "[Balloon]\nEngine=" TEST_FIXTURES "/good.bpf.o\n");
	expect(&r, "$M check balloon.mempolicy mine.mempolicy", 0,
	       "balloon.mempolicy: OK\nmine.mempolicy: OK\n", "");
	expect(&r, "$M check wrong.mempolicy", 1, "",
	       "wrong.mempolicy:2: Engine=" TEST_FIXTURES "/good.bpf.o: this BPF object is an "
	       "engine for [Cache], not for [Balloon]\n");
	expect(&r, "$M check drop.mempolicy", 1, "",
	       "drop.mempolicy.d/x.conf:2: unknown key 'X' in [Cache], there is 'Engine='\n");
	expect(&r, "$M check nope.mempolicy", 1, "", "nope.mempolicy:1: there is no such file\n");
	assert_int_equal(run(&r, "$M check name.txt"), 1);
	assert_int_equal(run(&r, "mkfifo f.mempolicy; timeout 10 $M check f.mempolicy"), 1);
	assert_string_equal(r.err, "f.mempolicy:1: this is not a regular file\n");
	expect(&r, "$M check --json good.mempolicy", 0,
	       "{\"files\":[{\"file\":\"good.mempolicy\",\"ok\":true,\"errors\":[]}]}\n", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TREE_TEST(test_check_prints_ok_or_every_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
