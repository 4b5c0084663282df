/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engines the project ships or has named: for the reader's check of Engine=, for
 * `mempolctl engines` and for the daemon's search of object files. It knows names only, it never
 * opens an object (engine_file.h does).
 */
#ifndef MP_ENGINE_H
#define MP_ENGINE_H

#include "macro.h"
#include "mempol/abi.h"

/* Shipped objects lie in MP_ENGINE_DIR/NAME.bpf.o. */
#ifndef MP_ENGINE_DIR
#define MP_ENGINE_DIR "/usr/lib/mempolicyd/engines"
#endif

struct mp_engine {
	const char *name;
	enum mempol_mechanism_id mechanism;
	bool available; /* in this version */
	const char *description;
};

/* Those of all mechanisms in turn, NULL past the last. */
const struct mp_engine *mp_engine_at(size_t index);

/* NULL when no engine of that name and mechanism is known (mechanism NONE: any). */
const struct mp_engine *mp_engine_find(enum mempol_mechanism_id mechanism, const char *name);

/* A path rather than a name. */
bool mp_engine_is_path(const char *engine);

/* The object file of a shipped name below @dir, or a copy of the path. 0, -EINVAL or -ENOMEM. */
int mp_engine_object_path(const char *dir, enum mempol_mechanism_id mechanism, const char *engine,
			  char **ret_path);

#endif
