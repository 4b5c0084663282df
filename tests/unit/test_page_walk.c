// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must hold for the words about page tables: the first reason that holds is told, settings are taken as the kernel
 * writes them, pieces of a mapping become one, and a table that neighbours share is counted once.
 */
#include "../../daemon/lib/page-walk.h"
#include "fixture.h"

#define MIB (1ULL << 20)

/* Eight windows of anonymous memory, all small pages, that khugepaged could take. */
static struct mempol_walk_range anonymous(void)
{
	return (struct mempol_walk_range){
		.start = 64 * MIB,
		.end = 80 * MIB,
		.from = 64 * MIB,
		.to = 80 * MIB,
		.flags = MEMPOL_WALK_READ | MEMPOL_WALK_WRITE | MEMPOL_WALK_ANON,
		.present = 4096,
		.full = 8,
		.ready = 8,
	};
}

static struct mp_thp always(void)
{
	struct mp_thp thp = mp_thp_defaults;

	thp.enabled = MP_THP_ALWAYS;
	return thp;
}

static void assert_why(const struct mempol_walk_range *range, const struct mp_thp *thp,
		       const char *word)
{
	assert_string_equal(mp_walk_reason_word(mp_walk_why(range, thp)), word);
}

static void test_what_a_mapping_is_comes_before_what_it_has(void **state)
{
	static const struct {
		uint32_t flags;
		const char *word;
	} rows[] = {
		{ MEMPOL_WALK_HUGETLB | MEMPOL_WALK_NOHUGEPAGE, "hugetlb" },
		{ MEMPOL_WALK_SPECIAL | MEMPOL_WALK_PRCTL, "special" },
		{ MEMPOL_WALK_DAX, "special" },
		{ MEMPOL_WALK_PRCTL | MEMPOL_WALK_NOHUGEPAGE, "prctl" },
		{ MEMPOL_WALK_NOHUGEPAGE, "nohugepage" },
		{ 0, "waiting" },
	};
	struct mp_thp thp = always();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mempol_walk_range range = anonymous();

		range.flags |= rows[i].flags;
		assert_why(&range, &thp, rows[i].word);
		assert_int_equal(mp_walk_allows_huge(&range, &thp), !rows[i].flags);
	}
}

static void test_a_window_is_the_mappings_own_and_goes_with_the_file(void **state)
{
	struct mempol_walk_range range = anonymous();
	struct mp_thp thp = always();

	(void)state;
	range.start = 65 * MIB;
	range.end = 68 * MIB - 4096;
	assert_why(&range, &thp, "small");
	range.end = 68 * MIB;
	assert_why(&range, &thp, "waiting");
	range.start = UINT64_MAX - 4095;
	range.end = UINT64_MAX;
	assert_why(&range, &thp, "small");

	range = anonymous();
	range.flags = MEMPOL_WALK_READ | MEMPOL_WALK_REGULAR;
	range.pgoff = 512;
	assert_why(&range, &thp, "waiting");
	range.pgoff = 511;
	assert_why(&range, &thp, "misaligned");
	/* Of anonymous memory the offset means nothing. */
	range.flags = MEMPOL_WALK_ANON;
	assert_why(&range, &thp, "waiting");
}

static void test_the_settings_of_the_size_win_unless_they_are_inherited(void **state)
{
	struct mempol_walk_range range = anonymous(), marked = anonymous();
	struct mp_thp thp = mp_thp_defaults;

	(void)state;
	marked.flags |= MEMPOL_WALK_HUGEPAGE;
	assert_why(&range, &thp, "never");
	assert_why(&marked, &thp, "never");
	thp.enabled = MP_THP_MADVISE;
	assert_why(&range, &thp, "madvise");
	assert_why(&marked, &thp, "waiting");
	thp.enabled_2m = MP_THP_ALWAYS;
	assert_why(&range, &thp, "waiting");
	thp.enabled_2m = MP_THP_NEVER;
	assert_why(&marked, &thp, "never");
}

