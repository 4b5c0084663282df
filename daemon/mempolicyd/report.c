// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replies from the manager's state; see report.h.
 */
#include <errno.h>
#include <string.h>

#include "engine.h"
#include "figures.h"
#include "kernel.h"
#include "mechanism-ops.h"
#include "names.h"
#include "report.h"

#define _cleanup_json_ _cleanup_(sd_json_variant_unrefp)

/* The attachment's own reason, and why the file on disk is not what runs. */
static char *whole_reason(const struct mp_slot *slot, const char *reason)
{
	const char *problem = mp_slot_problem(slot);
	char *text;

	if (!problem)
		return reason ? strdup(reason) : NULL;
	return asprintf(&text, "kept the last good version: %s%s%s", problem, reason ? "; " : "",
			reason ?: "") < 0 ?
		       NULL :
		       text;
}

/* Zeros for what never was in the kernel; NULL for a figure that could not be read. */
static const struct mempol_policy_info *attachment_info(const struct mp_attachment *at)
{
	static const struct mempol_policy_info nothing;

	if (!at || at->info_error == -ENODATA)
		return &nothing;
	return at->info_error == 0 ? &at->info : NULL;
}

static int add_counters(sd_json_variant **v, const struct mp_attachment *at,
			const struct mp_mechanism *mechanism)
{
	_cleanup_json_ sd_json_variant *counters = NULL;
	const struct mempol_policy_info *info = attachment_info(at);
	struct mempol_policy_info all;
	int r;

	if (!info)
		return sd_json_variant_set_fieldb(v, "counters", SD_JSON_BUILD_NULL);
	all = *info;
	/* The kernel knows of this attachment's own; there may have been others. */
	if (mechanism->ejections_counter >= 0)
		all.counters[mechanism->ejections_counter] = at ? at->ejections : 0;
	r = mp_figures_counters(&all, mechanism, &counters);
	return r < 0 ? r : sd_json_variant_set_field(v, "counters", counters);
}

static int add_refusals(sd_json_variant **v, const struct mp_attachment *at)
{
	_cleanup_json_ sd_json_variant *refusals = NULL;
	const struct mempol_policy_info *info = attachment_info(at);
	int r;

	if (!info)
		return sd_json_variant_set_fieldb(v, "refusals", SD_JSON_BUILD_NULL);
	r = mp_figures_refusals(info, &refusals);
	return r < 0 ? r : sd_json_variant_set_field(v, "refusals", refusals);
}

/* A row of List and Stats. */
struct row {
	const struct mp_slot *slot;
	const struct mp_attachment *at; /* NULL: the policy as a whole */
	enum mp_state state;
	const char *reason;
};

static int row_json(const struct row *row, sd_json_variant **ret)
{
	const struct mp_slot *slot = row->slot;
	const struct mp_mechanism *mechanism = mp_slot_mechanism(slot);
	const bool never_ran = !row->at && row->state == MP_STATE_FAILED;
	_cleanup_free_ char *reason = NULL;
	const char *engine = row->at ? mp_attachment_engine(row->at) : mp_slot_engine(slot);

	/* Nothing was kept of what never ran. */
	reason = mp_owned(never_ran ? strdup(row->reason) : whole_reason(slot, row->reason));
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_STRING("name", slot->name),
			      SD_JSON_BUILD_PAIR_STRING("mechanism",
							mechanism ? mechanism->name : ""),
			      SD_JSON_BUILD_PAIR_STRING("engine", engine ?: ""),
			      SD_JSON_BUILD_PAIR_STRING("mode", mp_policy_mode(slot->policy)),
			      SD_JSON_BUILD_PAIR_STRING("state", mp_state_to_string(row->state)),
			      SD_JSON_BUILD_PAIR_STRING("cgroup", row->at ? row->at->cgroup : NULL),
			      SD_JSON_BUILD_PAIR_STRING("reason", reason));
}

