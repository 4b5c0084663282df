/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page cache's row in the table of mechanisms (mechanism.h): engines, counters, the keys of [Cache], and why a
 * cgroup cannot be governed.
 */
#include <errno.h>
#include <inttypes.h>

#include "mechanism-cache.h"
#include "mechanism.h"
#include "size.h"

static const struct mp_engine engines[] = {
	{ "fifo", MEMPOL_MECH_CACHE, true, "evicts in the order of arrival" },
	{ "get-scan", MEMPOL_MECH_CACHE, true,
	  "evicts first what is read in runs, the rest as s3fifo" },
	{ "kernel", MEMPOL_MECH_CACHE, true,
	  "leaves pages to the kernel's own LRU, but for what programs say of them" },
	{ "lfu", MEMPOL_MECH_CACHE, true, "evicts what was used least often, counts age slowly" },
	{ "loop", MEMPOL_MECH_CACHE, true,
	  "evicts what came last and what is kept unused: loops that change" },
	{ "mru", MEMPOL_MECH_CACHE, true, "evicts what came last: loops larger than the memory" },
	{ "none", MEMPOL_MECH_CACHE, true,
	  "leaves the cgroup to the kernel, as if no policy matched" },
	{ "noop", MEMPOL_MECH_CACHE, true, "decides nothing: for measuring, and to start from" },
	{ "s3fifo", MEMPOL_MECH_CACHE, true,
	  "evicts first what was read once, keeps what came back" },
	{ "second", MEMPOL_MECH_CACHE, true, "second chance: nearest to LRU" },
};

static const char *const counters[MEMPOL_CACHE_NR_COUNTERS] = {
#define MP_X(upper, lower) [MEMPOL_CACHE_##upper] = #lower,
	MEMPOL_CACHE_COUNTERS(MP_X)
#undef MP_X
};

const struct mp_cache mp_cache_default = {
	.pin_is_share = true,
	.pin_max = 10,
};

const char *mp_pin_max_format(const struct mp_cache *cache, char buffer[static MP_PIN_MAX_TEXT])
{
	if (!cache->pin_is_share)
		return mp_size_format(cache->pin_max, buffer);
	snprintf(buffer, MP_PIN_MAX_TEXT, "%" PRIu64 "%%", cache->pin_max);
	return buffer;
}

uint64_t mp_pin_max_pages(const struct mp_cache *cache, uint64_t page_bytes)
{
	return cache->pin_is_share ? 0 : cache->pin_max / page_bytes;
}

static int set_pin_max(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	struct mp_cache *cache = mp_cache_of(policy);
	unsigned int percent;
	uint64_t bytes;
	int r;

	if (!*value) {
		*cache = mp_cache_default;
		return 0;
	}
	r = mp_percent_parse(value, &percent);
	if (r == -ERANGE)
		return mp_complain(place, "PinMax=%.60s: more than 100%% of the memory", value);
	if (r == 0) {
		*cache = (struct mp_cache){ .pin_is_share = true, .pin_max = percent };
		return 0;
	}
	if (mp_size_parse(value, &bytes) < 0)
		return mp_complain(
			place,
			"PinMax=%.60s: neither a size in bytes or with K, M, G or T, nor a whole "
			"percentage of the memory such as 10%%",
			value);
	*cache = (struct mp_cache){ .pin_max = bytes };
	return 0;
}

static const struct mp_key keys[] = {
	{ "PinMax", "size|percent", false, set_pin_max, "how much programs may pin" },
};

static bool settings_equal(const void *a, const void *b)
{
	const struct mp_cache *x = a, *y = b;

	return x->pin_is_share == y->pin_is_share && x->pin_max == y->pin_max;
}

static const char *attach_problem(int error)
{
	switch (-error) {
	case ENOENT:
		return "the cgroup is going away";
	case EOPNOTSUPP:
		return "the memory controller is not enabled for this cgroup";
	case EBUSY:
		return "another attachment still governs this cgroup";
	default:
		return NULL;
	}
}

const struct mp_mechanism mp_mechanism_cache = {
	.id = MEMPOL_MECH_CACHE,
	.name = "cache",
	.section = { "Cache", &mp_mechanism_cache, true, "what the page cache keeps", keys,
		     ARRAY_SIZE(keys) },
	.ops_type = "mempol_cache_ops",
	.replaces_live = true,
	.controller = "memory",
	.leaving_engine = "none",
	.kernel_option = "CONFIG_MEMPOL_CACHE",
	.engines = engines,
	.n_engines = ARRAY_SIZE(engines),
	.counters = counters,
	.n_counters = ARRAY_SIZE(counters),
	.held_counter = MEMPOL_CACHE_GOVERNED_PAGES,
	.ejections_counter = MEMPOL_CACHE_EJECTIONS,
	.has_tunables = true,
	.defaults = &mp_cache_default,
	.settings_size = sizeof(mp_cache_default),
	.settings_equal = settings_equal,
	.attach_problem = attach_problem,
};
