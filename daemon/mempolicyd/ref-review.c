// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries, the kernel's table and calls; see ref-review.h. A few calls are made in each turn of the loop, because to opt
 * a file out waits for an RCU grace period.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "attachments.h"
#include "log.h"
#include "mechanism-refcount.h"
#include "ref-files.h"
#include "ref-review.h"

#define CALLS_PER_TURN 8
/* Refusals of one look. */
#define LOGGED_MAX 8

static void entry_done(struct mp_ref_entry *e)
{
	free(e->path);
	free(e->glob);
	free(e->reason);
	free(e->said);
	mp_closep(&e->fd);
}

static void entries_free(struct mp_ref_entry *entries, size_t n)
{
	for (size_t i = 0; i < n; i++)
		entry_done(&entries[i]);
	free(entries);
}

struct mp_ref_review *mp_ref_review_free(struct mp_ref_review *r)
{
	if (!r)
		return NULL;
	mp_ref_job_abandon(r->job);
	entries_free(r->entries, r->n);
	mp_patterns_reset(&r->patterns);
	free(r->name);
	free(r);
	return NULL;
}

static void set_reason(struct mp_ref_entry *e, const char *format, ...) _printf_(2, 3);

static void set_reason(struct mp_ref_entry *e, const char *format, ...)
{
	va_list ap;

	free(e->reason);
	e->reason = NULL;
	if (!format)
		return;
	va_start(ap, format);
	if (vasprintf(&e->reason, format, ap) < 0)
		e->reason = NULL;
	va_end(ap);
}

/* --- the kernel -------------------------------------------------------------------------------------------- */

int mp_ref_table_read(struct mp_agent *agent, uint64_t policy_id, struct mempol_ref_file **ret,
		      size_t *ret_count)
{
	_cleanup_free_ struct mempol_ref_file *files = NULL;
	struct mempol_call call = { .op = MEMPOL_CALL_REFCOUNT_FILES };
	size_t n = 0;

	do {
		int r = mp_agent_call(agent, &call);

		if (r < 0)
			return r;
		if (call.body.ref_files.nr > MEMPOL_REF_FILES)
			return -EPROTO;
		for (unsigned int i = 0; i < call.body.ref_files.nr; i++) {
			const struct mempol_ref_file *file = &call.body.ref_files.files[i];
			struct mempol_ref_file *more;

			if (policy_id && file->policy_id != policy_id)
				continue;
			more = reallocarray(files, n + 1, sizeof(*files));
			if (!more)
				return -ENOMEM;
			files = more;
			files[n++] = *file;
		}
	} while (call.body.ref_files.cursor && n <= MP_REF_FILES_MAX);
	*ret = TAKE_PTR(files);
	*ret_count = n;
	return 0;
}

static const char *policy_name(struct mp_manager *m, uint64_t policy_id)
{
	const struct mp_attachment *at = mp_attachment_of(m, policy_id);

	return at ? at->name : "of another program";
}

/* Why the kernel did not take it. */
static void refused(struct mp_ref_review *r, struct mp_ref_entry *e, int error, uint64_t owner)
{
	const char *text = mp_ref_file_problem(error);

	if (error == -EBUSY)
		set_reason(e, "policy %s has it", policy_name(r->m, owner));
	else
		set_reason(e, "%s", text ?: strerror(-error));
}

/* 0, or -errno when the policy itself cannot be asked now. */
static int opt_in(struct mp_ref_review *r, struct mp_ref_entry *e)
{
	struct mempol_call call = {
		.op = MEMPOL_CALL_REFCOUNT_FILE,
		.body.ref_file = { .policy_id = r->policy_id,
				   .fd = e->fd,
				   .on = 1,
				   .cause = MEMPOL_REF_BY_POLICY },
	};
	int error = mp_agent_call(r->m->agent, &call);

	mp_closep(&e->fd);
	e->fd = -1;
	if (error == -ENODEV || error == -ENOENT || error == -ENOMEM || error == -EAGAIN)
		return error;
	e->tried = true;
	e->in = error == 0 || error == -EALREADY;
	if (!e->in) {
		refused(r, e, error, call.body.ref_file.owner);
		return 0;
	}
	e->table_id = call.body.ref_file.id;
	set_reason(e, NULL);
	return 0;
}

