// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reasons and sums; see page-walk.h. The rules are those of __thp_vma_allowable_orders(), shmem_allowable_huge_orders()
 * and hpage_collapse_scan_pmd() of 6.12.
 */
#include <errno.h>
#include <string.h>

#include "page-walk.h"

static const char *const words[] = {
#define MP_X(upper, lower, text) [MP_WALK_##upper] = #lower,
	MP_WALK_REASONS(MP_X)
#undef MP_X
};

static const char *const texts[] = {
#define MP_X(upper, lower, text) [MP_WALK_##upper] = text,
	MP_WALK_REASONS(MP_X)
#undef MP_X
};

const char *mp_walk_reason_word(enum mp_walk_reason reason)
{
	return (unsigned int)reason < ARRAY_SIZE(words) ? words[reason] : NULL;
}

const char *mp_walk_reason_text(enum mp_walk_reason reason)
{
	return (unsigned int)reason < ARRAY_SIZE(texts) ? texts[reason] : NULL;
}

enum mp_walk_reason mp_walk_reason_of(const char *word)
{
	unsigned int i = 0;

	while (i < ARRAY_SIZE(words) && strcmp(words[i], word))
		i++;
	return (enum mp_walk_reason)i;
}

/* ---- the machine's settings ------------------------------------------------------------------------- */

const struct mp_thp mp_thp_defaults = {
	.enabled = MP_THP_NEVER,
	.shmem = MP_THP_NEVER,
	.enabled_2m = MP_THP_INHERIT,
	.shmem_2m = MP_THP_INHERIT,
	.defrag = 1,
	.max_none = 511,
	.max_swap = 64,
	.max_shared = 256,
};

static const char *const modes[_MP_THP_MODE_MAX] = {
	[MP_THP_NEVER] = "never",
	[MP_THP_MADVISE] = "madvise",
	[MP_THP_ALWAYS] = "always",
	[MP_THP_INHERIT] = "inherit",
	[MP_THP_WITHIN_SIZE] = "within_size",
	[MP_THP_ADVISE] = "advise",
	[MP_THP_DENY] = "deny",
	[MP_THP_FORCE] = "force",
};

/* Of a number the most, 0: it is a mode. */
static const struct {
	const char *file;
	size_t offset;
	uint64_t most;
} files[] = {
#define AT(member) offsetof(struct mp_thp, member)
	{ "enabled", AT(enabled), 0 },
	{ "shmem_enabled", AT(shmem), 0 },
	{ "hugepages-2048kB/enabled", AT(enabled_2m), 0 },
	{ "hugepages-2048kB/shmem_enabled", AT(shmem_2m), 0 },
	{ "khugepaged/defrag", AT(defrag), 1 },
	{ "khugepaged/max_ptes_none", AT(max_none), 511 },
	{ "khugepaged/max_ptes_swap", AT(max_swap), 511 },
	{ "khugepaged/max_ptes_shared", AT(max_shared), 511 },
#undef AT
};

const char *mp_thp_file(unsigned int index)
{
	return index < ARRAY_SIZE(files) ? files[index].file : NULL;
}

const char *mp_thp_mode_word(enum mp_thp_mode mode)
{
	return (unsigned int)mode < ARRAY_SIZE(modes) ? modes[mode] : "?";
}

/* The word in brackets. */
static bool parse_mode(const char *text, enum mp_thp_mode *ret)
{
	const char *begin = strchr(text, '['), *end = begin ? strchr(begin, ']') : NULL;
	size_t length = end ? (size_t)(end - begin - 1) : 0;

	for (unsigned int i = 0; end && i < ARRAY_SIZE(modes); i++)
		if (strlen(modes[i]) == length && !strncmp(begin + 1, modes[i], length)) {
			*ret = (enum mp_thp_mode)i;
			return true;
		}
	return false;
}

static bool parse_number(const char *text, uint64_t most, uint64_t *ret)
{
	unsigned long long value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || value > most || end[strspn(end, "\n")])
		return false;
	*ret = value;
	return true;
}

bool mp_thp_set(struct mp_thp *thp, unsigned int index, const char *text)
{
	void *member;

	if (index >= ARRAY_SIZE(files))
		return false;
	member = (char *)thp + files[index].offset;
	return files[index].most ? parse_number(text, files[index].most, member) :
				   parse_mode(text, member);
}

/* ---- why not huge ------------------------------------------------------------------------------------- */

static bool has(const struct mempol_walk_range *range, uint32_t flags)
{
	return range->flags & flags;
}

/* Is there a window that is the mapping's own? */
static bool has_window(const struct mempol_walk_range *range)
{
	uint64_t first = (range->start + MP_WALK_WINDOW - 1) & ~(MP_WALK_WINDOW - 1);

	return first >= range->start && first < range->end && range->end - first >= MP_WALK_WINDOW;
}

