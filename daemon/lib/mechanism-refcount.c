/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The row of the reference counts in the table of mechanisms (mechanism.h): engines, counters, the keys of
 * [Refcount], and the sentences in which files go in and out. Which files FilePath= names is ref-look.c.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "keys.h"
#include "match.h"
#include "mechanism-refcount.h"
#include "mechanism.h"
#include "names.h"
#include "ref-look.h"
#include "size.h"
#include "utf8.h"

#define FILES_ENGINE "files"
#define HOT_ENGINE "hot"

static const struct mp_engine engines[] = {
	{ FILES_ENGINE, MEMPOL_MECH_REFCOUNT, true, "opts in what FilePath= names, nothing else" },
	{ HOT_ENGINE, MEMPOL_MECH_REFCOUNT, true,
	  "opts in files one page of which several CPUs read all the time" },
};

static const char *const counters[MEMPOL_REFCOUNT_NR_COUNTERS] = {
#define MP_X(upper, lower) [MEMPOL_REFCOUNT_##upper] = #lower,
	MEMPOL_REFCOUNT_COUNTERS(MP_X)
#undef MP_X
};

static const struct {
	const char *word;
	const char *in;
	const char *out;
} causes[] = {
	[MEMPOL_REF_BY_POLICY] = { "policy", "FilePath= names it",
				   "FilePath= does not name it any more, or the policy goes" },
	[MEMPOL_REF_BY_SAMPLE] = { "sample", "the engine found it contended",
				   "the engine's answer" },
	[MEMPOL_REF_BY_REVIEW] = { "review", "the engine's answer", "the engine found it idle" },
	[MEMPOL_REF_BY_EVICTION] = { "eviction", "the kernel's doing",
				     "the kernel forgot its inode: deleted, not used, or unmounted" },
	[MEMPOL_REF_BY_REQUEST] = { "request", "somebody asked for it", "somebody asked for it" },
	[MEMPOL_REF_BY_GUARD] = { "guard", "the kernel's doing",
				  MP_PASSIVE_TEXT ", or the policy was ejected" },
};

const struct mp_refcount mp_refcount_default = {
	.max_files = 64,
	.sample = 1024,
	.period_ms = 10000,
};

const char *mp_ref_cause_to_string(unsigned int cause)
{
	return cause < ARRAY_SIZE(causes) ? causes[cause].word : NULL;
}

const char *mp_ref_cause_text(unsigned int cause, bool on)
{
	if (cause >= ARRAY_SIZE(causes))
		return NULL;
	return on ? causes[cause].in : causes[cause].out;
}

const char *mp_ref_file_problem(int error)
{
	switch (-error) {
	case EINVAL:
		return "it is no regular file: name one";
	case EOPNOTSUPP:
		return "it is on tmpfs, hugetlbfs, DAX or a file system without page cache: name a file "
		       "on a disk";
	case ETXTBSY:
		return "it is a swap file of this machine: take it out of FilePath=";
	case EPERM:
		return "the kernel may not read its pages (memory of a guest): take it out of FilePath=";
	case ENOSPC:
		return "the policy has as many files as MaxFiles= lets it have, or the kernel's table of 1,024 "
		       "is full";
	default:
		return NULL;
	}
}

void mp_ref_name(const char name[static MEMPOL_REF_NAME_LEN],
		 char ret[static MEMPOL_REF_NAME_LEN + 4])
{
	snprintf(ret, MEMPOL_REF_NAME_LEN + 4, "%s%.*s", *name && *name != '/' ? "..." : "",
		 MEMPOL_REF_NAME_LEN - 1, name);
	mp_text_clean(ret);
}

/* --- the keys ---------------------------------------------------------------------------------------- */

