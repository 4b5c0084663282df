// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hash table of names that only grows (intern.h). Called by the readers of traces, once a reference: a
 * name that is known costs one look at the slots and one at the keys.
 *
 * A key with the highest bit is a number of up to 18 digits. Any other key is the address of a name's length, two
 * bytes, and of its bytes behind it.
 */
#include "intern.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1 << 10 };

#define KEY_VALUE (1ULL << 63)
/* References are 2^27 at most (SIM_MAX_REFS): four bits of a slot are left for the hash. */
#define SLOT_NUMBER ((1U << 28) - 1)
/* Longer numbers are kept as bytes: so all of this many digits are below 2^63. */
#define VALUE_DIGITS 18
#define VALUE_MAX 999999999999999999ULL

/* What is looked for. */
struct name {
	uint64_t value; /* with KEY_VALUE; else the bytes count */
	const char *bytes;
	uint32_t length;
};

static uint64_t mix(uint64_t hash)
{
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93ULL;
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93ULL;
	return hash ^ hash >> 32;
}

static uint64_t hash_bytes(const char *bytes, uint32_t length)
{
	uint64_t hash = length, word;

	for (; length >= sizeof(word); bytes += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		hash = mix(hash ^ word);
	}
	word = 0;
	memcpy(&word, bytes, length);
	return mix(hash ^ word);
}

static uint64_t hash_name(const struct name *name)
{
	return name->value ? mix(name->value) : hash_bytes(name->bytes, name->length);
}

static struct name name_of(uint64_t key)
{
	const char *kept = (const char *)(uintptr_t)key;
	uint16_t length;

	if (key & KEY_VALUE)
		return (struct name){ .value = key };
	memcpy(&length, kept, sizeof(length));
	return (struct name){ .bytes = kept + sizeof(length), .length = length };
}

static bool is_name(uint64_t key, const struct name *name)
{
	struct name other;

	if (name->value || key & KEY_VALUE)
		return key == name->value;
	other = name_of(key);
	return other.length == name->length && !memcmp(other.bytes, name->bytes, name->length);
}

static uint32_t slot_of(uint64_t hash, uint32_t number)
{
	return ((uint32_t)(hash >> 32) & ~SLOT_NUMBER) | (number + 1);
}

static void fill_slots(struct sim_intern *intern)
{
	for (uint32_t i = 0; i < intern->nr_names; i++) {
		struct name name = name_of(intern->keys[i]);
		uint64_t hash = hash_name(&name);
		uint32_t slot = hash & (intern->nr_slots - 1);

		while (intern->slots[slot])
			slot = (slot + 1) & (intern->nr_slots - 1);
		intern->slots[slot] = slot_of(hash, i);
	}
}

static int grow(struct sim_intern *intern)
{
	uint32_t nr_slots = intern->nr_slots ? intern->nr_slots * 2 : FIRST_SLOTS;
	uint64_t *keys = reallocarray(intern->keys, nr_slots / 2, sizeof(*keys));

	if (!keys)
		return -ENOMEM;
	intern->keys = keys;
	/* Made anew from the keys: the old ones need not be there at the same time. */
	free(intern->slots);
	intern->nr_slots = 0;
	intern->slots = calloc(nr_slots, sizeof(*intern->slots));
	if (!intern->slots)
		return -ENOMEM;
	intern->nr_slots = nr_slots;
	fill_slots(intern);
	return 0;
}

static int new_chunk(struct sim_intern *intern)
{
	char **chunks = reallocarray(intern->chunks, intern->nr_chunks + 1, sizeof(char *));

	if (!chunks)
		return -ENOMEM;
	intern->chunks = chunks;
	intern->chunk_left = 0;
	intern->chunk = malloc(SIM_INTERN_CHUNK + sizeof(uint16_t));
	if (!intern->chunk)
		return -ENOMEM;
	chunks[intern->nr_chunks++] = intern->chunk;
	intern->chunk_left = SIM_INTERN_CHUNK + sizeof(uint16_t);
	return 0;
}

