// SPDX-License-Identifier: GPL-2.0-only
/*
 * From policies to reviews; see ref-files.h. A review is a policy's (ref-review.h): a look in a thread, then the calls
 * that follow from it. Here is decided which there are, and when each has its turn.
 */
#include <errno.h>
#include <string.h>

#include "attachments.h"
#include "log.h"
#include "mechanism-refcount.h"
#include "ref-files.h"
#include "ref-review.h"

/* Descriptors that one look holds; more files than that take another look at once. */
#define FDS_PER_LOOK 64

/* The mechanism's part of the manager's own. */
struct reviews {
	struct mp_ref_review **items;
	size_t n;
	sd_event_source *timer;
};

static struct reviews *reviews_of(const struct mp_manager *m)
{
	return m->own[mp_mechanism_refcount.id];
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

static void on_look(struct mp_ref_look *look, int error, void *userdata);
static void arm(struct mp_manager *m);

static int known_files(const struct mp_ref_review *r, struct mp_ref_id **ret, size_t *ret_count)
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

static void begin(struct mp_ref_review *r)
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
		mp_ref_review_failed(r, error);
		return;
	}
	r->job_usec = now;
}

static void on_look(struct mp_ref_look *look, int error, void *userdata)
{
	struct mp_ref_review *r = userdata;

	r->job = NULL;
	r->stuck = false;
	if (error == 0)
		error = mp_ref_review_compare(r, look);
	mp_ref_look_done(look);
	if (error < 0)
		mp_ref_review_failed(r, error);
	else
		mp_ref_review_work(r);
	arm(r->m);
}

/* When the review has something to do. */
static uint64_t due(const struct mp_ref_review *r)
{
	if (r->working)
		return 0;
	if (r->job)
		return r->stuck ? MP_REF_NEVER_USEC : r->job_usec + MP_REF_STUCK_USEC;
	return r->next_usec;
}

static void arm(struct mp_manager *m)
{
	const struct reviews *reviews = reviews_of(m);
	uint64_t next = MP_REF_NEVER_USEC;

	for (size_t i = 0; i < reviews->n; i++)
		next = due(reviews->items[i]) < next ? due(reviews->items[i]) : next;
	if (next != MP_REF_NEVER_USEC)
		(void)sd_event_source_set_time(reviews->timer, next);
	(void)sd_event_source_set_enabled(
		reviews->timer, next == MP_REF_NEVER_USEC ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
}

static void take_turn(struct mp_ref_review *r)
{
	if (due(r) > mp_manager_now(r->m))
		return;
	if (r->working) {
		mp_ref_review_work(r);
	} else if (!r->job) {
		begin(r);
	} else {
		r->stuck = true;
		mp_log(LOG_WARNING,
		       "policy %s: FilePath= is being looked at for %llu s; a file system may hang, and its "
		       "files stay as they are until it answers.",
		       r->name, MP_REF_STUCK_USEC / 1000000);
		mp_ref_review_note(r);
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

static struct mp_ref_review *review_of(const struct reviews *reviews, const char *name)
{
	for (size_t i = 0; reviews && i < reviews->n; i++)
		if (!strcmp(reviews->items[i]->name, name))
			return reviews->items[i];
	return NULL;
}

static struct mp_ref_review *add_review(struct mp_manager *m, struct reviews *reviews,
					const char *name)
{
	struct mp_ref_review **items = reallocarray(reviews->items, reviews->n + 1, sizeof(*items));
	struct mp_ref_review *r;

	if (!items)
		return NULL;
	reviews->items = items;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->m = m;
	r->next_usec = MP_REF_NEVER_USEC;
	r->name = strdup(name);
	if (!r->name)
		return mp_ref_review_free(r);
	items[reviews->n++] = r;
	return r;
}

/* Other patterns, or the same ones of a reload. */
static int renew(struct mp_ref_review *r, const struct mp_slot *slot)
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
static struct mp_ref_review *attend_slot(struct mp_manager *m, struct reviews *reviews,
					 const struct mp_slot *slot)
{
	const struct mp_attachment *at;
	struct mp_ref_review *r = review_of(reviews, slot->name);
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
		mp_ref_review_failed(r, -ENOMEM);
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
	m->own[mp_mechanism_refcount.id] = reviews;
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
		struct mp_ref_review *r = reviews->items[i];
		const struct mp_slot *slot = mp_slot_find(m, r->name);
		bool stays = slot && mp_slot_mechanism(slot) == &mp_mechanism_refcount &&
			     mp_ref_files_carrier(m, slot);

		/* What goes out with its policy is the kernel's affair. */
		if (stays)
			reviews->items[kept++] = r;
		else
			mp_ref_review_free(r);
	}
	reviews->n = kept;
	arm(m);
}

void mp_ref_files_done(struct mp_manager *m)
{
	struct reviews *reviews = TAKE_PTR(m->own[mp_mechanism_refcount.id]);

	if (!reviews)
		return;
	for (size_t i = 0; i < reviews->n; i++)
		mp_ref_review_free(reviews->items[i]);
	sd_event_source_disable_unref(reviews->timer);
	free(reviews->items);
	free(reviews);
}

/* A file made anew under the old path is to be in before the period is over. */
void mp_ref_files_told(struct mp_manager *m, const struct mempol_event *event)
{
	const struct reviews *reviews = reviews_of(m);
	uint64_t soon = mp_manager_now(m) + MP_REF_SOON_USEC;

	if (event->type != MEMPOL_EV_REF_FILE || event->body.file.on)
		return;
	for (size_t i = 0; reviews && i < reviews->n; i++) {
		struct mp_ref_review *r = reviews->items[i];

		if (r->policy_id != event->policy_id)
			continue;
		for (size_t k = 0; k < r->n; k++) {
			struct mp_ref_entry *e = &r->entries[k];

			if (!e->in || e->table_id != event->body.file.id)
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

const char *mp_ref_files_path(const struct mp_manager *m, const struct mp_slot *slot,
			      uint64_t table_id)
{
	const struct mp_ref_review *r = review_of(reviews_of(m), slot->name);

	for (size_t i = 0; r && i < r->n; i++)
		if (r->entries[i].in && r->entries[i].table_id == table_id)
			return r->entries[i].path;
	return NULL;
}

int mp_ref_files_json(const struct mp_manager *m, const struct mp_slot *slot, sd_json_variant **v)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *array = NULL;
	const struct mp_ref_review *r = review_of(reviews_of(m), slot->name);
	int error;

	if (!r || !r->looked)
		return 0;
	error = sd_json_variant_new_array(&array, NULL, 0);
	for (size_t i = 0; i < r->n && error >= 0; i++) {
		const struct mp_ref_entry *e = &r->entries[i];

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
