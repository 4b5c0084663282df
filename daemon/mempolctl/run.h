/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the verb run: the policy that goes with a command (run-policy.c), the scope that it runs in
 * (run-scope.c), how they are called (run-names.c). Called by verb-run.c; none of them starts the command.
 */
#ifndef MP_CTL_RUN_H
#define MP_CTL_RUN_H

#include <sys/types.h>

#include "ctl.h"

#define RUN_PINS_MAX 64

/* The second of the daemon's directories: what is there is not meant to stay. */
#define RUN_DIR "/run/mempolicyd/policy.d"
/* Where systemd puts scopes that name no slice. */
#define RUN_SCOPES "/sys/fs/cgroup/system.slice"

struct run_request {
	struct ctl ctl;
	const char *engine;
	const char *pin_max; /* as in a policy file; NULL: its default */
	const char *memory_max; /* as people write sizes; NULL: no limit */
	uint64_t memory_max_bytes;
	const char *pins[RUN_PINS_MAX]; /* PATH[:OFFSET+LENGTH] */
	size_t n_pins;
};

/* Names that belong together: "mempol-run-123.scope", and its policy and file. */
struct run_names {
	char unit[64];
	char policy[64];
	char path[128];
};
void run_names_make(pid_t pid, struct run_names *ret);

/* Takes the files of runs away that were killed before they could, if their scope has ended, too. */
void run_sweep(const char *policies, const char *scopes);

/* The text of the policy file; -EBADMSG and a sentence if the reader would refuse it. */
int run_policy_text(const struct run_request *request, const struct run_names *names, char **ret,
		    char **ret_problem);
/* Below /run, where it is gone after a restart of the machine at the latest. 0 or -errno. */
int run_policy_write(const struct run_names *names, const char *text);
void run_policy_remove(const struct run_names *names);

/* Waits until the policy governs the scope; else the reason is told. */
enum ctl_exit run_policy_wait(const struct ctl *ctl, const struct run_names *names);

/* Moves @pid into a scope of its own. 0, or -errno and a sentence. */
int run_scope_start(const struct run_request *request, const char *unit, pid_t pid,
		    char **ret_problem);

#endif
