/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The row of placement in the table of mechanisms (mechanism.h): engines, counters, the keys of [Placement], and the
 * sentences in which a pool grows and fills.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "keys.h"
#include "mechanism-placement.h"
#include "mechanism.h"
#include "names.h"
#include "size.h"

#define ORDINARY_ENGINE "ordinary"
#define MOSAIC_ENGINE "mosaic"
/* The kernel counts the frames of a pool in 32 bits, and dumps have room for as many. */
#define MP_POOL_MAX (1ULL << 40)

static const struct mp_engine engines[] = {
	{ MOSAIC_ENGINE, MEMPOL_MECH_PLACEMENT, true,
	  "few frames a page, named by 7 bits (Mosaic Pages)" },
	{ ORDINARY_ENGINE, MEMPOL_MECH_PLACEMENT, true,
	  "the kernel's own frames: for measuring, and for exclusions" },
	{ "colour", MEMPOL_MECH_PLACEMENT, false, "partitions the processor cache by page colour" },
};

static const char *const counters[MEMPOL_PLACEMENT_NR_COUNTERS] = {
#define MP_X(upper, lower) [MEMPOL_PLACEMENT_##upper] = #lower,
	MEMPOL_PLACEMENT_COUNTERS(MP_X)
#undef MP_X
};

const struct mp_placement mp_placement_default = {};

/* ---- pools ------------------------------------------------------------------------------------------- */

static uint64_t hash_byte(uint64_t hash, unsigned char byte)
{
	return (hash ^ byte) * UINT64_C(0x100000001b3);
}

static uint64_t hash_number(uint64_t hash, uint64_t number)
{
	for (unsigned int shift = 0; shift < 64; shift += 8)
		hash = hash_byte(hash, number >> shift);
	return hash;
}

/* FNV-1a of 64 bits: the same for the next daemon, too. 0 would be a pool of its own for each control group. */
uint64_t mp_placement_pool_id(const struct mp_policy *policy)
{
	const struct mp_placement *placement = mp_placement_of(policy);
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (const char *c = mp_placement_pool_name(policy); *c; c++)
		hash = hash_byte(hash, *c);
	hash = hash_number(hash, placement->pool);
	hash = hash_number(hash, placement->nodes);
	return hash_byte(hash, placement->contiguous) ?: 1;
}

uint64_t mp_placement_pool_pages(const struct mp_placement *placement, uint64_t page_bytes)
{
	uint64_t block = page_bytes * MP_PLACEMENT_BLOCK;

	return (placement->pool / block + !!(placement->pool % block)) * MP_PLACEMENT_BLOCK;
}

/* ---- the keys ---------------------------------------------------------------------------------------- */

static void where_done(struct mp_where *where)
{
	free(where->file);
	*where = (struct mp_where){};
}

static int note_where(struct mp_where *where, const struct mp_place *place)
{
	char *file = strdup(place->file);

	if (!file)
		return -ENOMEM;
	free(where->file);
	*where = (struct mp_where){ file, place->line };
	return 0;
}

static int set_pool(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	struct mp_placement *placement = mp_placement_of(policy);
	uint64_t bytes;

	if (!*value) {
		placement->pool = 0;
		where_done(&placement->pool_at);
		return 0;
	}
	if (mp_size_parse(value, &bytes) < 0 || !bytes || bytes > MP_POOL_MAX)
		return mp_complain(place,
				   "Pool=%.60s: not a size from 1 byte to 1T, such as 512M or 2G",
				   value);
	placement->pool = bytes;
	return note_where(&placement->pool_at, place);
}

static int set_pool_name(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	struct mp_placement *placement = mp_placement_of(policy);
	char *name = NULL;

	if (*value && !mp_policy_name_valid(value, strlen(value)))
		return mp_complain(place,
				   "PoolName=%.80s: a name has at most 63 of A-Z a-z 0-9 _ . @ -, "
				   "and begins with neither '-' nor '.'",
				   value);
	if (*value) {
		name = strdup(value);
		if (!name || note_where(&placement->name_at, place) < 0) {
			free(name);
			return -ENOMEM;
		}
	}
	free(placement->pool_name);
	placement->pool_name = name;
	return 0;
}

/* "3" or "0-3", as in the kernel's own lists. */
static int parse_nodes(const char *word, uint64_t *ret)
{
	unsigned int first, last;
	int n = 0, m = 0;

	if (sscanf(word, "%2u%n-%2u%n", &first, &n, &last, &m) < 2)
		last = first;
	if (!n || word[m ?: n] || strspn(word, "0123456789-") != strlen(word) ||
	    last >= MP_PLACEMENT_NODES || first > last)
		return -EINVAL;
	for (unsigned int node = first; node <= last; node++)
		*ret |= UINT64_C(1) << node;
	return 0;
}

