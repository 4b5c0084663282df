// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's answers, as replies; see hints.h.
 */
#include <errno.h>
#include <string.h>

#include "errors.h"
#include "hints.h"
#include "kernel.h"

#define _cleanup_json_ _cleanup_(sd_json_variant_unrefp)

/* What it means that the whole call failed. */
static int explain(char **ret_problem, int error)
{
	_cleanup_free_ char *why = TAKE_PTR(*ret_problem);

	switch (error) {
	case -ENODEV:
		return mp_problem(ret_problem, -EOPNOTSUPP, "%s", why ?: "it cannot be asked");
	case -EOPNOTSUPP:
	case -EINVAL:
	case -ENOENT:
		return mp_problem(ret_problem, -EOPNOTSUPP,
				  "module mempol or the agent is of another version, and does not "
				  "know of hints");
	case -EMFILE:
		return mp_problem(ret_problem, error,
				  "There are as many owners of pins as there may be (%d a user): "
				  "end one, or mempolctl cache unpin a set",
				  MEMPOL_HINT_MAX_SESSIONS);
	default:
		return mp_problem(ret_problem, error, "The kernel refused: %s", strerror(-error));
	}
}

int mp_hints_programs(struct mp_manager *m, int *ret_hint, int *ret_residency, char **ret_problem)
{
	_cleanup_free_ char *ignored = NULL;
	int fd = mp_kernel_hint_fd(m, ret_problem);

	if (fd < 0)
		return explain(ret_problem, fd);
	*ret_hint = fd;
	*ret_residency = mp_kernel_residency_fd(m, &ignored);
	return 0;
}

int mp_hints_session(struct mp_manager *m, int *ret_fd, char **ret_problem)
{
	struct mempol_hint hint = { .flags = MEMPOL_HINT_OPEN, .session = -1 };
	int r = mp_kernel_hint(m, &hint, ret_problem);

	if (r < 0)
		return explain(ret_problem, r);
	*ret_fd = hint.session;
	return 0;
}

int mp_hints_tell(struct mp_manager *m, struct mempol_hint *hint, char **ret_problem)
{
	int r = mp_kernel_hint(m, hint, ret_problem);

	if (r == -ENOENT && hint->on_behalf)
		return mp_problem(ret_problem, r, "The cgroup of the caller is gone");
	return r < 0 ? explain(ret_problem, r) : 0;
}

static int add_result(const struct mempol_hint_range *range, bool visible, sd_json_variant **array)
{
	const struct mempol_hint_range none = {}, *shown = visible ? range : &none;

	return sd_json_variant_append_arraybo(
		array, SD_JSON_BUILD_PAIR_UNSIGNED("done", range->done),
		SD_JSON_BUILD_PAIR_UNSIGNED("applied", shown->applied),
		SD_JSON_BUILD_PAIR_UNSIGNED("already", shown->already),
		SD_JSON_BUILD_PAIR_UNSIGNED("absent", shown->absent),
		SD_JSON_BUILD_PAIR_UNSIGNED("foreign", shown->foreign),
		SD_JSON_BUILD_PAIR_UNSIGNED("capped", shown->capped),
		SD_JSON_BUILD_PAIR_UNSIGNED("unevictable", shown->unevictable),
		SD_JSON_BUILD_PAIR_UNSIGNED("busy", shown->busy),
		SD_JSON_BUILD_PAIR_UNSIGNED("other", shown->other),
		SD_JSON_BUILD_PAIR_INTEGER("error", -(int64_t)range->error));
}

int mp_hints_json(const struct mempol_hint *hint, bool visible, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *v = NULL;
	int r = sd_json_variant_new_array(&v, NULL, 0);

	for (uint32_t i = 0; i < hint->nr && r >= 0; i++)
		r = add_result(&hint->range[i], visible, &v);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(v);
	return 0;
}
