/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What simulate prints: a row for each engine and size, as a table or as JSON. Called by verb-simulate.c.
 */
#include <errno.h>
#include <string.h>

#include "output.h"
#include "simulate.h"
#include "size.h"
#include "table.h"
#include "text.h"

enum when {
	ALWAYS,
	READS_DIFFER, /* else it is the misses once more */
	SIZES_DIFFER, /* else it is the miss ratio once more */
	EJECTED, /* somebody is */
	VERBOSE,
};

static const struct {
	struct ctl_column column;
	enum when when;
} columns[] = {
	{ { "ENGINE", "engine", false, false }, ALWAYS },
	{ { "SIZE", "size", true, false }, ALWAYS },
	{ { "REFERENCES", "references", true, false }, ALWAYS },
	{ { "HITS", "hits", true, false }, ALWAYS },
	{ { "MISSES", "misses", true, false }, ALWAYS },
	{ { "MISS RATIO", "miss_ratio", true, false }, ALWAYS },
	{ { "MISSED BYTES", "missed_bytes", true, false }, READS_DIFFER },
	{ { "BYTE MISS RATIO", "byte_miss_ratio", true, false }, SIZES_DIFFER },
	{ { "EJECTED AT", "ejected_at", true, false }, EJECTED },
	{ { "FORCED", "forced_pages", true, false }, VERBOSE },
	{ { "REFERENCES/S", "references_per_second", true, false }, VERBOSE },
};