static int set_nodes(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	uint64_t *nodes = &mp_placement_of(policy)->nodes, added = 0;
	_cleanup_free_ char *copy = NULL;
	char *rest, *word;

	if (!*value) {
		*nodes = 0;
		return 0;
	}
	copy = rest = mp_owned(strdup(value));
	if (!copy)
		return -ENOMEM;
	while ((word = strsep(&rest, " \t,")))
		if (*word && parse_nodes(word, &added) < 0)
			return mp_complain(
				place,
				"Nodes=%.60s: not a number of a node, or a range such as "
				"0-3, from 0 to %u",
				word, MP_PLACEMENT_NODES - 1);
	*nodes |= added;
	return 0;
}

static int set_contiguous(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	bool *to = &mp_placement_of(policy)->contiguous;

	if (!*value || !strcmp(value, "no"))
		*to = false;
	else if (!strcmp(value, "yes"))
		*to = true;
	else
		return mp_complain(place, "Contiguous=%.60s: write yes or no", value);
	return 0;
}

/* What the paper has. A key of its own behind the preset is worth more, as the last of two is. */
static const struct {
	const char *key;
	const char *value;
} paper[] = {
	{ "Front", "56" },
	{ "Back", "8" },
	{ "Choices", "6" },
	{ "Eviction", "horizon" },
};

static int set_preset(struct mp_policy *policy, const struct mp_place *place, const char *value)
{
	struct mp_placement *placement = mp_placement_of(policy);
	int r = 0;

	if (*value && strcmp(value, "paper"))
		return mp_complain(place, "Preset=%.60s: there is one preset, write Preset=paper",
				   value);
	/* The empty one takes back what a preset has said. */
	for (size_t i = 0; r >= 0 && (*value || placement->preset_at.file) && i < ARRAY_SIZE(paper);
	     i++)
		r = mp_policy_tune(policy, place->file, place->line, paper[i].key,
				   *value ? paper[i].value : "");
	if (r == -E2BIG)
		return mp_complain(place, "Preset=%s: [Placement] has too many keys", value);
	if (r < 0)
		return r;
	if (*value)
		return note_where(&placement->preset_at, place);
	where_done(&placement->preset_at);
	return 0;
}

static const struct mp_key keys[] = {
	{ "Pool", "size", false, set_pool, "how much memory is placed" },
	{ "PoolName", "name", false, set_pool_name, "policies of one name share a pool" },
	{ "Nodes", "nodes", true, set_nodes, "which nodes give the memory" },
	{ "Contiguous", "boolean", false, set_contiguous, "the pool in one piece, if it can be" },
	{ "Preset", "word", false, set_preset, "several keys of mosaic at once" },
};

static bool settings_equal(const void *a, const void *b)
{
	const struct mp_placement *x = a, *y = b;

	return x->pool == y->pool && x->nodes == y->nodes && x->contiguous == y->contiguous &&
	       !strcmp(x->pool_name ?: "", y->pool_name ?: "");
}

static void settings_done(void *settings)
{
	struct mp_placement *placement = settings;

	free(placement->pool_name);
	where_done(&placement->pool_at);
	where_done(&placement->name_at);
	where_done(&placement->preset_at);
}

/* An engine of one's own may need the memory or not; mosaic is nothing without. */
static int check(const struct mp_policy *policy, struct mp_errors *errors)
{
	const struct mp_placement *placement = mp_placement_of(policy);
	const struct mp_engine_choice *choice = &policy->choice;
	bool is_ordinary = !strcmp(choice->engine, ORDINARY_ENGINE);

	if (is_ordinary && placement->preset_at.file)
		return mp_errors_add(errors, placement->preset_at.file, placement->preset_at.line,
				     "Preset=paper: it is for Engine=" MOSAIC_ENGINE
				     ", and engine " ORDINARY_ENGINE
				     " has no keys of its own: take it out");
	if (!placement->pool && !is_ordinary)
		return mp_errors_add(errors, choice->file, choice->line,
				     "Engine=%.200s: there is no Pool=, so there is no memory to "
				     "place pages in: add one, as in Pool=512M",
				     choice->engine);
	return 0;
}

/* ---- the kernel's words ------------------------------------------------------------------------------ */

static const struct {
	const char *word;
	const char *text;
} causes[] = {
	[MEMPOL_POOL_BY_CLAIM] = { "claim", "memory was taken for it" },
	[MEMPOL_POOL_BY_OFFLINE] = { "offline", "memory goes offline" },
	[MEMPOL_POOL_BY_OOM] = { "oom", "memory had run out, and its free blocks were given back" },
};

const char *mp_pool_cause_to_string(unsigned int cause)
{
	return cause < ARRAY_SIZE(causes) ? causes[cause].word : NULL;
}

static const char *attach_problem(int error)
{
	switch (-error) {
	case ENOENT:
		return "the cgroup is going away";
	case EOPNOTSUPP:
		return "the memory controller is not enabled for this cgroup";
	case EBUSY:
		return "another attachment still places the pages of this cgroup";
	case EOVERFLOW:
		return "Pool= is more than half of the memory of its nodes: make it smaller";
	case EEXIST:
		return "another policy has a pool of this PoolName= with another size or other nodes: "
		       "write the same in both, or another PoolName=";
	case ENXIO:
		return "this machine has page blocks of another size than 2 MiB";
	default:
		return NULL;
	}
}

