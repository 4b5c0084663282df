/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of engines and what follows from a name (engine.h). A new engine is one row here, one
 * file in bpf/MECHANISM/ and nothing else in user space.
 */
#include <errno.h>
#include <string.h>

#include "engine.h"

#define SUFFIX ".bpf.o"

const struct mp_engine mp_engines[] = {
	{ "fifo", MEMPOL_MECH_CACHE, true, "evicts in the order of arrival" },
	{ "lfu", MEMPOL_MECH_CACHE, true, "evicts what was used least often, counts age slowly" },
	{ "mru", MEMPOL_MECH_CACHE, true, "evicts what came last: loops larger than the memory" },
	{ "noop", MEMPOL_MECH_CACHE, true, "decides nothing: for measuring, and to start from" },
	{ "s3fifo", MEMPOL_MECH_CACHE, true,
	  "evicts first what was read once, keeps what came back" },
	{ "balloon-free", MEMPOL_MECH_BALLOON, true, "gives back what stayed free for a period" },
	{ "balloon-host", MEMPOL_MECH_BALLOON, true, "gives back what the host asks for, no more" },
	{ "balloon-psi", MEMPOL_MECH_BALLOON, true,
	  "gives back until tasks begin to wait for memory" },
	{ "mosaic", MEMPOL_MECH_PLACEMENT, false, "iceberg hashing of frames, Horizon LRU" },
	{ "colour", MEMPOL_MECH_PLACEMENT, false, "partitions the processor cache by page colour" },
};

const size_t mp_engines_count = ARRAY_SIZE(mp_engines);

const struct mp_engine *mp_engine_find(enum mempol_mechanism_id mechanism, const char *name)
{
	for (size_t i = 0; i < mp_engines_count; i++) {
		if (mechanism != MEMPOL_MECH_NONE && mp_engines[i].mechanism != mechanism)
			continue;
		if (!strcmp(mp_engines[i].name, name))
			return &mp_engines[i];
	}
	return NULL;
}

bool mp_engine_is_path(const char *engine)
{
	return strchr(engine, '/');
}

int mp_engine_short_name(const char *engine, char **ret_name)
{
	const char *slash = strrchr(engine, '/');
	const char *base = slash ? slash + 1 : engine;
	size_t n = strlen(base);
	char *name;

	if (slash) {
		if (n <= strlen(SUFFIX) || strcmp(base + n - strlen(SUFFIX), SUFFIX))
			return -EINVAL;
		n -= strlen(SUFFIX);
	}
	if (!n)
		return -EINVAL;

	name = strndup(base, n);
	if (!name)
		return -ENOMEM;
	*ret_name = name;
	return 0;
}

int mp_engine_object_path(const char *dir, enum mempol_mechanism_id mechanism, const char *engine,
			  char **ret_path)
{
	char *path;

	if (mp_engine_is_path(engine)) {
		path = strdup(engine);
		if (!path)
			return -ENOMEM;
	} else {
		if (!mp_engine_find(mechanism, engine))
			return -EINVAL;
		if (asprintf(&path, "%s/%s" SUFFIX, dir, engine) < 0)
			return -ENOMEM;
	}
	*ret_path = path;
	return 0;
}
