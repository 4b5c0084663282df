// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page-table walks in the simulator, as tables: what a walk costs by design, synthetic workloads at the paper's sizes.
 * tests/bench/run walked prints them. It judges nothing; test_sim_walk_figures holds bounds.
 *
 *   walked WORKLOAD DESIGN[,DESIGN...] [KEY=VALUE...]
 *
 * A line a design: workload, design, references, walks a reference, sequential and all accesses a walk, cycles a walk,
 * data cycles a reference, fallbacks a walk. Keys: n=, skip= (references counted, and before them), scale=, seed=, huge=,
 * host_huge=, placed= (per cent), order=, published=1 (lines of the published arithmetic too), and those of the machine.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../sim/walk/designs.h"
#include "../../sim/walk/generate.h"
#include "../../sim/walk/published.h"

static _Noreturn void fail(const char *what, const char *word)
{
	fprintf(stderr, "walked: %s%s\n", what, word);
	exit(1);
}

struct options {
	struct walk_config config;
	struct walk_world world;
	uint64_t n, skip, published;
	double scale;
};

static void set(struct options *o, const char *word)
{
	const char *value = strchr(word, '=');
	char problem[1024];

	if (!value)
		fail("KEY=VALUE is expected, not ", word);
	if (!strncmp(word, "n=", 2))
		o->n = strtoull(value + 1, NULL, 10);
	else if (!strncmp(word, "skip=", 5))
		o->skip = strtoull(value + 1, NULL, 10);
	else if (!strncmp(word, "scale=", 6))
		o->scale = strtod(value + 1, NULL);
	else if (!strncmp(word, "seed=", 5))
		o->world.seed = strtoull(value + 1, NULL, 10);
	else if (!strncmp(word, "huge=", 5))
		o->world.huge_percent = (uint32_t)strtoul(value + 1, NULL, 10);
	else if (!strncmp(word, "host_huge=", 10))
		o->world.host_huge_percent = (uint32_t)strtoul(value + 1, NULL, 10);
	else if (!strncmp(word, "placed=", 7))
		o->world.placed_percent = (uint32_t)strtoul(value + 1, NULL, 10);
	else if (!strncmp(word, "order=", 6))
		o->world.order = strtoul(value + 1, NULL, 10) ? WALK_IN_ORDER : WALK_SCATTERED;
	else if (!strncmp(word, "published=", 10))
		o->published = strtoull(value + 1, NULL, 10);
	else if (walk_config_set(&o->config, word, problem, sizeof(problem)) < 0)
		fail(problem, "");
}

static double per(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

static void print(const struct options *o, const char *workload, const struct walk_run *run)
{
	const struct walk_counts *c = &run->machine.count;
	uint64_t walks = c->walks[1] + c->walks[2] + c->walks[3];
	struct walk_published rows[WALK_PUBLISHED_MAX];
	unsigned int nr;

	printf("%s\t%s\t%" PRIu64 "\t%.4f\t%.3f\t%.3f\t%.2f\t%.2f\t%.4f\n", workload,
	       run->design->name, c->references, per(walks, c->references),
	       per(c->sequential, walks), per(c->accesses, walks), per(c->walk_cycles, walks),
	       per(c->data_cycles, c->references), per(c->fallbacks, walks));
	if (!o->published || (run->design->walk != walk_design_find("radix")->walk &&
			      run->design->walk != walk_design_find("2d")->walk))
		return;
	nr = walk_published(c, &run->machine.config, run->design->environment, rows);
	for (unsigned int i = 0; i < nr; i++)
		printf("%s\tpublished:%s\t%.2f\t%.2f\n", workload, rows[i].design, rows[i].cycles,
		       rows[i].cycles_huge);
}

int main(int argc, char *argv[])
{
	struct options o = { .config = walk_config_defaults,
			     .world = { .placed_percent = 100, .seed = 1 },
			     .n = 5000000,
			     .skip = 3000000,
			     .scale = 1 };
	static struct walk_run runs[32];
	static struct walk_generator g;
	const struct walk_workload *workload;
	size_t nr = 0;

	if (argc < 3)
		fail("WORKLOAD DESIGN[,DESIGN...] [KEY=VALUE...]", "");
	for (int i = 3; i < argc; i++)
		set(&o, argv[i]);
	workload = walk_workload_find(argv[1]);
	if (!workload)
		fail("no such workload: ", argv[1]);
	o.world.bits = walk_generator_start(&g, workload, o.scale, o.world.seed);
	for (char *name = strtok(argv[2], ","); name; name = strtok(NULL, ",")) {
		const struct walk_design *design = walk_design_find(name);

		if (!design || nr == sizeof(runs) / sizeof(*runs))
			fail("no such design, or too many: ", name);
		if (walk_run_init(&runs[nr++], design, &o.config, &o.world) < 0)
			fail("this machine cannot be simulated, or out of memory: ", name);
	}
	for (uint64_t done = 0, warm = 0; done < o.n + o.skip;) {
		walk_generator_next(&g);
		done += g.nr;
		for (size_t i = 0; i < nr; i++)
			walk_run_references(&runs[i], g.batch, g.nr);
		if (!warm && done >= o.skip) {
			warm = 1;
			for (size_t i = 0; i < nr; i++)
				walk_run_warm(&runs[i]);
		}
	}
	for (size_t i = 0; i < nr; i++) {
		print(&o, workload->name, &runs[i]);
		walk_run_done(&runs[i]);
	}
	return 0;
}