static int opt_out(struct mp_ref_review *r, struct mp_ref_entry *e)
{
	struct mempol_call call = {
		.op = MEMPOL_CALL_REFCOUNT_FILE,
		.body.ref_file = { .policy_id = r->policy_id,
				   .fd = -1,
				   .cause = MEMPOL_REF_BY_POLICY,
				   .id = e->table_id },
	};
	int error = mp_agent_call(r->m->agent, &call);

	if (error == -ENODEV || error == -ENOMEM || error == -EAGAIN)
		return error;
	/* All other errors say that the policy does not have the file. */
	e->in = false;
	return 0;
}

/* --- what is told ------------------------------------------------------------------------------------------- */

static const struct mp_pattern *pattern_of(const struct mp_ref_review *r, const char *glob)
{
	for (size_t i = 0; i < r->patterns.count; i++)
		if (!strcmp(r->patterns.items[i].glob, glob))
			return &r->patterns.items[i];
	return &r->patterns.items[0];
}

/* Once a file and reason. */
static void log_refusal(struct mp_ref_review *r, struct mp_ref_entry *e)
{
	const struct mp_pattern *pattern = pattern_of(r, e->glob);

	if (e->said && !strcmp(e->said, e->reason))
		return;
	free(e->said);
	e->said = strdup(e->reason);
	if (r->logged++ < LOGGED_MAX)
		mp_log(LOG_WARNING, "%s:%u: policy %s: %s is not in: %s", pattern->file,
		       pattern->line, r->name, e->path, e->reason);
}

static void log_refusals(struct mp_ref_review *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (!r->entries[i].in && r->entries[i].reason)
			log_refusal(r, &r->entries[i]);
	if (r->logged > LOGGED_MAX)
		mp_log(LOG_WARNING,
		       "policy %s: %u more files are not in; mempolctl show %s lists them.",
		       r->name, r->logged - LOGGED_MAX, r->name);
	r->logged = 0;
}

static void count(const struct mp_ref_review *r, size_t *ret_in, size_t *ret_refused)
{
	*ret_in = *ret_refused = 0;
	for (size_t i = 0; i < r->n; i++) {
		*ret_in += r->entries[i].in;
		*ret_refused += !r->entries[i].in && r->entries[i].reason;
	}
}

/* What kept the whole review from its work: strerror() would speak of files and devices. */
static const char *failure(int error)
{
	switch (error) {
	case -ENOENT:
		return "the policy is leaving the kernel";
	case -ENODEV:
		return "the kernel cannot be asked now";
	case -EAGAIN:
		return "file systems keep too many looks at FilePath= waiting";
	default:
		return strerror(-error);
	}
}

void mp_ref_review_note(const struct mp_ref_review *r)
{
	struct mp_attachment *at = mp_attachment_of(r->m, r->policy_id);
	size_t n_in, n_refused;
	char text[256];

	if (!at)
		return;
	count(r, &n_in, &n_refused);
	*text = '\0';
	if (r->stuck)
		snprintf(
			text, sizeof(text),
			"its FilePath= is being looked at for more than %llu s: a file system may hang",
			MP_REF_STUCK_USEC / 1000000);
	else if (r->error)
		snprintf(text, sizeof(text), "its files cannot be opted in now: %s",
			 failure(r->error));
	else if (n_refused)
		snprintf(
			text, sizeof(text),
			"%zu of %zu files that FilePath= matches are not in, mempolctl show %s says why",
			n_refused, n_refused + n_in, r->name);
	else if (r->looked && !r->n && r->patterns.count)
		snprintf(text, sizeof(text), "FilePath= matches no file now");
	mp_attachment_note(at, *text ? text : NULL);
}

