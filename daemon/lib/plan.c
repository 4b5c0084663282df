// SPDX-License-Identifier: GPL-2.0-only
/*
 * The steps from what is attached to what should be; see plan.h.
 */
#include <errno.h>
#include <string.h>

#include "plan.h"

/* The first repetition is quick: a cgroup gets its controllers a moment after it was made. */
#define RETRY_FIRST_USEC (100 * 1000ULL)
/* The last is slow enough to cost nothing, and no longer than what has been waited for already. */
#define RETRY_LAST_USEC (60 * 1000 * 1000ULL)

static int compare_items(const void *a, const void *b)
{
	const struct mp_plan_item *x = *(const struct mp_plan_item *const *)a;
	const struct mp_plan_item *y = *(const struct mp_plan_item *const *)b;

	if (x->cgroup_id != y->cgroup_id)
		return x->cgroup_id < y->cgroup_id ? -1 : 1;
	if (x->mechanism != y->mechanism)
		return x->mechanism < y->mechanism ? -1 : 1;
	return 0;
}

static int sort_items(const struct mp_plan_item *items, size_t n, const struct mp_plan_item ***ret)
{
	const struct mp_plan_item **sorted = calloc(n ?: 1, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		sorted[i] = &items[i];
	qsort(sorted, n, sizeof(*sorted), compare_items);
	*ret = sorted;
	return 0;
}

static bool same(const struct mp_plan_item *a, const struct mp_plan_item *b)
{
	return !strcmp(a->policy, b->policy) && a->version == b->version;
}

static int compare_steps(const void *a, const void *b)
{
	const struct mp_plan_step *x = a, *y = b;
	const struct mp_plan_item *p = x->to ?: x->from, *q = y->to ?: y->from;

	if (x->verb != y->verb)
		return x->verb < y->verb ? -1 : 1;
	return p->cgroup_id < q->cgroup_id ? -1 : p->cgroup_id > q->cgroup_id;
}

int mp_plan_make(const struct mp_plan_item *current, size_t n_current,
		 const struct mp_plan_item *wanted, size_t n_wanted, struct mp_plan *ret)
{
	_cleanup_free_ const struct mp_plan_item **have = NULL, **want = NULL;
	struct mp_plan plan = {};
	size_t h = 0, w = 0;
	int r;

	r = sort_items(current, n_current, &have);
	if (r < 0)
		return r;
	r = sort_items(wanted, n_wanted, &want);
	if (r < 0)
		return r;
	/* The last thing that can fail: nothing of it has to be freed here. */
	plan.steps = calloc(n_current + n_wanted ?: 1, sizeof(*plan.steps));
	if (!plan.steps)
		return -ENOMEM;

	while (h < n_current || w < n_wanted) {
		struct mp_plan_step *step = &plan.steps[plan.count];
		int order;

		if (h == n_current)
			order = 1;
		else if (w == n_wanted)
			order = -1;
		else
			order = compare_items(&have[h], &want[w]);

		if (order < 0) {
			*step = (struct mp_plan_step){ MP_PLAN_DETACH, have[h++], NULL };
		} else if (order > 0) {
			*step = (struct mp_plan_step){ MP_PLAN_ATTACH, NULL, want[w++] };
			if (step->to->blocked)
				continue;
		} else {
			*step = (struct mp_plan_step){ MP_PLAN_REPLACE, have[h++], want[w++] };
			if (step->to->blocked || same(step->from, step->to))
				continue;
		}
		plan.count++;
	}
	qsort(plan.steps, plan.count, sizeof(*plan.steps), compare_steps);
	*ret = plan;
	return 0;
}

void mp_plan_done(struct mp_plan *plan)
{
	free(plan->steps);
	*plan = (struct mp_plan){};
}

uint64_t mp_plan_retry_usec(unsigned int attempt)
{
	uint64_t usec = attempt < 16 ? RETRY_FIRST_USEC << attempt : RETRY_LAST_USEC;

	return usec < RETRY_LAST_USEC ? usec : RETRY_LAST_USEC;
}

bool mp_plan_error_is_transient(int error)
{
	switch (-error) {
	case EBUSY: /* a predecessor's link is still being closed by a work item */
	case EOPNOTSUPP: /* the memory controller may be enabled in a moment */
	case EAGAIN:
	case ENOMEM:
	case EINTR:
		return true;
	default:
		return false;
	}
}

bool mp_plan_is_ejection(enum mempol_exit_kind kind)
{
	return kind >= MEMPOL_EXIT_STALLED;
}
