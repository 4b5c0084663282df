/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines and JSON for one checked policy (check-report.h). Errors and warnings of the files go to stderr, what
 * is known of a good policy to stdout: that nothing matches now is no fault of the file.
 */
#include <errno.h>
#include <string.h>

#include "check-report.h"
#include "match.h"
#include "../lib/mechanism.h"
#include "output.h"
#include "utf8.h"

/* Those of one key. */
struct list {
	const char *key;
	const struct mp_patterns *patterns;
	bool is_path;
	const size_t *hits; /* not of cgroups: a mechanism has counted them */
};

static size_t count_hits(const struct mp_paths *cgroups, const struct list *list, size_t index)
{
	size_t n = 0;

	if (list->hits)
		return list->hits[index];
	for (size_t i = 0; i < cgroups->count; i++)
		n += mp_pattern_hits(&list->patterns->items[index], list->is_path,
				     cgroups->items[i]);
	return n;
}

static size_t count_matches(const struct mp_paths *cgroups, const struct mp_match *match)
{
	size_t n = 0;

	for (size_t i = 0; i < cgroups->count; i++)
		n += mp_match_cgroup(match, cgroups->items[i]);
	return n;
}

static void print_pattern(const struct mp_paths *cgroups, const struct list *list, size_t index)
{
	const struct mp_pattern *pattern = &list->patterns->items[index];
	size_t n = count_hits(cgroups, list, index);

	/* A mechanism has warned of it. */
	if (!n && list->hits)
		return;
	printf("%s:%u: ", pattern->file, pattern->line);
	if (!n)
		printf("warning: %s=%s%s matches no cgroup now\n", list->key,
		       pattern->negated ? "!" : "", pattern->glob);
	else
		printf("%s=%s%s %s %zu %s%s\n", list->key, pattern->negated ? "!" : "",
		       pattern->glob, pattern->negated ? "excludes" : "matches", n,
		       list->hits ? "file" : "cgroup", n == 1 ? "" : "s");
}

static int pattern_json(const struct ctl_check_report *report, const struct list *list,
			size_t index, sd_json_variant **ret)
{
	const struct mp_pattern *pattern = &list->patterns->items[index];
	_cleanup_json_ sd_json_variant *object = NULL;
	_cleanup_free_ char *file = mp_owned(strdup(pattern->file));
	int r;

	if (!file)
		return -ENOMEM;
	mp_text_clean(file);
	r = sd_json_buildo(&object, SD_JSON_BUILD_PAIR_STRING("key", list->key),
			   SD_JSON_BUILD_PAIR_STRING("glob", pattern->glob),
			   SD_JSON_BUILD_PAIR_BOOLEAN("negated", pattern->negated),
			   SD_JSON_BUILD_PAIR_STRING("file", file),
			   SD_JSON_BUILD_PAIR_UNSIGNED("line", pattern->line));
	if (r >= 0 && (report->cgroups || list->hits))
		r = sd_json_variant_set_field_unsigned(&object, "matches",
						       count_hits(report->cgroups, list, index));
	if (r < 0)
		return r;
	*ret = TAKE_PTR(object);
	return 0;
}

/* Each pattern as a line, or into @array. */
static int tell_patterns(const struct ctl_check_report *report, const struct list *list,
			 sd_json_variant **array)
{
	for (size_t i = 0; i < list->patterns->count; i++) {
		_cleanup_json_ sd_json_variant *object = NULL;
		int r;

		if (!report->json) {
			print_pattern(report->cgroups, list, i);
			continue;
		}
		r = pattern_json(report, list, i, &object);
		if (r >= 0)
			r = sd_json_variant_append_array(array, object);
		if (r < 0)
			return r;
	}
	return 0;
}

static int tell_match(const struct ctl_check_report *report, const struct mp_match *match,
		      sd_json_variant **array)
{
	int r = tell_patterns(report, &(struct list){ "Cgroup", &match->cgroup, true, NULL },
			      array);

	return r < 0 ? r :
		       tell_patterns(report, &(struct list){ "Unit", &match->unit, false, NULL },
				     array);
}

