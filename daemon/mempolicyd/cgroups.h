/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cgroups there are, kept up to date by inotify: paths below the root and their ids. Called by
 * the manager, which is told when something changed and compares for itself. It never writes to a
 * cgroup and never decides which of them matter.
 */
#ifndef MP_CGROUPS_H
#define MP_CGROUPS_H

#include <stdint.h>
#include <systemd/sd-event.h>

#include "macro.h"

/* More directories than this are not watched one by one; the tree is read again and again then. */
#define MP_CGROUPS_WATCHES_MAX 8192

struct mp_cgroup {
	char *path; /* "/a/b", "/" is the root */
	uint64_t id; /* the kernel's cgroup id = the directory's inode number */
	int watch; /* inotify's number, or -1 */
	struct mp_cgroup *next_watch;
	unsigned int seen; /* the walk that saw it last */
};

struct mp_cgroups;
typedef void (*mp_cgroups_changed_t)(void *userdata);

/*
 * Reads the tree below @root. A root that does not exist is no error: it is looked for again every
 * second. Returns 0 or -errno.
 */
int mp_cgroups_new(sd_event *event, const char *root, unsigned int watches_max,
		   mp_cgroups_changed_t changed, void *userdata, struct mp_cgroups **ret);
struct mp_cgroups *mp_cgroups_free(struct mp_cgroups *cgroups);
MP_DEFINE_CLEANUP(struct mp_cgroups *, mp_cgroups_free)

/* Sorted by path; valid until the loop runs again. */
struct mp_cgroup *const *mp_cgroups_list(const struct mp_cgroups *cgroups, size_t *ret_n);
const struct mp_cgroup *mp_cgroups_find(const struct mp_cgroups *cgroups, const char *path);

/*
 * How long after a walk that took @cost_usec of CPU time the next one may begin: a second at least,
 * unless events were @lost, and so long that walks take a fiftieth of a CPU at most.
 */
uint64_t mp_cgroups_pause_usec(uint64_t cost_usec, bool lost);

/* Reads the whole tree now; true when something was different. */
bool mp_cgroups_rescan(struct mp_cgroups *cgroups);

#endif
