// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints the references of a configuration of the microbenchmark as a trace, for mempolctl simulate: what the
 * kernel is measured with can be simulated. Called by tests; it touches no file but the configuration.
 *
 *   trace CONFIG [THREADS]     several threads: as pool divides the work among them, a reference each in turn
 */
#include "../../examples/microbenchmark/patterns.h"

#include <err.h>
#include <string.h>

static struct mb_config config;
static struct mb_stream stream;

struct reference {
	u32 page;
	u32 count;
	enum mb_op op;
};

struct thread {
	struct mb_config config;
	struct mb_stream stream;
	struct reference *references;
	size_t nr, room;
};

static int append(void *arg, enum mb_op op, u64 page, u64 count)
{
	struct thread *thread = arg;

	if (thread->nr == thread->room) {
		thread->room = thread->room ? thread->room * 2 : 1024;
		thread->references =
			reallocarray(thread->references, thread->room, sizeof(*thread->references));
		if (!thread->references)
			err(1, "a trace of %zu references", thread->nr);
	}
	thread->references[thread->nr++] =
		(struct reference){ .page = (u32)page, .count = (u32)count, .op = op };
	return 0;
}

static int pass_phase(void *arg, enum mb_phase phase)
{
	return 0;
}

static void draw(struct thread *thread, unsigned int number, unsigned int nr)
{
	struct mb_sink sink = { .ref = append, .phase = pass_phase, .arg = thread };

	thread->config = config;
	thread->config.get_scan.gets /= nr;
	thread->stream = stream;
	thread->stream.config = &thread->config;
	mb_rng_seed(&thread->stream.rng, config.seed + number);
	for (u64 iteration = 0; iteration < config.iterations; iteration++)
		for (unsigned int entry = 0; entry < config.nr_entries; entry++)
			if (mb_stream_run(&thread->stream, config.sequence[entry], &sink) < 0)
				errx(1, "%s", mb_pattern_names[config.sequence[entry]]);
}

static void print(const struct reference *reference, unsigned int thread)
{
	static const char ops[] = { [MB_OP_READ] = 'r', [MB_OP_WRITE] = 'w', [MB_OP_MAPPED] = 'm' };

	printf("%c %u", ops[reference->op], reference->page);
	if (reference->count > 1)
		printf(" %u", reference->count);
	if (thread)
		printf(" @%u", thread);
	putchar('\n');
}

int main(int argc, char **argv)
{
	unsigned int nr = argc == 3 ? (unsigned int)atoi(argv[2]) : 1, left;
	struct thread *threads = calloc(nr ? nr : 1, sizeof(*threads));

	if (argc < 2 || argc > 3 || !nr || !threads) {
		fprintf(stderr, "Usage: %s CONFIG [THREADS]\n", argv[0]);
		return 2;
	}
	if (mb_config_load(argv[1], stderr, &config) < 0 ||
	    mb_stream_open(&stream, &config, stderr) < 0)
		return 1;
	for (unsigned int i = 0; i < nr; i++)
		draw(&threads[i], i, nr);
	left = nr;
	for (size_t at = 0; left; at++) {
		left = 0;
		for (unsigned int i = 0; i < nr; i++) {
			if (at >= threads[i].nr)
				continue;
			print(&threads[i].references[at], i);
			left++;
		}
	}
	if (fflush(stdout))
		err(1, "standard output");
	return 0;
}
