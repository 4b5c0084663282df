// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replies from the manager's state; see report.h.
 */
#include <errno.h>
#include <string.h>

#include "engine.h"
#include "names.h"
#include "report.h"

#define _cleanup_json_ _cleanup_(sd_json_variant_unrefp)

/* The row's own reason, and why the file on disk is not what runs. */
static char *row_reason(const struct mp_unit *unit, const char *reason)
{
	const char *problem = mp_unit_problem(unit);
	char *text;

	if (!problem)
		return reason ? strdup(reason) : NULL;
	return asprintf(&text, "kept the last good version: %s%s%s", problem, reason ? "; " : "",
			reason ?: "") < 0 ?
		       NULL :
		       text;
}

static int counters_json(const struct mempol_policy_info *info, enum mempol_mechanism_id mechanism,
			 sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *v = NULL;
	const char *name;
	int r = 0;

	for (unsigned int i = 0; r >= 0 && (name = mp_counter_name(mechanism, i)); i++)
		r = sd_json_variant_set_field_unsigned(&v, name, info->counters[i]);
	for (unsigned int i = 0; r >= 0 && (name = mp_common_counter_name(i)); i++)
		r = sd_json_variant_set_field_unsigned(&v, name, info->common[i]);
	*ret = TAKE_PTR(v);
	return r;
}

static int refusals_json(const struct mempol_policy_info *info, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *v = NULL;
	int r = 0;

	for (unsigned int i = 0; i < MEMPOL_NR_REFUSALS && r >= 0; i++)
		r = sd_json_variant_set_field_unsigned(&v, mp_refusal_name(i), info->refusals[i]);
	*ret = TAKE_PTR(v);
	return r;
}

/* Zeros for what never was in the kernel; NULL for a figure that could not be read. */
static const struct mempol_policy_info *row_info(const struct mp_row *row)
{
	static const struct mempol_policy_info nothing;

	if (!row || row->info_error == -ENODATA)
		return &nothing;
	return row->info_error == 0 ? &row->info : NULL;
}

static int add_counters(sd_json_variant **v, const struct mp_row *row,
			enum mempol_mechanism_id mechanism)
{
	_cleanup_json_ sd_json_variant *counters = NULL;
	const struct mempol_policy_info *info = row_info(row);
	struct mempol_policy_info all;
	int r;

	if (!info)
		return sd_json_variant_set_fieldb(v, "counters", SD_JSON_BUILD_NULL);
	all = *info;
	/* The kernel knows of this attachment's own; there may have been others. */
	if (mechanism == MEMPOL_MECH_CACHE)
		all.counters[MEMPOL_CACHE_EJECTIONS] = row ? row->ejections : 0;
	r = counters_json(&all, mechanism, &counters);
	return r < 0 ? r : sd_json_variant_set_field(v, "counters", counters);
}

/* How often each kind of request was refused. */
static int add_refusals(sd_json_variant **v, const struct mp_row *row)
{
	_cleanup_json_ sd_json_variant *refusals = NULL;
	const struct mempol_policy_info *info = row_info(row);
	int r;

	if (!info)
		return sd_json_variant_set_fieldb(v, "refusals", SD_JSON_BUILD_NULL);
	r = refusals_json(info, &refusals);
	return r < 0 ? r : sd_json_variant_set_field(v, "refusals", refusals);
}

static const char *mechanism_word(enum mempol_mechanism_id mechanism)
{
	return mp_mechanism_to_string(mechanism) ?: "";
}

/* One that never could be read is shown with the counters it would most likely have. */
static enum mempol_mechanism_id counted_mechanism(enum mempol_mechanism_id mechanism)
{
	return mechanism == MEMPOL_MECH_NONE ? MEMPOL_MECH_CACHE : mechanism;
}

/* @row NULL: the policy has no cgroup. */
static int row_json(const struct mp_manager *m, const struct mp_unit *unit,
		    const struct mp_row *row, sd_json_variant **ret)
{
	enum mempol_mechanism_id mechanism = row ? row->mechanism : mp_unit_mechanism(unit);
	_cleanup_free_ char *reason = NULL;
	enum mp_state state;

	if (row) {
		state = row->state;
		reason = mp_owned(row_reason(unit, row->reason));
	} else if (!unit->policy || unit->unloadable) {
		state = MP_STATE_FAILED;
		reason = mp_owned(strdup(mp_unit_problem(unit) ?: "its file is bad"));
	} else {
		const char *why = m->features.missing[mechanism];

		if (!why && !mp_unit_problem(unit))
			why = "no cgroup matches yet";
		state = MP_STATE_WAITING;
		reason = mp_owned(row_reason(unit, why));
	}
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_STRING("name", unit->name),
			      SD_JSON_BUILD_PAIR_STRING("mechanism", mechanism_word(mechanism)),
			      SD_JSON_BUILD_PAIR_STRING("engine", mp_unit_engine(unit) ?: ""),
			      SD_JSON_BUILD_PAIR_STRING("mode", mp_policy_mode(unit->policy)),
			      SD_JSON_BUILD_PAIR_STRING("state", mp_state_to_string(state)),
			      SD_JSON_BUILD_PAIR_STRING("cgroup", row ? row->cgroup : NULL),
			      SD_JSON_BUILD_PAIR_STRING("reason", reason));
}