/* --- comparing ---------------------------------------------------------------------------------------------- */

static struct mp_ref_entry *find(const struct mp_ref_review *r, const struct mp_ref_match *match)
{
	for (size_t i = 0; i < r->n; i++) {
		struct mp_ref_entry *e = &r->entries[i];

		if (match->id.ino ? !mp_ref_id_compare(&e->id, &match->id) :
				    !e->id.ino && !strcmp(e->path, match->path))
			return e;
	}
	return NULL;
}

/* Brings the old entries up to date with the kernel's table: a file that is not in it is out. */
static void ask_table(struct mp_ref_review *r, const struct mempol_ref_file *table, size_t n)
{
	for (size_t i = 0; i < r->n; i++) {
		struct mp_ref_entry *e = &r->entries[i];
		bool found = false;

		for (size_t k = 0; k < n && e->in && !found; k++)
			found = table[k].id == e->table_id;
		/* A file that the kernel has forgotten meanwhile is tried again. */
		e->tried = e->tried && e->in == found;
		e->in = found;
		e->wanted = false;
	}
}

static int make_entry(const struct mp_ref_review *r, struct mp_ref_match *match,
		      struct mp_ref_entry *e)
{
	struct mp_ref_entry *old = find(r, match);

	*e = (struct mp_ref_entry){ .id = match->id,
				    .fd = TAKE_FD(match->fd),
				    .wanted = !match->problem };
	e->path = strdup(match->path);
	e->glob = strdup(r->patterns.items[match->pattern].glob);
	if (!e->path || !e->glob)
		return -ENOMEM;
	if (match->problem)
		set_reason(e, "%s", match->problem);
	else if (match->open_error)
		set_reason(e, "it cannot be opened: %s", strerror(-match->open_error));
	if (!old)
		return 0;
	e->in = old->in;
	e->table_id = old->table_id;
	e->tried = old->tried;
	e->asked_out = old->asked_out;
	e->said = TAKE_PTR(old->said);
	if (e->tried && !e->in && !e->reason && old->reason)
		set_reason(e, "%s", old->reason);
	/* The new entry has the file now: keep_rest() must not keep the old one, too. */
	old->in = false;
	return 0;
}

/* Those that are in stay; the others in the order of their paths, as long as there is room. */
static void choose(const struct mp_ref_review *r, struct mp_ref_entry *entries, size_t n)
{
	size_t n_in = 0;

	for (size_t i = 0; i < n; i++)
		n_in += entries[i].in && entries[i].wanted;
	for (size_t i = 0; i < n; i++) {
		struct mp_ref_entry *e = &entries[i];

		if (!e->wanted || e->in || e->tried)
			continue;
		if (e->asked_out) {
			e->wanted = false;
			set_reason(
				e,
				"it was taken out with mempolctl refs off, and stays out until the policy "
				"changes or is reloaded");
		} else if (n_in >= r->max_files) {
			e->wanted = false;
			set_reason(
				e,
				"MaxFiles=%u are in: raise it (at most %d), or let FilePath= match fewer",
				(unsigned int)r->max_files, MP_REF_FILES_MAX);
		} else if (!e->reason) {
			n_in++;
		}
	}
}

