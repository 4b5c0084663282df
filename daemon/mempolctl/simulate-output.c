/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What simulate prints: a row for each engine and size, as a table or as JSON. Called by verb-simulate.c.
 */
#include <string.h>

#include "output.h"
#include "simulate.h"
#include "size.h"
#include "table.h"
#include "text.h"

enum when {
	ALWAYS,
	READS_DIFFER, /* else it is the misses once more */
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
	{ { "EJECTED AT", "ejected_at", true, false }, EJECTED },
	{ { "FORCED", "forced_pages", true, false }, VERBOSE },
	{ { "REFERENCES/S", "references_per_second", true, false }, VERBOSE },
};

static int add_row(sd_json_variant **rows, const struct sim_job *job)
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
		SD_JSON_BUILD_PAIR_REAL(
			"miss_ratio",
			result->references ? (double)result->misses / result->references : 0),
		SD_JSON_BUILD_PAIR_UNSIGNED("missed_bytes", result->missed_pages * SIM_PAGE_SIZE),
		SD_JSON_BUILD_PAIR_UNSIGNED("evicted_pages", result->evicted_pages),
		SD_JSON_BUILD_PAIR_UNSIGNED("forced_pages", result->forced_pages),
		SD_JSON_BUILD_PAIR_UNSIGNED("looks", result->looks),
		SD_JSON_BUILD_PAIR("ejected_at", SD_JSON_BUILD_VARIANT(ejected_at)),
		SD_JSON_BUILD_PAIR_UNSIGNED("cpu_ns", result->cpu_ns),
		SD_JSON_BUILD_PAIR_UNSIGNED("references_per_second",
					    seconds > 0 ? result->references / seconds : 0));
	return r < 0 ? r : sd_json_variant_append_array(rows, row);
}

/* The same rows with sizes and ratios as people read them. */
static int readable(sd_json_variant *rows, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *shown = NULL;

	for (size_t i = 0; i < sd_json_variant_elements(rows); i++) {
		_cleanup_json_ sd_json_variant *row =
			sd_json_variant_ref(sd_json_variant_by_index(rows, i));
		char size[MP_SIZE_TEXT], ratio[16];
		int r;

		snprintf(ratio, sizeof(ratio), "%.4f",
			 sd_json_variant_real(sd_json_variant_by_key(row, "miss_ratio")));
		r = sd_json_variant_set_field_string(&row, "size",
						     mp_size_format(ctl_number(row, "size"), size));
		if (r >= 0)
			r = sd_json_variant_set_field_string(&row, "miss_ratio", ratio);
		if (r >= 0)
			r = sd_json_variant_append_array(&shown, row);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(shown);
	return 0;
}

static int build_reply(const struct simulate_request *request, const struct sim_trace *trace,
		       sd_json_variant *rows, sd_json_variant **ret)
{
	_cleanup_free_ char *path = mp_owned(strdup(request->source.path));

	if (!path)
		return -ENOMEM;
	mp_text_clean(path);
	return sd_json_buildo(
		ret, SD_JSON_BUILD_PAIR_STRING("trace", path),
		SD_JSON_BUILD_PAIR_UNSIGNED("objects", trace->nr_objects - trace->nr_unnamed),
		SD_JSON_BUILD_PAIR_BOOLEAN("accessed_bits", request->accessed_bits),
		SD_JSON_BUILD_PAIR_UNSIGNED("reclaim_pages", request->reclaim_pages),
		SD_JSON_BUILD_PAIR_UNSIGNED("readahead_pages", request->readahead_pages),
		SD_JSON_BUILD_PAIR("results", SD_JSON_BUILD_VARIANT(rows)));
}

static enum ctl_exit print_table(const struct simulate_request *request,
				 const struct sim_trace *trace, bool ejected,
				 sd_json_variant *reply)
{
	struct ctl_column shown[ARRAY_SIZE(columns)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		if (columns[i].when == ALWAYS ||
		    (columns[i].when == READS_DIFFER &&
		     (trace->sizes_differ || request->readahead_pages)) ||
		    (columns[i].when == EJECTED && ejected) ||
		    (columns[i].when == VERBOSE && request->verbose))
			shown[n++] = columns[i].column;
	return ctl_table(&request->ctl, shown, n, reply);
}

int simulate_print(const struct simulate_request *request, const struct sim_trace *trace,
		   const struct sim_job jobs[], size_t n_jobs, enum ctl_exit *ret_exit)
{
	_cleanup_json_ sd_json_variant *rows = NULL, *reply = NULL;
	bool ejected = false;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n_jobs; i++) {
		ejected |= jobs[i].result.ejected_at;
		r = add_row(&rows, &jobs[i]);
	}
	if (r < 0)
		return r;
	r = request->ctl.json ? build_reply(request, trace, rows, &reply) : readable(rows, &reply);
	if (r < 0)
		return r;
	*ret_exit = request->ctl.json ? ctl_print_json(reply) :
					print_table(request, trace, ejected, reply);
	return 0;
}