static int append_row(const struct mp_manager *m, const struct mp_unit *unit,
		      const struct mp_row *row, bool counters, sd_json_variant **array)
{
	_cleanup_json_ sd_json_variant *v = NULL;
	int r;

	r = row_json(m, unit, row, &v);
	if (r >= 0 && counters)
		r = add_counters(&v, row,
				 counted_mechanism(row ? row->mechanism : mp_unit_mechanism(unit)));
	if (r >= 0 && counters)
		r = add_refusals(&v, row);
	return r < 0 ? r : sd_json_variant_append_array(array, v);
}

int mp_report_list(struct mp_manager *m, const char *name, bool counters, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *array = NULL;
	int r;

	if (name && !mp_manager_find_unit(m, name))
		return -ESRCH;
	r = sd_json_variant_new_array(&array, NULL, 0);
	for (size_t i = 0; i < m->n_units && r >= 0; i++) {
		const struct mp_unit *unit = m->units[i];
		bool any = false;

		if (name && strcmp(unit->name, name))
			continue;
		for (size_t k = 0; k < m->n_rows && r >= 0; k++) {
			if (m->rows[k]->unit != unit)
				continue;
			any = true;
			mp_manager_refresh(m, m->rows[k]);
			r = append_row(m, unit, m->rows[k], counters, &array);
		}
		if (r >= 0 && !any)
			r = append_row(m, unit, NULL, counters, &array);
	}
	if (r < 0)
		return r;
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_VARIANT("policies", array));
}

static int attachment_json(const struct mp_unit *unit, const struct mp_row *row,
			   sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *v = NULL;
	const struct mempol_policy_info *info = row_info(row);
	_cleanup_free_ char *reason = mp_owned(row_reason(unit, row->reason));
	int r;

	r = sd_json_buildo(
		&v, SD_JSON_BUILD_PAIR_STRING("mechanism", mechanism_word(row->mechanism)),
		SD_JSON_BUILD_PAIR_STRING("engine", mp_unit_engine(unit) ?: ""),
		SD_JSON_BUILD_PAIR_STRING("state", mp_state_to_string(row->state)),
		SD_JSON_BUILD_PAIR_STRING("cgroup", row->cgroup),
		SD_JSON_BUILD_PAIR_STRING("reason", reason),
		SD_JSON_BUILD_PAIR_UNSIGNED("since_usec", row->since_usec),
		SD_JSON_BUILD_PAIR_STRING("exit_kind",
					  info ? mp_exit_kind_to_string(info->exit_kind) : NULL),
		SD_JSON_BUILD_PAIR_STRING("dump", info && *info->dump ? info->dump : NULL));
	if (r >= 0)
		r = add_refusals(&v, row);
	if (r >= 0)
		r = add_counters(&v, row, row->mechanism);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(v);
	return 0;
}

int mp_report_show(struct mp_manager *m, const char *name, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *attachments = NULL, *files = NULL, *errors = NULL;
	const struct mp_unit *unit = mp_manager_find_unit(m, name);
	int r;

	if (!unit)
		return -ESRCH;
	r = sd_json_variant_new_array(&attachments, NULL, 0);
	for (size_t i = 0; i < m->n_rows && r >= 0; i++) {
		_cleanup_json_ sd_json_variant *v = NULL;

		if (m->rows[i]->unit != unit)
			continue;
		mp_manager_refresh(m, m->rows[i]);
		r = attachment_json(unit, m->rows[i], &v);
		if (r >= 0)
			r = sd_json_variant_append_array(&attachments, v);
	}
	if (r >= 0 && unit->policy)
		r = sd_json_variant_new_array_strv(&files, unit->policy->files);
	else if (r >= 0)
		r = sd_json_build(&files, SD_JSON_BUILD_ARRAY(SD_JSON_BUILD_STRING(unit->path)));
	if (r >= 0)
		r = sd_json_variant_new_array(&errors, NULL, 0);
	for (size_t i = 0; i < unit->errors.count && r >= 0; i++)
		r = sd_json_variant_append_arrayb(&errors,
						  SD_JSON_BUILD_STRING(unit->errors.items[i]));
	if (r < 0)
		return r;
	return sd_json_buildo(
		ret, SD_JSON_BUILD_PAIR_STRING("name", unit->name),
		SD_JSON_BUILD_PAIR_STRING("path", unit->path),
		SD_JSON_BUILD_PAIR_STRING("description",
					  unit->policy ? unit->policy->description : NULL),
		SD_JSON_BUILD_PAIR_INTEGER("priority", unit->policy ? unit->policy->priority : 0),
		SD_JSON_BUILD_PAIR_STRING("mode", mp_policy_mode(unit->policy)),
		SD_JSON_BUILD_PAIR_VARIANT("files", files),
		SD_JSON_BUILD_PAIR_VARIANT("attachments", attachments),
		SD_JSON_BUILD_PAIR_VARIANT("errors", errors),
		SD_JSON_BUILD_PAIR_STRING("log", unit->log));
}

