/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pure parts of translation predict: page tables as they could be (predict-tables.c), and references drawn from how
 * often pages were used (predict-heat.c). Called by translation-predict.c; they ask nobody and read no file but a dump.
 */
#ifndef MP_CTL_PREDICT_H
#define MP_CTL_PREDICT_H

#include <stdbool.h>
#include <stdio.h>

#include "../../sim/walk/dump.h"

/* Where huge pages could be, as the V lines of a dump say: flags "rw--:anon". */
struct predict_mapping {
	uint64_t start, end;
};

struct predict_mappings {
	struct predict_mapping *items;
	size_t n;
};

/* Those of memory that can be huge; of a dump that names no kinds, all. 0 or -errno. */
int predict_mappings_read(FILE *dump, struct predict_mappings *ret);
void predict_mappings_done(struct predict_mappings *mappings);

/*
 * A copy of @tree: with @levels (4 or 5; 0: as many as it has), and if @huge is not NULL with a huge page in each
 * window of these mappings that has a page. @ret_pages: small pages that there were not, which the huge ones would
 * take. 0, -ENOMEM, or -ERANGE: the addresses do not fit into four levels.
 */
int predict_tree(const struct walk_tree *tree, unsigned int levels,
		 const struct predict_mappings *huge, struct walk_tree *ret, uint64_t *ret_pages);
void predict_tree_done(struct walk_tree *tree);

/* A page, and in how many periods it was used. */
struct predict_page {
	uint64_t va, frame;
	uint32_t level; /* of its entry: 1 or 2 */
	uint32_t heat;
};

struct predict_heat {
	struct predict_page *pages;
	size_t n;
	uint64_t *sums; /* of weights, up to and with each page */
	uint64_t random;
};

/* All pages of a tree, cold; of 1 GiB none. 0 or -ENOMEM. */
int predict_heat_init(struct predict_heat *heat, const struct walk_tree *tree);
void predict_heat_done(struct predict_heat *heat);

/* Their heat is known now: 0, -ENOMEM, or -ENODATA: all are cold. */
int predict_heat_ready(struct predict_heat *heat, uint64_t seed);

/* References that are independent of each other, by the heat of the pages. */
void predict_heat_draw(struct predict_heat *heat, uint64_t *references, size_t n);

#endif
