// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's counter objects without a kernel: what is counted where, what a freeze sees, and that no token
 * does harm to another object. One thread plays all CPUs; test_counter_stress.c has several.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "counter.h"
#include "kernel.h"

#define CPUS 8
#define CELLS 8
#define CELL_COUNTS 15
#define PAYGO_BITS 10

static const char *const names[] = {
#define MEMPOL_X(upper, lower) #lower,
	MEMPOL_COUNTER_KINDS(MEMPOL_X)
#undef MEMPOL_X
};

static struct mempol_counter *create(u32 kind)
{
	struct mempol_counter *c = mempol_counter_create(kind);

	assert_non_null(c);
	return c;
}

static s64 get_on(unsigned int cpu, struct mempol_counter *c)
{
	native_cpu = cpu;
	return mempol_counter_get(c);
}

static int put_on(unsigned int cpu, struct mempol_counter *c, s64 token)
{
	native_cpu = cpu;
	return mempol_counter_put(c, token);
}

static bool is_zero(struct mempol_counter *c)
{
	u32 lines;

	return mempol_counter_zero(c, &lines);
}

static u32 lines_of(struct mempol_counter *c)
{
	u32 lines;

	mempol_counter_zero(c, &lines);
	return lines;
}

/* A loop over the kinds that says which it is at. */
#define FOR_EACH_KIND(kind)                                                        \
	for (u32 kind = 0; kind < MEMPOL_NR_COUNTER_KINDS; kind++, native_cpu = 0) \
		for (int once = (print_message("%s\n", names[kind]), 1); once; once = 0)

static void a_new_counter_is_at_zero(void **state)
{
	FOR_EACH_KIND(kind)
	{
		struct mempol_counter *c = create(kind);

		assert_true(is_zero(c));
		assert_int_equal(mempol_counter_sum(c), 0);
		mempol_counter_release(c);
	}
}

static void each_reference_is_counted_until_it_is_put(void **state)
{
	FOR_EACH_KIND(kind)
	{
		struct mempol_counter *c = create(kind);
		s64 tokens[CPUS];

		for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
			tokens[cpu] = get_on(cpu, c);
			assert_true(tokens[cpu] >= 0);
			assert_false(is_zero(c));
			assert_int_equal(mempol_counter_sum(c), cpu + 1);
		}
		for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
			assert_int_equal(put_on(cpu, c, tokens[cpu]), 0);
			assert_int_equal(mempol_counter_sum(c), CPUS - 1 - cpu);
		}
		assert_true(is_zero(c));
		assert_int_equal(atomic_read(&c->refused), 0);
		mempol_counter_release(c);
	}
}

static void a_reference_may_be_put_on_another_cpu(void **state)
{
	FOR_EACH_KIND(kind)
	{
		struct mempol_counter *c = create(kind);
		s64 first = get_on(1, c), second = get_on(1, c);

		assert_int_equal(put_on(5, c, first), 0);
		assert_int_equal(mempol_counter_sum(c), 1);
		assert_false(is_zero(c));
		assert_int_equal(put_on(1, c, second), 0);
		assert_true(is_zero(c));
		mempol_counter_release(c);
	}
}

static void a_counter_with_a_reference_is_not_frozen(void **state)
{
	FOR_EACH_KIND(kind)
	{
		struct mempol_counter *c = create(kind);
		s64 token = get_on(3, c);

		if (kind == MEMPOL_COUNTER_PERCPU) {
			assert_int_equal(mempol_counter_freeze(c), -EOPNOTSUPP);
		} else {
			assert_int_equal(mempol_counter_freeze(c), -EBUSY);
			assert_int_equal(put_on(4, c, token), 0);
			assert_int_equal(mempol_counter_freeze(c), 0);
			assert_int_equal(mempol_counter_freeze(c), -EBUSY);
		}
		mempol_counter_release(c);
	}
}