static double ratio(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

static int add_row(sd_json_variant **rows, const struct sim_job *job, uint64_t referenced_pages)
{
	_cleanup_json_ sd_json_variant *row = NULL, *ejected_at = NULL;
	const struct sim_result *result = &job->result;
	double seconds = result->cpu_ns / 1e9;
	int r;

	if (result->ejected_at)
		r = sd_json_variant_new_unsigned(&ejected_at, result->ejected_at);
	else
		r = sd_json_variant_new_null(&ejected_at);
	if (r < 0)
		return r;
	r = sd_json_buildo(
		&row, SD_JSON_BUILD_PAIR_STRING("engine", job->policy->name),
		SD_JSON_BUILD_PAIR_UNSIGNED("size", job->setup.cache_pages * SIM_PAGE_SIZE),
		SD_JSON_BUILD_PAIR_UNSIGNED("references", result->references),
		SD_JSON_BUILD_PAIR_UNSIGNED("hits", result->hits),
		SD_JSON_BUILD_PAIR_UNSIGNED("misses", result->misses),
		SD_JSON_BUILD_PAIR_UNSIGNED("write_misses", result->write_misses),
		SD_JSON_BUILD_PAIR_REAL("miss_ratio", ratio(result->misses, result->references)),
		SD_JSON_BUILD_PAIR_UNSIGNED("missed_bytes", result->missed_pages * SIM_PAGE_SIZE),
		SD_JSON_BUILD_PAIR_REAL("byte_miss_ratio",
					ratio(result->missed_pages, referenced_pages)),
		SD_JSON_BUILD_PAIR_UNSIGNED("evicted_pages", result->evicted_pages),
		SD_JSON_BUILD_PAIR_UNSIGNED("forced_pages", result->forced_pages),
		SD_JSON_BUILD_PAIR_UNSIGNED("looks", result->looks),
		SD_JSON_BUILD_PAIR("ejected_at", SD_JSON_BUILD_VARIANT(ejected_at)),
		SD_JSON_BUILD_PAIR_UNSIGNED("cpu_ns", result->cpu_ns),
		SD_JSON_BUILD_PAIR_UNSIGNED("references_per_second",
					    seconds > 0 ? result->references / seconds : 0));
	return r < 0 ? r : sd_json_variant_append_array(rows, row);
}

static int set_ratio(sd_json_variant **row, const char *field)
{
	char text[16];

	snprintf(text, sizeof(text), "%.4f",
		 sd_json_variant_real(sd_json_variant_by_key(*row, field)));
	return sd_json_variant_set_field_string(row, field, text);
}

/* The same rows with sizes and ratios as people read them. */
static int readable(sd_json_variant *rows, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *shown = NULL;

	for (size_t i = 0; i < sd_json_variant_elements(rows); i++) {
		_cleanup_json_ sd_json_variant *row =
			sd_json_variant_ref(sd_json_variant_by_index(rows, i));
		char size[MP_SIZE_TEXT];
		int r = sd_json_variant_set_field_string(
			&row, "size", mp_size_format(ctl_number(row, "size"), size));

		if (r >= 0)
			r = set_ratio(&row, "miss_ratio");
		if (r >= 0)
			r = set_ratio(&row, "byte_miss_ratio");
		if (r >= 0)
			r = sd_json_variant_append_array(&shown, row);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(shown);
	return 0;
}

static int build_reply(const struct simulate_request *request,
		       const struct simulate_outcome *outcome, sd_json_variant *rows,
		       sd_json_variant **ret)
{
	_cleanup_free_ char *path = mp_owned(strdup(request->source.path));
	const struct sim_trace *trace = outcome->trace;

	if (!path)
		return -ENOMEM;
	mp_text_clean(path);
	return sd_json_buildo(
		ret, SD_JSON_BUILD_PAIR_STRING("trace", path),
		SD_JSON_BUILD_PAIR_UNSIGNED("objects", trace->nr_objects - trace->nr_unnamed),
		SD_JSON_BUILD_PAIR_UNSIGNED("working_set",
					    outcome->working_set_pages * SIM_PAGE_SIZE),
		SD_JSON_BUILD_PAIR_UNSIGNED("sampled_one_in", 1ULL << trace->sample_shift),
		SD_JSON_BUILD_PAIR_BOOLEAN("accessed_bits", request->accessed_bits),
		SD_JSON_BUILD_PAIR_UNSIGNED("reclaim_pages", request->reclaim_pages),
		SD_JSON_BUILD_PAIR_UNSIGNED("readahead_pages", request->readahead_pages),
		SD_JSON_BUILD_PAIR_UNSIGNED("dirty_pages", request->dirty_pages),
		SD_JSON_BUILD_PAIR("results", SD_JSON_BUILD_VARIANT(rows)));
}

static enum ctl_exit print_table(const struct simulate_request *request,
				 const struct sim_trace *trace, bool ejected, sd_json_variant *rows)
{
	struct ctl_column shown[ARRAY_SIZE(columns)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		if (columns[i].when == ALWAYS ||
		    (columns[i].when == READS_DIFFER &&
		     (trace->sizes_differ || request->readahead_pages)) ||
		    (columns[i].when == SIZES_DIFFER && trace->sizes_differ) ||
		    (columns[i].when == EJECTED && ejected) ||
		    (columns[i].when == VERBOSE && request->verbose))
			shown[n++] = columns[i].column;
	return ctl_table(&request->ctl, shown, n, rows);
}

/* As RFC 4180 has it: an engine of the user's own may be called by any file's name. */
static int print_quoted(const char *text)
{
	if (!text[strcspn(text, ",\"")])
		return printf("%s", text);
	putchar('"');
	for (; *text; text++)
		printf(*text == '"' ? "\"\"" : "%c", *text);
	return putchar('"');
}

static int print_cell(sd_json_variant *row, const char *field)
{
	_cleanup_free_ char *cell = NULL;
	sd_json_variant *value = sd_json_variant_by_key(row, field);

	if (sd_json_variant_is_real(value) && !sd_json_variant_is_unsigned(value))
		return printf("%.6f", sd_json_variant_real(value));
	if (sd_json_variant_is_null(value))
		return 0;
	cell = ctl_cell(row, field);
	return cell ? print_quoted(cell) : -ENOMEM;
}

/* Always the same columns, so that what reads them need not look. */
static enum ctl_exit print_csv(const struct simulate_request *request, sd_json_variant *rows)
{
	static const char *const fields[] = { "engine",	       "size",	       "references",
					      "hits",	       "misses",       "write_misses",
					      "miss_ratio",    "missed_bytes", "byte_miss_ratio",
					      "evicted_pages", "forced_pages", "looks",
					      "ejected_at",    "cpu_ns" };

	for (size_t k = 0; request->ctl.legend && k < ARRAY_SIZE(fields); k++)
		printf("%s%s", fields[k], k + 1 < ARRAY_SIZE(fields) ? "," : "\n");
	for (size_t i = 0; i < sd_json_variant_elements(rows); i++)
		for (size_t k = 0; k < ARRAY_SIZE(fields); k++) {
			if (print_cell(sd_json_variant_by_index(rows, i), fields[k]) < 0)
				return CTL_FAILED;
			putchar(k + 1 < ARRAY_SIZE(fields) ? ',' : '\n');
		}
	return CTL_OK;
}

int simulate_print(const struct simulate_request *request, const struct simulate_outcome *outcome,
		   enum ctl_exit *ret_exit)
{
	_cleanup_json_ sd_json_variant *rows = NULL, *reply = NULL;
	bool ejected = false;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < outcome->n_jobs; i++) {
		ejected |= outcome->jobs[i].result.ejected_at;
		r = add_row(&rows, &outcome->jobs[i], outcome->referenced_pages);
	}
	if (r < 0)
		return r;
	r = request->ctl.json ? build_reply(request, outcome, rows, &reply) :
				readable(rows, &reply);
	if (r < 0)
		return r;
	if (request->csv)
		*ret_exit = print_csv(request, rows);
	else if (request->ctl.json)
		*ret_exit = ctl_print_json(reply);
	else
		*ret_exit = print_table(request, outcome->trace, ejected, reply);
	return 0;
}