/* Old entries that are in and that the look has not found: they go out, unless it may have missed them. */
static int keep_rest(struct mp_ref_review *r, const struct mp_ref_look *look,
		     struct mp_ref_entry **entries, size_t *n)
{
	for (size_t i = 0; i < r->n; i++) {
		struct mp_ref_entry *more;

		if (!r->entries[i].in)
			continue;
		more = reallocarray(*entries, *n + 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		*entries = more;
		more[*n] = r->entries[i];
		more[(*n)++].wanted = look->truncated || look->error;
		r->entries[i] = (struct mp_ref_entry){ .fd = -1 };
	}
	return 0;
}

static void log_look(struct mp_ref_review *r, const struct mp_ref_look *look)
{
	const struct mp_pattern *first = r->patterns.count ? &r->patterns.items[0] : NULL;

	if (!first)
		return;
	if (look->truncated && !r->truncated)
		mp_log(LOG_WARNING, "%s:%u: policy %s: FilePath=: " MP_REF_TOO_MUCH ".",
		       first->file, first->line, r->name);
	if (!look->count && !r->empty)
		mp_log(LOG_NOTICE, "%s:%u: policy %s: FilePath= matches no file now.", first->file,
		       first->line, r->name);
	r->truncated = look->truncated;
	r->empty = !look->count;
}

int mp_ref_review_compare(struct mp_ref_review *r, struct mp_ref_look *look)
{
	_cleanup_free_ struct mempol_ref_file *table = NULL;
	struct mp_ref_entry *entries;
	size_t n = 0, n_table;
	int error = mp_ref_table_read(r->m->agent, r->policy_id, &table, &n_table);

	if (error < 0)
		return error;
	entries = calloc(look->count + 1, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	ask_table(r, table, n_table);
	while (error == 0 && n < look->count) {
		error = make_entry(r, &look->matches[n], &entries[n]);
		n++;
	}
	if (error == 0)
		error = keep_rest(r, look, &entries, &n);
	if (error < 0) {
		entries_free(entries, n);
		return error;
	}
	choose(r, entries, n);
	entries_free(r->entries, r->n);
	r->entries = entries;
	r->n = n;
	log_look(r, look);
	r->working = r->looked = true;
	return 0;
}

/* --- working ------------------------------------------------------------------------------------------------ */

static bool wants_call(const struct mp_ref_entry *e)
{
	return e->in ? !e->wanted : e->wanted && e->fd >= 0;
}

/* What was not opened, because there were too many for one look. */
static bool wants_look(const struct mp_ref_review *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct mp_ref_entry *e = &r->entries[i];

		if (e->wanted && !e->in && !e->tried && !e->reason)
			return true;
	}
	return false;
}

static void drop_gone(struct mp_ref_review *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n; i++) {
		if (r->entries[i].in || r->entries[i].wanted || r->entries[i].reason)
			r->entries[kept++] = r->entries[i];
		else
			entry_done(&r->entries[i]);
	}
	r->n = kept;
}

/* A descriptor that is not needed would be in an unmount's way. */
static void close_all(struct mp_ref_review *r)
{
	for (size_t i = 0; i < r->n; i++) {
		mp_closep(&r->entries[i].fd);
		r->entries[i].fd = -1;
	}
}

void mp_ref_review_failed(struct mp_ref_review *r, int error)
{
	close_all(r);
	if (error != r->error)
		mp_log(LOG_WARNING, "policy %s: its files cannot be opted in now, trying again: %s",
		       r->name, failure(error));
	r->error = error;
	r->working = false;
	r->next_usec = mp_manager_now(r->m) + MP_REF_SOON_USEC;
	mp_ref_review_note(r);
}

static void finish(struct mp_ref_review *r)
{
	uint64_t now = mp_manager_now(r->m);

	r->working = false;
	r->error = 0;
	close_all(r);
	drop_gone(r);
	log_refusals(r);
	if (wants_look(r))
		r->next_usec = now;
	else if (r->patterns.count)
		r->next_usec = r->round_usec = now + r->period_ms * 1000ULL;
	else
		r->next_usec = MP_REF_NEVER_USEC;
	mp_ref_review_note(r);
}

/* Files that go make room for those that come. */
void mp_ref_review_work(struct mp_ref_review *r)
{
	unsigned int calls = 0;

	for (int out = 1; out >= 0; out--) {
		for (size_t i = 0; i < r->n; i++) {
			struct mp_ref_entry *e = &r->entries[i];
			int error;

			if (!wants_call(e) || e->in != out)
				continue;
			if (calls++ == CALLS_PER_TURN)
				return;
			error = out ? opt_out(r, e) : opt_in(r, e);
			if (error < 0) {
				mp_ref_review_failed(r, error);
				return;
			}
		}
	}
	finish(r);
}
