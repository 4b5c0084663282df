/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Simulation of anonymous memory whose pages are placed by mosaic, beside memory whose pages may lie anywhere: how far
 * a pool fills, and how often a page has to be read from swap. Used by tests/bench/placed and the unit tests; it runs
 * the engine's own decisions (bpf/placement), prints nothing and knows neither daemon nor kernel.
 */
#ifndef SIM_PLACE_H
#define SIM_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_PLACE_BUCKET 64U /* frames; pools are whole buckets */
#define SIM_PLACE_MAX_FRAMES (1U << 24) /* 64 GiB */
#define SIM_PLACE_MAX_PAGES (1U << 26)
#define SIM_PLACE_MAX_REFS (1ULL << 30)

/* ---- which pages a program touches ------------------------------------------------------------------- */

struct sim_touches {
	uint32_t *pages; /* one after the other */
	size_t nr;
	size_t nr_first; /* at the beginning each page is touched once, in order: those misses do not count */
	uint32_t nr_pages;
};

struct sim_pattern {
	const char *name;
	const char *description;
	int (*make)(const struct sim_pattern *pattern, struct sim_touches *touches, size_t nr,
		    uint64_t seed);
};

extern const struct sim_pattern sim_patterns[];
extern const size_t sim_patterns_count;

const struct sim_pattern *sim_pattern_find(const char *name);

/* @per_page touches of each page on average. 0, -EINVAL (out of range) or -ENOMEM. */
int sim_touches_make(const struct sim_pattern *pattern, uint32_t nr_pages, uint32_t per_page,
		     uint64_t seed, struct sim_touches *ret);
void sim_touches_done(struct sim_touches *touches);

/* ---- where they lie, and who goes -------------------------------------------------------------------- */

/* What is known of a page's uses. */
enum sim_times {
	SIM_TIMES_BITS, /* accessed bits, read when a victim is sought: what the engine has */
	SIM_TIMES_EXACT, /* the time of each: what no kernel has */
	SIM_TIMES_SCANNED, /* accessed bits that a scanner reads, one pass in scan_touches touches of a frame */
};

struct sim_place_setup {
	uint32_t frames;
	uint32_t front, back, choices; /* of placed memory */
	uint32_t new_share; /* per cent of newcomers that enter as young */
	uint32_t looks; /* accessed bits that are read for one eviction at most; 0: of all candidates */
	enum sim_times times;
	uint32_t scan_touches;
	uint64_t seed; /* of the hashes, and of what is drawn by chance */
};

struct sim_place_result {
	uint64_t misses; /* from swap: those of the first touches are not counted */
	uint64_t evictions;
	uint64_t looks; /* accessed bits read to find victims */
	uint32_t first_conflict; /* frames in use when a page first found none of its own free */
	double used; /* frames in use on average, of all; where that is not a matter of placement 0 */
};

struct sim_place_rule {
	const char *name;
	const char *description;
	bool placed; /* frames are not all alike: the geometry matters */
	int (*run)(const struct sim_place_rule *rule, const struct sim_place_setup *setup,
		   const struct sim_touches *touches, struct sim_place_result *ret);
};

extern const struct sim_place_rule sim_place_rules[];
extern const size_t sim_place_rules_count;

const struct sim_place_rule *sim_place_rule_find(const char *name);

/* What is wrong with a setup, as a sentence; NULL: nothing. */
const char *sim_place_problem(const struct sim_place_rule *rule,
			      const struct sim_place_setup *setup);

/* 0, -EINVAL (there is a problem) or -ENOMEM; then @ret is untouched. */
int sim_place_run(const struct sim_place_rule *rule, const struct sim_place_setup *setup,
		  const struct sim_touches *touches, struct sim_place_result *ret);

/* Pages come and none goes: frames in use when one finds no room. 0, -EINVAL or -ENOMEM. */
int sim_place_fill(const struct sim_place_setup *setup, uint32_t *ret_used);

/*
 * The share of frames in use in the long run. Frames of a front yard stay empty if fewer pages than it has slots hash
 * to it; how many do is a Poisson distribution.
 */
double sim_place_steady_state(uint32_t front, uint32_t pages, uint32_t frames);

#endif
