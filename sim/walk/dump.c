// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reader of page-table dumps: nothing is believed, neither that a table is there nor that two do not overlap. See dump.h.
 */
#include "dump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define PAGE_MASK ((1ULL << WALK_PAGE_SHIFT) - 1)

struct reader {
	struct walk_dump *dump;
	struct walk_text text;
	uint64_t last_end; /* of the mappings */
	bool begun, ended;
};

static int add_node(struct reader *reader, uint64_t table)
{
	struct walk_dump *dump = reader->dump;
	struct walk_tree *tree = &dump->tree;

	if (tree->nr_nodes == WALK_DUMP_MAX_TABLES)
		return walk_text_refuse(&reader->text,
					"more than %d tables: dump fewer ranges of the process",
					WALK_DUMP_MAX_TABLES);
	if (tree->nr_nodes == dump->room) {
		uint32_t room = dump->room ? 2 * dump->room : 64;
		struct walk_node **nodes = reallocarray(tree->nodes, room, sizeof(*tree->nodes));

		if (!nodes)
			return walk_text_failed(&reader->text, -ENOMEM);
		tree->nodes = nodes;
		dump->room = room;
	}
	tree->nodes[tree->nr_nodes] = calloc(1, sizeof(**tree->nodes));
	if (!tree->nodes[tree->nr_nodes])
		return walk_text_failed(&reader->text, -ENOMEM);
	tree->nodes[tree->nr_nodes++]->table = table;
	return 0;
}

/* An address of a line; @shift: what it has to be a multiple of. */
static int address_of(struct reader *reader, const char *word, unsigned int shift, uint64_t limit,
		      const char *what, uint64_t *ret)
{
	if (!walk_text_number(word, 16, ret))
		return walk_text_refuse(&reader->text, "'%.40s' is no %s: a number in hex", word,
					what);
	if (*ret & ((1ULL << shift) - 1))
		return walk_text_refuse(
			&reader->text,
			"the %s %.40s is no multiple of %llu: write addresses of bytes, not frame numbers",
			what, word, 1ULL << shift);
	if (*ret >= limit)
		return walk_text_refuse(&reader->text, "the %s %.40s is not below %llx", what, word,
					(unsigned long long)limit);
	return 0;
}

static int count_of(struct reader *reader, const char *word, uint64_t least, uint64_t most,
		    const char *what, uint64_t *ret)
{
	if (!walk_text_number(word, 10, ret) || *ret < least || *ret > most)
		return walk_text_refuse(&reader->text,
					"'%.40s' is no %s: a decimal number from %llu to %llu",
					word, what, (unsigned long long)least,
					(unsigned long long)most);
	return 0;
}

static uint64_t va_limit(const struct reader *reader)
{
	return 1ULL << walk_shift(reader->dump->tree.levels + 1);
}

static int read_process(struct reader *reader, char **words)
{
	struct walk_dump *dump = reader->dump;
	uint64_t levels = 0, root = 0;
	int r;

	if (dump->tree.levels)
		return walk_text_refuse(&reader->text, "a second M line: a dump is of one process");
	r = count_of(reader, words[1], 1, UINT32_MAX, "process", &dump->tgid);
	r = r ? r : count_of(reader, words[3], 4, WALK_MAX_LEVELS, "number of levels", &levels);
	r = r ? r : address_of(reader, words[4], 12, WALK_AREAS, "root table", &root);
	r = r ? r : add_node(reader, root);
	if (r)
		return r;
	dump->tree.levels = (uint32_t)levels;
	snprintf(dump->comm, sizeof(dump->comm), "%s", words[2]);
	return 0;
}

static int read_mapping(struct reader *reader, char **words)
{
	uint64_t start = 0, end = 0;
	int r = address_of(reader, words[1], 12, va_limit(reader), "start", &start);

	r = r ? r : address_of(reader, words[2], 12, va_limit(reader) + 1, "end", &end);
	if (r)
		return r;
	if (start >= end || start < reader->last_end)
		return walk_text_refuse(&reader->text,
					"a mapping that is empty or overlaps the one before: "
					"write them by their addresses");
	reader->last_end = end;
	return 0;
}