/* 0, a key no name has: there is no memory. */
static uint64_t keep(struct sim_intern *intern, const struct name *name)
{
	uint16_t length = name->length;
	char *kept;

	if (name->value)
		return name->value;
	if (intern->chunk_left < sizeof(length) + length && new_chunk(intern) < 0)
		return 0;
	kept = intern->chunk;
	memcpy(kept, &length, sizeof(length));
	memcpy(kept + sizeof(length), name->bytes, length);
	intern->chunk += sizeof(length) + length;
	intern->chunk_left -= sizeof(length) + length;
	return (uintptr_t)kept;
}

/* The slot of the name, or the free one where it would go. */
static uint32_t find_slot(const struct sim_intern *intern, const struct name *name, uint64_t hash)
{
	uint32_t slot;

	for (slot = hash & (intern->nr_slots - 1); intern->slots[slot];
	     slot = (slot + 1) & (intern->nr_slots - 1)) {
		uint32_t number = (intern->slots[slot] & SLOT_NUMBER) - 1;

		if (intern->slots[slot] == slot_of(hash, number) &&
		    is_name(intern->keys[number], name))
			break;
	}
	return slot;
}

static int intern_name(struct sim_intern *intern, const struct name *name, uint32_t *ret_number)
{
	uint64_t hash = hash_name(name), key;
	uint32_t slot;

	if (intern->nr_names >= intern->nr_slots / 2 && grow(intern) < 0)
		return -ENOMEM;
	slot = find_slot(intern, name, hash);
	if (intern->slots[slot]) {
		*ret_number = (intern->slots[slot] & SLOT_NUMBER) - 1;
		return 0;
	}
	key = keep(intern, name);
	if (!key)
		return -ENOMEM;
	intern->keys[intern->nr_names] = key;
	intern->slots[slot] = slot_of(hash, intern->nr_names);
	*ret_number = intern->nr_names++;
	return 0;
}

/* Without leading zeros: 07 and 7 are two names. */
static bool take_value(const char *bytes, uint32_t length, uint64_t *ret)
{
	uint64_t value = 0;

	if (!length || length > VALUE_DIGITS || (*bytes == '0' && length > 1))
		return false;
	for (uint32_t i = 0; i < length; i++) {
		unsigned int digit = (unsigned char)bytes[i] - '0';

		if (digit > 9)
			return false;
		value = value * 10 + digit;
	}
	*ret = value;
	return true;
}

int sim_intern_name(struct sim_intern *intern, const char *bytes, uint32_t length,
		    uint32_t *ret_number)
{
	struct name name = { .bytes = bytes, .length = length };
	uint64_t value;

	if (take_value(bytes, length, &value))
		name.value = value | KEY_VALUE;
	return intern_name(intern, &name, ret_number);
}

int sim_intern_value(struct sim_intern *intern, uint64_t value, uint32_t *ret_number)
{
	struct name name = { .value = value | KEY_VALUE };
	char digits[24];

	if (value <= VALUE_MAX)
		return intern_name(intern, &name, ret_number);
	return sim_intern_name(intern, digits, sprintf(digits, "%llu", (unsigned long long)value),
			       ret_number);
}

bool sim_intern_find(const struct sim_intern *intern, uint64_t value, uint32_t *ret_number)
{
	struct name name = { .value = value | KEY_VALUE };
	uint32_t slot;

	if (!intern->nr_slots || value > VALUE_MAX)
		return false;
	slot = find_slot(intern, &name, hash_name(&name));
	if (!intern->slots[slot])
		return false;
	*ret_number = (intern->slots[slot] & SLOT_NUMBER) - 1;
	return true;
}

uint64_t sim_intern_number(const struct sim_intern *intern, uint32_t number)
{
	struct name name = name_of(intern->keys[number]);
	uint64_t value = 0;

	if (name.value)
		return name.value & ~KEY_VALUE;
	for (uint32_t i = 0; i < name.length; i++)
		value = value * 10 + (name.bytes[i] - '0');
	return value;
}

void sim_intern_done(struct sim_intern *intern)
{
	for (size_t i = 0; i < intern->nr_chunks; i++)
		free(intern->chunks[i]);
	free(intern->chunks);
	free(intern->keys);
	free(intern->slots);
	*intern = (struct sim_intern){};
}
