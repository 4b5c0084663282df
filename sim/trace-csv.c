// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traces of caches as they are published: time,object,size,op. An object is any text without a comma and
 * takes whole pages, at least one; times only have to be numbers, the order is the file's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reader.h"

static const struct op_word {
	const char *word;
	enum sim_op op;
} ops[] = {
	{ "get", SIM_READ },	 { "gets", SIM_READ },	   { "read", SIM_READ },
	{ "set", SIM_WRITE },	 { "put", SIM_WRITE },	   { "write", SIM_WRITE },
	{ "add", SIM_WRITE },	 { "replace", SIM_WRITE }, { "cas", SIM_WRITE },
	{ "append", SIM_WRITE }, { "prepend", SIM_WRITE }, { "incr", SIM_WRITE },
	{ "decr", SIM_WRITE },	 { "delete", SIM_REMOVE }, { "remove", SIM_REMOVE },
};

static const struct op_word *find_op(const char *word)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (!strcasecmp(ops[i].word, word))
			return &ops[i];
	return NULL;
}

static char *trim(char *field)
{
	char *end;

	field += strspn(field, " \t");
	end = field + strlen(field);
	while (end > field && strchr(" \t", end[-1]))
		end--;
	*end = '\0';
	return field;
}

static bool is_number(const char *field)
{
	char *end;

	if (!*field || strchr("+-", *field))
		return false;
	strtod(field, &end);
	return !*end;
}

static int take_pages(struct sim_reader *reader, const char *field, uint32_t *ret_pages)
{
	uint64_t bytes, pages;

	if (!*field || field[strspn(field, "0123456789")])
		return sim_reader_refuse(reader, "size '%.40s' is no number of bytes", field);
	errno = 0;
	bytes = strtoull(field, NULL, 10);
	pages = bytes / SIM_PAGE_SIZE + (bytes % SIM_PAGE_SIZE != 0);
	if (errno || pages > SIM_MAX_PAGES)
		return sim_reader_refuse(reader, "size '%.40s' is out of range: 0 to %llu", field,
					 (unsigned long long)SIM_MAX_PAGES * SIM_PAGE_SIZE);
	*ret_pages = pages ? pages : 1;
	return 0;
}

int sim_read_csv_line(struct sim_reader *reader, char *line)
{
	char *rest = line, *fields[4];
	const struct op_word *op;
	uint32_t pages = 1;
	int r;

	if (!*trim(line))
		return 0;
	for (unsigned int i = 0; i < 4; i++) {
		fields[i] = strsep(&rest, ",");
		if (!fields[i])
			return sim_reader_refuse(reader, "a line is time,object,size,op");
		fields[i] = trim(fields[i]);
	}
	if (rest)
		return sim_reader_refuse(reader, "a line is time,object,size,op and no more");
	/* Titles: no trace begins with a reference whose time is a word. */
	if (reader->line == 1 && !strcasecmp(fields[0], "time"))
		return 0;
	if (!is_number(fields[0]))
		return sim_reader_refuse(reader, "time '%.40s' is no number", fields[0]);
	if (!*fields[1])
		return sim_reader_refuse(reader, "there is no object");
	r = take_pages(reader, fields[2], &pages);
	if (r < 0)
		return r;
	op = find_op(fields[3]);
	if (!op)
		return sim_reader_refuse(
			reader, "unknown op '%.40s': get, set, delete and the like", fields[3]);
	return sim_reader_add(reader, fields[1], strlen(fields[1]), pages, op->op);
}
