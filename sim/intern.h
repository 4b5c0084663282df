/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names to numbers from 0 in order of appearance, while a trace is read. Nothing of it is left when the
 * simulation runs. Most names are decimal numbers: those are kept as numbers, in eight bytes.
 */
#ifndef SIM_INTERN_H
#define SIM_INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a name costs at most; the bytes of those that are no numbers stand in chunks. */
#define SIM_INTERN_BYTES 24
#define SIM_INTERN_CHUNK (1U << 16)

struct sim_intern {
	uint64_t *keys; /* by number: the name, see intern.c */
	uint32_t *slots; /* open addressing: a few bits of the hash, and 1 + number; 0: free */
	uint32_t nr_names, nr_slots;
	char *chunk; /* where the next name's bytes go */
	size_t chunk_left;
	char **chunks;
	size_t nr_chunks;
};

/*
 * Zero-initialised is empty. A name has at most UINT16_MAX bytes; a number is the same name as its decimal
 * digits without leading zeros. 0 or -ENOMEM.
 */
int sim_intern_name(struct sim_intern *intern, const char *bytes, uint32_t length,
		    uint32_t *ret_number);
int sim_intern_value(struct sim_intern *intern, uint64_t value, uint32_t *ret_number);
/* Is the number there? */
bool sim_intern_find(const struct sim_intern *intern, uint64_t value, uint32_t *ret_number);
/* What a name that came by sim_intern_value() is. */
uint64_t sim_intern_number(const struct sim_intern *intern, uint32_t number);
void sim_intern_done(struct sim_intern *intern);

#endif