static int add_word(struct mp_patterns *files, const struct mp_place *place, const char *word)
{
	const bool negated = *word == '!';
	const char *glob = word + negated, *problem = NULL;
	uint32_t invisible = mp_utf8_find_invisible(word);

	if (invisible)
		return mp_complain(
			place,
			"FilePath=%.60s: it holds the invisible character U+%04X, take it out",
			word, (unsigned int)invisible);
	if (!*glob)
		problem = "there is no path behind the '!'";
	else if (*glob == '#' || *glob == ';')
		problem = "a comment has a line of its own, this one would be part of the value";
	else if (strlen(glob) >= PATH_MAX)
		problem = "no path is so long";
	else
		problem = mp_file_glob_problem(glob);
	if (problem)
		return mp_complain(place, "FilePath=%.200s: %s", word, problem);
	return mp_patterns_add(files, place, glob, negated);
}

static int set_file_path(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	struct mp_patterns *files = &mp_refcount_of(policy)->files;
	_cleanup_free_ char *copy = NULL;
	size_t before = place->errors->total;
	char *rest, *word;
	int r = 0;

	if (!*value) {
		mp_patterns_reset(files);
		return 0;
	}
	copy = rest = mp_owned(strdup(value));
	if (!copy)
		return -ENOMEM;
	/* Behind the first bad word the others may mean nothing. */
	while (r == 0 && place->errors->total == before && (word = strsep(&rest, " \t")))
		if (*word)
			r = add_word(files, place, word);
	return r;
}

/* strtoul() takes signs, spaces and what follows the digits; a count has none of them. */
static int set_number(const struct mp_place *place, const char *key, const char *value,
		      unsigned int min, unsigned int max, const char *of_what, uint32_t *to)
{
	unsigned long n;

	errno = 0;
	n = strtoul(value, NULL, 10);
	if (value[strspn(value, "0123456789")] || errno || n < min || n > max)
		return mp_complain(place, "%s=%.60s: not a whole number of %s from %u to %u", key,
				   value, of_what, min, max);
	*to = n;
	return 0;
}

static int set_max_files(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	uint32_t *to = &mp_refcount_of(policy)->max_files;

	if (!*value) {
		*to = mp_refcount_default.max_files;
		return 0;
	}
	return set_number(place, "MaxFiles", value, 1, MP_REF_FILES_MAX, "files", to);
}

static int set_sample(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	uint32_t *to = &mp_refcount_of(policy)->sample;

	if (!*value) {
		*to = mp_refcount_default.sample;
		return 0;
	}
	return set_number(place, "Sample", value, MP_REF_SAMPLE_MIN, MP_REF_SAMPLE_MAX, "reads",
			  to);
}

static int set_period(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	struct mp_refcount *refcount = mp_refcount_of(policy);
	uint64_t ms;

	if (!*value) {
		refcount->period_ms = mp_refcount_default.period_ms;
		return 0;
	}
	if (mp_time_parse(value, &ms) < 0 || ms < MP_REF_PERIOD_MIN_MS || ms > MP_REF_PERIOD_MAX_MS)
		return mp_complain(
			place,
			"Period=%.60s: not a time from 1s to 1h, with ms, s, min or h, such as 1min 30s",
			value);
	refcount->period_ms = ms;
	return 0;
}

static const struct mp_key keys[] = {
	{ "FilePath", "globs", true, set_file_path, "paths of the files that are in" },
	{ "MaxFiles", "number", false, set_max_files, "how many files can be in at once" },
	{ "Sample", "number", false, set_sample, "one cached read in so many is looked at" },
	{ "Period", "time", false, set_period, "how often files are looked at again" },
};

static bool settings_run_alike(const void *a, const void *b)
{
	const struct mp_refcount *x = a, *y = b;

	return x->max_files == y->max_files && x->sample == y->sample &&
	       x->period_ms == y->period_ms;
}

static bool settings_equal(const void *a, const void *b)
{
	const struct mp_refcount *x = a, *y = b;

	return settings_run_alike(a, b) && mp_patterns_equal(&x->files, &y->files);
}

