// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of reasons and flags; see refs.h.
 */
#include <stdio.h>

#include "refs.h"

static const struct {
	const char *word, *text;
} reasons[] = {
#define MP_X(upper, lower, text) [MP_REF_##upper] = { #lower, text },
	MP_REF_REASONS(MP_X)
#undef MP_X
};

static const char *const flag_names[] = {
	"locked", "writeback", "dirty",	   "unevictable", "pinned",  "frozen",
	"lru",	  "anon",      "file",	   "slab",	  "table",   "offline",
	"free",	  "governed",  "poisoned", "kernel",	  "movable",
};

/* A flag that says why, whatever the references are. */
struct rule {
	uint32_t flag;
	enum mp_ref_reason reason;
};

/* In the order in which they are told; what is accounted for by references stands between the two. */
static const struct rule goes_before[] = {
	{ MEMPOL_REF_FREE, MP_REF_FREE },
	{ MEMPOL_REF_FROZEN, MP_REF_FROZEN },
	{ MEMPOL_REF_LOCKED, MP_REF_LOCKED },
	{ MEMPOL_REF_WRITEBACK, MP_REF_WRITEBACK },
	{ MEMPOL_REF_DIRTY, MP_REF_DIRTY },
	{ MEMPOL_REF_UNEVICTABLE, MP_REF_UNEVICTABLE },
	{},
};

static const struct rule moves_before[] = {
	{ MEMPOL_REF_FREE, MP_REF_FREE },
	{ MEMPOL_REF_SLAB, MP_REF_SLAB },
	{ MEMPOL_REF_TABLE, MP_REF_TABLE },
	{ MEMPOL_REF_POISONED, MP_REF_POISONED },
	{ MEMPOL_REF_MOVABLE, MP_REF_MOVE },
	{ MEMPOL_REF_OFFLINE, MP_REF_OFFLINE },
	{ MEMPOL_REF_OTHER, MP_REF_KERNEL },
	{ MEMPOL_REF_FROZEN, MP_REF_FROZEN },
	{},
};

static const struct rule *find_rule(const struct rule *rules, uint32_t flags)
{
	for (; rules->flag; rules++)
		if (flags & rules->flag)
			return rules;
	return NULL;
}

/* The reason when nothing but references keeps the page: what they are most likely; @otherwise when there are none. */
static enum mp_ref_reason held_by(const struct mempol_ref_page *page, bool drained,
				  enum mp_ref_reason otherwise)
{
	if (page->flags & MEMPOL_REF_PINNED)
		return MP_REF_PINNED;
	if (page->extra == 1 && !drained)
		return MP_REF_BATCH;
	if (page->extra > 0)
		return MP_REF_HELD;
	return page->hidden ? MP_REF_READ : otherwise;
}

enum mp_ref_reason mp_ref_why(const struct mempol_ref_page *page, enum mp_ref_question question,
			      bool drained)
{
	bool moves = question == MP_REF_MOVES;
	const struct rule *rule = find_rule(moves ? moves_before : goes_before, page->flags);

	if (rule)
		return rule->reason;
	if (!moves)
		return page->mapped ? MP_REF_MAPPED : held_by(page, drained, MP_REF_GO);
	return held_by(page, drained,
		       page->flags & MEMPOL_REF_WRITEBACK ? MP_REF_WRITEBACK : MP_REF_MOVE);
}

const char *mp_ref_reason_word(enum mp_ref_reason reason)
{
	return (size_t)reason < ARRAY_SIZE(reasons) ? reasons[reason].word : NULL;
}

const char *mp_ref_reason_text(enum mp_ref_reason reason)
{
	return (size_t)reason < ARRAY_SIZE(reasons) ? reasons[reason].text : NULL;
}

const char *mp_ref_why_text(const struct mempol_ref_page *page, enum mp_ref_reason reason,
			    char buffer[static MP_REF_TEXT])
{
	switch (reason) {
	case MP_REF_MAPPED:
		snprintf(buffer, MP_REF_TEXT, "%s %u", reasons[reason].text, page->mapped);
		break;
	case MP_REF_HELD:
		snprintf(buffer, MP_REF_TEXT, "%s %d", reasons[reason].text, page->extra);
		break;
	default:
		snprintf(buffer, MP_REF_TEXT, "%s", reasons[reason].text);
	}
	return buffer;
}

const char *mp_ref_flag_name(unsigned int bit)
{
	return bit < ARRAY_SIZE(flag_names) ? flag_names[bit] : NULL;
}

bool mp_ref_is_accounted(const struct mempol_ref_page *page)
{
	return page->flags & (MEMPOL_REF_ANON | MEMPOL_REF_FILE);
}

static bool is_alike(const struct mempol_ref_page *a, const struct mempol_ref_page *b)
{
	return a->refs == b->refs && a->mapped == b->mapped && a->expected == b->expected &&
	       a->extra == b->extra && a->hidden == b->hidden && a->flags == b->flags &&
	       a->nid == b->nid && a->zone == b->zone;
}

bool mp_ref_run_append(struct mp_ref_run *run, const struct mempol_ref_page *page)
{
	struct mempol_ref_page *first = &run->page;

	if (!is_alike(first, page) || first->index + run->folios * first->nr_pages != page->index)
		return false;
	if (first->nr_pages == page->nr_pages) {
		run->folios++;
		return true;
	}
	/* Free memory: it does not matter where its blocks begin. */
	if (page->refs || run->folios != 1 || first->nr_pages > UINT32_MAX - page->nr_pages)
		return false;
	first->nr_pages += page->nr_pages;
	return true;
}
