// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads an engine: finds its ops map, says whom it is for, and has the kernel verify it. Used by the
 * programs of the tests only; it attaches nothing.
 */
#include "engine.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN && getenv("LOADER_DEBUG") ? vfprintf(stderr, format, args) : 0;
}

void engine_quiet(void)
{
	libbpf_set_print(quiet);
}

/* A member of the ops struct, which has no fixed place: the object's BTF knows. */
static int set_member(struct engine *engine, const char *member, __u64 value)
{
	static const char *const types[] = { "mempol_cache_ops", "mempol_balloon_ops",
					     "mempol_refcount_ops", "mempol_placement_ops",
					     "mempol_translation_ops" };
	const struct btf *btf = bpf_object__btf(engine->obj);
	char *data = bpf_map__initial_value(engine->map, NULL);

	for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
		int id = btf__find_by_name_kind(btf, types[t], BTF_KIND_STRUCT);
		const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(btf, id);

		for (int i = 0; type && i < btf_vlen(type); i++) {
			const struct btf_member *m = &btf_members(type)[i];

			if (strcmp(btf__name_by_offset(btf, m->name_off), member))
				continue;
			memcpy(data + btf_member_bit_offset(type, i) / 8, &value,
			       btf__resolve_size(btf, m->type));
			return 0;
		}
	}
	return -ENOENT;
}

/* A constant of the engine, as its tunables are. */
static int set_constant(struct engine *engine, const char *name, __u64 value)
{
	const struct btf *btf = bpf_object__btf(engine->obj);
	int id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	const struct btf_type *section = id < 0 ? NULL : btf__type_by_id(btf, id);
	struct bpf_map *map = bpf_object__find_map_by_name(engine->obj, ".rodata");
	size_t size;
	char *data = map ? bpf_map__initial_value(map, &size) : NULL;

	for (int i = 0; data && section && i < btf_vlen(section); i++) {
		const struct btf_var_secinfo *info = &btf_var_secinfos(section)[i];
		const struct btf_type *var = btf__type_by_id(btf, info->type);

		if (strcmp(btf__name_by_offset(btf, var->name_off), name))
			continue;
		memcpy(data + info->offset, &value, info->size);
		return 0;
	}
	return -ENOENT;
}

/* LOADER_SET="NAME=NUMBER ...": members of the ops struct, or constants, of eight bytes at most. */
static int set_wishes(struct engine *engine)
{
	const char *wishes = getenv("LOADER_SET");
	char name[64];
	__u64 value;
	int n, r = 0;

	while (!r && wishes && sscanf(wishes, " %63[a-z0-9_]=%llu%n", name, &value, &n) == 2) {
		r = set_member(engine, name, value);
		if (r)
			r = set_constant(engine, name, value);
		wishes += n;
	}
	return r ?: (wishes && wishes[strspn(wishes, " ")] ? -EINVAL : 0);
}

int engine_load(struct engine *engine, const char *path, __u64 cgroup_id, __u64 policy_id)
{
	struct bpf_map *map;
	int r;

	engine->map = NULL;
	engine->obj = bpf_object__open_file(path, NULL);
	if (!engine->obj)
		return -errno;
	bpf_object__for_each_map(map, engine->obj)
		if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS)
			engine->map = map;
	r = engine->map ? 0 : -ENOENT;
	if (!r && cgroup_id)
		r = set_member(engine, "cgroup_id", cgroup_id);
	if (!r)
		r = set_member(engine, "policy_id", policy_id);
	if (!r)
		r = set_wishes(engine);
	if (!r)
		r = bpf_object__load(engine->obj);
	if (r)
		bpf_object__close(engine->obj);
	return r;
}
