/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verbs whose answer is rows: list, stats, engines, features. Each is a list of columns over
 * the daemon's reply, which --json prints as it is; stats has one for each mechanism.
 */
#include <string.h>

#include "client.h"
#include "output.h"
#include "table.h"

static const struct ctl_column list_columns[] = {
	{ "NAME", "name", false, 0 },
	{ "MECHANISM", "mechanism", false, 0 },
	{ "ENGINE", "engine", false, CTL_COLUMN_SHORTEN },
	{ "MODE", "mode", false, CTL_COLUMN_VARIES },
	{ "STATE", "state", false, 0 },
	{ "CGROUP", "cgroup", false, CTL_COLUMN_SHORTEN },
	{ "REASON", "reason", false, CTL_COLUMN_WRAP },
};

static const struct ctl_column stats_columns[] = {
	{ "NAME", "name", false, 0 },
	{ "MECHANISM", "mechanism", false, 0 },
	{ "ENGINE", "engine", false, CTL_COLUMN_SHORTEN },
	{ "STATE", "state", false, 0 },
	{ "CGROUP", "cgroup", false, CTL_COLUMN_SHORTEN },
	{ "GOVERNED", "counters.governed_pages", true, 0 },
	{ "ADDED", "counters.added", true, 0 },
	{ "ACCESSED", "counters.accessed", true, 0 },
	{ "EVICTED", "counters.evicted", true, 0 },
	{ "REMOVED", "counters.removed", true, 0 },
	{ "REFAULTS", "counters.refaults", true, 0 },
	{ "REFUSED", "counters.refused", true, 0 },
	{ "FORCED", "counters.forced", true, 0 },
	{ "EJECTIONS", "counters.ejections", true, 0 },
};

static const struct ctl_column balloon_columns[] = {
	{ "NAME", "name", false, 0 },
	{ "MECHANISM", "mechanism", false, 0 },
	{ "ENGINE", "engine", false, CTL_COLUMN_SHORTEN },
	{ "STATE", "state", false, 0 },
	{ "CGROUP", "cgroup", false, CTL_COLUMN_SHORTEN },
	{ "HELD", "counters.held_pages", true, 0 },
	{ "SMALL", "counters.small_pages", true, 0 },
	{ "HOST", "counters.host_pages", true, 0 },
	{ "TARGET", "counters.target_pages", true, 0 },
	{ "TAKEN", "counters.taken", true, 0 },
	{ "RETURNED", "counters.returned", true, 0 },
	{ "KICKS", "counters.kicks", true, 0 },
	{ "DISCARDS", "counters.discards", true, 0 },
	{ "REFUSED FLOOR", "counters.refused_floor", true, 0 },
	{ "REFUSED BLOCK", "counters.refused_block", true, 0 },
	{ "REFUSED SCORE", "counters.refused_score", true, 0 },
	{ "REFUSED HOST", "counters.refused_host", true, 0 },
	{ "REFUSED BUSY", "counters.refused_busy", true, 0 },
	{ "DEFLATED OOM", "counters.deflated_oom", true, 0 },
	{ "DEFLATED PRESSURE", "counters.deflated_pressure", true, 0 },
	{ "DEFLATED GUARD", "counters.deflated_guard", true, 0 },
};

static const struct ctl_column engine_columns[] = {
	{ "NAME", "name", false, 0 },
	{ "MECHANISM", "mechanism", false, 0 },
	{ "AVAILABLE", "available", false, 0 },
	{ "PATH", "path", false, CTL_COLUMN_SHORTEN },
	{ "DESCRIPTION", "description", false, CTL_COLUMN_WRAP },
	{ "REASON", "reason", false, CTL_COLUMN_WRAP },
};

static const struct ctl_column feature_columns[] = {
	{ "FEATURE", "name", false, 0 },
	{ "AVAILABLE", "available", false, 0 },
	{ "REASON", "reason", false, CTL_COLUMN_WRAP },
};

static enum ctl_exit show_rows(const struct ctl *ctl, sd_json_variant *reply, const char *array,
			       const struct ctl_column columns[], size_t n_columns)
{
	if (ctl->json)
		return ctl_print_json(reply);
	return ctl_table(ctl, columns, n_columns, ctl_array(reply, array));
}

/* A method without parameters whose reply is one table. */
static enum ctl_exit call_rows(const struct ctl *ctl, const char *method, const char *array,
			       const struct ctl_column columns[], size_t n_columns)
{
	_cleanup_json_ sd_json_variant *reply = NULL;
	enum ctl_exit r = ctl_call(ctl, method, NULL, &reply);

	if (r != CTL_OK)
		return r;
	return show_rows(ctl, reply, array, columns, n_columns);
}

enum ctl_exit ctl_list(const struct ctl *ctl, int argc, char *argv[])
{
	return call_rows(ctl, "List", "policies", list_columns, ARRAY_SIZE(list_columns));
}

/* The rows whose mechanism is the balloon, or all others: their counters differ. */
static int select_rows(sd_json_variant *rows, bool balloon, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *some = NULL;
	int r = 0;

	for (size_t i = 0; rows && i < sd_json_variant_elements(rows) && r >= 0; i++) {
		sd_json_variant *row = sd_json_variant_by_index(rows, i);
		const char *mechanism = ctl_string(row, "mechanism");

		if ((mechanism && !strcmp(mechanism, "balloon")) == balloon)
			r = sd_json_variant_append_array(&some, row);
	}
	*ret = TAKE_PTR(some);
	return r;
}

/* One table for each kind of counters that is there, the cache's if there is nothing. */
static enum ctl_exit show_stats(const struct ctl *ctl, sd_json_variant *rows)
{
	_cleanup_json_ sd_json_variant *cache = NULL, *balloon = NULL;
	enum ctl_exit result = CTL_OK;
	int r;

	r = select_rows(rows, false, &cache);
	if (r >= 0)
		r = select_rows(rows, true, &balloon);
	if (r < 0) {
		fprintf(stderr, "Failed to draw the table: %s\n", strerror(-r));
		return CTL_FAILED;
	}
	if (cache || !balloon)
		result = ctl_table(ctl, stats_columns, ARRAY_SIZE(stats_columns), cache);
	if (result != CTL_OK || !balloon)
		return result;
	if (cache && ctl->legend)
		putchar('\n');
	return ctl_table(ctl, balloon_columns, ARRAY_SIZE(balloon_columns), balloon);
}

enum ctl_exit ctl_stats(const struct ctl *ctl, int argc, char *argv[])
{
	_cleanup_json_ sd_json_variant *reply = NULL;
	enum ctl_exit r;

	r = ctl_call_policy(ctl, "Stats", argc ? argv[0] : NULL, &reply);
	if (r != CTL_OK)
		return r;
	return ctl->json ? ctl_print_json(reply) : show_stats(ctl, ctl_array(reply, "policies"));
}

enum ctl_exit ctl_engines(const struct ctl *ctl, int argc, char *argv[])
{
	return call_rows(ctl, "Engines", "engines", engine_columns, ARRAY_SIZE(engine_columns));
}

enum ctl_exit ctl_features(const struct ctl *ctl, int argc, char *argv[])
{
	_cleanup_json_ sd_json_variant *reply = NULL;
	enum ctl_exit r = ctl_call(ctl, "Features", NULL, &reply);

	if (r != CTL_OK)
		return r;
	if (!ctl->json && ctl->legend)
		ctl_print_label("Kernel", ctl_string(reply, "kernel"));
	return show_rows(ctl, reply, "features", feature_columns, ARRAY_SIZE(feature_columns));
}
