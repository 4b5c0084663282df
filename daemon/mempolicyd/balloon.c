// SPDX-License-Identifier: GPL-2.0-only
/*
 * The balloon for its users; see balloon.h.
 */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "balloon.h"
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
	const char *missing = m->features.missing[MEMPOL_MECH_BALLOON];

	if (missing)
		return problem(ret_problem, -EOPNOTSUPP, "%s", missing);
	for (size_t i = 0; i < m->n_rows; i++) {
		const struct mp_row *row = m->rows[i];

		if (row->mechanism != MEMPOL_MECH_BALLOON || !row->winner)
			continue;
		if (row->state == MP_STATE_UNAVAILABLE)
			return problem(ret_problem, -EOPNOTSUPP, "%s",
				       row->reason ?: "it has no balloon");
		return problem(ret_problem, -ENOENT,
			       "No balloon policy is active: policy %s is %s%s%s; see mempolctl "
			       "show %s",
			       row->name, mp_state_to_string(row->state), row->reason ? ": " : "",
			       row->reason ?: "", row->name);
	}
	for (size_t i = 0; i < m->n_units; i++)
		if (mp_unit_mechanism(m->units[i]) == MEMPOL_MECH_BALLOON)
			return problem(ret_problem, -ENOENT,
				       "No balloon policy is active: policy %s cannot run; see "
				       "mempolctl show %s",
				       m->units[i]->name, m->units[i]->name);
	return problem(ret_problem, -ENOENT,
		       "There is no balloon policy: put a file with [Balloon] into %s, such as "
		       "/usr/share/mempolicyd/policies/balloon.mempolicy",
		       m->config->policy_dirs[0]);
}

/* The row in charge, with the kernel's figures of now. */
static int find(struct mp_manager *m, struct mp_row **ret, char **ret_problem)
{
	for (size_t i = 0; i < m->n_rows; i++) {
		struct mp_row *row = m->rows[i];

		if (row->mechanism != MEMPOL_MECH_BALLOON)
			continue;
		mp_manager_refresh(m, row);
		/* It may just have been found ejected. */
		if (!mp_loaded_is_attached(row->loaded))
			continue;
		*ret = row;
		return 0;
	}
	return explain(m, ret_problem);
}

static int counters_json(const struct mp_row *row, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *v = NULL;
	int r = 0;

	if (row->info_error < 0) {
		*ret = NULL;
		return 0;
	}
	for (unsigned int i = 0; i < MEMPOL_BALLOON_NR_COUNTERS && r >= 0; i++)
		r = sd_json_variant_set_field_unsigned(&v, mp_counter_name(MEMPOL_MECH_BALLOON, i),
						       row->info.counters[i]);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(v);
	return 0;
}

static int status_json(const struct mp_row *row, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *counters = NULL, *v = NULL;
	bool manual = row->request_pages != MEMPOL_BALLOON_AUTO;
	int r;

	r = counters_json(row, &counters);
	if (r < 0)
		return r;
	r = sd_json_buildo(&v, SD_JSON_BUILD_PAIR_STRING("policy", row->name),
			   SD_JSON_BUILD_PAIR_STRING("engine", mp_unit_engine(row->unit) ?: ""),
			   SD_JSON_BUILD_PAIR_STRING("state", mp_state_to_string(row->state)),
			   SD_JSON_BUILD_PAIR_STRING("reason", row->reason),
			   SD_JSON_BUILD_PAIR_BOOLEAN("manual", manual),
			   SD_JSON_BUILD_PAIR_UNSIGNED("page_size", sysconf(_SC_PAGESIZE)));
	if (r >= 0 && manual)
		r = sd_json_variant_set_field_unsigned(&v, "request_pages", row->request_pages);
	if (r >= 0 && counters)
		r = sd_json_variant_set_field(&v, "counters", counters);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(v);
	return 0;
}

int mp_balloon_status(struct mp_manager *m, sd_json_variant **ret, char **ret_problem)
{
	struct mp_row *row;
	int r;

	*ret_problem = NULL;
	r = find(m, &row, ret_problem);
	return r < 0 ? r : status_json(row, ret);
}

/* Always whole pages: not less than was asked for is given, or taken back. */
static uint64_t pages_of(uint64_t bytes)
{
	uint64_t page_size = sysconf(_SC_PAGESIZE);

	return bytes / page_size + !!(bytes % page_size);
}

static int work_out(const struct mp_row *row, enum mp_balloon_wish wish, uint64_t bytes,
		    uint64_t *ret_pages, char **ret_problem)
{
	uint64_t pages = pages_of(bytes), now;

	switch (wish) {
	case MP_BALLOON_INFLATE:
		*ret_pages = pages;
		return 0;
	case MP_BALLOON_DEFLATE:
		if (row->info_error < 0)
			return problem(ret_problem, row->info_error,
				       "What the balloon holds cannot be read (%s); "
				       "mempolctl balloon inflate names a size in all",
				       row->reason ?: strerror(-row->info_error));
		now = row->info.counters[MEMPOL_BALLOON_HELD_PAGES] +
		      row->info.counters[MEMPOL_BALLOON_SMALL_PAGES];
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
	struct mp_row *row = NULL;
	uint64_t pages = MEMPOL_BALLOON_AUTO;
	int r;

	*ret_problem = NULL;
	r = find(m, &row, ret_problem);
	if (r < 0)
		return r;
	assert(row);
	r = work_out(row, wish, bytes, &pages, ret_problem);
	if (r < 0)
		return r;
	r = mp_agent_balloon(m->agent, mp_loaded_policy_id(row->loaded), pages);
	if (r == -EOPNOTSUPP)
		return problem(ret_problem, r,
			       "it has no balloon policies (CONFIG_MEMPOL_BALLOON)");
	if (r == -ENODEV)
		return problem(ret_problem, r, "The kernel cannot be asked: %s",
			       m->agent_problem ?: "the balloon's device is gone");
	if (r == -ENOENT)
		return problem(ret_problem, r,
			       "Policy %s has just left the kernel; see mempolctl show %s",
			       row->name, row->name);
	if (r < 0)
		return problem(ret_problem, r, "The kernel refused the size: %s", strerror(-r));
	row->request_pages = pages;
	mp_manager_refresh(m, row);
	return status_json(row, ret);
}