/* What it has in the kernel is not yet, or no longer, what it is to have. */
static enum mp_state attached_state(const struct mempol_policy_info *info, char *reason,
				    size_t size)
{
	uint64_t pages = info->counters[MEMPOL_PLACEMENT_POOL_PAGES];
	uint64_t wanted = info->counters[MEMPOL_PLACEMENT_WANTED_PAGES];
	bool has_begun = info->counters[MEMPOL_PLACEMENT_PLACED];

	if (pages >= wanted)
		return MP_STATE_ACTIVE;
	snprintf(reason, size,
		 has_begun ? "its pool has lost memory and has %" PRIu64 " of %" PRIu64 " pages" :
			     "its pool has %" PRIu64 " of %" PRIu64
			     " pages, and waits for free memory",
		 pages, wanted);
	return has_begun ? MP_STATE_DEGRADED : MP_STATE_WAITING;
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static int format_exit(const struct mempol_event *e, const struct mp_event_words *w, char **ret)
{
	char reason[MEMPOL_REASON_LEN];
	uint64_t pages = e->body.exit.pages;

	return asprintf(ret, "policy %s %s %s: %s; %" PRIu64 " page%s now the kernel's, in place",
			w->policy, mp_event_exit_verb(e), w->cgroup,
			mp_event_exit_reason(e, reason), pages, pages == 1 ? " is" : "s are");
}

static int format_pool(const struct mempol_event *e, const struct mp_event_words *w, char **ret)
{
	uint64_t pages = e->body.pool.pages, wanted = e->body.pool.wanted;
	unsigned int cause = e->body.pool.cause;

	if (cause == MEMPOL_POOL_BY_CLAIM && pages >= wanted)
		return asprintf(ret,
				"policy %s at %s has its pool of %" PRIu64
				" pages, and places pages in it now",
				w->policy, w->cgroup, pages);
	return asprintf(
		ret,
		"policy %s at %s: its pool has %" PRIu64 " of %" PRIu64 " page%s; cause: %s (%s)",
		w->policy, w->cgroup, pages, wanted, plural(wanted),
		mp_pool_cause_to_string(cause) ?: "unknown",
		cause < ARRAY_SIZE(causes) ? causes[cause].text : "this version does not know it");
}

static int format_conflict(const struct mempol_event *e, const struct mp_event_words *w, char **ret)
{
	uint64_t used = e->body.conflict.used, pages = e->body.conflict.pages;
	uint64_t share = pages ? used * 10000 / pages : 0;

	return asprintf(ret,
			"policy %s at %s: a page found none of its frames free for the first time, "
			"with %" PRIu64 " of %" PRIu64 " pages in use (%" PRIu64 ".%02" PRIu64
			" %%)",
			w->policy, w->cgroup, used, pages, share / 100, share % 100);
}

static int format_event(const struct mempol_event *e, const struct mp_event_words *w, char **ret)
{
	switch (e->type) {
	case MEMPOL_EV_REPLACED:
		return asprintf(ret, "policy %s at %s runs engine %s now, and its pages stay",
				w->policy, w->cgroup, w->engine);
	case MEMPOL_EV_DRAINED:
		return asprintf(ret, "policy %s at %s is drained: its pool is gone", w->policy,
				w->cgroup);
	case MEMPOL_EV_DETACHED:
	case MEMPOL_EV_EJECTED:
		return format_exit(e, w, ret);
	case MEMPOL_EV_POOL:
		return format_pool(e, w, ret);
	case MEMPOL_EV_CONFLICT:
		return format_conflict(e, w, ret);
	default:
		return 0;
	}
}

const struct mp_mechanism mp_mechanism_placement = {
	.id = MEMPOL_MECH_PLACEMENT,
	.name = "placement",
	.section = { "Placement", &mp_mechanism_placement, true, "which frame a page gets", keys,
		     ARRAY_SIZE(keys) },
	.ops_type = "mempol_placement_ops",
	.replaces_live = true,
	/* It wants another pool. */
	.anew_error = -EEXIST,
	/* That its pool is there. */
	.agent_first = true,
	.controller = "memory",
	.leaving_engine = ORDINARY_ENGINE,
	.kernel_option = "CONFIG_MEMPOL_PLACEMENT",
	.engines = engines,
	.n_engines = ARRAY_SIZE(engines),
	.counters = counters,
	.n_counters = ARRAY_SIZE(counters),
	.held_counter = MEMPOL_PLACEMENT_USED_PAGES,
	.ejections_counter = MEMPOL_PLACEMENT_EJECTIONS,
	.has_tunables = true,
	.defaults = &mp_placement_default,
	.settings_size = sizeof(mp_placement_default),
	.settings_equal = settings_equal,
	.settings_done = settings_done,
	.check = check,
	.check_tuned = mp_placement_check_tuned,
	.check_pair = mp_placement_check_pair,
	.check_machine = mp_placement_check_room,
	.attach_problem = attach_problem,
	.attached_state = attached_state,
	.format_event = format_event,
};