static int append_row(const struct row *row, bool counters, sd_json_variant **array)
{
	/* One that never could be read is shown with the counters it would most likely have. */
	const struct mp_mechanism *mechanism = mp_slot_mechanism(row->slot) ?: mp_mechanisms[0];
	_cleanup_json_ sd_json_variant *v = NULL;
	int r;

	r = row_json(row, &v);
	if (r >= 0 && counters)
		r = add_counters(&v, row->at, mechanism);
	if (r >= 0 && counters)
		r = add_refusals(&v, row->at);
	return r < 0 ? r : sd_json_variant_append_array(array, v);
}

/* A policy that has no attachment: why. */
static struct row idle_row(const struct mp_manager *m, const struct mp_slot *slot)
{
	const struct mp_mechanism *mechanism = mp_slot_mechanism(slot);
	struct row row = { .slot = slot, .state = MP_STATE_WAITING };

	if (!slot->policy || slot->unloadable) {
		row.state = MP_STATE_FAILED;
		row.reason = mp_slot_problem(slot) ?: "its file is bad";
	} else if (m->features.missing[mechanism->id]) {
		row.reason = m->features.missing[mechanism->id];
	} else if (!mp_slot_problem(slot)) {
		row.reason = "no cgroup matches yet";
	}
	return row;
}

/* What has no row of its own is counted. */
static int append_rest(const struct mp_slot *slot, bool counters, sd_json_variant **array)
{
	struct row row = { .slot = slot };
	char text[256];
	int r = 0;

	row.reason = text;
	if (slot->n_left_out) {
		row.state = MP_STATE_WAITING;
		snprintf(
			text, sizeof(text),
			"%zu of its %zu matching cgroups are left to the kernel: at most %d can be "
			"governed in all",
			slot->n_left_out, slot->n_matched, MP_ATTACHMENTS_MAX);
		r = append_row(&row, counters, array);
	}
	if (r >= 0 && slot->n_not_excluded) {
		row.state = MP_STATE_DEGRADED;
		snprintf(
			text, sizeof(text),
			"%zu cgroups that it excludes are governed all the same: there are at most "
			"%d places in all, and each exclusion takes one",
			slot->n_not_excluded, MP_ATTACHMENTS_MAX);
		r = append_row(&row, counters, array);
	}
	if (r >= 0 && slot->n_standing_back > MP_STANDING_BACK_MAX) {
		row.state = MP_STATE_LOADED;
		snprintf(text, sizeof(text), "at %zu more cgroups another policy governs",
			 slot->n_standing_back - MP_STANDING_BACK_MAX);
		r = append_row(&row, counters, array);
	}
	return r;
}

static int append_slot(struct mp_manager *m, const struct mp_slot *slot, bool counters,
		       sd_json_variant **array)
{
	bool any = false;
	int r = 0;

	for (size_t i = 0; i < m->n_attachments && r >= 0; i++) {
		struct mp_attachment *at = m->attachments[i];
		struct row row = { .slot = slot, .at = at };

		if (at->slot != slot)
			continue;
		any = true;
		mp_kernel_refresh(m, at);
		row.state = at->state;
		row.reason = at->reason;
		r = append_row(&row, counters, array);
	}
	if (r >= 0 && !any) {
		struct row row = idle_row(m, slot);

		r = append_row(&row, counters, array);
	}
	return r < 0 ? r : append_rest(slot, counters, array);
}

int mp_report_list(struct mp_manager *m, const char *name, bool counters, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *array = NULL;
	int r;

	if (name && !mp_slot_find(m, name))
		return -ESRCH;
	r = sd_json_variant_new_array(&array, NULL, 0);
	for (size_t i = 0; i < m->n_slots && r >= 0; i++)
		if (!name || !strcmp(m->slots[i]->name, name))
			r = append_slot(m, m->slots[i], counters, &array);
	if (r < 0)
		return r;
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_VARIANT("policies", array));
}