static void test_of_a_file_the_kind_the_settings_and_writers_count(void **state)
{
	struct mempol_walk_range range = anonymous();
	struct mp_thp thp = always();

	(void)state;
	range.flags = MEMPOL_WALK_READ;
	assert_why(&range, &thp, "file");
	range.flags |= MEMPOL_WALK_REGULAR;
	assert_why(&range, &thp, "waiting");
	range.flags |= MEMPOL_WALK_WRITERS;
	assert_why(&range, &thp, "writable");
	thp.enabled = MP_THP_MADVISE;
	assert_why(&range, &thp, "madvise");
	range.flags |= MEMPOL_WALK_HUGEPAGE;
	assert_why(&range, &thp, "writable");
}

static void test_shared_memory_asks_its_mount_and_its_own_settings(void **state)
{
	static const struct {
		enum mp_thp_mode all, size;
		uint32_t flags;
		uint16_t mount;
		bool huge;
	} rows[] = {
		{ MP_THP_NEVER, MP_THP_INHERIT, 0, 0, false },
		{ MP_THP_NEVER, MP_THP_INHERIT, 0, 1, true },
		{ MP_THP_NEVER, MP_THP_INHERIT, 0, 2, true },
		{ MP_THP_NEVER, MP_THP_INHERIT, 0, 3, false },
		{ MP_THP_NEVER, MP_THP_INHERIT, MEMPOL_WALK_HUGEPAGE, 3, true },
		{ MP_THP_DENY, MP_THP_ALWAYS, MEMPOL_WALK_PRIVATE_SHMEM, 1, false },
		{ MP_THP_FORCE, MP_THP_INHERIT, MEMPOL_WALK_PRIVATE_SHMEM, 0, true },
		{ MP_THP_FORCE, MP_THP_NEVER, MEMPOL_WALK_PRIVATE_SHMEM, 0, false },
		{ MP_THP_FORCE, MP_THP_NEVER, 0, 0, true },
		{ MP_THP_NEVER, MP_THP_ALWAYS, MEMPOL_WALK_PRIVATE_SHMEM, 0, true },
		{ MP_THP_NEVER, MP_THP_ALWAYS, 0, 0, false },
		{ MP_THP_NEVER, MP_THP_WITHIN_SIZE, MEMPOL_WALK_PRIVATE_SHMEM, 0, true },
		{ MP_THP_NEVER, MP_THP_ADVISE, MEMPOL_WALK_PRIVATE_SHMEM, 0, false },
		{ MP_THP_NEVER, MP_THP_ADVISE, MEMPOL_WALK_PRIVATE_SHMEM | MEMPOL_WALK_HUGEPAGE, 0,
		  true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mempol_walk_range range = anonymous();
		struct mp_thp thp = mp_thp_defaults;

		range.flags = MEMPOL_WALK_SHMEM | rows[i].flags;
		range.shmem_huge = rows[i].mount;
		thp.shmem = rows[i].all;
		thp.shmem_2m = rows[i].size;
		assert_why(&range, &thp, rows[i].huge ? "waiting" : "shmem");
	}
}

static void test_of_windows_what_most_of_them_lack_is_told(void **state)
{
	static const struct {
		uint32_t huge, full, partial, empty, swap, shared, none, ready;
		const char *word;
	} rows[] = {
		{ 0, 0, 0, 0, 0, 0, 0, 0, "untouched" },
		{ 8, 0, 0, 0, 0, 0, 0, 0, "huge" },
		{ 7, 1, 0, 0, 0, 0, 0, 1, "waiting" },
		/* The rest is a neighbour's in part. */
		{ 7, 1, 0, 0, 0, 0, 0, 0, "huge" },
		{ 7, 0, 0, 1, 0, 0, 0, 0, "emptied" },
		{ 0, 0, 0, 8, 0, 0, 0, 0, "emptied" },
		{ 0, 1, 1, 0, 0, 0, 0, 0, "edges" },
		{ 0, 4, 4, 0, 5, 0, 0, 3, "swapped" },
		{ 0, 4, 4, 0, 2, 3, 2, 1, "shared" },
		{ 0, 0, 8, 0, 0, 0, 8, 0, "sparse" },
	};
	struct mp_thp thp = always();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mempol_walk_range range = anonymous();

		range.huge = rows[i].huge;
		range.full = rows[i].full;
		range.partial = rows[i].partial;
		range.empty = rows[i].empty;
		range.over_swap = rows[i].swap;
		range.over_shared = rows[i].shared;
		range.over_none = rows[i].none;
		range.ready = rows[i].ready;
		assert_why(&range, &thp, rows[i].word);
	}
}

