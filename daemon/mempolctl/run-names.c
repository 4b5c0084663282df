/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of what mempolctl run makes, and what is left under such names when it was killed: the policy's file, which it
 * would have taken away at the command's end. The next run does it. See run.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"
#include "run.h"

void run_names_make(pid_t pid, struct run_names *ret)
{
	snprintf(ret->policy, sizeof(ret->policy), "run-%d", pid);
	snprintf(ret->unit, sizeof(ret->unit), "mempol-run-%d.scope", pid);
	snprintf(ret->path, sizeof(ret->path), RUN_DIR "/%s" MP_POLICY_SUFFIX, ret->policy);
}

/* Of "run-PID.mempolicy", and of the one that is to become that; 0: it is another one's. */
static pid_t pid_of(const char *name)
{
	const bool is_half = *name == '.';
	struct run_names names;
	long pid;

	if (strncmp(name + is_half, "run-", 4))
		return 0;
	pid = strtol(name + is_half + 4, NULL, 10);
	if (pid <= 0 || pid > INT32_MAX)
		return 0;
	run_names_make((pid_t)pid, &names);
	return !strcmp(name + is_half, is_half ? names.policy : strrchr(names.path, '/') + 1) ?
		       (pid_t)pid :
		       0;
}

/* Neither the command runs nor who would take the policy away. */
static bool is_over(pid_t pid, const char *scopes)
{
	_cleanup_free_ char *scope = NULL;
	struct run_names names;

	run_names_make(pid, &names);
	if (kill(pid, 0) == 0 || errno != ESRCH)
		return false;
	if (asprintf(&scope, "%s/%s", scopes, names.unit) < 0) {
		scope = NULL;
		return false;
	}
	return access(scope, F_OK) < 0 && errno == ENOENT;
}

void run_sweep(const char *policies, const char *scopes)
{
	DIR *dir = opendir(policies);
	struct dirent *entry;
	pid_t pid;

	while (dir && (entry = readdir(dir))) {
		pid = pid_of(entry->d_name);
		if (pid && is_over(pid, scopes))
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir)
		closedir(dir);
}
