/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which engine is best over several sizes of the cache, see propose.h. Pure functions over the outcomes of a
 * simulation; what is made of the choice is propose-file.c's affair.
 */
#include "propose.h"

#include <string.h>

/* The outcome of @policy in a cache of @size_bytes, NULL if it was not simulated. */
static const struct ctl_outcome *find(const struct ctl_outcome outcomes[], size_t n,
				      const char *policy, uint64_t size_bytes)
{
	for (size_t i = 0; i < n; i++)
		if (outcomes[i].size_bytes == size_bytes && !strcmp(outcomes[i].policy, policy))
			return &outcomes[i];
	return NULL;
}

/* Where all that is ever used fits, all engines read the same. */
static bool tells(const struct ctl_outcome *base, uint64_t working_set_bytes)
{
	return !strcmp(base->policy, "lru") && base->read_bytes &&
	       (!working_set_bytes || base->size_bytes < working_set_bytes);
}

/* In permyriad of what lru reads, rounded up: a margin that is just missed is not met. */
static uint64_t ratio(const struct ctl_outcome *outcome, const struct ctl_outcome *base)
{
	unsigned __int128 reads = (unsigned __int128)outcome->read_bytes * CTL_PROPOSE_ALL;

	return (uint64_t)((reads + base->read_bytes - 1) / base->read_bytes);
}

/* False: it is out. */
static bool judge(const struct ctl_outcome outcomes[], size_t n, uint64_t working_set_bytes,
		  const char *policy, struct ctl_choice *ret)
{
	uint64_t sum = 0, worst = 0;
	size_t n_sizes = 0;

	for (size_t i = 0; i < n; i++) {
		const struct ctl_outcome *base = &outcomes[i], *other;

		if (!tells(base, working_set_bytes))
			continue;
		other = find(outcomes, n, policy, base->size_bytes);
		if (!other || other->ejected ||
		    ratio(other, base) > CTL_PROPOSE_ALL + CTL_PROPOSE_MARGIN)
			return false;
		sum += ratio(other, base);
		worst = ratio(other, base) > worst ? ratio(other, base) : worst;
		n_sizes++;
	}
	if (!n_sizes)
		return false;
	*ret = (struct ctl_choice){
		.best = policy,
		.mean = (unsigned int)((sum + n_sizes - 1) / n_sizes),
		.worst = (unsigned int)worst,
		.n_sizes = n_sizes,
	};
	return true;
}

/*
 * What suits most workloads and does least harm when the workload becomes another one comes first: get-scan has
 * the least mean of all in docs/measured.md, s3fifo the least loss where it is not the best. lfu keeps what was once
 * popular, mru and loop evict code that is read in late, fifo and noop are to compare with.
 */
const char *const ctl_propose_order[] = { "get-scan", "s3fifo", "second", "lfu", "loop",
					  "mru",      "fifo",	"noop",	  NULL };

static size_t rank(const char *engine)
{
	size_t i = 0;

	while (ctl_propose_order[i] && strcmp(ctl_propose_order[i], engine))
		i++;
	return i;
}

/* Does it save the margin? */
static bool helps(const struct ctl_choice *choice)
{
	return choice->mean <= CTL_PROPOSE_ALL - CTL_PROPOSE_MARGIN;
}

static bool is_better(const struct ctl_choice *one, const struct ctl_choice *other)
{
	if (!other->best || one->mean != other->mean)
		return !other->best || one->mean < other->mean;
	return one->worst < other->worst;
}

/* The first in the order of those that are as good as @choice, if the margin does not tell them apart. */
static void take_first_as_good(const struct ctl_outcome outcomes[], size_t n,
			       uint64_t working_set_bytes, struct ctl_choice *choice)
{
	struct ctl_choice least = *choice, one;

	for (size_t i = 0; i < n; i++) {
		if (!outcomes[i].loadable || rank(outcomes[i].policy) >= rank(choice->best) ||
		    !judge(outcomes, n, working_set_bytes, outcomes[i].policy, &one))
			continue;
		if ((uint64_t)one.mean * CTL_PROPOSE_ALL >
			    (uint64_t)least.mean * (CTL_PROPOSE_ALL + CTL_PROPOSE_TIE) ||
		    helps(&one) != helps(&least))
			continue;
		*choice = one;
		choice->least = least.best;
		choice->least_mean = least.mean;
	}
}

/* Can anything be said at all? */
static enum ctl_choice_reason look(const struct ctl_outcome outcomes[], size_t n,
				   uint64_t working_set_bytes, size_t *ret_sizes)
{
	bool base = false, engine = false;

	*ret_sizes = 0;
	for (size_t i = 0; i < n; i++) {
		base |= !strcmp(outcomes[i].policy, "lru");
		engine |= outcomes[i].loadable;
		*ret_sizes += tells(&outcomes[i], working_set_bytes);
	}
	if (!base || !engine)
		return CTL_CHOICE_NO_BASE;
	return *ret_sizes ? CTL_CHOICE_NO_GAIN : CTL_CHOICE_FITS;
}

void ctl_propose_choose(const struct ctl_outcome outcomes[], size_t n, uint64_t working_set_bytes,
			struct ctl_choice *ret_choice)
{
	struct ctl_choice best = {}, one;
	size_t n_sizes;
	enum ctl_choice_reason reason = look(outcomes, n, working_set_bytes, &n_sizes);

	for (size_t i = 0; reason == CTL_CHOICE_NO_GAIN && i < n; i++)
		if (outcomes[i].loadable &&
		    judge(outcomes, n, working_set_bytes, outcomes[i].policy, &one) &&
		    is_better(&one, &best))
			best = one;
	if (best.best)
		take_first_as_good(outcomes, n, working_set_bytes, &best);
	best.n_sizes = n_sizes;
	best.reason = reason;
	if (best.best && helps(&best)) {
		best.reason = CTL_CHOICE_ENGINE;
		best.engine = best.best;
	}
	*ret_choice = best;
}