/* The slot of a level for an address; NULL, and told, if its table has not been named. */
static uint64_t *slot_of(struct reader *reader, uint64_t va, unsigned int level)
{
	const struct walk_tree *tree = &reader->dump->tree;
	struct walk_node *node = tree->nodes[0];
	unsigned int at = tree->levels;

	for (; at > level; at--) {
		uint64_t slot = node->slots[va >> walk_shift(at) & (WALK_NODE_SLOTS - 1)];

		if (slot & WALK_SLOT_PAGE) {
			walk_text_refuse(&reader->text, "%llx overlaps a larger page",
					 (unsigned long long)va);
			return NULL;
		}
		if (!slot) {
			walk_text_refuse(
				&reader->text,
				"no table of level %u for %llx: write its T line before this one",
				at - 1, (unsigned long long)va);
			return NULL;
		}
		node = tree->nodes[slot >> 2];
	}
	return &node->slots[va >> walk_shift(level) & (WALK_NODE_SLOTS - 1)];
}

/* Likewise, of what has not been named yet. */
static uint64_t *free_slot_of(struct reader *reader, uint64_t va, unsigned int level)
{
	uint64_t *slot = slot_of(reader, va, level);

	if (slot && *slot) {
		walk_text_refuse(&reader->text,
				 "%llx has a table or a page already: name each once",
				 (unsigned long long)va);
		return NULL;
	}
	return slot;
}

static int read_table(struct reader *reader, char **words)
{
	struct walk_tree *tree = &reader->dump->tree;
	uint64_t level = 0, va = 0, table = 0, *slot;
	int r = count_of(reader, words[1], 1, tree->levels - 1, "level below the root", &level);

	r = r ? r :
		address_of(reader, words[2], walk_shift((unsigned int)level + 1), va_limit(reader),
			   "address", &va);
	r = r ? r : address_of(reader, words[3], 12, WALK_AREAS, "table", &table);
	if (r)
		return r;
	slot = free_slot_of(reader, va, (unsigned int)level + 1);
	if (!slot)
		return -EBADMSG;
	r = add_node(reader, table);
	if (r == 0)
		*slot = (uint64_t)(tree->nr_nodes - 1) << 2 | WALK_SLOT_NODE;
	return r;
}

static int add_page(struct reader *reader, uint64_t va, uint64_t pa, unsigned int level)
{
	uint64_t *slot = free_slot_of(reader, va, level);

	if (!slot)
		return -EBADMSG;
	*slot = pa | WALK_SLOT_PAGE;
	reader->dump->tree.nr_pages[level]++;
	return 0;
}

static int read_pages(struct reader *reader, char **words)
{
	unsigned int level = strchr(words[4], 'g') ? 3 : strchr(words[4], 'h') ? 2 : 1;
	uint64_t va = 0, pa = 0, count = 0, size = 1ULL << walk_shift(level);
	int r;

	if (words[4][strspn(words[4], "hgadw-")])
		return walk_text_refuse(
			&reader->text, "'%.40s' are no flags: of h, g, a, d and w, or -", words[4]);
	r = address_of(reader, words[1], walk_shift(level), va_limit(reader), "address", &va);
	r = r ? r : address_of(reader, words[2], walk_shift(level), WALK_AREAS, "frame", &pa);
	r = r ? r : count_of(reader, words[3], 1, 1ULL << 36, "number of pages", &count);
	if (r)
		return r;
	if (count > (va_limit(reader) - va) / size || count > (WALK_AREAS - pa) / size)
		return walk_text_refuse(&reader->text, "%llu pages go beyond the last address",
					(unsigned long long)count);
	for (uint64_t i = 0; i < count && r == 0; i++)
		r = add_page(reader, va + i * size, pa + i * size, level);
	return r;
}

