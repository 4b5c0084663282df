/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One engine as the tests load it, without the daemon: the object, and its ops map with the cgroup set.
 * Shared by the programs that attach engines in tests/bpf and tests/stress.
 */
#ifndef TESTS_ENGINE_H
#define TESTS_ENGINE_H

#include <bpf/libbpf.h>

struct engine {
	struct bpf_object *obj;
	struct bpf_map *map;
};

/* Say what libbpf says when LOADER_DEBUG is set, else nothing. */
void engine_quiet(void);

/*
 * 0 or -errno; then engine->map can be attached, and is policy @policy_id of cgroup @cgroup_id, or of the
 * machine, 0. LOADER_SET="NAME=NUMBER ..." in the environment sets members of its ops struct, and constants.
 */
int engine_load(struct engine *engine, const char *path, __u64 cgroup_id, __u64 policy_id);

#endif
