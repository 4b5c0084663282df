// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counter objects from BPF programs: what is created, counted on two CPUs, frozen, forged and left in a map. Prints TAP
 * lines; called by tests/vm/counter/counters.sh in a guest with two CPUs.
 *
 *   counters OBJECT        the tests
 *   counters OBJECT hold   a counter in a map until the standard input ends
 */
#include "counters-run.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* As in kfuncs/counter/counter.h. */
#define COUNTERS_MAX 65536

static const char *const kinds[] = {
#define MEMPOL_X(upper, lower) #lower,
	MEMPOL_COUNTER_KINDS(MEMPOL_X)
#undef MEMPOL_X
};

static struct counters counters;
static unsigned int number, failed;

static void ok(bool good, const char *kind, const char *what)
{
	printf("%sok %u - %s%s%s\n", good ? "" : "not ", ++number, kind ?: "", kind ? ": " : "",
	       what);
	failed += !good;
}

static long long ask(enum counter_op op, unsigned int slot)
{
	struct counter_request request = { .op = op, .slot = slot };

	return counters_run(counters.fd, &request);
}

static long long create(unsigned int slot, unsigned int kind)
{
	struct counter_request request = { .op = COUNTER_CREATE, .slot = slot, .kind = kind };

	return counters_run(counters.fd, &request);
}

static long long put(unsigned int slot, long long token)
{
	struct counter_request request = { .op = COUNTER_PUT, .slot = slot, .token = token };

	return counters_run(counters.fd, &request);
}

static long long dup_to(unsigned int slot, unsigned int to)
{
	struct counter_request request = { .op = COUNTER_DUP, .slot = slot, .to = to };

	return counters_run(counters.fd, &request);
}

/* The same counter through two slots, on two CPUs. */
static void count_on_two_cpus(unsigned int kind)
{
	long long here, there;

	ok(!create(0, kind), kinds[kind], "one is created");
	ok(!dup_to(0, 1), kinds[kind], "and has a second pointer");
	be_on(0);
	here = ask(COUNTER_GET, 0);
	be_on(1);
	there = ask(COUNTER_GET, 1);
	ok(here >= 0 && there >= 0 && ask(COUNTER_SUM, 0) == 2, kinds[kind],
	   "two CPUs take references");
	if (kind == MEMPOL_COUNTER_PAYGO || kind == MEMPOL_COUNTER_CELL)
		ok(here >> MEMPOL_COUNTER_CPU_SHIFT == 0 && there >> MEMPOL_COUNTER_CPU_SHIFT == 1,
		   kinds[kind], "each where it is");
	ok(!put(1, here) && ask(COUNTER_SUM, 0) == 1, kinds[kind], "the other CPU puts one");
	be_on(0);
	ok(!put(0, there) && ask(COUNTER_ZERO, 1) == 1, kinds[kind], "and the first one the other");
}

static void forge_tokens(unsigned int kind)
{
	static const long long forged[] = { -1,		  1LL << 40, MEMPOL_COUNTER_SHARED,
					    5000LL << 16, 0xffff,    63 };
	size_t n = sizeof(forged) / sizeof(*forged), refused = 0;

	for (size_t i = 0; i < n; i++)
		refused += put(0, forged[i]) == -EINVAL;
	ok(refused == n, kinds[kind], "forged tokens are refused");
	ok(ask(COUNTER_REFUSED, 1) == (long long)n, kinds[kind], "and counted");
	ok(ask(COUNTER_SUM, 0) == 0, kinds[kind], "and change nothing");
}

