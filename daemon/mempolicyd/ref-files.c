// SPDX-License-Identifier: GPL-2.0-only
/*
 * From FilePath= to calls of the kernel; see ref-files.h. A review is a policy's: a look in a thread, what it has
 * found compared with the kernel's table, then the calls, a few in each turn of the loop (to opt a file out waits for
 * an RCU grace period).
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "attachments.h"
#include "log.h"
#include "mechanism-refcount.h"
#include "ref-files.h"
#include "ref-job.h"

#define CALLS_PER_TURN 8
/* Descriptors that one look holds; more files than that take another look at once. */
#define FDS_PER_LOOK 64
/* Of one look. */
#define LOGGED_MAX 8
#define SOON_USEC (1000 * 1000ULL)
#define STUCK_USEC (30 * 1000 * 1000ULL)
#define LOST_USEC UINT64_MAX

/* A file that matches, or did when it was opted in. */
struct entry {
	char *path;
	char *glob; /* of the pattern that hits it */
	struct mp_ref_id id; /* by stat() */
	uint64_t ino; /* by the kernel's table, while it is in */
	uint32_t dev;
	bool in;
	bool wanted; /* it is to be in */
	bool tried; /* since the look of this period */
	bool asked_out; /* by mempolctl refs off */
	int fd;
	char *reason; /* why it is not in */
	char *said; /* the reason that was logged last */
};

struct review {
	struct mp_manager *m;
	char *name; /* of the policy */
	uint64_t policy_id; /* in the kernel */
	uint64_t generation; /* of the policy */
	unsigned int reloads;
	struct mp_patterns patterns; /* of the last look */
	uint32_t max_files, period_ms;
	struct entry *entries; /* by path */
	size_t n;
	bool looked; /* ever */
	bool working; /* there are calls to make */
	struct mp_ref_job *job;
	uint64_t job_usec; /* since when; CLOCK_MONOTONIC, as all here */
	uint64_t next_usec; /* when to look, LOST_USEC: there is nothing to look at */
	uint64_t round_usec; /* when what was refused is tried again */
	bool stuck;
	int error; /* of the last try, said once */
	bool truncated, empty; /* said */
	unsigned int logged; /* refusals, since the calls began */
};

/* The manager's own[MEMPOL_MECH_REFCOUNT]. */
struct reviews {
	struct review **items;
	size_t n;
	sd_event_source *timer;
};

static struct reviews *reviews_of(const struct mp_manager *m)
{
	return m->own[MEMPOL_MECH_REFCOUNT];
}

static void entry_done(struct entry *e)
{
	free(e->path);
	free(e->glob);
	free(e->reason);
	free(e->said);
	mp_closep(&e->fd);
}

static void entries_free(struct entry *entries, size_t n)
{
	for (size_t i = 0; i < n; i++)
		entry_done(&entries[i]);
	free(entries);
}

static struct review *review_free(struct review *r)
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

static void set_reason(struct entry *e, const char *format, ...) _printf_(2, 3);

static void set_reason(struct entry *e, const char *format, ...)
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

const struct mp_attachment *mp_ref_files_carrier(const struct mp_manager *m,
						 const struct mp_slot *slot)
{
	const struct reviews *reviews = reviews_of(m);
	const struct mp_attachment *first = NULL;

	for (size_t i = 0; i < m->n_attachments; i++) {
		const struct mp_attachment *at = m->attachments[i];

		if (at->slot != slot || at->mechanism != &mp_mechanism_refcount ||
		    !mp_loaded_is_attached(at->loaded) || mp_attachment_leaves(at))
			continue;
		/* One that carries them goes on, or they would go out and in again. */
		for (size_t k = 0; reviews && k < reviews->n; k++)
			if (reviews->items[k]->policy_id == mp_loaded_policy_id(at->loaded))
				return at;
		first = first ?: at;
	}
	return first;
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
static void refused(struct review *r, struct entry *e, int error, uint64_t owner)
{
	const char *text = mp_ref_file_problem(error);

	if (error == -EBUSY)
		set_reason(e, "policy %s has it", policy_name(r->m, owner));
	else
		set_reason(e, "%s", text ?: strerror(-error));
}

/* 0, or -errno when the policy itself cannot be asked now. */
static int opt_in(struct review *r, struct entry *e)
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
	e->dev = call.body.ref_file.dev;
	e->ino = call.body.ref_file.ino;
	set_reason(e, NULL);
	return 0;
}

