/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Engines by name and what follows from a name (engine.h). A new engine is one row of its mechanism,
 * one file in bpf/MECHANISM/ and nothing else in user space.
 */
#include <errno.h>
#include <string.h>

#include "engine.h"
#include "mechanism.h"

#define SUFFIX ".bpf.o"

const struct mp_engine *mp_engine_at(size_t index)
{
	for (size_t i = 0; i < mp_mechanisms_count; i++) {
		if (index < mp_mechanisms[i]->n_engines)
			return &mp_mechanisms[i]->engines[index];
		index -= mp_mechanisms[i]->n_engines;
	}
	return NULL;
}

const struct mp_engine *mp_engine_find(enum mempol_mechanism_id mechanism, const char *name)
{
	const struct mp_engine *engine;

	for (size_t i = 0; (engine = mp_engine_at(i)); i++)
		if ((mechanism == MEMPOL_MECH_NONE || engine->mechanism == mechanism) &&
		    !strcmp(engine->name, name))
			return engine;
	return NULL;
}

bool mp_engine_is_path(const char *engine)
{
	return strchr(engine, '/');
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