static void a_frozen_counter_takes_no_reference(void **state)
{
	FOR_EACH_KIND(kind)
	{
		struct mempol_counter *c = create(kind);

		if (kind == MEMPOL_COUNTER_PERCPU) {
			mempol_counter_release(c);
			continue;
		}
		assert_int_equal(mempol_counter_unfreeze(c), -EINVAL);
		assert_int_equal(mempol_counter_freeze(c), 0);
		for (unsigned int cpu = 0; cpu < CPUS; cpu++)
			assert_int_equal(get_on(cpu, c), -EAGAIN);
		assert_int_equal(mempol_counter_sum(c), 0);
		assert_int_equal(mempol_counter_unfreeze(c), 0);
		assert_int_equal(put_on(2, c, get_on(1, c)), 0);
		assert_true(is_zero(c));
		mempol_counter_release(c);
	}
}

/* The object's own line, and one for each CPU that may count it; the first that does ends it. */
static void a_look_for_zero_ends_at_the_first_that_counts(void **state)
{
	struct mempol_counter *c = create(MEMPOL_COUNTER_ATOMIC);
	s64 token;

	assert_int_equal(lines_of(c), 1);
	mempol_counter_release(c);

	c = create(MEMPOL_COUNTER_PERCPU);
	assert_int_equal(lines_of(c), 1 + CPUS);
	mempol_counter_release(c);

	c = create(MEMPOL_COUNTER_PAYGO);
	assert_int_equal(lines_of(c), 1);
	token = get_on(2, c);
	/* Two CPUs are a group, and it is the first of them. */
	assert_int_equal(lines_of(c), 2);
	put_on(2, c, token);
	assert_int_equal(lines_of(c), 3);
	mempol_counter_release(c);

	c = create(MEMPOL_COUNTER_CELL);
	for (unsigned int cpu = 0; cpu < CPUS; cpu++)
		put_on(cpu, c, get_on(cpu, c));
	assert_int_equal(lines_of(c), 1 + CPUS);
	token = get_on(1, c);
	assert_int_equal(lines_of(c), 3);
	put_on(1, c, token);
	mempol_counter_release(c);
}

static void refuse_forged(struct mempol_counter *c)
{
	const s64 forged[] = { -1,
			       INT64_MIN,
			       INT64_MAX,
			       MEMPOL_COUNTER_SHARED,
			       MEMPOL_COUNTER_SHARED + 1,
			       mempol_counter_token(CPUS, 0),
			       mempol_counter_token(0xffff, 0),
			       mempol_counter_token(0, 0xffff),
			       mempol_counter_token(1, 1023),
			       mempol_counter_token(0, 63) };
	size_t n = sizeof(forged) / sizeof(*forged);
	int refused = atomic_read(&c->refused);

	for (size_t i = 0; i < n; i++)
		assert_int_equal(mempol_counter_put(c, forged[i]), -EINVAL);
	assert_int_equal(atomic_read(&c->refused), refused + (int)n);
}

static void a_forged_token_is_refused_and_counted(void **state)
{
	FOR_EACH_KIND(kind)
	{
		struct mempol_counter *c = create(kind);

		refuse_forged(c);
		assert_int_equal(mempol_counter_sum(c), 0);
		if (kind != MEMPOL_COUNTER_PERCPU) {
			for (unsigned int place = 0; place < 1024; place++)
				for (unsigned int cpu = 0; cpu < CPUS; cpu++)
					assert_int_equal(mempol_counter_put(c, mempol_counter_token(
										       cpu, place)),
							 -EINVAL);
		}
		mempol_counter_release(c);
	}
}

