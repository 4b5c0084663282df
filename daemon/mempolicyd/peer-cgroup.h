/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which cgroup a peer of the control socket is in: the one whose pages the peer may touch. Called by the methods of
 * hints; it reads /proc and the cgroup tree and remembers nothing.
 */
#ifndef MP_PEER_CGROUP_H
#define MP_PEER_CGROUP_H

#include <stdint.h>
#include <systemd/sd-varlink.h>

/*
 * 0 and the cgroup's id; -ESRCH: the process that connected has ended; -ENOENT: its cgroup is gone, or is not one of
 * those below @cgroup_root; or another -errno.
 */
int mp_peer_cgroup(sd_varlink *link, const char *cgroup_root, uint64_t *ret_id);

/* Of the text of a /proc/PID/cgroup: the path in the one hierarchy of version 2, or NULL. Ends at a newline. */
const char *mp_peer_cgroup_path(const char *text);

#endif