static void test_khugepaged_may_be_stopped(void **state)
{
	struct mempol_walk_range range = anonymous();
	struct mp_thp thp = always();

	(void)state;
	assert_true(mp_thp_set(&thp, 4, "0\n"));
	assert_why(&range, &thp, "stopped");
}

static void test_settings_are_read_as_the_kernel_writes_them(void **state)
{
	static const char *const nonsense[] = { "", "always", "[always", "[nonsense]", "[]", "x" };
	struct mp_thp thp = mp_thp_defaults;

	(void)state;
	assert_string_equal(mp_thp_file(0), "enabled");
	assert_true(mp_thp_set(&thp, 0, "always [madvise] never\n"));
	assert_int_equal(thp.enabled, MP_THP_MADVISE);
	assert_string_equal(mp_thp_mode_word(thp.enabled), "madvise");
	assert_true(mp_thp_set(&thp, 1, "always within_size advise never deny [force]\n"));
	assert_int_equal(thp.shmem, MP_THP_FORCE);
	assert_true(mp_thp_set(&thp, 5, "17\n"));
	assert_int_equal(thp.max_none, 17);
	for (size_t i = 0; i < ARRAY_SIZE(nonsense); i++) {
		assert_false(mp_thp_set(&thp, 0, nonsense[i]));
		assert_false(mp_thp_set(&thp, 5, nonsense[i]));
	}
	assert_false(mp_thp_set(&thp, 5, "512"));
	assert_false(mp_thp_set(&thp, 5, "1 2"));
	assert_false(mp_thp_set(&thp, 8, "1"));
	assert_null(mp_thp_file(8));
	assert_int_equal(thp.enabled, MP_THP_MADVISE);
	assert_int_equal(thp.max_none, 17);
}

static void test_pieces_of_a_mapping_become_one(void **state)
{
	struct mempol_walk_range first = anonymous(), second = anonymous(), other = anonymous();

	(void)state;
	first.to = second.from = 72 * MIB;
	assert_true(mp_walk_join(&first, &second));
	assert_int_equal(first.full, 16);
	assert_int_equal(first.present, 8192);
	assert_int_equal(first.to, 80 * MIB);
	/* There is a gap, or it is another mapping. */
	other.from = 84 * MIB;
	assert_false(mp_walk_join(&first, &other));
	other.start = other.from = 80 * MIB;
	assert_false(mp_walk_join(&first, &other));
}

static void test_a_table_that_neighbours_share_is_counted_once(void **state)
{
	struct mempol_walk_range a = anonymous(), b = anonymous(), c = anonymous();
	struct mp_walk_tables tables = {}, later = {};

	(void)state;
	a.levels[0] = (struct mempol_walk_level){ 0x1000, 0x3000, 3, 0 };
	a.levels[1] = a.levels[2] = (struct mempol_walk_level){ 0x8000, 0x8000, 1, 0 };
	/* It begins in a's last leaf table. */
	b.levels[0] = (struct mempol_walk_level){ 0x3000, 0x4000, 2, 0 };
	b.levels[1] = b.levels[2] = a.levels[1];
	b.spare = 5;
	/* Nothing of it is mapped. */
	mp_walk_tables_add(&tables, &a);
	mp_walk_tables_add(&tables, &c);
	mp_walk_tables_add(&tables, &b);
	assert_int_equal(tables.nr[0], 4);
	assert_int_equal(tables.nr[1], 1);
	assert_int_equal(mp_walk_tables_bytes(&tables), (4 + 1 + 1 + 5) * 4096);

	/* The same when b is of another part of the answer: a's last page is looked at before. */
	a.levels[0] = (struct mempol_walk_level){ 0x3000, 0x3000, 1, 0 };
	mp_walk_tables_after(&later, &a);
	mp_walk_tables_add(&later, &b);
	assert_int_equal(later.nr[0], 1);
	assert_int_equal(later.nr[1], 0);
}

