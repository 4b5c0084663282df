/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names to numbers from 0 in order of appearance, while a trace is read. Nothing of it is left when the
 * simulation runs.
 */
#ifndef SIM_INTERN_H
#define SIM_INTERN_H

#include <stddef.h>
#include <stdint.h>

struct sim_name {
	char *bytes;
	uint32_t length;
	uint32_t hash;
};

struct sim_intern {
	struct sim_name *names; /* by number */
	uint32_t *slots; /* open addressing; 1 + number, 0: free */
	uint32_t nr_names, nr_slots;
	char *chunk; /* where the next name's bytes go */
	size_t chunk_left;
	char **chunks;
	size_t nr_chunks;
};

/* Zero-initialised is empty. 0 or -ENOMEM. */
int sim_intern(struct sim_intern *intern, const void *bytes, uint32_t length, uint32_t *ret_number);
void sim_intern_done(struct sim_intern *intern);

#endif
