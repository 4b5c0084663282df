// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counter objects with several threads, each a CPU: readers that take references, keep tokens for others to put and
 * forge some; one thread that freezes, one that converts. While a counter is frozen nobody may have a reference to
 * it, and in the end every count must be right. MEMPOL_STRESS=long does a hundred times as much;
 * MEMPOL_STRESS_SEED repeats a random run as far as threads can.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "counter.h"
#include "kernel.h"

#define READERS 4
#define FREEZER READERS
#define CONVERTER (READERS + 1)
#define OBJECTS 4
/* Where tokens are left for other threads. */
#define BOXES 64

/* An object, and how many have a reference that they may rely on. */
static struct object {
	struct mempol_counter *counter;
	int users;
} objects[OBJECTS];

/* Whose tokens are forged, with the same hash of cells as the others. */
static struct mempol_counter *forged;

enum { BOX_EMPTY, BOX_TAKEN, BOX_FULL };

static struct box {
	int state;
	struct object *object;
	s64 token;
} boxes[BOXES];

struct tally {
	unsigned long gets, moved, shared, frozen_out, freezes, busy, conversions;
};

static bool stop;
/* Of each reader. */
static unsigned long turns;
/* Set once, by whoever sees it first; cmocka is not for threads. */
static const char *wrong;

static unsigned long random_of(unsigned long *seed)
{
	*seed = *seed * 6364136223846793005UL + 1442695040888963407UL;
	return *seed >> 33;
}

static void go_wrong(const char *what)
{
	__atomic_store_n(&wrong, what, __ATOMIC_SEQ_CST);
	__atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
}

static bool goes_on(void)
{
	return !__atomic_load_n(&stop, __ATOMIC_RELAXED);
}

