// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two experiments on counter objects: how much it takes to count (ucounting) and to ask (uquery). It runs in a guest
 * under the plugin lines.so, which counts what happens in the windows that are opened here. A thread a CPU, on one CPU, on
 * two, on four and so on, and all CPUs have counted what is asked; what is
 * counted natively and by BPF programs is the same source. Writes down a line a run, in the order of the plugin's;
 * judges nothing.
 *
 *   counting OBJECT RESULTS
 *
 *   ucounting  HOW KIND PATTERN THREADS PAIRS   PAIRS of get and put a window; 0: what a window takes without any
 *   uquery     HOW KIND SHARE CPUS OBJECTS LINES
 *
 * PATTERN, after fxmark: low, a counter of each thread, made on its CPU; medium, one of each, made one after another;
 * high, one for all. SHARE: per cent of the objects that are of the kind and were counted on every CPU, and are at zero;
 * the others are atomic.
 */
#include <err.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "../bpf/counters-run.h"
#include "counting.h"
#include "window.h"

#define PAIRS 32
#define WINDOWS 20
#define MAX_CPUS 64
#define OBJECTS 256
#define QUERIES 3

_Static_assert(OBJECTS <= COUNTING_PLACES && MAX_CPUS <= COUNTING_PLACES, "places for all");

static const char *const kinds[] = {
#define MEMPOL_X(upper, lower) #lower,
	MEMPOL_COUNTER_KINDS(MEMPOL_X)
#undef MEMPOL_X
};

enum pattern { LOW, MEDIUM, HIGH, NR_PATTERNS };

static const char *const patterns[] = { "low", "medium", "high" };
static const unsigned int shares[] = { 0, 1, 10, 25, 50, 100 };

static struct counters counters;
static unsigned int nr_cpus, nr_threads;
static pthread_barrier_t barrier;
static FILE *results;

static long long bpf_create(unsigned int at, unsigned int kind)
{
	struct counter_request request = { .op = COUNTER_CREATE, .slot = at, .kind = kind };

	return counters_run(counters.fd, &request);
}

static long long bpf_share(unsigned int from, unsigned int at)
{
	struct counter_request request = { .op = COUNTER_DUP, .slot = from, .to = at };

	return counters_run(counters.fd, &request);
}

static void bpf_drop(unsigned int at)
{
	struct counter_request request = { .op = COUNTER_DROP, .slot = at };

	counters_run(counters.fd, &request);
}

static long long bpf_pairs(unsigned int cpu, unsigned int at, unsigned int count)
{
	struct counter_request request = { .slot = at, .count = count };

	return counters_run(counters.pairs_fd, &request);
}

static long long bpf_query(unsigned int count, unsigned int *lines)
{
	struct counter_request request = { .count = count };
	long long zero = counters_run(counters.query_fd, &request);

	*lines = request.lines;
	return zero;
}

static const struct counting counting_bpf = {
	.name = "bpf",
	.create = bpf_create,
	.share = bpf_share,
	.drop = bpf_drop,
	.pairs = bpf_pairs,
	.query = bpf_query,
};

static void must(long long result, const char *what)
{
	if (result)
		errx(1, "%s: %lld", what, result);
}

struct run {
	const struct counting *how;
	unsigned int kind;
	enum pattern pattern;
	unsigned int pairs;
};

struct thread {
	pthread_t thread;
	const struct run *run;
	unsigned int cpu;
};

static void go_to(unsigned int cpu)
{
	if (be_on(cpu))
		err(1, "CPU %u", cpu);
	counting_native_is(cpu);
}