static int opt_out(struct review *r, struct entry *e)
{
	struct mempol_call call = {
		.op = MEMPOL_CALL_REFCOUNT_FILE,
		.body.ref_file = { .policy_id = r->policy_id,
				   .fd = -1,
				   .cause = MEMPOL_REF_BY_POLICY,
				   .dev = e->dev,
				   .ino = e->ino },
	};
	int error = mp_agent_call(r->m->agent, &call);

	if (error == -ENODEV || error == -ENOMEM || error == -EAGAIN)
		return error;
	/* Whatever else is said, it is not the policy's. */
	e->in = false;
	return 0;
}

/* --- what is told ------------------------------------------------------------------------------------------- */

static const struct mp_pattern *pattern_of(const struct review *r, const char *glob)
{
	for (size_t i = 0; i < r->patterns.count; i++)
		if (!strcmp(r->patterns.items[i].glob, glob))
			return &r->patterns.items[i];
	return &r->patterns.items[0];
}

/* Once a file and reason. */
static void log_refusal(struct review *r, struct entry *e)
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

static void log_refusals(struct review *r)
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

static void count(const struct review *r, size_t *ret_in, size_t *ret_refused)
{
	*ret_in = *ret_refused = 0;
	for (size_t i = 0; i < r->n; i++) {
		*ret_in += r->entries[i].in;
		*ret_refused += !r->entries[i].in && r->entries[i].reason;
	}
}

static void note(const struct review *r)
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
			STUCK_USEC / 1000000);
	else if (r->error)
		snprintf(text, sizeof(text), "its files cannot be opted in now: %s",
			 strerror(-r->error));
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

static struct entry *find(const struct review *r, const struct mp_ref_match *match)
{
	for (size_t i = 0; i < r->n; i++) {
		struct entry *e = &r->entries[i];

		if (match->id.ino ? !mp_ref_id_compare(&e->id, &match->id) :
				    !e->id.ino && !strcmp(e->path, match->path))
			return e;
	}
	return NULL;
}

/* What of the old entries goes on; files that the table does not have are out. */
static void ask_table(struct review *r, const struct mempol_ref_file *table, size_t n)
{
	for (size_t i = 0; i < r->n; i++) {
		struct entry *e = &r->entries[i];
		bool found = false;

		for (size_t k = 0; k < n && e->in && !found; k++)
			found = table[k].dev == e->dev && table[k].ino == e->ino;
		/* One that the kernel has forgotten is tried anew. */
		e->tried = e->tried && e->in == found;
		e->in = found;
		e->wanted = false;
	}
}

static int make_entry(const struct review *r, struct mp_ref_match *match, struct entry *e)
{
	struct entry *old = find(r, match);

	*e = (struct entry){ .id = match->id, .fd = TAKE_FD(match->fd), .wanted = !match->problem };
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
	e->dev = old->dev;
	e->ino = old->ino;
	e->tried = old->tried;
	e->asked_out = old->asked_out;
	e->said = TAKE_PTR(old->said);
	if (e->tried && !e->in && !e->reason && old->reason)
		set_reason(e, "%s", old->reason);
	/* It is the new one's now. */
	old->in = false;
	return 0;
}

