// SPDX-License-Identifier: GPL-2.0-only
/*
 * A store of keys and values as redis keeps them: a table of buckets, chains of entries, each with a key and a value of
 * its own. Some keys are wanted more often than others; one request of ten writes.
 */
#include <string.h>

#include "workload.h"

enum {
	KEY_BYTES = 24,
	VALUE_BYTES = 256,
};

struct entry {
	struct entry *next;
	char *key;
	uint64_t *value;
};

static struct entry **buckets;
static uint64_t nr_buckets, nr_keys;

static void name_of(uint64_t number, char name[KEY_BYTES])
{
	memset(name, 0, KEY_BYTES);
	memcpy(name, "key:", 4);
	for (int digit = 0; digit < 16; digit++)
		name[4 + digit] = "0123456789abcdef"[number >> 4 * digit & 15];
}

static uint64_t hash_of(const char name[KEY_BYTES])
{
	uint64_t hash = 0, word;

	for (size_t i = 0; i < KEY_BYTES; i += sizeof(word)) {
		memcpy(&word, name + i, sizeof(word));
		hash = workload_hash(hash ^ word);
	}
	return hash;
}

static void add(uint64_t number)
{
	struct entry *entry = workload_memory(sizeof(*entry));
	struct entry **bucket;

	entry->key = workload_memory(KEY_BYTES);
	entry->value = workload_memory(VALUE_BYTES);
	name_of(number, entry->key);
	memset(entry->value, (int)(number & 0x7f), VALUE_BYTES);
	bucket = &buckets[hash_of(entry->key) & (nr_buckets - 1)];
	entry->next = *bucket;
	*bucket = entry;
}

static void build(uint64_t bytes)
{
	const uint64_t a_key = sizeof(struct entry) + KEY_BYTES + VALUE_BYTES + 48;

	for (nr_buckets = 16; nr_buckets * 2 * a_key <= bytes; nr_buckets *= 2)
		;
	buckets = workload_memory(nr_buckets * sizeof(*buckets));
	memset(buckets, 0, nr_buckets * sizeof(*buckets));
	while (workload_memory_left() > a_key) {
		/* In no order, so that neighbours in memory are none in the table. */
		add(nr_keys);
		nr_keys++;
	}
}

static bool is_key(const struct entry *entry, const char name[KEY_BYTES])
{
	const char *key = GET(entry->key);

	workload_note(key, false);
	workload_note(key + KEY_BYTES - 8, false);
	return !memcmp(key, name, KEY_BYTES);
}

static uint64_t use(uint64_t *value, bool writes)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < VALUE_BYTES / sizeof(*value); i++) {
		sum += GET(value[i]);
		if (writes)
			SET(value[i], sum);
	}
	return sum;
}

static uint64_t step(void)
{
	/* The square of what is even: half of all requests are for a quarter of the keys. */
	double part = (double)(workload_random() >> 11) * 0x1p-53;
	uint64_t wanted = workload_hash((uint64_t)(part * part * (double)nr_keys)) % nr_keys;
	bool writes = workload_below(10) == 0;
	const struct entry *entry;
	char name[KEY_BYTES];

	name_of(wanted, name);
	for (entry = GET(buckets[hash_of(name) & (nr_buckets - 1)]); entry;
	     entry = GET(entry->next))
		if (is_key(entry, name))
			return use(GET(entry->value), writes);
	workload_broken("a key that was put in is not found");
}

const struct workload workload = { "redis", build, step };