static bool is_aligned(const struct mempol_walk_range *range)
{
	uint64_t pages = MP_WALK_WINDOW / 4096;

	return has(range, MEMPOL_WALK_ANON) || (range->start / 4096 - range->pgoff) % pages == 0;
}

/* NEVER, MADVISE, or ALWAYS: of a range that has been marked that is the same as MADVISE. */
static enum mp_walk_reason ask_mode(const struct mempol_walk_range *range, enum mp_thp_mode mode)
{
	if (mode == MP_THP_NEVER)
		return MP_WALK_NEVER;
	return mode == MP_THP_MADVISE && !has(range, MEMPOL_WALK_HUGEPAGE) ? MP_WALK_MADVISE :
									     _MP_WALK_REASON_MAX;
}

static bool mount_allows(const struct mempol_walk_range *range, const struct mp_thp *thp)
{
	enum { NEVER, ALWAYS, WITHIN_SIZE, ADVISE };

	if (thp->shmem == MP_THP_DENY || thp->shmem == MP_THP_FORCE)
		return thp->shmem == MP_THP_FORCE;
	switch (range->shmem_huge) {
	case ALWAYS:
	case WITHIN_SIZE:
		return true;
	case ADVISE:
		return has(range, MEMPOL_WALK_HUGEPAGE);
	default:
		return false;
	}
}

static bool shmem_allows(const struct mempol_walk_range *range, const struct mp_thp *thp)
{
	bool mount = mount_allows(range, thp);

	if (!has(range, MEMPOL_WALK_PRIVATE_SHMEM) || thp->shmem == MP_THP_DENY)
		return mount;
	if (thp->shmem_2m == MP_THP_INHERIT || thp->shmem == MP_THP_FORCE)
		return mount && thp->shmem_2m == MP_THP_INHERIT;
	return thp->shmem_2m == MP_THP_ALWAYS || thp->shmem_2m == MP_THP_WITHIN_SIZE ||
	       (thp->shmem_2m == MP_THP_ADVISE && has(range, MEMPOL_WALK_HUGEPAGE));
}

static enum mp_walk_reason ask_file(const struct mempol_walk_range *range, const struct mp_thp *thp)
{
	enum mp_walk_reason mode = ask_mode(range, thp->enabled);

	if (!has(range, MEMPOL_WALK_REGULAR))
		return MP_WALK_FILE;
	if (mode != _MP_WALK_REASON_MAX)
		return mode;
	return has(range, MEMPOL_WALK_WRITERS) ? MP_WALK_WRITABLE : _MP_WALK_REASON_MAX;
}

/* By what the mapping is, and what the machine is set to; _MAX: nothing is against it. */
static enum mp_walk_reason ask_kind(const struct mempol_walk_range *range, const struct mp_thp *thp)
{
	enum mp_thp_mode anon = thp->enabled_2m == MP_THP_INHERIT ? thp->enabled : thp->enabled_2m;

	if (has(range, MEMPOL_WALK_HUGETLB))
		return MP_WALK_HUGETLB;
	if (has(range, MEMPOL_WALK_SPECIAL | MEMPOL_WALK_DAX))
		return MP_WALK_SPECIAL;
	if (has(range, MEMPOL_WALK_PRCTL))
		return MP_WALK_PRCTL;
	if (has(range, MEMPOL_WALK_NOHUGEPAGE))
		return MP_WALK_NOHUGEPAGE;
	if (!has_window(range))
		return MP_WALK_SMALL;
	if (!is_aligned(range))
		return MP_WALK_MISALIGNED;
	if (has(range, MEMPOL_WALK_SHMEM))
		return shmem_allows(range, thp) ? _MP_WALK_REASON_MAX : MP_WALK_SHMEM;
	return has(range, MEMPOL_WALK_ANON) ? ask_mode(range, anon) : ask_file(range, thp);
}

bool mp_walk_allows_huge(const struct mempol_walk_range *range, const struct mp_thp *thp)
{
	return ask_kind(range, thp) == _MP_WALK_REASON_MAX;
}

/* What most of the windows that could be huge lack. */
static enum mp_walk_reason ask_windows(const struct mempol_walk_range *range,
				       const struct mp_thp *thp)
{
	const struct {
		uint32_t windows;
		enum mp_walk_reason reason;
	} rows[] = {
		{ range->over_swap, MP_WALK_SWAPPED },
		{ range->over_shared, MP_WALK_SHARED },
		{ range->over_none, MP_WALK_SPARSE },
		{ range->ready, thp->defrag ? MP_WALK_WAITING : MP_WALK_STOPPED },
	};
	size_t most = 0;

	for (size_t i = 1; i < ARRAY_SIZE(rows); i++)
		if (rows[i].windows > rows[most].windows)
			most = i;
	if (rows[most].windows)
		return rows[most].reason;
	if (range->huge)
		return range->empty ? MP_WALK_EMPTIED : MP_WALK_HUGE;
	return range->full || range->partial ? MP_WALK_EDGES : MP_WALK_EMPTIED;
}

