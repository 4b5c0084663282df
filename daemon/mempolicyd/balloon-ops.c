// SPDX-License-Identifier: GPL-2.0-only
/*
 * The balloon's row in the daemon's table of mechanisms (mechanism-ops.h): what its ops struct is given. What its
 * events say is in balloon-events.c, and what users ask of the balloon in balloon.c.
 */
#include <errno.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "attachments.h"
#include "mechanism-balloon.h"
#include "mechanism-ops.h"

/* What the policy in charge has given to the host: not in MemTotal, and yet this machine's. */
static uint64_t given_bytes(const struct mp_manager *m)
{
	const struct mp_attachment *at = mp_attachment_in_charge(m, &mp_mechanism_balloon);
	struct mempol_policy_info info;

	if (!at || mp_agent_query(m->agent, mp_loaded_policy_id(at->loaded), &info) < 0)
		return 0;
	return info.counters[MEMPOL_BALLOON_HELD_PAGES] * sysconf(_SC_PAGESIZE);
}

/*
 * The memory is MemTotal and what a policy holds: what the host has taken itself is not in it. To keep
 * nothing because the size of the memory is not known would be worse than not to run.
 */
static int fill(const struct mp_manager *m, const struct mp_policy *policy,
		struct mp_ops_values *values, char **ret_problem)
{
	const struct mp_balloon *balloon = mp_balloon_of(policy);
	struct sysinfo info;

	if (sysinfo(&info) < 0) {
		int r = -errno;

		*ret_problem = mp_owned(strdup("the size of the memory cannot be read"));
		return r;
	}
	mp_ops_values_add(values, "keep_pages", 8,
			  mp_balloon_keep_pages(
				  balloon, (uint64_t)info.totalram * info.mem_unit + given_bytes(m),
				  sysconf(_SC_PAGESIZE)));
	mp_ops_values_add(values, "period_ms", 4, balloon->period_ms);
	return 0;
}

static void attached(struct mp_attachment *at)
{
	at->request = MEMPOL_BALLOON_AUTO;
}

const struct mp_mechanism_ops mp_balloon_ops = {
	.mechanism = &mp_mechanism_balloon,
	.fill = fill,
	.attached = attached,
};
