/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verbs whose answer is rows: list, stats, engines, features. Each is a list of columns over
 * the daemon's reply, which --json prints as it is; stats has one for each mechanism.
 */
#include <string.h>

#include "client.h"
#include "engine-file.h"
#include "mechanism.h"
#include "output.h"

static const struct ctl_column list_columns[] = {
	{ "NAME", "name", false, 0 },
	{ "MECHANISM", "mechanism", false, 0 },
	{ "ENGINE", "engine", false, CTL_COLUMN_SHORTEN },
	{ "MODE", "mode", false, CTL_COLUMN_VARIES },
	{ "STATE", "state", false, 0 },
	{ "CGROUP", "cgroup", false, CTL_COLUMN_SHORTEN },
	{ "REASON", "reason", false, CTL_COLUMN_WRAP },
};

/* Of every mechanism; what it counts follows. */
static const struct ctl_column stats_columns[] = {
	{ "NAME", "name", false, 0 },
	{ "MECHANISM", "mechanism", false, 0 },
	{ "ENGINE", "engine", false, CTL_COLUMN_SHORTEN },
	{ "STATE", "state", false, 0 },
	{ "CGROUP", "cgroup", false, CTL_COLUMN_SHORTEN },
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

static int select_rows(sd_json_variant *rows, const struct ctl_mechanism *mechanism,
		       sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *some = NULL;
	int r = 0;

	for (size_t i = 0; rows && i < sd_json_variant_elements(rows) && r >= 0; i++) {
		sd_json_variant *row = sd_json_variant_by_index(rows, i);

		if (ctl_mechanism_of(row) == mechanism)
			r = sd_json_variant_append_array(&some, row);
	}
	*ret = TAKE_PTR(some);
	return r;
}

static enum ctl_exit show_counters(const struct ctl *ctl, const struct ctl_mechanism *mechanism,
				   sd_json_variant *rows)
{
	struct ctl_column columns[CTL_COLUMNS_MAX];
	size_t n = ARRAY_SIZE(stats_columns);

	memcpy(columns, stats_columns, sizeof(stats_columns));
	for (size_t i = 0; i < mechanism->n_stats && n < ARRAY_SIZE(columns); i++)
		columns[n++] = mechanism->stats[i];
	return ctl_table(ctl, columns, n, rows);
}

/* One table for each mechanism that is there, the first one's if there is nothing. */
static enum ctl_exit show_stats(const struct ctl *ctl, sd_json_variant *all)
{
	const struct ctl_mechanism *mechanism;
	bool has_rows = all && sd_json_variant_elements(all);
	bool is_first = true;

	for (size_t i = 0; (mechanism = ctl_mechanism_at(i)); i++) {
		_cleanup_json_ sd_json_variant *rows = NULL;
		enum ctl_exit result;
		int r = select_rows(all, mechanism, &rows);

		if (r < 0) {
			fprintf(stderr, "Failed to draw the table: %s\n", strerror(-r));
			return CTL_FAILED;
		}
		if (!rows && (has_rows || i))
			continue;
		if (!is_first && ctl->legend)
			putchar('\n');
		is_first = false;
		result = show_counters(ctl, mechanism, rows);
		if (result != CTL_OK)
			return result;
	}
	return CTL_OK;
}

enum ctl_exit ctl_stats(const struct ctl *ctl, int argc, char *argv[])
{
	_cleanup_json_ sd_json_variant *reply = NULL;
	enum ctl_exit r = ctl_call_policy(ctl, "Stats", argc ? argv[0] : NULL, &reply);

	if (r != CTL_OK)
		return r;
	return ctl->json ? ctl_print_json(reply) : show_stats(ctl, ctl_array(reply, "policies"));
}

enum ctl_exit ctl_engines(const struct ctl *ctl, int argc, char *argv[])
{
	if (argc)
		return ctl_engine_file(ctl, argv[0]);
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