enum mp_walk_reason mp_walk_why(const struct mempol_walk_range *range, const struct mp_thp *thp)
{
	enum mp_walk_reason reason;

	if (!range->giant && !range->huge && !range->full && !range->partial && !range->empty)
		return MP_WALK_UNTOUCHED;
	if (!has(range, MEMPOL_WALK_HUGETLB) && (range->huge || range->giant) && !range->full &&
	    !range->partial && !range->empty)
		return MP_WALK_HUGE;
	reason = ask_kind(range, thp);
	return reason == _MP_WALK_REASON_MAX ? ask_windows(range, thp) : reason;
}

/* ---- what it is --------------------------------------------------------------------------------------- */

const char *mp_walk_kind(const struct mempol_walk_range *range)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} kinds[] = {
		{ MEMPOL_WALK_HUGETLB, "hugetlb" }, { MEMPOL_WALK_SHMEM, "shmem" },
		{ MEMPOL_WALK_DAX, "dax" },	    { MEMPOL_WALK_SPECIAL, "special" },
		{ MEMPOL_WALK_STACK, "stack" },	    { MEMPOL_WALK_HEAP, "heap" },
		{ MEMPOL_WALK_ANON, "anon" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (has(range, kinds[i].flag))
			return kinds[i].name;
	return "file";
}

const char *mp_walk_rights(const struct mempol_walk_range *range, char buffer[static 5])
{
	static const struct {
		uint32_t flag;
		char letter;
	} rows[] = {
		{ MEMPOL_WALK_READ, 'r' },
		{ MEMPOL_WALK_WRITE, 'w' },
		{ MEMPOL_WALK_EXEC, 'x' },
		{ MEMPOL_WALK_SHARED, 's' },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		buffer[i] = has(range, rows[i].flag) ? rows[i].letter : '-';
	buffer[ARRAY_SIZE(rows)] = '\0';
	return buffer;
}

/* ---- sums --------------------------------------------------------------------------------------------- */

bool mp_walk_join(struct mempol_walk_range *range, const struct mempol_walk_range *more)
{
	if (range->start != more->start || range->to != more->from)
		return false;
	range->to = more->to;
	range->end = more->end;
	range->flags = more->flags;
	range->present += more->present;
	range->swapped += more->swapped;
	range->shared += more->shared;
	range->giant += more->giant;
	range->huge += more->huge;
	range->full += more->full;
	range->partial += more->partial;
	range->empty += more->empty;
	range->over_swap += more->over_swap;
	range->over_shared += more->over_shared;
	range->over_none += more->over_none;
	range->ready += more->ready;
	range->spare += more->spare;
	return true;
}

void mp_walk_tables_add(struct mp_walk_tables *tables, const struct mempol_walk_range *range)
{
	tables->spare += range->spare;
	for (unsigned int i = 0; i < MEMPOL_WALK_LEVELS; i++) {
		const struct mempol_walk_level *level = &range->levels[i];

		if (!level->nr)
			continue;
		tables->nr[i] += level->nr - (level->first == tables->last[i]);
		tables->last[i] = level->last;
	}
}

void mp_walk_tables_after(struct mp_walk_tables *tables, const struct mempol_walk_range *range)
{
	for (unsigned int i = 0; i < MEMPOL_WALK_LEVELS; i++)
		tables->last[i] = range->levels[i].nr ? range->levels[i].last : 0;
}

uint64_t mp_walk_tables_bytes(const struct mp_walk_tables *tables)
{
	return (tables->nr[0] + tables->nr[1] + tables->nr[2] + tables->spare) * MP_WALK_TABLE;
}

void mp_walk_savings_add(struct mp_walk_savings *savings, const struct mempol_walk_range *range)
{
	uint64_t whole =
		(uint64_t)range->over_swap + range->over_shared + range->over_none + range->ready;

	savings->empty += range->empty * MP_WALK_TABLE;
	if (has(range, MEMPOL_WALK_HUGETLB | MEMPOL_WALK_SPECIAL | MEMPOL_WALK_DAX))
		return;
	if (!has(range, MEMPOL_WALK_ANON) && is_aligned(range))
		savings->huge += whole * MP_WALK_TABLE;
	/* Files are never on hugetlbfs. */
	if (has(range, MEMPOL_WALK_ANON | MEMPOL_WALK_SHMEM))
		savings->hugetlb += (whole + range->spare) * MP_WALK_TABLE;
}