static int attachment_json(const struct mp_slot *slot, const struct mp_attachment *at,
			   sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *v = NULL;
	const struct mempol_policy_info *info = attachment_info(at);
	_cleanup_free_ char *reason = mp_owned(whole_reason(slot, at->reason));
	int r;

	r = sd_json_buildo(
		&v, SD_JSON_BUILD_PAIR_STRING("mechanism", at->mechanism->name),
		SD_JSON_BUILD_PAIR_STRING("engine", mp_attachment_engine(at) ?: ""),
		SD_JSON_BUILD_PAIR_STRING("state", mp_state_to_string(at->state)),
		SD_JSON_BUILD_PAIR_STRING("cgroup", at->cgroup),
		SD_JSON_BUILD_PAIR_STRING("reason", reason),
		SD_JSON_BUILD_PAIR_UNSIGNED("since_usec", at->since_usec),
		SD_JSON_BUILD_PAIR_STRING("exit_kind",
					  info ? mp_exit_kind_to_string(info->exit_kind) : NULL),
		SD_JSON_BUILD_PAIR_STRING("dump", info && *info->dump ? info->dump : NULL));
	if (r >= 0)
		r = add_refusals(&v, at);
	if (r >= 0)
		r = add_counters(&v, at, at->mechanism);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(v);
	return 0;
}

static int attachments_json(struct mp_manager *m, const struct mp_slot *slot, sd_json_variant **ret)
{
	int r = sd_json_variant_new_array(ret, NULL, 0);

	for (size_t i = 0; i < m->n_attachments && r >= 0; i++) {
		_cleanup_json_ sd_json_variant *v = NULL;

		if (m->attachments[i]->slot != slot)
			continue;
		mp_kernel_refresh(m, m->attachments[i]);
		r = attachment_json(slot, m->attachments[i], &v);
		if (r >= 0)
			r = sd_json_variant_append_array(ret, v);
	}
	return r;
}

static int files_json(const struct mp_slot *slot, sd_json_variant **ret)
{
	if (slot->policy)
		return sd_json_variant_new_array_strv(ret, slot->policy->files);
	return sd_json_build(ret, SD_JSON_BUILD_ARRAY(SD_JSON_BUILD_STRING(slot->path)));
}

static int errors_json(const struct mp_slot *slot, sd_json_variant **ret)
{
	int r = sd_json_variant_new_array(ret, NULL, 0);

	for (size_t i = 0; i < slot->errors.count && r >= 0; i++)
		r = sd_json_variant_append_arrayb(ret, SD_JSON_BUILD_STRING(slot->errors.items[i]));
	return r;
}

/* What the policy says, or the engine's own default. */
static const char *tuning_value(const struct mp_policy *policy, const struct mp_tunable *tunable,
				const char *fallback)
{
	for (size_t i = 0; policy && i < policy->n_tunings; i++)
		if (!strcmp(policy->tunings[i].key, tunable->key) && *policy->tunings[i].value)
			return policy->tunings[i].value;
	return fallback;
}

static int tunables_json(const struct mp_slot *slot, sd_json_variant **ret)
{
	const struct mp_tunables *tunables = slot->image ? mp_image_tunables(slot->image) : NULL;
	int r = sd_json_variant_new_array(ret, NULL, 0);

	for (size_t i = 0; tunables && i < tunables->count && r >= 0; i++) {
		const struct mp_tunable *t = &tunables->items[i];
		_cleanup_free_ char *value = mp_owned(mp_tunable_format(t, t->value));

		if (!value)
			return -ENOMEM;
		r = sd_json_variant_append_arraybo(
			ret, SD_JSON_BUILD_PAIR_STRING("key", t->key),
			SD_JSON_BUILD_PAIR_STRING("type", t->type),
			SD_JSON_BUILD_PAIR_STRING("value", tuning_value(slot->policy, t, value)),
			SD_JSON_BUILD_PAIR_STRING("default", value),
			SD_JSON_BUILD_PAIR_STRING("range", t->range),
			SD_JSON_BUILD_PAIR_STRING("description", t->text));
	}
	return r;
}

