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
	{ "NAME", "name", false, false },     { "MECHANISM", "mechanism", false, false },
	{ "ENGINE", "engine", false, false }, { "MODE", "mode", false, false },
	{ "STATE", "state", false, false },   { "CGROUP", "cgroup", false, false },
	{ "REASON", "reason", false, true },
};

static const struct ctl_column stats_columns[] = {
	{ "NAME", "name", false, false },
	{ "MECHANISM", "mechanism", false, false },
	{ "ENGINE", "engine", false, false },
	{ "STATE", "state", false, false },
	{ "CGROUP", "cgroup", false, false },
	{ "GOVERNED", "counters.governed_pages", true, false },
	{ "ADDED", "counters.added", true, false },
	{ "ACCESSED", "counters.accessed", true, false },
	{ "EVICTED", "counters.evicted", true, false },
	{ "REMOVED", "counters.removed", true, false },
	{ "REFAULTS", "counters.refaults", true, false },
	{ "REFUSED", "counters.refused", true, false },
	{ "FORCED", "counters.forced", true, false },
	{ "EJECTIONS", "counters.ejections", true, false },
};

static const struct ctl_column balloon_columns[] = {
	{ "NAME", "name", false, false },
	{ "MECHANISM", "mechanism", false, false },
	{ "ENGINE", "engine", false, false },
	{ "STATE", "state", false, false },
	{ "CGROUP", "cgroup", false, false },
	{ "HELD", "counters.held_pages", true, false },
	{ "SMALL", "counters.small_pages", true, false },
	{ "HOST", "counters.host_pages", true, false },
	{ "TARGET", "counters.target_pages", true, false },
	{ "TAKEN", "counters.taken", true, false },
	{ "RETURNED", "counters.returned", true, false },
	{ "KICKS", "counters.kicks", true, false },
	{ "DISCARDS", "counters.discards", true, false },
	{ "REFUSED FLOOR", "counters.refused_floor", true, false },
	{ "REFUSED BLOCK", "counters.refused_block", true, false },
	{ "REFUSED SCORE", "counters.refused_score", true, false },
	{ "REFUSED HOST", "counters.refused_host", true, false },
	{ "REFUSED BUSY", "counters.refused_busy", true, false },
	{ "DEFLATED OOM", "counters.deflated_oom", true, false },
	{ "DEFLATED PRESSURE", "counters.deflated_pressure", true, false },
	{ "DEFLATED GUARD", "counters.deflated_guard", true, false },
};

static const struct ctl_column engine_columns[] = {
	{ "NAME", "name", false, false },
	{ "MECHANISM", "mechanism", false, false },
	{ "AVAILABLE", "available", false, false },
	{ "PATH", "path", false, false },
	{ "DESCRIPTION", "description", false, true },
	{ "REASON", "reason", false, true },
};

static const struct ctl_column feature_columns[] = {
	{ "FEATURE", "name", false, false },
	{ "AVAILABLE", "available", false, false },
	{ "REASON", "reason", false, true },
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

	r = ctl_call_string(ctl, "Stats", "name", argc ? argv[0] : NULL, &reply);
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
