/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cgroups there are at one moment, for programs that ask once: `mempolctl check` counts what a pattern
 * matches. The daemon, which follows the tree as it changes, has its own. It changes nothing.
 */
#ifndef MP_CGROUP_TREE_H
#define MP_CGROUP_TREE_H

#include "macro.h"

/* Paths below the root with a leading slash, "/" first. Zero-initialised is empty. */
struct mp_paths {
	char **items;
	size_t count;
};

/* True when @root is the top or a directory of a cgroup2 file system. */
bool mp_cgroup_root_is_real(const char *root);

/* Every directory below @root; what cannot be read is passed by. 0, -ENOMEM, or what opendir(3) says. */
int mp_cgroup_tree_read(const char *root, struct mp_paths *ret);

void mp_paths_done(struct mp_paths *paths);
#define _cleanup_paths_ _cleanup_(mp_paths_done)

#endif