/* Those that are in stay; the others in the order of their paths, as long as there is room. */
static void choose(const struct review *r, struct entry *entries, size_t n)
{
	size_t n_in = 0;

	for (size_t i = 0; i < n; i++)
		n_in += entries[i].in && entries[i].wanted;
	for (size_t i = 0; i < n; i++) {
		struct entry *e = &entries[i];

		if (!e->wanted || e->in || e->tried)
			continue;
		if (e->asked_out) {
			e->wanted = false;
			set_reason(
				e,
				"mempolctl refs off was asked of it: out until the policy changes or a "
				"reload");
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
static int keep_rest(struct review *r, const struct mp_ref_look *look, struct entry **entries,
		     size_t *n)
{
	for (size_t i = 0; i < r->n; i++) {
		struct entry *more;

		if (!r->entries[i].in)
			continue;
		more = reallocarray(*entries, *n + 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		*entries = more;
		more[*n] = r->entries[i];
		more[(*n)++].wanted = look->truncated || look->error;
		r->entries[i] = (struct entry){ .fd = -1 };
	}
	return 0;
}

static void log_look(struct review *r, const struct mp_ref_look *look)
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

static int compare(struct review *r, struct mp_ref_look *look)
{
	_cleanup_free_ struct mempol_ref_file *table = NULL;
	struct entry *entries;
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

static bool wants_call(const struct entry *e)
{
	return e->in ? !e->wanted : e->wanted && e->fd >= 0;
}

/* What was not opened, because there were too many for one look. */
static bool wants_look(const struct review *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct entry *e = &r->entries[i];

		if (e->wanted && !e->in && !e->tried && !e->reason)
			return true;
	}
	return false;
}

static void drop_gone(struct review *r)
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
static void close_all(struct review *r)
{
	for (size_t i = 0; i < r->n; i++) {
		mp_closep(&r->entries[i].fd);
		r->entries[i].fd = -1;
	}
}

static void failed(struct review *r, int error)
{
	close_all(r);
	if (error != r->error)
		mp_log_errno(LOG_WARNING, error,
			     "policy %s: its files cannot be opted in now, trying again", r->name);
	r->error = error;
	r->working = false;
	r->next_usec = mp_manager_now(r->m) + SOON_USEC;
	note(r);
}

static void finish(struct review *r)
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
		r->next_usec = LOST_USEC;
	note(r);
}

/* Files that go make room for those that come. */
static void work(struct review *r)
{
	unsigned int calls = 0;

	for (int out = 1; out >= 0; out--) {
		for (size_t i = 0; i < r->n; i++) {
			struct entry *e = &r->entries[i];
			int error;

			if (!wants_call(e) || e->in != out)
				continue;
			if (calls++ == CALLS_PER_TURN)
				return;
			error = out ? opt_out(r, e) : opt_in(r, e);
			if (error < 0) {
				failed(r, error);
				return;
			}
		}
	}
	finish(r);
}

static void on_look(struct mp_ref_look *look, int error, void *userdata);
static void arm(struct mp_manager *m);

static int known_files(const struct review *r, struct mp_ref_id **ret, size_t *ret_count)
{
	struct mp_ref_id *known = calloc(r->n + 1, sizeof(*known));
	size_t n = 0;

	if (!known)
		return -ENOMEM;
	for (size_t i = 0; i < r->n; i++)
		if (r->entries[i].id.ino && (r->entries[i].in || r->entries[i].tried))
			known[n++] = r->entries[i].id;
	if (n)
		qsort(known, n, sizeof(*known), mp_ref_id_compare);
	*ret = known;
	*ret_count = n;
	return 0;
}

static void begin(struct review *r)
{
	_cleanup_free_ struct mp_ref_id *known = NULL;
	uint64_t now = mp_manager_now(r->m);
	size_t n_known;
	int error;

	/* Another period: what was refused may be right now. */
	for (size_t i = 0; now >= r->round_usec && i < r->n; i++)
		r->entries[i].tried = false;
	if (now >= r->round_usec)
		r->round_usec = now + r->period_ms * 1000ULL;
	error = known_files(r, &known, &n_known);
	if (error == 0)
		error = mp_ref_job_start(r->m->event, &r->patterns, known, n_known, FDS_PER_LOOK,
					 on_look, r, &r->job);
	if (error < 0) {
		failed(r, error);
		return;
	}
	r->job_usec = now;
}

static void on_look(struct mp_ref_look *look, int error, void *userdata)
{
	struct review *r = userdata;

	r->job = NULL;
	r->stuck = false;
	if (error == 0)
		error = compare(r, look);
	mp_ref_look_done(look);
	if (error < 0)
		failed(r, error);
	else
		work(r);
	arm(r->m);
}

/* When the review has something to do. */
static uint64_t due(const struct review *r)
{
	if (r->working)
		return 0;
	if (r->job)
		return r->stuck ? LOST_USEC : r->job_usec + STUCK_USEC;
	return r->next_usec;
}

static void arm(struct mp_manager *m)
{
	const struct reviews *reviews = reviews_of(m);
	uint64_t next = LOST_USEC;

	for (size_t i = 0; i < reviews->n; i++)
		next = due(reviews->items[i]) < next ? due(reviews->items[i]) : next;
	if (next != LOST_USEC)
		(void)sd_event_source_set_time(reviews->timer, next);
	(void)sd_event_source_set_enabled(reviews->timer,
					  next == LOST_USEC ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

static void take_turn(struct review *r)
{
	if (due(r) > mp_manager_now(r->m))
		return;
	if (r->working) {
		work(r);
	} else if (!r->job) {
		begin(r);
	} else {
		r->stuck = true;
		mp_log(LOG_WARNING,
		       "policy %s: FilePath= is being looked at for %llu s; a file system may hang, and its "
		       "files stay as they are until it answers.",
		       r->name, STUCK_USEC / 1000000);
		note(r);
	}
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct mp_manager *m = userdata;
	const struct reviews *reviews = reviews_of(m);

	(void)source;
	(void)usec;
	for (size_t i = 0; i < reviews->n; i++)
		take_turn(reviews->items[i]);
	arm(m);
	return 0;
}

/* --- which reviews there are --------------------------------------------------------------------------------- */

static struct review *review_of(const struct reviews *reviews, const char *name)
{
	for (size_t i = 0; reviews && i < reviews->n; i++)
		if (!strcmp(reviews->items[i]->name, name))
			return reviews->items[i];
	return NULL;
}

static struct review *add_review(struct mp_manager *m, struct reviews *reviews, const char *name)
{
	struct review **items = reallocarray(reviews->items, reviews->n + 1, sizeof(*items));
	struct review *r;

	if (!items)
		return NULL;
	reviews->items = items;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->m = m;
	r->next_usec = LOST_USEC;
	r->name = strdup(name);
	if (!r->name)
		return review_free(r);
	items[reviews->n++] = r;
	return r;
}

/* Other patterns, or the same ones of a reload. */
static int renew(struct review *r, const struct mp_slot *slot)
{
	const struct mp_refcount *refcount = mp_refcount_of(slot->policy);
	struct mp_patterns patterns;
	int error = mp_patterns_copy(&refcount->files, &patterns);

	if (error < 0)
		return error;
	mp_patterns_reset(&r->patterns);
	r->patterns = patterns;
	r->max_files = refcount->max_files;
	r->period_ms = refcount->period_ms;
	r->generation = slot->generation;
	r->reloads = r->m->reloads;
	/* A look that is under way looks at something else. */
	r->job = mp_ref_job_abandon(r->job);
	r->working = r->stuck = r->truncated = r->empty = false;
	r->round_usec = r->next_usec = 0;
	for (size_t i = 0; i < r->n; i++)
		r->entries[i].asked_out = false;
	return 0;
}

/* NULL: it has nothing to do with files. */
static struct review *attend_slot(struct mp_manager *m, struct reviews *reviews,
				  const struct mp_slot *slot)
{
	const struct mp_attachment *at;
	struct review *r = review_of(reviews, slot->name);
	uint64_t id;

	if (mp_slot_mechanism(slot) != &mp_mechanism_refcount)
		return NULL;
	at = mp_ref_files_carrier(m, slot);
	if (!at || (!r && !mp_refcount_of(slot->policy)->files.count))
		return NULL;
	r = r ?: add_review(m, reviews, slot->name);
	if (!r)
		return NULL;
	id = mp_loaded_policy_id(at->loaded);
	if (r->policy_id == id && r->generation == slot->generation && r->reloads == m->reloads)
		return r;
	/* A successor has taken the files over, or they are out: the table is asked before anything is done. */
	r->policy_id = id;
	if (renew(r, slot) < 0)
		failed(r, -ENOMEM);
	return r;
}

static struct reviews *get_reviews(struct mp_manager *m)
{
	struct reviews *reviews = reviews_of(m);

	if (reviews)
		return reviews;
	reviews = calloc(1, sizeof(*reviews));
	if (!reviews)
		return NULL;
	if (sd_event_add_time(m->event, &reviews->timer, CLOCK_MONOTONIC, 0, 1, on_timer, m) < 0 ||
	    sd_event_source_set_enabled(reviews->timer, SD_EVENT_OFF) < 0) {
		sd_event_source_disable_unref(reviews->timer);
		free(reviews);
		return NULL;
	}
	m->own[MEMPOL_MECH_REFCOUNT] = reviews;
	return reviews;
}

void mp_ref_files_attend(struct mp_manager *m)
{
	struct reviews *reviews = get_reviews(m);
	size_t kept = 0;

	if (!reviews) {
		mp_log(LOG_ERR, "Out of memory: FilePath= is not looked at.");
		return;
	}
	for (size_t i = 0; i < m->n_slots; i++)
		(void)attend_slot(m, reviews, m->slots[i]);
	for (size_t i = 0; i < reviews->n; i++) {
		struct review *r = reviews->items[i];
		const struct mp_slot *slot = mp_slot_find(m, r->name);
		bool stays = slot && mp_slot_mechanism(slot) == &mp_mechanism_refcount &&
			     mp_ref_files_carrier(m, slot);

		/* What goes out with its policy is the kernel's affair. */
		if (stays)
			reviews->items[kept++] = r;
		else
			review_free(r);
	}
	reviews->n = kept;
	arm(m);
}

void mp_ref_files_done(struct mp_manager *m)
{
	struct reviews *reviews = TAKE_PTR(m->own[MEMPOL_MECH_REFCOUNT]);

	if (!reviews)
		return;
	for (size_t i = 0; i < reviews->n; i++)
		review_free(reviews->items[i]);
	sd_event_source_disable_unref(reviews->timer);
	free(reviews->items);
	free(reviews);
}

/* A file made anew under the old path is to be in before the period is over. */
void mp_ref_files_told(struct mp_manager *m, const struct mempol_event *event)
{
	const struct reviews *reviews = reviews_of(m);
	uint64_t soon = mp_manager_now(m) + SOON_USEC;

	if (event->type != MEMPOL_EV_REF_FILE || event->body.file.on)
		return;
	for (size_t i = 0; reviews && i < reviews->n; i++) {
		struct review *r = reviews->items[i];

		if (r->policy_id != event->policy_id)
			continue;
		for (size_t k = 0; k < r->n; k++) {
			struct entry *e = &r->entries[k];

			if (!e->in || e->dev != event->body.file.dev ||
			    e->ino != event->body.file.ino)
				continue;
			e->in = e->tried = false;
			e->asked_out = event->body.file.cause == MEMPOL_REF_BY_REQUEST;
			r->next_usec = soon < r->next_usec ? soon : r->next_usec;
		}
	}
	if (reviews)
		arm(m);
}

/* --- for people ----------------------------------------------------------------------------------------------- */

const char *mp_ref_files_path(const struct mp_manager *m, const struct mp_slot *slot, uint32_t dev,
			      uint64_t ino)
{
	const struct review *r = review_of(reviews_of(m), slot->name);

	for (size_t i = 0; r && i < r->n; i++)
		if (r->entries[i].in && r->entries[i].dev == dev && r->entries[i].ino == ino)
			return r->entries[i].path;
	return NULL;
}

int mp_ref_files_json(const struct mp_manager *m, const struct mp_slot *slot, sd_json_variant **v)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *array = NULL;
	const struct review *r = review_of(reviews_of(m), slot->name);
	int error;

	if (!r || !r->looked)
		return 0;
	error = sd_json_variant_new_array(&array, NULL, 0);
	for (size_t i = 0; i < r->n && error >= 0; i++) {
		const struct entry *e = &r->entries[i];

		if (!e->in && !e->reason)
			continue;
		error = sd_json_variant_append_arraybo(
			&array, SD_JSON_BUILD_PAIR_STRING("path", e->path),
			SD_JSON_BUILD_PAIR_STRING("glob", e->glob),
			SD_JSON_BUILD_PAIR_BOOLEAN("in", e->in),
			SD_JSON_BUILD_PAIR_STRING("reason", e->in ? NULL : e->reason));
	}
	return error < 0 ? error : sd_json_variant_set_field(v, "ref_files", array);
}