static void settings_done(void *settings)
{
	struct mp_refcount *refcount = settings;

	mp_patterns_reset(&refcount->files);
}

static bool names_a_file(const struct mp_patterns *files)
{
	for (size_t i = 0; i < files->count; i++)
		if (!files->items[i].negated)
			return true;
	return false;
}

/* An engine of one's own may do with the files or without. */
static int check(const struct mp_policy *policy, struct mp_errors *errors)
{
	const struct mp_engine_choice *choice = &policy->choice;
	const struct mp_patterns *files = &mp_refcount_of(policy)->files;

	/* Is it what is always in, or all that may get in? Both are a policy of their own. */
	if (!strcmp(choice->engine, HOT_ENGINE) && files->count)
		return mp_errors_add(
			errors, files->items[0].file, files->items[0].line,
			"FilePath=%.200s: Engine=hot finds its files itself: take FilePath= out, "
			"or put it into a policy of its own with Engine=files",
			files->items[0].glob);
	if (files->count && !names_a_file(files))
		return mp_errors_add(
			errors, files->items[0].file, files->items[0].line,
			"FilePath=!%.200s: there are only exclusions: add a FilePath= that "
			"names files",
			files->items[0].glob);
	if (!strcmp(choice->engine, FILES_ENGINE) && !files->count)
		return mp_errors_add(
			errors, choice->file, choice->line,
			"Engine=files: there is no FilePath=, so no file would be in: add one, as "
			"in FilePath=/srv/db/*.idx");
	return 0;
}

/* --- what the machine says ----------------------------------------------------------------------------- */

static const struct mp_patterns *list(const struct mp_policy *policy)
{
	return &mp_refcount_of(policy)->files;
}

static int tell_match(const struct mp_refcount *refcount, const struct mp_ref_match *match,
		      struct mp_errors *errors)
{
	const struct mp_pattern *pattern = &refcount->files.items[match->pattern];

	return mp_errors_add(errors, pattern->file, pattern->line, "FilePath=%.200s: %.200s: %s",
			     pattern->glob, match->path, match->problem);
}

static int tell_absence(const struct mp_refcount *refcount, const size_t hits[],
			struct mp_errors *warnings)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < refcount->files.count; i++) {
		const struct mp_pattern *pattern = &refcount->files.items[i];

		if (!hits[i])
			r = mp_errors_add(warnings, pattern->file, pattern->line,
					  "warning: FilePath=%s%.200s matches no file now",
					  pattern->negated ? "!" : "", pattern->glob);
	}
	return r;
}

static int tell_limits(const struct mp_refcount *refcount, const struct mp_ref_look *look,
		       size_t n_good, struct mp_errors *errors, struct mp_errors *warnings)
{
	const struct mp_pattern *first = &refcount->files.items[0];
	int r = 0;

	if (n_good > refcount->max_files)
		r = mp_errors_add(
			errors, first->file, first->line,
			"FilePath= matches %zu files, and MaxFiles=%u: %zu of them stay out: "
			"raise MaxFiles= (at most %d), or let FilePath= match fewer",
			n_good, (unsigned int)refcount->max_files, n_good - refcount->max_files,
			MP_REF_FILES_MAX);
	if (r >= 0 && look->truncated)
		r = mp_errors_add(warnings, first->file, first->line,
				  "warning: FilePath=: " MP_REF_TOO_MUCH);
	if (r >= 0 && look->error)
		r = mp_errors_add(warnings, first->file, first->line,
				  "warning: FilePath=: %.200s cannot be looked at: %s",
				  look->error_path, strerror(-look->error));
	return r;
}

static int look(const struct mp_policy *policy, size_t hits[], struct mp_errors *errors,
		struct mp_errors *warnings)
{
	const struct mp_refcount *refcount = mp_refcount_of(policy);
	_cleanup_ref_look_ struct mp_ref_look look = {};
	size_t n_good = 0;
	int r = mp_ref_look(&refcount->files, NULL, 0, 0, hits, &look);

