// SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later
/*
 * Runs the daemon's programs mempol_hint and mempol_residency by bpf(2), as the caller: own descriptors, own addresses,
 * own cgroup. See tell.h.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>

#include "tell.h"

/* For a SYSCALL program the kernel writes the context back to where it was read. */
static int run(int program, void *context, size_t size)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (uint32_t)program;
	attr.test.ctx_in = (uint64_t)(uintptr_t)context;
	attr.test.ctx_size_in = (uint32_t)size;
	if (syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr)) < 0)
		return -errno;
	return (int)attr.test.retval;
}

bool mp_tell_is_forbidden(int error)
{
	return error == -EPERM || error == -EACCES || error == -ENOSYS;
}

int mp_tell_kernel(const struct mempolicy *m, struct mempol_hint *hint)
{
	hint->version = MEMPOL_HINT_VERSION;
	hint->session = m->session;
	hint->flags = 0;
	hint->on_behalf = 0;
	return run(m->program, hint, sizeof(*hint));
}

int mp_tell_kernel_session(const struct mempolicy *m)
{
	struct mempol_hint hint = { .version = MEMPOL_HINT_VERSION,
				    .flags = MEMPOL_HINT_OPEN,
				    .session = -1 };
	int r = run(m->program, &hint, sizeof(hint));

	return r < 0 ? r : hint.session;
}

int mp_tell_kernel_residency(const struct mempolicy *m, struct mempol_residency *map)
{
	if (m->residency < 0)
		return -EOPNOTSUPP;
	map->version = MEMPOL_HINT_VERSION;
	return run(m->residency, map, sizeof(*map));
}
