// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a page-table dump or as a memory trace of the page-walk simulator: no crash, no leak, no hang, and either
 * what was read is within its bounds, or one line says what is wrong. The first byte says what it is; the rest is the
 * file. Run by tests/runner with the corpus and dictionary beside it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../sim/walk/dump.h"
#include "../../sim/walk/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	DUMP = WALK_FORMATS, /* the choice behind the formats of traces */
	REFERENCES = 7,
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* One line, with nothing in it that a terminal obeys. */
static void require_message(const char *message)
{
	size_t length = strlen(message);

	require(length > 6 && !strncmp(message, "fuzz:", 5) && message[length - 1] == '\n');
	for (size_t i = 0; i + 1 < length; i++)
		require(message[i] >= ' ' && message[i] < 0x7f);
}

static void require_node(const struct walk_tree *tree, uint64_t number, unsigned int level,
			 uint64_t va, uint64_t *pages)
{
	const struct walk_node *node = tree->nodes[number];

	require(number < tree->nr_nodes && level >= 1 && !(node->table & 4095));
	for (uint64_t i = 0; i < WALK_NODE_SLOTS; i++) {
		uint64_t slot = node->slots[i], at = va + (i << walk_shift(level));

		if (slot & WALK_SLOT_PAGE) {
			require(level <= 3 && walk_tree_leaf(tree, at) == level);
			require(walk_tree_data(tree, at) == (slot & ~(uint64_t)WALK_SLOT_PAGE));
			require(walk_tree_entry(tree, at, level) == node->table + i * 8);
			(*pages)++;
		} else if (slot) {
			require_node(tree, slot >> 2, level - 1, at, pages);
		}
	}
}

static void require_dump(const struct walk_dump *dump)
{
	uint64_t pages = 0;

	require_node(&dump->tree, 0, dump->tree.levels, 0, &pages);
	require(pages == dump->tree.nr_pages[1] + dump->tree.nr_pages[2] + dump->tree.nr_pages[3]);
	for (uint32_t i = 0; i < dump->nr_ranges; i++) {
		require(dump->ranges[i].start < dump->ranges[i].end);
		require(!i || dump->ranges[i].start >= dump->ranges[i - 1].end);
		require(dump->ranges[i].reg < WALK_MAX_RANGES);
	}
}

static int read_dump(int fd, FILE *err)
{
	struct walk_dump dump;
	int r = walk_dump_read(&dump, "fuzz", fd, err);

	if (r < 0)
		return r;
	if (dump.tree.nr_nodes)
		require_dump(&dump);
	walk_dump_done(&dump);
	return 0;
}

static int read_trace(int fd, enum walk_format format, FILE *err)
{
	static struct walk_trace trace;
	uint64_t references[REFERENCES], nr = 0;
	ssize_t n;

	if (walk_trace_start(&trace, "fuzz", fd, format, err) < 0)
		return -1;
	while ((n = walk_trace_next(&trace, references, REFERENCES)) > 0) {
		require(n <= REFERENCES);
		for (ssize_t i = 0; i < n; i++)
			require((references[i] >> WALK_TYPE_SHIFT & 7) < WALK_TYPES);
		nr += (uint64_t)n;
	}
	require(n < 0 || nr);
	walk_trace_done(&trace);
	return n < 0 ? -1 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *message = NULL;
	size_t length;
	FILE *err;
	int fd, r;

	if (!size)
		return 0;
	fd = memfd_create("input", MFD_CLOEXEC);
	err = open_memstream(&message, &length);
	require(fd >= 0 && err);
	require(write(fd, data + 1, size - 1) == (ssize_t)size - 1 && lseek(fd, 0, SEEK_SET) == 0);
	if (*data % (WALK_FORMATS + 1) == DUMP)
		r = read_dump(fd, err);
	else
		r = read_trace(fd, (enum walk_format)(*data % (WALK_FORMATS + 1)), err);
	fclose(err);
	close(fd);
	require((r == 0) == !length);
	if (r < 0)
		require_message(message);
	free(message);
	return 0;
}