static void a_token_is_taken_once(void **state)
{
	FOR_EACH_KIND(kind)
	{
		struct mempol_counter *c = create(kind);
		s64 token = get_on(3, c);

		assert_int_equal(put_on(3, c, token), 0);
		if (kind == MEMPOL_COUNTER_PERCPU) {
			/* Whose it was cannot be known: the sum says that it was one too many. */
			assert_int_equal(put_on(3, c, token), 0);
			assert_int_equal(mempol_counter_sum(c), -1);
			assert_false(is_zero(c));
		} else {
			assert_int_equal(put_on(3, c, token), -EINVAL);
			assert_int_equal(put_on(4, c, token), -EINVAL);
			assert_true(is_zero(c));
			assert_int_equal(mempol_counter_freeze(c), 0);
			assert_int_equal(put_on(3, c, token), -EINVAL);
			assert_int_equal(mempol_counter_unfreeze(c), 0);
		}
		mempol_counter_release(c);
	}
}

/* Objects of one place: @n of them, all of kind paygo or cell. */
static void create_neighbours(u32 kind, unsigned int bits, struct mempol_counter **same, size_t n)
{
	static struct mempol_counter *others[65536];
	size_t nr = 0, found = 1;

	same[0] = create(kind);
	while (found < n) {
		struct mempol_counter *c = create(kind);

		if (hash_ptr(c, bits) == hash_ptr(same[0], bits))
			same[found++] = c;
		else
			others[nr++] = c;
	}
	while (nr)
		mempol_counter_release(others[--nr]);
}

static void a_token_of_another_object_takes_nothing(void **state)
{
	const struct {
		u32 kind;
		unsigned int bits;
	} hashed[] = { { MEMPOL_COUNTER_PAYGO, PAYGO_BITS }, { MEMPOL_COUNTER_CELL, 3 } };

	for (size_t i = 0; i < 2; i++) {
		struct mempol_counter *c[2];
		s64 token;

		create_neighbours(hashed[i].kind, hashed[i].bits, c, 2);
		token = get_on(1, c[0]);
		for (unsigned int cpu = 0; cpu < CPUS; cpu++)
			assert_int_equal(put_on(cpu, c[1], token), -EINVAL);
		assert_int_equal(mempol_counter_sum(c[0]), 1);
		assert_int_equal(put_on(1, c[0], token), 0);
		mempol_counter_release(c[0]);
		mempol_counter_release(c[1]);
	}
}

static void a_paygo_entry_at_zero_is_the_next_objects(void **state)
{
	struct mempol_counter *c[2];
	s64 first, second;

	create_neighbours(MEMPOL_COUNTER_PAYGO, PAYGO_BITS, c, 2);
	first = get_on(1, c[0]);
	second = get_on(1, c[1]);
	assert_int_equal(second, MEMPOL_COUNTER_SHARED);
	assert_int_equal(mempol_counter_sum(c[1]), 1);
	assert_int_equal(put_on(7, c[1], second), 0);
	/* Its local counter stays at one, its anchor at minus one. */
	assert_int_equal(put_on(2, c[0], first), 0);

	second = get_on(1, c[1]);
	assert_int_not_equal(second, MEMPOL_COUNTER_SHARED);
	assert_int_equal(mempol_counter_sum(c[1]), 1);
	assert_int_equal(mempol_counter_sum(c[0]), 0);
	assert_int_equal(put_on(3, c[0], first), -EINVAL);
	assert_int_equal(put_on(1, c[0], first), -EINVAL);
	assert_int_equal(mempol_counter_sum(c[1]), 1);
	assert_int_equal(put_on(1, c[1], second), 0);
	mempol_counter_release(c[0]);
	mempol_counter_release(c[1]);
}

static void an_interrupt_leaves_paygo_s_local_counters_alone(void **state)
{
	struct mempol_counter *c = create(MEMPOL_COUNTER_PAYGO);
	s64 token;

	native_in_interrupt = true;
	token = get_on(1, c);
	assert_int_equal(token, MEMPOL_COUNTER_SHARED);
	assert_int_equal(put_on(1, c, token), 0);
	native_in_interrupt = false;
	token = get_on(1, c);
	native_in_interrupt = true;
	assert_int_equal(put_on(1, c, token), 0);
	native_in_interrupt = false;
	assert_true(is_zero(c));
	mempol_counter_release(c);
}