static int read_range(struct reader *reader, char **words)
{
	struct walk_dump *dump = reader->dump;
	uint64_t start = 0, base = 0, windows = 0, reg = 0;
	bool held = strcmp(words[4], "-");
	int r = address_of(reader, words[1], WALK_WINDOW_SHIFT, va_limit(reader), "start", &start);

	r = r ? r : address_of(reader, words[2], 12, WALK_AREAS, "area", &base);
	r = r ? r :
		count_of(reader, words[3], 1, (va_limit(reader) - start) >> WALK_WINDOW_SHIFT,
			 "number of windows", &windows);
	if (r == 0 && held)
		r = count_of(reader, words[4], 0, WALK_MAX_RANGES - 1, "register", &reg);
	if (r)
		return r;
	if (dump->nr_ranges == WALK_MAX_RANGES)
		return walk_text_refuse(&reader->text, "more than %d areas: leave out the smallest",
					WALK_MAX_RANGES);
	if (windows > (WALK_AREAS - base) >> WALK_PAGE_SHIFT)
		return walk_text_refuse(&reader->text, "the area goes beyond the last address");
	if (dump->nr_ranges && start < dump->ranges[dump->nr_ranges - 1].end)
		return walk_text_refuse(&reader->text, "it overlaps the area before: "
						       "write them by their addresses");
	dump->ranges[dump->nr_ranges++] = (struct walk_range){
		.start = start,
		.end = start + (windows << WALK_WINDOW_SHIFT),
		.base = base,
		.base_2m = WALK_AREA(WALK_AREA_TEA_2M) +
			   ((start >> WALK_GIB_SHIFT & 0xffffff) << WALK_PAGE_SHIFT),
		.reg = held ? (int32_t)reg : -1,
		.pages = true,
	};
	return 0;
}

static int read_end(struct reader *reader, char **words)
{
	uint64_t count, lines = reader->text.line - 2;

	if (!walk_text_number(words[1], 10, &count) || count != lines)
		return walk_text_refuse(
			&reader->text,
			"'E %.40s' after %llu lines: the dump is not whole, make it once more",
			words[1], (unsigned long long)lines);
	reader->ended = true;
	return 0;
}

static const struct kind {
	char letter;
	unsigned int words;
	const char *form;
	int (*read)(struct reader *reader, char **words);
} kinds[] = {
	{ 'M', 5, "M tgid comm levels root", read_process },
	{ 'V', 4, "V start end flags", read_mapping },
	{ 'T', 5, "T level va table node", read_table },
	{ 'P', 5, "P va pa count flags", read_pages },
	{ 'R', 5, "R start base windows register", read_range },
	{ 'E', 2, "E count", read_end },
};

static int read_line(struct reader *reader, char *line)
{
	char *words[WALK_MAX_WORDS];
	unsigned int nr;

	if (!reader->begun) {
		if (strcmp(line, "mempol-walk 1"))
			return walk_text_refuse(&reader->text,
						"a dump begins with the line 'mempol-walk 1'");
		reader->begun = true;
		return 0;
	}
	nr = walk_text_split(line, words);
	if (reader->ended)
		return walk_text_refuse(&reader->text, "something behind the E line: remove it");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!nr || words[0][0] != kinds[i].letter || words[0][1])
			continue;
		if (nr != kinds[i].words)
			return walk_text_refuse(&reader->text, "%u words where the form is '%s'",
						nr, kinds[i].form);
		if (kinds[i].letter != 'M' && !reader->dump->tree.levels)
			return walk_text_refuse(
				&reader->text, "the M line comes first: 'M tgid comm levels root'");
		return kinds[i].read(reader, words);
	}
	return walk_text_refuse(&reader->text, "'%.40s' is no kind of line: M, V, T, P, R or E",
				nr ? words[0] : "");
}

int walk_dump_read(struct walk_dump *dump, const char *path, int fd, FILE *err)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	char *line;
	int r;

	memset(dump, 0, sizeof(*dump));
	if (!reader) {
		fprintf(err, "%s: %s\n", path, strerror(ENOMEM));
		return -ENOMEM;
	}
	reader->dump = dump;
	r = walk_text_start(&reader->text, path, fd, err);
	while (r == 0) {
		r = walk_text_next(&reader->text, &line);
		if (r <= 0)
			break;
		r = read_line(reader, line);
	}
	if (r == 0 && !reader->ended)
		r = walk_text_refuse(&reader->text,
				     "no E line: the dump is not whole, make it once more");
	for (uint32_t i = 0; i < dump->nr_ranges; i++)
		dump->ranges[i].huge = dump->tree.nr_pages[2];
	walk_text_done(&reader->text);
	free(reader);
	if (r < 0)
		walk_dump_done(dump);
	return r;
}

void walk_dump_done(struct walk_dump *dump)
{
	for (uint32_t i = 0; i < dump->tree.nr_nodes; i++)
		free(dump->tree.nodes[i]);
	free(dump->tree.nodes);
	memset(dump, 0, sizeof(*dump));
}
