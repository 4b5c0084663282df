/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A policy for one scope: written down, waited for, taken away. See run.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "client.h"
#include "complain.h"
#include "errors.h"
#include "output.h"
#include "policy.h"
#include "run.h"

/* An engine takes some milliseconds to load; the kernel's verifier may take seconds of a busy machine. */
#define WAIT_TRIES 600
#define WAIT_NSEC 50000000

int run_policy_text(const struct run_request *request, const struct run_names *names, char **ret,
		    char **ret_problem)
{
	_cleanup_policy_ struct mp_policy *policy = NULL;
	_cleanup_errors_ struct mp_errors errors = {};
	_cleanup_free_ char *text = NULL;
	int r;

	*ret_problem = NULL;
	if (asprintf(&text,
		     "# Of a command that mempolctl runs; it goes with it.\n"
		     "[Policy]\nDescription=mempolctl run\nPriority=%d\n"
		     "[Match]\nUnit=%s\n[Cache]\nEngine=%s\n%s%s%s",
		     MP_PRIORITY_MAX, names->unit, request->engine,
		     request->pin_max ? "PinMax=" : "", request->pin_max ?: "",
		     request->pin_max ? "\n" : "") < 0) {
		text = NULL;
		return -ENOMEM;
	}
	/* A line of a user's must not become two. */
	if (strchr(request->engine, '\n') || (request->pin_max && strchr(request->pin_max, '\n')))
		return mp_problem(ret_problem, -EBADMSG, "a value has one line");
	r = mp_policy_parse(names->path, text, strlen(text), &errors, &policy);
	if (r == -EBADMSG) {
		/* "FILE:LINE: message": nobody has written that file. */
		const char *message = errors.count ? strstr(errors.items[0], ": ") : NULL;

		return mp_problem(ret_problem, r, "%s", message ? message + 2 : "it is no policy");
	}
	if (r >= 0)
		*ret = TAKE_PTR(text);
	return r;
}

/* As an editor does it: nobody reads half of it. */
int run_policy_write(const struct run_names *names, const char *text)
{
	_cleanup_free_ char *other = NULL;
	_cleanup_close_ int fd = -1;
	ssize_t n;

	if (mkdir(RUN_DIR, 0755) < 0 && errno != EEXIST)
		return -errno;
	if (asprintf(&other, RUN_DIR "/.%s", names->policy) < 0) {
		other = NULL;
		return -ENOMEM;
	}
	fd = open(other, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	if (n != (ssize_t)strlen(text) || rename(other, names->path) < 0) {
		int error = n < 0 || n == (ssize_t)strlen(text) ? errno : ENOSPC;

		(void)unlink(other);
		return -error;
	}
	return 0;
}

void run_policy_remove(const struct run_names *names)
{
	(void)unlink(names->path);
}

/* Where it is at the scope; NULL: nowhere yet. */
static sd_json_variant *row_of(sd_json_variant *reply, const char *unit)
{
	sd_json_variant *rows = ctl_array(reply, "policies");

	for (size_t i = 0; rows && i < sd_json_variant_elements(rows); i++) {
		sd_json_variant *row = sd_json_variant_by_index(rows, i);
		const char *cgroup = ctl_string(row, "cgroup");
		const char *last = cgroup ? strrchr(cgroup, '/') : NULL;

		if (last && !strcmp(last + 1, unit))
			return row;
	}
	return NULL;
}

static bool is_hopeless(const char *state)
{
	return !strcmp(state, "failed") || !strcmp(state, "quarantined") ||
	       !strcmp(state, "ejected") || !strcmp(state, "degraded");
}

enum ctl_exit run_policy_wait(const struct ctl *ctl, const struct run_names *names)
{
	const struct timespec pause = { .tv_nsec = WAIT_NSEC };
	char reason[256] = "it does not govern the command's cgroup";

	for (unsigned int i = 0; i < WAIT_TRIES; i++) {
		_cleanup_json_ sd_json_variant *reply = NULL;
		enum ctl_exit result = ctl_call(ctl, "List", NULL, &reply);
		sd_json_variant *row;
		const char *state;

		if (result != CTL_OK)
			return result;
		row = row_of(reply, names->unit);
		state = row ? ctl_string(row, "state") : NULL;
		if (state && !strcmp(state, "active"))
			return CTL_OK;
		if (row && ctl_string(row, "reason"))
			snprintf(reason, sizeof(reason), "%s", ctl_string(row, "reason"));
		if (state && is_hopeless(state))
			break;
		nanosleep(&pause, NULL);
	}
	ctl_complain("run", "the policy is not active: %s", reason);
	return CTL_FAILED;
}
