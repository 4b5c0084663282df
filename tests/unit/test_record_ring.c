// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring between the recorder's programs and mempolctl, both ends of it from the header that they include: in order,
 * whole, none twice, none lost while there is room. Run by make check and make test.
 */
#include "../../bpf/record/ring.h"

#include <pthread.h>
#include <sched.h>

#include "fixture.h"

#define WRITERS 4
#define EACH 200000U

static struct record_ring_state ring;
static struct mempol_record slots[RECORD_RING_SLOTS];

static int begin(void **state)
{
	ring = (struct record_ring_state){};
	memset(slots, 0, sizeof(slots));
	return 0;
}

static void write_one(uint64_t value, uint32_t thread)
{
	uint64_t position = record_ring_take(&ring);
	struct mempol_record *slot = record_ring_slot(slots, position);

	slot->index = value;
	slot->ino = ~value;
	slot->thread = thread;
	record_ring_publish(slot, position);
}

static uint64_t read_one(void)
{
	const struct mempol_record *record = record_ring_next(slots, &ring);
	uint64_t value;

	assert_non_null(record);
	value = record->index;
	record_ring_pass(&ring);
	return value;
}

static void what_is_written_is_read_in_order(void **state)
{
	assert_null(record_ring_next(slots, &ring));
	for (uint64_t i = 0; i < 3 * RECORD_RING_SLOTS; i++) {
		write_one(2 * i, 0);
		write_one(2 * i + 1, 0);
		assert_int_equal(read_one(), 2 * i);
		assert_int_equal(read_one(), 2 * i + 1);
		assert_null(record_ring_next(slots, &ring));
	}
}

static void a_slot_that_is_not_published_holds_up_the_reader(void **state)
{
	uint64_t first = record_ring_take(&ring);

	write_one(2, 0);
	assert_null(record_ring_next(slots, &ring));
	record_ring_slot(slots, first)->index = 1;
	record_ring_publish(record_ring_slot(slots, first), first);
	assert_int_equal(read_one(), 1);
	assert_int_equal(read_one(), 2);
}

/* All that look for room at once still find it: no slot is written that was not read. */
static void a_full_ring_says_so_before_slots_run_out(void **state)
{
	unsigned int written = 0;

	while (!record_ring_is_full(&ring)) {
		write_one(written++, 0);
		assert_true(written < RECORD_RING_SLOTS);
	}
	assert_in_range(RECORD_RING_SLOTS - written, RECORD_RING_MARGIN / 2, RECORD_RING_MARGIN);
	for (unsigned int i = 0; i < RECORD_RING_MARGIN / 2; i++)
		write_one(written++, 0);
	for (unsigned int i = 0; i < written; i++)
		assert_int_equal(read_one(), i);
	assert_false(record_ring_is_full(&ring));
}

/* Positions are 64 bits and a slot's number 32: a number returns after 2^32 positions. */
static void numbers_wrap(void **state)
{
	ring.head = ring.tail = (1ULL << 32) - 5;
	for (uint64_t i = 0; i < 10; i++)
		write_one(i, 0);
	for (uint64_t i = 0; i < 10; i++)
		assert_int_equal(read_one(), i);
	assert_null(record_ring_next(slots, &ring));
}

static void *write_many(void *arg)
{
	uint32_t thread = (uint32_t)(uintptr_t)arg;

	for (uint64_t i = 0; i < EACH; i++) {
		while (record_ring_is_full(&ring))
			sched_yield();
		write_one(i, thread);
	}
	return NULL;
}

static void many_writers_lose_nothing(void **state)
{
	pthread_t threads[WRITERS];
	uint64_t next[WRITERS] = {};
	unsigned int nr = 0;

	for (uintptr_t i = 0; i < WRITERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, write_many, (void *)i), 0);
	while (nr < WRITERS * EACH) {
		const struct mempol_record *record = record_ring_next(slots, &ring);

		if (!record) {
			sched_yield();
			continue;
		}
		assert_int_equal(record->ino, ~record->index);
		assert_int_equal(record->index, next[record->thread]);
		next[record->thread]++;
		nr++;
		record_ring_pass(&ring);
	}
	for (unsigned int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	assert_null(record_ring_next(slots, &ring));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_is_written_is_read_in_order, begin),
		cmocka_unit_test_setup(a_slot_that_is_not_published_holds_up_the_reader, begin),
		cmocka_unit_test_setup(a_full_ring_says_so_before_slots_run_out, begin),
		cmocka_unit_test_setup(numbers_wrap, begin),
		cmocka_unit_test_setup(many_writers_lose_nothing, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