static bool claim(struct box *box, int from)
{
	return __atomic_compare_exchange_n(&box->state, &from, BOX_TAKEN, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

static void leave(struct box *box, int state)
{
	__atomic_store_n(&box->state, state, __ATOMIC_RELEASE);
}

static s64 take(struct object *object, struct tally *tally)
{
	s64 token = mempol_counter_get(object->counter);

	if (token < 0) {
		tally->frozen_out++;
		return token;
	}
	tally->gets++;
	tally->shared += token == MEMPOL_COUNTER_SHARED;
	__atomic_fetch_add(&object->users, 1, __ATOMIC_SEQ_CST);
	return token;
}

static void put(struct object *object, s64 token)
{
	__atomic_fetch_sub(&object->users, 1, __ATOMIC_SEQ_CST);
	if (mempol_counter_put(object->counter, token))
		go_wrong("a token was refused");
}

/* Leaves a token to others, or puts one of theirs. */
static void exchange(struct object *object, struct box *box, struct tally *tally)
{
	if (claim(box, BOX_EMPTY)) {
		box->object = object;
		box->token = take(object, tally);
		leave(box, box->token < 0 ? BOX_EMPTY : BOX_FULL);
	} else if (claim(box, BOX_FULL)) {
		put(box->object, box->token);
		tally->moved++;
		leave(box, BOX_EMPTY);
	}
}

static void forge(unsigned long *seed)
{
	mempol_counter_put(forged, mempol_counter_token(random_of(seed) % CONVERTER,
							random_of(seed) % 1024));
	mempol_counter_put(forged, MEMPOL_COUNTER_SHARED);
	mempol_counter_get(forged);
}

struct thread {
	pthread_t thread;
	unsigned int cpu;
	unsigned long seed;
	struct tally tally;
};

static void *read_objects(void *arg)
{
	struct thread *me = arg;

	native_cpu = me->cpu;
	for (unsigned long i = 0; i < turns && goes_on(); i++) {
		struct object *object = &objects[random_of(&me->seed) % OBJECTS];
		s64 token;

		if (random_of(&me->seed) % 4 == 0) {
			exchange(object, &boxes[random_of(&me->seed) % BOXES], &me->tally);
			continue;
		}
		token = take(object, &me->tally);
		if (random_of(&me->seed) % 64 == 0)
			sched_yield();
		if (token >= 0)
			put(object, token);
		if (random_of(&me->seed) % 16 == 0)
			forge(&me->seed);
	}
	return NULL;
}

static void empty_boxes(void)
{
	for (size_t i = 0; i < BOXES; i++) {
		if (!claim(&boxes[i], BOX_FULL))
			continue;
		put(boxes[i].object, boxes[i].token);
		leave(&boxes[i], BOX_EMPTY);
	}
}

static void *freeze_objects(void *arg)
{
	struct thread *me = arg;

	native_cpu = me->cpu;
	while (goes_on() || !(me->tally.freezes || wrong)) {
		struct object *object = &objects[random_of(&me->seed) % OBJECTS];

		if (mempol_counter_freeze(object->counter)) {
			me->tally.busy++;
			/* Tokens in boxes would keep it from ever coming to it. */
			if (random_of(&me->seed) % 8 == 0)
				empty_boxes();
			continue;
		}
		me->tally.freezes++;
		for (int i = 0; i < 50; i++)
			if (__atomic_load_n(&object->users, __ATOMIC_SEQ_CST))
				go_wrong("a reference to what is frozen");
		if (mempol_counter_unfreeze(object->counter))
			go_wrong("what was frozen is not any more");
	}
	return NULL;
}

static void *convert_objects(void *arg)
{
	struct thread *me = arg;

	native_cpu = me->cpu;
	while (goes_on() || !(me->tally.conversions || wrong)) {
		struct object *object = &objects[random_of(&me->seed) % OBJECTS];

		me->tally.conversions += !mempol_counter_convert(object->counter);
		if (random_of(&me->seed) % 4 == 0)
			sched_yield();
	}
	return NULL;
}

static unsigned long seed_of_run(void)
{
	const char *seed = getenv("MEMPOL_STRESS_SEED");

	return seed ? strtoul(seed, NULL, 0) : (unsigned long)time(NULL);
}

static unsigned long turns_of_run(void)
{
	const char *stress = getenv("MEMPOL_STRESS");

	return stress && !strcmp(stress, "long") ? 3000000 : 30000;
}

static void run_threads(struct thread *threads, size_t n)
{
	void *(*const roles[])(
		void *) = { [FREEZER] = freeze_objects, [CONVERTER] = convert_objects };
	unsigned long seed = seed_of_run();

	print_message("MEMPOL_STRESS_SEED=%lu\n", seed);
	stop = false;
	wrong = NULL;
	turns = turns_of_run();
	for (size_t i = 0; i < n; i++) {
		threads[i] = (struct thread){ .cpu = i, .seed = seed + i * 7919 };
		assert_int_equal(pthread_create(&threads[i].thread, NULL,
						i < READERS ? read_objects : roles[i], &threads[i]),
				 0);
	}
	for (size_t i = 0; i < n; i++) {
		if (i == READERS)
			__atomic_store_n(&stop, true, __ATOMIC_SEQ_CST);
		pthread_join(threads[i].thread, NULL);
	}
}

static struct tally add_up(const struct thread *threads, size_t n)
{
	struct tally sum = {};

	for (size_t i = 0; i < n; i++) {
		sum.gets += threads[i].tally.gets;
		sum.moved += threads[i].tally.moved;
		sum.shared += threads[i].tally.shared;
		sum.frozen_out += threads[i].tally.frozen_out;
		sum.freezes += threads[i].tally.freezes;
		sum.busy += threads[i].tally.busy;
		sum.conversions += threads[i].tally.conversions;
	}
	print_message(
		"%lu gets (%lu in the object), %lu put by another thread, %lu frozen out; %lu freezes, "
		"%lu refused, %lu conversions\n",
		sum.gets, sum.shared, sum.moved, sum.frozen_out, sum.freezes, sum.busy,
		sum.conversions);
	return sum;
}

static struct tally run(u32 kind, size_t n)
{
	struct thread threads[CONVERTER + 1];
	struct tally sum;
	u32 lines;

	for (size_t i = 0; i < OBJECTS; i++)
		objects[i] = (struct object){ .counter = mempol_counter_create(kind) };
	forged = mempol_counter_create(kind);
	run_threads(threads, n);
	empty_boxes();
	sum = add_up(threads, n);
	if (wrong)
		fail_msg("%s", wrong);
	for (size_t i = 0; i < OBJECTS; i++) {
		assert_int_equal(objects[i].users, 0);
		assert_int_equal(mempol_counter_sum(objects[i].counter), 0);
		assert_int_equal(atomic_read(&objects[i].counter->refused), 0);
		if (kind != MEMPOL_COUNTER_PERCPU) {
			assert_true(mempol_counter_zero(objects[i].counter, &lines));
			assert_int_equal(mempol_counter_freeze(objects[i].counter), 0);
		}
		mempol_counter_release(objects[i].counter);
	}
	mempol_counter_release(forged);
	assert_true(sum.gets > 0);
	assert_true(sum.moved > 0);
	return sum;
}

static void atomic_counts_are_right(void **state)
{
	assert_true(run(MEMPOL_COUNTER_ATOMIC, FREEZER + 1).freezes > 0);
}

/* It cannot be frozen, and takes whatever is put: none is forged by threads that freeze. */
static void percpu_counts_are_right(void **state)
{
	run(MEMPOL_COUNTER_PERCPU, READERS);
}

static void paygo_counts_are_right(void **state)
{
	assert_true(run(MEMPOL_COUNTER_PAYGO, FREEZER + 1).freezes > 0);
}

static void cell_counts_are_right(void **state)
{
	struct tally sum = run(MEMPOL_COUNTER_CELL, CONVERTER + 1);

	assert_true(sum.freezes > 0);
	assert_true(sum.conversions > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(atomic_counts_are_right),
		cmocka_unit_test(percpu_counts_are_right),
		cmocka_unit_test(paygo_counts_are_right),
		cmocka_unit_test(cell_counts_are_right),
	};

	nr_cpu_ids = CONVERTER + 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