/* The list of the policy's mechanism. */
static int tell_list(const struct ctl_check_report *report, const struct mp_policy *policy,
		     const size_t *hits, sd_json_variant **array)
{
	const struct mp_mechanism *mechanism = mp_policy_mechanism(policy);

	if (!hits)
		return 0;
	return tell_patterns(
		report, &(struct list){ mechanism->list_key, mechanism->list(policy), true, hits },
		array);
}

static void print_entries(const struct mp_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		fprintf(stderr, "%s\n", errors->items[i]);
}

static int print_report(const struct ctl_check_report *report, const char *path,
			const struct mp_policy *policy, const size_t *hits,
			const struct mp_errors *errors)
{
	const struct mp_match *match = policy ? &policy->match : NULL;

	if (errors->count)
		return 0;
	printf("%s: OK\n", path);
	if (policy)
		(void)tell_list(report, policy, hits, NULL);
	if (!match || !report->cgroups)
		return 0;
	/* Where one list only is given, its patterns have said it. */
	if (match->cgroup.count && match->unit.count && !count_matches(report->cgroups, match))
		printf("%s: warning: no cgroup matches both Cgroup= and Unit= now\n", path);
	return tell_match(report, match, NULL);
}

static int strings_json(const struct mp_errors *errors, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *list = NULL;
	int r = sd_json_variant_new_array(&list, NULL, 0);

	for (size_t i = 0; r >= 0 && i < errors->count; i++)
		r = sd_json_variant_append_arrayb(&list, SD_JSON_BUILD_STRING(errors->items[i]));
	if (r < 0)
		return r;
	*ret = TAKE_PTR(list);
	return 0;
}

static int add_json(struct ctl_check_report *report, const char *path,
		    const struct mp_policy *policy, const size_t *hits,
		    const struct mp_errors *errors, const struct mp_errors *warnings)
{
	_cleanup_json_ sd_json_variant *bad = NULL, *odd = NULL, *patterns = NULL, *result = NULL;
	_cleanup_free_ char *shown = mp_owned(strdup(path));
	int r;

	if (!shown)
		return -ENOMEM;
	/* JSON is UTF-8 and a file name need not be. */
	mp_text_clean(shown);
	r = strings_json(errors, &bad);
	if (r >= 0)
		r = strings_json(warnings, &odd);
	if (r >= 0)
		r = sd_json_variant_new_array(&patterns, NULL, 0);
	if (r >= 0 && policy)
		r = tell_match(report, &policy->match, &patterns);
	if (r >= 0 && policy)
		r = tell_list(report, policy, hits, &patterns);
	if (r >= 0)
		r = sd_json_buildo(&result, SD_JSON_BUILD_PAIR_STRING("file", shown),
				   SD_JSON_BUILD_PAIR_BOOLEAN("ok", !errors->count),
				   SD_JSON_BUILD_PAIR("errors", SD_JSON_BUILD_VARIANT(bad)),
				   SD_JSON_BUILD_PAIR("warnings", SD_JSON_BUILD_VARIANT(odd)),
				   SD_JSON_BUILD_PAIR("patterns", SD_JSON_BUILD_VARIANT(patterns)));
	if (r >= 0 && policy && report->cgroups)
		r = sd_json_variant_set_field_unsigned(
			&result, "matches", count_matches(report->cgroups, &policy->match));
	return r < 0 ? r : sd_json_variant_append_array(&report->files, result);
}

int ctl_check_report(struct ctl_check_report *report, const char *path,
		     const struct mp_policy *policy, const size_t *hits,
		     const struct mp_errors *errors, const struct mp_errors *warnings)
{
	print_entries(errors);
	print_entries(warnings);
	return report->json ? add_json(report, path, policy, hits, errors, warnings) :
			      print_report(report, path, policy, hits, errors);
}
