// SPDX-License-Identifier: GPL-2.0-only
/*
 * The methods of page tables (methods.h): between the wire and translation.c. Where a process' memory lies is told
 * its own user and root, as with /proc/PID/maps: not the user of a set-user-ID or set-group-ID program. Physical addresses
 * are told root alone, and only root changes anything.
 */
#include <errno.h>

#include "method.h"
#include "methods.h"
#include "translation.h"

#define ERROR_CANNOT MP_INTERFACE ".TranslationCannot"
#define ERROR_BUSY MP_INTERFACE ".TranslationBusy"

struct parameters {
	uint64_t pid;
	struct mp_translation_part part;
};

static const sd_json_dispatch_field fields[] = {
	{ "pid", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct parameters, pid), SD_JSON_MANDATORY },
	{ "from", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct parameters, part.from), SD_JSON_NULLABLE },
	{ "began_ns", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct parameters, part.began_ns), SD_JSON_NULLABLE },
	{ "program", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct parameters, part.program), SD_JSON_NULLABLE },
	{},
};

static const sd_json_dispatch_field move_fields[] = {
	{ "pid", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct parameters, pid), SD_JSON_MANDATORY },
	{ "node", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct parameters, part.node), SD_JSON_MANDATORY },
	{ "from", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct parameters, part.from), SD_JSON_NULLABLE },
	{ "began_ns", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct parameters, part.began_ns), SD_JSON_NULLABLE },
	{ "program", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct parameters, part.program), SD_JSON_NULLABLE },
	{},
};

typedef int (*question)(struct mp_manager *m, const struct mp_translation_process *process,
			const struct mp_translation_part *part, sd_json_variant **ret,
			char **ret_problem);

static int answer(sd_varlink *link, struct mp_manager *m, const struct parameters *p,
		  struct mp_translation_process *process, question ask)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_free_ char *problem = NULL;
	int r = mp_session_refuse_other(link, process->uid);

	if (r != 0)
		return r;
	process->owner_only = !mp_session_is_root(link);
	r = ask(m, process, &p->part, &v, &problem);
	/* Only the kernel's answer tells whose program it is. */
	if (r == -EPERM && process->owner_only)
		return mp_session_refuse_change(link);
	return mp_method_answer(link, r, v, problem, r == -EAGAIN ? ERROR_BUSY : ERROR_CANNOT);
}

static int begin(sd_varlink *link, struct mp_manager *m, const struct parameters *p, question ask)
{
	struct mp_translation_process process;
	_cleanup_free_ char *problem = NULL;
	int r;

	if (p->part.from % 4096)
		return mp_method_wrong(link, "from");
	if (p->part.node > INT16_MAX)
		return mp_method_wrong(link, "node");
	r = mp_translation_open(p->pid, &process, &problem);
	if (r < 0)
		return mp_method_answer(link, r, NULL, problem, ERROR_CANNOT);
	r = answer(link, m, p, &process, ask);
	mp_translation_close(&process);
	return r;
}

static int on_walk(sd_varlink *link, sd_json_variant *parameters, sd_varlink_method_flags_t flags,
		   void *userdata)
{
	struct parameters p = {};
	struct mp_manager *m;
	int r = mp_method_look(link, parameters, fields, &p, &m);

	(void)flags;
	(void)userdata;
	return r != 0 ? r : begin(link, m, &p, mp_translation_walk);
}

/* What only root may ask, of any process. */
static int as_root(sd_varlink *link, sd_json_variant *parameters,
		   const sd_json_dispatch_field *names, question ask)
{
	struct parameters p = {};
	struct mp_manager *m;
	int r = mp_method_change(link, parameters, names, &p, &m);

	return r != 0 ? r : begin(link, m, &p, ask);
}

#define ROOT_METHOD(name, names, ask)                                    \
	static int name(sd_varlink *link, sd_json_variant *parameters,   \
			sd_varlink_method_flags_t flags, void *userdata) \
	{                                                                \
		(void)flags;                                             \
		(void)userdata;                                          \
		return as_root(link, parameters, names, ask);            \
	}

ROOT_METHOD(on_tables, fields, mp_translation_tables)
ROOT_METHOD(on_trim, fields, mp_translation_trim)
ROOT_METHOD(on_move, move_fields, mp_translation_move)
ROOT_METHOD(on_areas, fields, mp_translation_areas)

int mp_translation_methods_bind(sd_varlink_server *server)
{
	return sd_varlink_server_bind_method_many(server, MP_INTERFACE ".TranslationWalk", on_walk,
						  MP_INTERFACE ".TranslationTables", on_tables,
						  MP_INTERFACE ".TranslationTrim", on_trim,
						  MP_INTERFACE ".TranslationMove", on_move,
						  MP_INTERFACE ".TranslationAreas", on_areas);
}