static void test_what_would_be_saved(void **state)
{
	struct mempol_walk_range range = anonymous();
	struct mp_walk_savings savings = {};

	(void)state;
	/* Of anonymous memory the kernel keeps a table for each huge page. */
	range.empty = 2;
	range.spare = 3;
	mp_walk_savings_add(&savings, &range);
	assert_int_equal(savings.huge, 0);
	assert_int_equal(savings.hugetlb, (8 + 3) * 4096);
	assert_int_equal(savings.empty, 2 * 4096);
	range.flags = MEMPOL_WALK_SHMEM;
	range.spare = range.empty = 0;
	mp_walk_savings_add(&savings, &range);
	assert_int_equal(savings.huge, 8 * 4096);
	range.flags = MEMPOL_WALK_READ | MEMPOL_WALK_REGULAR;
	mp_walk_savings_add(&savings, &range);
	assert_int_equal(savings.huge, 16 * 4096);
	assert_int_equal(savings.hugetlb, 19 * 4096);
	range.flags = MEMPOL_WALK_HUGETLB;
	mp_walk_savings_add(&savings, &range);
	assert_int_equal(savings.huge, 16 * 4096);
}

static void test_each_reason_has_a_word_and_a_sentence(void **state)
{
	char rights[5];
	struct mempol_walk_range range = anonymous();

	(void)state;
	for (unsigned int i = 0; i < _MP_WALK_REASON_MAX; i++) {
		assert_non_null(mp_walk_reason_text((enum mp_walk_reason)i));
		assert_int_equal(mp_walk_reason_of(mp_walk_reason_word((enum mp_walk_reason)i)), i);
	}
	assert_null(mp_walk_reason_word(_MP_WALK_REASON_MAX));
	assert_null(mp_walk_reason_text(_MP_WALK_REASON_MAX));
	assert_int_equal(mp_walk_reason_of("nonsense"), _MP_WALK_REASON_MAX);
	assert_string_equal(mp_walk_rights(&range, rights), "rw--");
	assert_string_equal(mp_walk_kind(&range), "anon");
	range.flags |= MEMPOL_WALK_HEAP;
	assert_string_equal(mp_walk_kind(&range), "heap");
	range.flags = MEMPOL_WALK_READ;
	assert_string_equal(mp_walk_kind(&range), "file");
	assert_string_equal(mp_thp_mode_word(_MP_THP_MODE_MAX), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_mapping_is_comes_before_what_it_has),
		cmocka_unit_test(test_a_window_is_the_mappings_own_and_goes_with_the_file),
		cmocka_unit_test(test_the_settings_of_the_size_win_unless_they_are_inherited),
		cmocka_unit_test(test_of_a_file_the_kind_the_settings_and_writers_count),
		cmocka_unit_test(test_shared_memory_asks_its_mount_and_its_own_settings),
		cmocka_unit_test(test_of_windows_what_most_of_them_lack_is_told),
		cmocka_unit_test(test_khugepaged_may_be_stopped),
		cmocka_unit_test(test_settings_are_read_as_the_kernel_writes_them),
		cmocka_unit_test(test_pieces_of_a_mapping_become_one),
		cmocka_unit_test(test_a_table_that_neighbours_share_is_counted_once),
		cmocka_unit_test(test_what_would_be_saved),
		cmocka_unit_test(test_each_reason_has_a_word_and_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
