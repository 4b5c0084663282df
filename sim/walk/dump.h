/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables of a process, as a text: what mempolctl translation dump writes. All addresses are of bytes, in hex; counts
 * and levels are decimal. The lines, in this order where it matters:
 *
 *	mempol-walk 1
 *	M tgid comm levels root         the process, its levels, the address of its root table
 *	V start end flags               a mapping
 *	T level va table node           a table below the root, after the one above it
 *	P va pa count flags             pages one after the other, in frames one after the other; h: of 2 MiB, g: of 1 GiB
 *	R start base windows register   a contiguous area of leaf tables; register "-": none holds it
 *	E count                         the lines between the first and this one
 *
 * Used by whoever simulates a process.
 */
#ifndef SIM_WALK_DUMP_H
#define SIM_WALK_DUMP_H

#include <stdio.h>

#include "space.h"

struct walk_dump {
	struct walk_tree tree;
	struct walk_range ranges[WALK_MAX_RANGES];
	uint32_t nr_ranges;
	uint32_t room; /* of tree.nodes */
	uint64_t tgid;
	char comm[32];
};

enum {
	WALK_DUMP_MAX_TABLES = 1 << 19, /* of a terabyte; as much memory as the tables themselves */
};

/* 0, or an error that has been told to @err in one line, FILE:LINE: what and how it is put right. */
int walk_dump_read(struct walk_dump *dump, const char *path, int fd, FILE *err);
void walk_dump_done(struct walk_dump *dump);

#endif
