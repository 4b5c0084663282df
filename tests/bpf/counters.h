/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is asked of tests/bpf/counters.bpf.c, in the context of its SYSCALL programs. Shared with the programs of user
 * space that run them.
 */
#ifndef TESTS_COUNTERS_H
#define TESTS_COUNTERS_H

enum counter_op {
	COUNTER_CREATE, /* kind: in slot, whatever was there before is released */
	COUNTER_DUP, /* of slot: in slot `to` */
	COUNTER_DROP,
	COUNTER_GET, /* token: of it */
	COUNTER_PUT, /* token */
	COUNTER_ZERO, /* lines: of it */
	COUNTER_SUM,
	COUNTER_FREEZE,
	COUNTER_UNFREEZE,
	COUNTER_CONVERT,
	COUNTER_REFUSED,
};

/* Slots of the map. */
#define COUNTER_SLOTS 65600 /* a few more than there may be counters */
#define COUNTER_EMPTY (-2) /* ENOENT: nothing is in the slot */

/* counter_do() does op; counter_pairs(), counter_fill() and counter_query() something so often, or for so many slots. */
struct counter_request {
	unsigned int op;
	unsigned int kind;
	unsigned int slot;
	unsigned int to;
	unsigned int count;
	unsigned int lines;
	long long token;
	long long result;
	unsigned long long ns; /* of pairs and queries */
};

#endif