static void a_full_set_of_cells_leaves_it_to_the_object(void **state)
{
	struct mempol_counter *c = create(MEMPOL_COUNTER_CELL);
	s64 tokens[CELLS * CELL_COUNTS], token;

	for (size_t i = 0; i < CELLS * CELL_COUNTS; i++) {
		tokens[i] = get_on(1, c);
		assert_int_equal(tokens[i] >> MEMPOL_COUNTER_CPU_SHIFT, 1);
	}
	assert_int_equal(atomic_read(&c->shared), 1);
	token = get_on(1, c);
	assert_int_equal(token, MEMPOL_COUNTER_SHARED);
	assert_int_equal(atomic_read(&c->shared), 2);
	assert_int_equal(put_on(2, c, token), 0);
	for (size_t i = 0; i < CELLS * CELL_COUNTS; i++)
		assert_int_equal(put_on(i % CPUS, c, tokens[i]), 0);
	assert_true(is_zero(c));
	mempol_counter_release(c);
}

static void what_cells_count_can_be_made_the_objects_own(void **state)
{
	struct mempol_counter *c = create(MEMPOL_COUNTER_CELL);
	s64 tokens[CPUS];

	for (unsigned int cpu = 0; cpu < CPUS; cpu++)
		tokens[cpu] = get_on(cpu, c);
	assert_int_equal(atomic_read(&c->shared), 1);
	assert_int_equal(mempol_counter_convert(c), 0);
	assert_int_equal(atomic_read(&c->shared), 1 + CPUS);
	assert_int_equal(mempol_counter_sum(c), CPUS);
	assert_int_equal(lines_of(c), 1);
	for (unsigned int cpu = 0; cpu < CPUS; cpu++)
		assert_int_equal(put_on(cpu, c, tokens[cpu]), 0);
	assert_int_equal(put_on(0, c, tokens[0]), -EINVAL);
	assert_int_equal(mempol_counter_freeze(c), 0);
	assert_int_equal(mempol_counter_convert(c), -EAGAIN);
	mempol_counter_release(c);

	for (u32 kind = 0; kind < MEMPOL_COUNTER_CELL; kind++) {
		c = create(kind);
		assert_int_equal(mempol_counter_convert(c), -EOPNOTSUPP);
		mempol_counter_release(c);
	}
}

/* A program that forgets its references leaves no place taken: all 1,024 entries are free for those that follow. */
static void what_was_never_put_goes_with_its_object(void **state)
{
	FOR_EACH_KIND(kind)
	{
		for (unsigned int round = 0; round < 3000; round++) {
			struct mempol_counter *c = create(kind);

			assert_int_equal(mempol_counter_sum(c), 0);
			for (unsigned int i = 0; i < CELLS * CELL_COUNTS; i++) {
				s64 token = get_on(i % CPUS, c);

				assert_true(token >= 0);
				if (kind == MEMPOL_COUNTER_CELL || kind == MEMPOL_COUNTER_PAYGO)
					assert_int_not_equal(token, MEMPOL_COUNTER_SHARED);
				/* Some of these are put elsewhere, so that anchors are at work. */
				if (i % 3 == 0)
					assert_int_equal(put_on((i + 1) % CPUS, c, token), 0);
			}
			mempol_counter_release(c);
		}
	}
}

static void a_counter_goes_with_its_last_pointer(void **state)
{
	FOR_EACH_KIND(kind)
	{
		struct mempol_counter *c = create(kind), *same = mempol_counter_dup(c);
		s64 token = mempol_counter_get(c);

		assert_ptr_equal(same, c);
		mempol_counter_release(c);
		assert_int_equal(mempol_counter_put(same, token), 0);
		assert_true(is_zero(same));
		mempol_counter_release(same);
	}
}

