// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of what can be simulated: every shipped engine of the page cache, and textbook policies to
 * compare with. A new engine is one line here.
 */
#include <string.h>

#include "cache.h"

/* Of the engine's own type, which this file need not know. */
#define ENGINE(name)                         \
	struct mempol_cache_ops;             \
	extern struct mempol_cache_ops name; \
	extern const struct mempol_native name##_native

ENGINE(fifo);
ENGINE(get_scan);
ENGINE(lfu);
ENGINE(loop);
ENGINE(mru);
ENGINE(noop);
ENGINE(s3fifo);
ENGINE(second);

#define TEXTBOOK(title, text) { .name = #title, .description = text, .run = sim_run_##title }
#define SHIPPED_AS(title, ops)     \
	{ .name = title,           \
	  .description = "engine", \
	  .engine = &ops,          \
	  .native = &ops##_native, \
	  .run = sim_run_engine }
#define SHIPPED(title) SHIPPED_AS(#title, title)

const struct sim_policy sim_policies[] = {
	TEXTBOOK(lru, "exact least recently used"),
	TEXTBOOK(belady, "the optimum, which knows the future"),
	SHIPPED(fifo),
	SHIPPED_AS("get-scan", get_scan),
	SHIPPED(lfu),
	SHIPPED(loop),
	SHIPPED(mru),
	SHIPPED(noop),
	SHIPPED(s3fifo),
	SHIPPED(second),
};

const size_t sim_policies_count = sizeof(sim_policies) / sizeof(sim_policies[0]);

const struct sim_policy *sim_policy_find(const char *name)
{
	for (size_t i = 0; i < sim_policies_count; i++)
		if (!strcmp(sim_policies[i].name, name))
			return &sim_policies[i];
	return NULL;
}