int mp_report_show(struct mp_manager *m, const char *name, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *attachments = NULL, *files = NULL, *errors = NULL;
	_cleanup_json_ sd_json_variant *tunables = NULL, *v = NULL;
	const struct mp_slot *slot = mp_slot_find(m, name);
	const struct mp_mechanism *mechanism = mp_slot_mechanism(slot);
	const struct mp_mechanism_ops *ops = mechanism ? mp_mechanism_ops_of(mechanism->id) : NULL;
	struct row idle = {};
	int r;

	if (!slot)
		return -ESRCH;
	r = attachments_json(m, slot, &attachments);
	if (r >= 0)
		r = files_json(slot, &files);
	if (r >= 0)
		r = tunables_json(slot, &tunables);
	if (r >= 0)
		r = errors_json(slot, &errors);
	if (r < 0)
		return r;
	/* Without an attachment the policy as a whole has a state. */
	if (!sd_json_variant_elements(attachments))
		idle = idle_row(m, slot);
	r = sd_json_buildo(
		&v, SD_JSON_BUILD_PAIR_STRING("name", slot->name),
		SD_JSON_BUILD_PAIR_STRING("path", slot->path),
		SD_JSON_BUILD_PAIR_STRING("description",
					  slot->policy ? slot->policy->description : NULL),
		SD_JSON_BUILD_PAIR_INTEGER("priority", slot->policy ? slot->policy->priority : 0),
		SD_JSON_BUILD_PAIR_STRING("mode", mp_policy_mode(slot->policy)),
		SD_JSON_BUILD_PAIR_STRING("state",
					  idle.slot ? mp_state_to_string(idle.state) : NULL),
		SD_JSON_BUILD_PAIR_STRING("reason", idle.reason),
		SD_JSON_BUILD_PAIR_VARIANT("files", files),
		SD_JSON_BUILD_PAIR_VARIANT("tunables", tunables),
		SD_JSON_BUILD_PAIR_VARIANT("attachments", attachments),
		SD_JSON_BUILD_PAIR_VARIANT("errors", errors),
		SD_JSON_BUILD_PAIR_STRING("log", slot->log));
	if (r >= 0 && ops && ops->add_show_fields)
		r = ops->add_show_fields(m, slot, &v);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(v);
	return 0;
}

static int status_message(const struct mp_counts *n, char **ret)
{
	char left[96] = "";

	if (n->left_out)
		snprintf(left, sizeof(left), "; %zu matching cgroup%s left to the kernel",
			 n->left_out, n->left_out == 1 ? " is" : "s are");
	return asprintf(ret, "%zu polic%s, %zu active, %zu failed%s", n->policies,
			n->policies == 1 ? "y" : "ies", n->active, n->failed, left);
}

int mp_report_status(struct mp_manager *m, sd_json_variant **ret)
{
	const char *missing = mp_manager_missing(m);
	_cleanup_free_ char *message = NULL;
	struct mp_counts n;

	for (size_t i = 0; i < m->n_attachments; i++)
		mp_kernel_refresh(m, m->attachments[i]);
	mp_manager_count(m, &n);
	if (missing)
		message = mp_owned(strdup(missing));
	else if (status_message(&n, &message) < 0)
		message = NULL;
	if (!message)
		return -ENOMEM;
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_STRING("version", MP_VERSION),
			      SD_JSON_BUILD_PAIR_STRING("kernel", m->features.kernel),
			      SD_JSON_BUILD_PAIR_STRING("state", missing ? "degraded" : "running"),
			      SD_JSON_BUILD_PAIR_UNSIGNED("policies", n.policies),
			      SD_JSON_BUILD_PAIR_UNSIGNED("active", n.active),
			      SD_JSON_BUILD_PAIR_UNSIGNED("failed", n.failed),
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
	const struct mp_engine *engine;
	_cleanup_json_ sd_json_variant *array = NULL;
	int r = sd_json_variant_new_array(&array, NULL, 0);

	for (size_t i = 0; r >= 0 && (engine = mp_engine_at(i)); i++) {
		_cleanup_json_ sd_json_variant *v = NULL;

		r = engine_json(m, engine, &v);
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