static void there_are_only_so_many(void **state)
{
	static struct mempol_counter *all[MEMPOL_COUNTERS_MAX];

	for (size_t i = 0; i < MEMPOL_COUNTERS_MAX; i++)
		all[i] = create(MEMPOL_COUNTER_ATOMIC);
	assert_null(mempol_counter_create(MEMPOL_COUNTER_ATOMIC));
	mempol_counter_release(all[0]);
	all[0] = create(MEMPOL_COUNTER_CELL);
	for (size_t i = 0; i < MEMPOL_COUNTERS_MAX; i++)
		mempol_counter_release(all[i]);
}

static void an_unknown_kind_is_refused(void **state)
{
	assert_null(mempol_counter_create(MEMPOL_NR_COUNTER_KINDS));
	assert_null(mempol_counter_create(UINT32_MAX));
}

/* Every allocation fails once; in the end nothing is left of those that were not created. */
static void without_memory_there_is_none(void **state)
{
	mempol_counters_exit();
	FOR_EACH_KIND(kind)
	{
		struct mempol_counter *c;
		int enough = 0;

		do {
			native_allocations = enough++;
			c = mempol_counter_create(kind);
			native_allocations = -1;
		} while (!c);
		assert_int_equal(enough - 1, kind == MEMPOL_COUNTER_PAYGO  ? 2 + CPUS :
					     kind == MEMPOL_COUNTER_PERCPU ? 2 :
									     1);
		mempol_counter_release(c);
	}
}

static int free_tables(void **state)
{
	mempol_counters_exit();
	return 0;
}

/* A program that takes and never puts must not count past the largest number and be at zero again. */
static void a_full_counter_takes_no_reference(void **state)
{
	for (unsigned int kind = 0; kind < MEMPOL_NR_COUNTER_KINDS; kind++) {
		struct mempol_counter *c = create(kind);

		if (kind == MEMPOL_COUNTER_PERCPU) {
			mempol_counter_release(c);
			continue;
		}
		atomic_set(&c->shared, INT_MAX - 1);
		/* What finds no place of its CPU's is counted here. */
		assert_int_equal(mempol_shared_get(c), -EOVERFLOW);
		assert_false(is_zero(c));
		assert_int_equal(mempol_counter_freeze(c), -EBUSY);
		assert_int_equal(mempol_counter_put(c, MEMPOL_COUNTER_SHARED), 0);
		mempol_counter_release(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_counter_is_at_zero),
		cmocka_unit_test(each_reference_is_counted_until_it_is_put),
		cmocka_unit_test(a_reference_may_be_put_on_another_cpu),
		cmocka_unit_test(a_counter_with_a_reference_is_not_frozen),
		cmocka_unit_test(a_frozen_counter_takes_no_reference),
		cmocka_unit_test(a_look_for_zero_ends_at_the_first_that_counts),
		cmocka_unit_test(a_full_counter_takes_no_reference),
		cmocka_unit_test(a_forged_token_is_refused_and_counted),
		cmocka_unit_test(a_token_is_taken_once),
		cmocka_unit_test(a_token_of_another_object_takes_nothing),
		cmocka_unit_test(a_paygo_entry_at_zero_is_the_next_objects),
		cmocka_unit_test(an_interrupt_leaves_paygo_s_local_counters_alone),
		cmocka_unit_test(a_full_set_of_cells_leaves_it_to_the_object),
		cmocka_unit_test(what_cells_count_can_be_made_the_objects_own),
		cmocka_unit_test(what_was_never_put_goes_with_its_object),
		cmocka_unit_test(a_counter_goes_with_its_last_pointer),
		cmocka_unit_test(there_are_only_so_many),
		cmocka_unit_test(an_unknown_kind_is_refused),
		cmocka_unit_test(without_memory_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, free_tables);
}