int mp_report_status(struct mp_manager *m, sd_json_variant **ret)
{
	const char *missing = mp_manager_missing(m);
	_cleanup_free_ char *message = NULL;
	size_t active = 0, failed = 0;

	for (size_t i = 0; i < m->n_rows; i++)
		mp_manager_refresh(m, m->rows[i]);
	for (size_t i = 0; i < m->n_units; i++) {
		const struct mp_unit *unit = m->units[i];
		bool runs = false, bad = !unit->policy || unit->unloadable;

		for (size_t k = 0; k < m->n_rows; k++) {
			if (m->rows[k]->unit != unit)
				continue;
			runs |= m->rows[k]->state == MP_STATE_ACTIVE;
			bad |= m->rows[k]->state == MP_STATE_FAILED ||
			       m->rows[k]->state == MP_STATE_EJECTED ||
			       m->rows[k]->state == MP_STATE_QUARANTINED;
		}
		active += runs;
		failed += bad;
	}
	if (missing)
		message = mp_owned(strdup(missing));
	else if (asprintf(&message, "%zu polic%s, %zu active, %zu failed", m->n_units,
			  m->n_units == 1 ? "y" : "ies", active, failed) < 0)
		message = NULL;
	if (!message)
		return -ENOMEM;
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_STRING("version", MP_VERSION),
			      SD_JSON_BUILD_PAIR_STRING("kernel", m->features.kernel),
			      SD_JSON_BUILD_PAIR_STRING("state", missing ? "degraded" : "running"),
			      SD_JSON_BUILD_PAIR_UNSIGNED("policies", m->n_units),
			      SD_JSON_BUILD_PAIR_UNSIGNED("active", active),
			      SD_JSON_BUILD_PAIR_UNSIGNED("failed", failed),
			      SD_JSON_BUILD_PAIR_UNSIGNED("lost_events",
							  m->lost_events + mp_agent_lost(m->agent) -
								  (m->agent ? m->agent_lost : 0)),
			      SD_JSON_BUILD_PAIR_STRING("message", message));
}

static int engine_json(const struct mp_manager *m, const struct mp_engine *engine,
		       sd_json_variant **ret)
{
	_cleanup_free_ char *path = NULL, *reason = NULL;
	int r;

	r = mp_engine_object_path(m->config->engine_dir, engine->mechanism, engine->name, &path);
	if (r < 0)
		return r;
	if (!engine->available)
		reason = mp_owned(strdup("not available in this version"));
	else if (access(path, R_OK) < 0)
		reason =
			mp_owned(strdup(errno == ENOENT ? "it is not installed" : strerror(errno)));
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_STRING("name", engine->name),
			      SD_JSON_BUILD_PAIR_STRING("mechanism",
							mp_mechanism_to_string(engine->mechanism)),
			      SD_JSON_BUILD_PAIR_STRING("path", path),
			      SD_JSON_BUILD_PAIR_STRING("description", engine->description),
			      SD_JSON_BUILD_PAIR_BOOLEAN("available", !reason),
			      SD_JSON_BUILD_PAIR_STRING("reason", reason));
}

int mp_report_engines(struct mp_manager *m, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *array = NULL;
	int r = sd_json_variant_new_array(&array, NULL, 0);

	for (size_t i = 0; i < mp_engines_count && r >= 0; i++) {
		_cleanup_json_ sd_json_variant *v = NULL;

		r = engine_json(m, &mp_engines[i], &v);
		if (r >= 0)
			r = sd_json_variant_append_array(&array, v);
	}
	if (r < 0)
		return r;
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_VARIANT("engines", array));
}

int mp_report_features(struct mp_manager *m, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *array = NULL;
	int r = sd_json_variant_new_array(&array, NULL, 0);

	for (size_t i = 0; i < m->features.n && r >= 0; i++) {
		const struct mp_feature *f = &m->features.items[i];

		r = sd_json_variant_append_arraybo(
			&array, SD_JSON_BUILD_PAIR_STRING("name", f->name),
			SD_JSON_BUILD_PAIR_BOOLEAN("available", f->available),
			SD_JSON_BUILD_PAIR_STRING("reason", f->reason));
	}
	if (r < 0)
		return r;
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_STRING("kernel", m->features.kernel),
			      SD_JSON_BUILD_PAIR_VARIANT("features", array));
}