static void *count(void *arg)
{
	const struct thread *me = arg;
	const struct run *run = me->run;

	go_to(me->cpu);
	if (run->pattern == LOW)
		must(run->how->create(me->cpu, run->kind), "create");
	/* Not in a window: what is made on first use. */
	must(run->how->pairs(me->cpu, me->cpu, PAIRS), "pairs");
	pthread_barrier_wait(&barrier);
	for (unsigned int i = 0; i < WINDOWS; i++) {
		long long wrong;

		window_open();
		wrong = run->how->pairs(me->cpu, me->cpu, run->pairs);
		window_close();
		must(wrong, "pairs");
	}
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void run_threads(const struct run *run)
{
	struct thread threads[MAX_CPUS];

	go_to(0);
	must(pthread_barrier_init(&barrier, NULL, nr_threads), "barrier");
	for (unsigned int cpu = 0; cpu < nr_threads && run->pattern != LOW; cpu++)
		must(cpu && run->pattern == HIGH ? run->how->share(0, cpu) :
						   run->how->create(cpu, run->kind),
		     "create");
	for (unsigned int cpu = 0; cpu < nr_threads; cpu++) {
		threads[cpu] = (struct thread){ .run = run, .cpu = cpu };
		must(pthread_create(&threads[cpu].thread, NULL, count, &threads[cpu]), "thread");
	}
	for (unsigned int cpu = 0; cpu < nr_threads; cpu++)
		pthread_join(threads[cpu].thread, NULL);
	window_end_run();
	fprintf(results, "ucounting\t%s\t%s\t%s\t%u\t%u\n", run->how->name, kinds[run->kind],
		patterns[run->pattern], nr_threads, run->pairs);
	pthread_barrier_destroy(&barrier);
	for (unsigned int cpu = 0; cpu < nr_threads; cpu++)
		run->how->drop(cpu);
}

/* Each of the first has been counted on each CPU, and is at zero again. */
static void distribute(const struct counting *how, unsigned int kind, unsigned int nr)
{
	for (unsigned int i = 0; i < OBJECTS; i++)
		must(how->create(i, i < nr ? kind : MEMPOL_COUNTER_ATOMIC), "create");
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++) {
		go_to(cpu);
		for (unsigned int i = 0; i < nr; i++)
			must(how->pairs(cpu, i, 1), "pairs");
	}
	go_to(0);
}

static void query(const struct counting *how, unsigned int kind, unsigned int share)
{
	unsigned int lines = 0;

	/* One is one. */
	distribute(how, kind, (OBJECTS * share + 99) / 100);
	must(how->query(OBJECTS, &lines) - OBJECTS, "query");
	for (unsigned int i = 0; i < QUERIES; i++) {
		window_open_long();
		how->query(OBJECTS, &lines);
		window_close();
	}
	window_end_run();
	fprintf(results, "uquery\t%s\t%s\t%u\t%u\t%u\t%u\n", how->name, kinds[kind], share, nr_cpus,
		OBJECTS, lines);
	for (unsigned int i = 0; i < OBJECTS; i++)
		how->drop(i);
}

static void measure(const struct counting *how)
{
	for (unsigned int kind = 0; kind < MEMPOL_NR_COUNTER_KINDS; kind++) {
		for (nr_threads = 1; nr_threads <= nr_cpus; nr_threads *= 2) {
			for (enum pattern pattern = 0; pattern < NR_PATTERNS; pattern++) {
				run_threads(&(struct run){ how, kind, pattern, 0 });
				run_threads(&(struct run){ how, kind, pattern, PAIRS });
			}
		}
		for (size_t i = 0; i < sizeof(shares) / sizeof(*shares); i++)
			query(how, kind, shares[i]);
	}
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "Usage: %s OBJECT RESULTS\n", argv[0]);
		return 2;
	}
	nr_cpus = sysconf(_SC_NPROCESSORS_ONLN);
	if (nr_cpus > MAX_CPUS)
		errx(1, "more than %d CPUs", MAX_CPUS);
	must(counters_open(&counters, argv[1]), argv[1]);
	counting_native_begin(nr_cpus);
	results = fopen(argv[2], "w");
	if (!results)
		err(1, "%s", argv[2]);
	measure(&counting_native);
	measure(&counting_bpf);
	return fclose(results) ? 1 : 0;
}