	for (size_t i = 0; r >= 0 && i < look.count; i++) {
		if (look.matches[i].problem)
			r = tell_match(refcount, &look.matches[i], errors);
		else
			n_good++;
	}
	if (r >= 0 && refcount->files.count)
		r = tell_limits(refcount, &look, n_good, errors, warnings);
	return r < 0 ? r : tell_absence(refcount, hits, warnings);
}

/* --- the kernel's words --------------------------------------------------------------------------------- */

static const char *attach_problem(int error)
{
	switch (-error) {
	case ENOENT:
		return "the cgroup is going away";
	case EBUSY:
		return "another attachment still samples the reads of this cgroup";
	case ENOSPC:
		return "eight policies of reference counts are in the kernel, each cgroup one, and there is "
		       "no place for more: match a cgroup above";
	case EOPNOTSUPP:
		return "this kernel has no policies of reference counts (CONFIG_MEMPOL_REF)";
	default:
		return NULL;
	}
}

static int format_exit(const struct mempol_event *e, const struct mp_event_words *w, char **ret)
{
	char reason[MEMPOL_REASON_LEN];

	return asprintf(ret, "policy %s %s %s: %s; its files go out", w->policy,
			mp_event_exit_verb(e), w->cgroup, mp_event_exit_reason(e, reason));
}

static int format_file(const struct mempol_event *e, const struct mp_event_words *w, char **ret)
{
	const char *text = mp_ref_cause_text(e->body.file.cause, e->body.file.on);
	char name[MEMPOL_REF_NAME_LEN + 4];

	mp_ref_name(e->body.file.name, name);
	return asprintf(ret, "policy %s: %s is %s now: %s", w->policy, name,
			e->body.file.on ? "in" : "out",
			text ? text : "this version does not know why");
}

static int format_event(const struct mempol_event *e, const struct mp_event_words *w, char **ret)
{
	switch (e->type) {
	case MEMPOL_EV_DRAINED:
		return asprintf(ret, "policy %s at %s is drained: its files are out", w->policy,
				w->cgroup);
	case MEMPOL_EV_REPLACED:
		return asprintf(ret, "policy %s at %s runs engine %s now, and its files stay in",
				w->policy, w->cgroup, w->engine);
	case MEMPOL_EV_DETACHED:
	case MEMPOL_EV_EJECTED:
		return format_exit(e, w, ret);
	case MEMPOL_EV_REF_FILE:
		return format_file(e, w, ret);
	default:
		return 0;
	}
}

const struct mp_mechanism mp_mechanism_refcount = {
	.id = MEMPOL_MECH_REFCOUNT,
	.name = "refcount",
	.section = { "Refcount", &mp_mechanism_refcount, true,
		     "files whose cached reads touch no shared count", keys, ARRAY_SIZE(keys) },
	.ops_type = "mempol_refcount_ops",
	.replaces_live = true,
	/* At an excluded cgroup no read is sampled: it opts in nothing by itself. */
	.leaving_engine = FILES_ENGINE,
	.kernel_option = "CONFIG_MEMPOL_REF",
	.cpus_max = 256,
	.engines = engines,
	.n_engines = ARRAY_SIZE(engines),
	.counters = counters,
	.n_counters = ARRAY_SIZE(counters),
	.held_counter = MEMPOL_REFCOUNT_FILES,
	.ejections_counter = MEMPOL_REFCOUNT_EJECTIONS,
	.has_tunables = true,
	.defaults = &mp_refcount_default,
	.settings_size = sizeof(mp_refcount_default),
	.settings_equal = settings_equal,
	.settings_run_alike = settings_run_alike,
	.settings_done = settings_done,
	.check = check,
	.list_key = "FilePath",
	.list = list,
	.look = look,
	.attach_problem = attach_problem,
	.format_event = format_event,
};