static void freeze(unsigned int kind)
{
	long long token = ask(COUNTER_GET, 0);

	if (kind == MEMPOL_COUNTER_PERCPU) {
		ok(ask(COUNTER_FREEZE, 1) == -EOPNOTSUPP, kinds[kind], "it cannot be frozen");
		put(0, token);
		return;
	}
	ok(ask(COUNTER_FREEZE, 1) == -EBUSY, kinds[kind], "with a reference it is not frozen");
	be_on(1);
	ok(!put(0, token) && !ask(COUNTER_FREEZE, 1), kinds[kind], "without one it is");
	ok(ask(COUNTER_GET, 0) == -EAGAIN, kinds[kind], "then it takes none");
	ok(put(0, token) == -EINVAL, kinds[kind], "an old token is refused");
	ok(!ask(COUNTER_UNFREEZE, 0), kinds[kind], "unfrozen");
	token = ask(COUNTER_GET, 0);
	ok(token >= 0 && !put(1, token), kinds[kind], "it takes one");
}

static void convert(void)
{
	long long token;

	be_on(1);
	token = ask(COUNTER_GET, 0);
	ok(!ask(COUNTER_CONVERT, 1) && ask(COUNTER_SUM, 1) == 1, "cell",
	   "what cells count becomes its own");
	be_on(0);
	ok(!put(1, token) && ask(COUNTER_ZERO, 0) == 1, "cell",
	   "and is put by the token there was");
}

static void run_pairs(unsigned int kind)
{
	struct counter_request pairs = { .count = 100000 };
	struct counter_request query = { .count = 2 };

	ok(!counters_run(counters.pairs_fd, &pairs), kinds[kind], "a hundred thousand pairs");
	ok(counters_run(counters.query_fd, &query) == 2 && query.lines >= 2, kinds[kind],
	   "leave it at zero");
}

/* In a process of its own, whose map goes with it, with what is in there. */
static bool fill_in_child(const char *path)
{
	struct counter_request fill = { .count = COUNTERS_MAX + 1 };
	pid_t child = fork();
	int status;

	if (!child) {
		if (counters_open(&counters, path))
			_exit(2);
		_exit(counters_run(counters.fill_fd, &fill) == COUNTERS_MAX ? 0 : 1);
	}
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       !WEXITSTATUS(status);
}

static void let_maps_go(const char *path)
{
	bool again = false;

	ok(fill_in_child(path), NULL, "there are 65536 and no more");
	/* Maps are freed by a work item. */
	for (int i = 0; i < 600 && !again; i++) {
		again = fill_in_child(path);
		if (!again)
			usleep(100000);
	}
	ok(again, NULL, "what was in a map goes with it, and there is room again");
}

/* The last child's map is freed by a work item too: until then it may hold all counters that there may be. */
static bool wait_for_room(void)
{
	for (int i = 0; i < 600; i++) {
		if (!create(0, MEMPOL_COUNTER_ATOMIC))
			return !ask(COUNTER_DROP, 0);
		usleep(100000);
	}
	return false;
}

static int hold(void)
{
	char c;

	if (create(0, MEMPOL_COUNTER_CELL) || ask(COUNTER_GET, 0) < 0)
		return 1;
	printf("held\n");
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	int r;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "Usage: %s OBJECT [hold]\n", argv[0]);
		return 2;
	}
	if (argc == 2)
		let_maps_go(argv[1]);
	r = counters_open(&counters, argv[1]);
	if (r) {
		printf("not ok 1 - the programs load: %s\n", strerror(-r));
		return 1;
	}
	if (argc == 3)
		return hold();

	ok(wait_for_room(), NULL, "and for who comes next");
	ok(create(0, MEMPOL_NR_COUNTER_KINDS) == -ENOMEM, NULL, "an unknown kind is refused");
	ok(ask(COUNTER_GET, 0) == COUNTER_EMPTY, NULL, "and nothing is in the map");
	for (unsigned int kind = 0; kind < MEMPOL_NR_COUNTER_KINDS; kind++) {
		count_on_two_cpus(kind);
		forge_tokens(kind);
		freeze(kind);
		if (kind == MEMPOL_COUNTER_CELL)
			convert();
		run_pairs(kind);
		ok(!ask(COUNTER_DROP, 0) && ask(COUNTER_SUM, 1) == 0, kinds[kind],
		   "the second pointer keeps it");
		ok(!ask(COUNTER_DROP, 1), kinds[kind], "and goes");
	}
	printf("1..%u\n", number);
	return failed ? 1 : 0;
}
