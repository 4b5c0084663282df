// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pins for people: the kernel is asked, and what it did is written down in the set (kept-pins.h). See hints.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "errors.h"
#include "hints.h"
#include "kept-pins.h"
#include "text.h"

#define _cleanup_json_ _cleanup_(sd_json_variant_unrefp)

static int make(struct mp_manager *m, const char *name, struct mp_kept **ret, char **ret_problem)
{
	_cleanup_close_ int session = -1;
	int r = mp_kept_may_make(m);

	if (r < 0)
		return mp_problem(
			ret_problem, r,
			"There are as many sets as there may be: mempolctl cache pins lists "
			"them, mempolctl cache unpin ends one");
	r = mp_hints_session(m, &session, ret_problem);
	if (r >= 0)
		r = mp_kept_make(m, name, session, ret);
	if (r >= 0)
		session = -1;
	return r;
}

static void drop_if_empty(struct mp_manager *m, const struct mp_kept *kept)
{
	if (!kept->set.n)
		(void)mp_kept_drop(m, kept->set.name);
}

/* As the daemon sees it: for people. */
static void path_of(int fd, char path[static PATH_MAX])
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, PATH_MAX - 1);
	if (n < 0)
		n = snprintf(path, PATH_MAX, "?");
	path[n] = '\0';
	mp_text_clean(path);
}

/* What was gone through, in whole pages, is in the set from now on, or no longer. */
static int write_down(struct mp_kept *kept, const struct mp_pin_request *request, uint64_t done,
		      bool in)
{
	const uint64_t mask = (uint64_t)sysconf(_SC_PAGESIZE) - 1;
	const struct mp_pin_range range = {
		.start = request->offset & ~mask,
		.end = (request->offset + done + mask) & ~mask,
	};
	char path[PATH_MAX];
	struct stat st;

	if (!done)
		return 0;
	if (fstat(request->fd, &st) < 0)
		return -errno;
	if (!in)
		return mp_pin_set_remove(&kept->set, st.st_dev, st.st_ino, &range);
	path_of(request->fd, path);
	return mp_pin_set_add(&kept->set, st.st_dev, st.st_ino, path, &range);
}

static int tell(struct mp_manager *m, struct mp_kept *kept, const struct mp_pin_request *request,
		enum mempol_hint_verb verb, sd_json_variant **ret, char **ret_problem)
{
	struct mempol_hint hint = { .nr = 1, .session = kept->session };
	_cleanup_json_ sd_json_variant *ranges = NULL;
	int r;

	hint.range[0] = (struct mempol_hint_range){
		.fd = request->fd, .verb = verb, .start = request->offset, .length = request->length
	};
	r = mp_hints_tell(m, &hint, ret_problem);
	if (r >= 0)
		r = write_down(kept, request, hint.range[0].done, verb == MEMPOL_HINT_PIN);
	if (r >= 0)
		r = mp_hints_json(&hint, true, &ranges);
	return r < 0 ? r :
		       sd_json_buildo(ret, SD_JSON_BUILD_PAIR_VARIANT(
						   "result", sd_json_variant_by_index(ranges, 0)));
}

int mp_pins_add(struct mp_manager *m, const struct mp_pin_request *request, sd_json_variant **ret,
		char **ret_problem)
{
	struct mp_kept *kept = mp_kept_find(m, request->set);
	int r = 0;

	*ret_problem = NULL;
	if (!kept)
		r = make(m, request->set, &kept, ret_problem);
	if (r < 0)
		return r;
	r = tell(m, kept, request, MEMPOL_HINT_PIN, ret, ret_problem);
	drop_if_empty(m, kept);
	return r;
}

int mp_pins_remove(struct mp_manager *m, const struct mp_pin_request *request,
		   sd_json_variant **ret, char **ret_problem)
{
	struct mp_kept *kept = mp_kept_find(m, request->set);
	int r;

	*ret_problem = NULL;
	if (!kept)
		return -ESRCH;
	r = tell(m, kept, request, MEMPOL_HINT_UNPIN, ret, ret_problem);
	drop_if_empty(m, kept);
	return r;
}
