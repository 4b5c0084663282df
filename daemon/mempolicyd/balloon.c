// SPDX-License-Identifier: GPL-2.0-only
/*
 * The balloon for its users; see balloon.h.
 */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "attachments.h"
#include "balloon.h"
#include "figures.h"
#include "kernel.h"
#include "names.h"

#define _cleanup_json_ _cleanup_(sd_json_variant_unrefp)

static int problem(char **ret_problem, int error, const char *format, ...) _printf_(3, 4);

static int problem(char **ret_problem, int error, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = vasprintf(ret_problem, format, ap);
	va_end(ap);
	if (r >= 0)
		return error;
	*ret_problem = NULL;
	return -ENOMEM;
}

/* Nobody is attached: because of the kernel, of a policy's state, or because there is none. */
static int explain(const struct mp_manager *m, char **ret_problem)
{
	const char *missing = m->features.missing[mp_mechanism_balloon.id];

	if (missing)
		return problem(ret_problem, -EOPNOTSUPP, "%s", missing);
	for (size_t i = 0; i < m->n_attachments; i++) {
		const struct mp_attachment *at = m->attachments[i];

		if (at->mechanism != &mp_mechanism_balloon || !at->winner)
			continue;
		if (at->state == MP_STATE_UNAVAILABLE)
			return problem(ret_problem, -EOPNOTSUPP, "%s",
				       at->reason ?: "it has no balloon");
		return problem(ret_problem, -ENOENT,
			       "No balloon policy is active: policy %s is %s%s%s; see mempolctl "
			       "show %s",
			       at->name, mp_state_to_string(at->state), at->reason ? ": " : "",
			       at->reason ?: "", at->name);
	}
	for (size_t i = 0; i < m->n_slots; i++)
		if (mp_slot_mechanism(m->slots[i]) == &mp_mechanism_balloon)
			return problem(ret_problem, -ENOENT,
				       "No balloon policy is active: policy %s cannot run; see "
				       "mempolctl show %s",
				       m->slots[i]->name, m->slots[i]->name);
	return problem(ret_problem, -ENOENT,
		       "There is no balloon policy: put a file with [Balloon] into %s, such as "
		       "/usr/share/mempolicyd/policies/balloon.mempolicy",
		       m->config->policy_dirs[0]);
}

/* The attachment in charge, with the kernel's figures of now. */
static int find(struct mp_manager *m, struct mp_attachment **ret, char **ret_problem)
{
	struct mp_attachment *at = mp_attachment_in_charge(m, &mp_mechanism_balloon);

	if (at)
		mp_kernel_refresh(m, at);
	/* It may just have been found ejected. */
	if (!at || !mp_loaded_is_attached(at->loaded))
		return explain(m, ret_problem);
	*ret = at;
	return 0;
}

static int status_json(const struct mp_attachment *at, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *counters = NULL, *v = NULL;
	bool manual = at->request != MEMPOL_BALLOON_AUTO;
	int r = 0;

	if (at->info_error >= 0)
		r = mp_figures_counters(&at->info, at->mechanism, &counters);
	if (r < 0)
		return r;
	r = sd_json_buildo(&v, SD_JSON_BUILD_PAIR_STRING("policy", at->name),
			   SD_JSON_BUILD_PAIR_STRING("engine", mp_slot_engine(at->slot) ?: ""),
			   SD_JSON_BUILD_PAIR_STRING("state", mp_state_to_string(at->state)),
			   SD_JSON_BUILD_PAIR_STRING("reason", at->reason),
			   SD_JSON_BUILD_PAIR_BOOLEAN("manual", manual),
			   SD_JSON_BUILD_PAIR_UNSIGNED("page_size", sysconf(_SC_PAGESIZE)));
	if (r >= 0 && manual)
		r = sd_json_variant_set_field_unsigned(&v, "request_pages", at->request);
	if (r >= 0 && counters)
		r = sd_json_variant_set_field(&v, "counters", counters);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(v);
	return 0;
}

int mp_balloon_status(struct mp_manager *m, sd_json_variant **ret, char **ret_problem)
{
	struct mp_attachment *at = NULL;
	int r;

	*ret_problem = NULL;
	r = find(m, &at, ret_problem);
	if (r < 0)
		return r;
	assert(at);
	return status_json(at, ret);
}

/* Always whole pages: not less than was asked for is given, or taken back. */
static uint64_t pages_of(uint64_t bytes)
{
	uint64_t page_size = sysconf(_SC_PAGESIZE);

	return bytes / page_size + !!(bytes % page_size);
}

static int work_out(const struct mp_attachment *at, enum mp_balloon_wish wish, uint64_t bytes,
		    uint64_t *ret_pages, char **ret_problem)
{
	uint64_t pages = pages_of(bytes), now;

	switch (wish) {
	case MP_BALLOON_INFLATE:
		*ret_pages = pages;
		return 0;
	case MP_BALLOON_DEFLATE:
		if (at->info_error < 0)
			return problem(ret_problem, at->info_error,
				       "What the balloon holds cannot be read (%s); "
				       "mempolctl balloon inflate names a size in all",
				       at->reason ?: strerror(-at->info_error));
		now = at->info.counters[MEMPOL_BALLOON_HELD_PAGES] +
		      at->info.counters[MEMPOL_BALLOON_SMALL_PAGES];
		*ret_pages = now > pages ? now - pages : 0;
		return 0;
	default:
		*ret_pages = MEMPOL_BALLOON_AUTO;
		return 0;
	}
}

int mp_balloon_wish(struct mp_manager *m, enum mp_balloon_wish wish, uint64_t bytes,
		    sd_json_variant **ret, char **ret_problem)
{
	struct mempol_call call = { .op = MEMPOL_CALL_BALLOON_SIZE };
	struct mp_attachment *at = NULL;
	uint64_t pages = MEMPOL_BALLOON_AUTO;
	int r;

	*ret_problem = NULL;
	r = find(m, &at, ret_problem);
	if (r < 0)
		return r;
	assert(at);
	r = work_out(at, wish, bytes, &pages, ret_problem);
	if (r < 0)
		return r;
	call.body.balloon.policy_id = mp_loaded_policy_id(at->loaded);
	call.body.balloon.pages = pages;
	r = mp_agent_call(m->agent, &call);
	if (r == -EOPNOTSUPP)
		return problem(ret_problem, r,
			       "it has no balloon policies (CONFIG_MEMPOL_BALLOON)");
	if (r == -ENODEV)
		return problem(ret_problem, r, "The kernel cannot be asked: %s",
			       m->agent_problem ?: "the balloon's device is gone");
	if (r == -ENOENT)
		return problem(ret_problem, r,
			       "Policy %s has just left the kernel; see mempolctl show %s",
			       at->name, at->name);
	if (r < 0)
		return problem(ret_problem, r, "The kernel refused the size: %s", strerror(-r));
	at->request = pages;
	mp_kernel_refresh(m, at);
	return status_json(at, ret);
}
