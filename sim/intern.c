// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hash table of names that only grows (intern.h). Called by the readers of traces, once a reference.
 */
#include "intern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 1 << 20, FIRST_SLOTS = 1 << 10 };

/* FNV-1a, its high half folded in: slots are chosen by the low bits. */
static uint32_t hash_bytes(const void *bytes, uint32_t length)
{
	uint64_t hash = 0xcbf29ce484222325ULL;

	for (uint32_t i = 0; i < length; i++)
		hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3ULL;
	return (uint32_t)(hash ^ hash >> 32);
}

static int grow(struct sim_intern *intern)
{
	uint32_t nr_slots = intern->nr_slots ? intern->nr_slots * 2 : FIRST_SLOTS;
	uint32_t *slots = calloc(nr_slots, sizeof(*slots));
	void *names = slots ? reallocarray(intern->names, nr_slots / 2, sizeof(*intern->names)) :
			      NULL;

	if (!names) {
		free(slots);
		return -ENOMEM;
	}
	intern->names = names;
	for (uint32_t i = 0; i < intern->nr_names; i++) {
		uint32_t slot = intern->names[i].hash & (nr_slots - 1);

		while (slots[slot])
			slot = (slot + 1) & (nr_slots - 1);
		slots[slot] = i + 1;
	}
	free(intern->slots);
	intern->slots = slots;
	intern->nr_slots = nr_slots;
	return 0;
}

static char *keep(struct sim_intern *intern, const void *bytes, uint32_t length)
{
	char *kept;

	if (intern->chunk_left < length) {
		size_t size = length > CHUNK_BYTES ? length : CHUNK_BYTES;
		char **chunks = reallocarray(intern->chunks, intern->nr_chunks + 1, sizeof(char *));

		if (!chunks)
			return NULL;
		intern->chunks = chunks;
		intern->chunk = malloc(size);
		if (!intern->chunk) {
			intern->chunk_left = 0;
			return NULL;
		}
		chunks[intern->nr_chunks++] = intern->chunk;
		intern->chunk_left = size;
	}
	kept = intern->chunk;
	memcpy(kept, bytes, length);
	intern->chunk += length;
	intern->chunk_left -= length;
	return kept;
}

int sim_intern(struct sim_intern *intern, const void *bytes, uint32_t length, uint32_t *ret_number)
{
	uint32_t hash = hash_bytes(bytes, length), slot;
	char *kept;

	if (intern->nr_names >= intern->nr_slots / 2 && grow(intern) < 0)
		return -ENOMEM;
	for (slot = hash & (intern->nr_slots - 1); intern->slots[slot];
	     slot = (slot + 1) & (intern->nr_slots - 1)) {
		uint32_t number = intern->slots[slot] - 1;
		const struct sim_name *name = &intern->names[number];

		if (name->hash == hash && name->length == length &&
		    !memcmp(name->bytes, bytes, length)) {
			*ret_number = number;
			return 0;
		}
	}
	kept = keep(intern, bytes, length);
	if (!kept)
		return -ENOMEM;
	intern->names[intern->nr_names] =
		(struct sim_name){ .bytes = kept, .length = length, .hash = hash };
	intern->slots[slot] = ++intern->nr_names;
	*ret_number = intern->nr_names - 1;
	return 0;
}

void sim_intern_done(struct sim_intern *intern)
{
	for (size_t i = 0; i < intern->nr_chunks; i++)
		free(intern->chunks[i]);
	free(intern->chunks);
	free(intern->names);
	free(intern->slots);
	*intern = (struct sim_intern){};
}
