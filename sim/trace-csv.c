// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traces of caches with a reference a line and a comma between the columns: time,object,size,op unless the
 * user says which column is what. An object is any text without a comma and takes whole pages, at least
 * one; times only have to be numbers, the order is the file's. Quotes have no meaning.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reader.h"

#define NO_REFERENCE (-1) /* asks whether the object is there, and reads none of it */

/* By number as in IBM's traces of an object store. */
static const struct op_word {
	const char *word;
	int op;
} ops[] = {
	{ "get", SIM_READ },	  { "gets", SIM_READ },	    { "read", SIM_READ },
	{ "r", SIM_READ },	  { "1", SIM_READ },	    { "copy", SIM_READ },
	{ "4", SIM_READ },	  { "set", SIM_WRITE },	    { "put", SIM_WRITE },
	{ "write", SIM_WRITE },	  { "w", SIM_WRITE },	    { "0", SIM_WRITE },
	{ "add", SIM_WRITE },	  { "replace", SIM_WRITE }, { "cas", SIM_WRITE },
	{ "append", SIM_WRITE },  { "prepend", SIM_WRITE }, { "incr", SIM_WRITE },
	{ "decr", SIM_WRITE },	  { "update", SIM_WRITE },  { "delete", SIM_REMOVE },
	{ "remove", SIM_REMOVE }, { "2", SIM_REMOVE },	    { "head", NO_REFERENCE },
	{ "3", NO_REFERENCE },
};

/* A column without the blanks around it. */
struct field {
	const char *at;
	uint32_t length;
};

/* By column, from 1. */
struct fields {
	struct field field[SIM_MAX_COLUMNS + 1];
	unsigned int nr;
	bool more; /* there are more */
};

static const struct sim_columns usual = { .time = 1, .object = 2, .size = 3, .op = 4 };

static bool are_usual(const struct sim_reader *reader)
{
	return !reader->columns.object;
}

static unsigned int last_column(const struct sim_columns *columns)
{
	unsigned int last = columns->object;

	last = last > columns->time ? last : columns->time;
	last = last > columns->size ? last : columns->size;
	return last > columns->op ? last : columns->op;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct field trim(const char *begin, const char *end)
{
	while (begin < end && is_blank(*begin))
		begin++;
	while (begin < end && is_blank(end[-1]))
		end--;
	return (struct field){ .at = begin, .length = end - begin };
}

static void split(const char *line, unsigned int last, struct fields *fields)
{
	fields->nr = 0;
	fields->more = true;
	while (fields->nr < last) {
		const char *begin = line;

		while (*line && *line != ',')
			line++;
		fields->field[++fields->nr] = trim(begin, line);
		if (!*line) {
			fields->more = false;
			return;
		}
		line++;
	}
}

/* Digits, a point among them, an exponent: neither hexadecimal nor infinite. */
static bool is_number(const struct field *field)
{
	const char *at = field->at, *end = at + field->length;
	unsigned int digits = 0;

	for (; at < end && is_digit(*at); at++)
		digits++;
	if (at == end)
		return digits;
	if (*at == '.')
		for (at++; at < end && is_digit(*at); at++)
			digits++;
	if (!digits || at == end)
		return digits;
	if (*at++ != 'e' && at[-1] != 'E')
		return false;
	if (at < end && (*at == '+' || *at == '-'))
		at++;
	if (at == end)
		return false;
	while (at < end && is_digit(*at))
		at++;
	return at == end;
}

static const struct op_word *find_op(const struct field *field)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (!strncasecmp(ops[i].word, field->at, field->length) &&
		    !ops[i].word[field->length])
			return &ops[i];
	return NULL;
}

/* Neither a number nor what somebody may have meant to be one. */
static bool is_word(const struct field *field)
{
	return field->length && !is_digit(*field->at) && !strchr("+-.", *field->at);
}

/* Of titles no column is a number that should be one; where none should be, the op is none. */
static bool are_titles(const struct sim_columns *columns, const struct fields *fields)
{
	const struct field *op = &fields->field[columns->op];

	if (columns->time && !is_word(&fields->field[columns->time]))
		return false;
	if (columns->size && !is_word(&fields->field[columns->size]))
		return false;
	return columns->time || columns->size || (columns->op && is_word(op) && !find_op(op));
}

static const char *hint(const struct sim_reader *reader)
{
	return are_usual(reader) ? "; other columns are named with --columns" : "";
}

#define QUOTE(field) (int)((field)->length < 40 ? (field)->length : 40), (field)->at

static int take_pages(struct sim_reader *reader, const struct field *field, uint32_t *ret_pages)
{
	const uint64_t max = (uint64_t)SIM_MAX_PAGES * SIM_PAGE_SIZE;
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < field->length; i++) {
		if (!is_digit(field->at[i]))
			bytes = UINT64_MAX;
		else if (bytes <= max)
			bytes = bytes * 10 + (field->at[i] - '0');
		if (bytes == UINT64_MAX)
			break;
	}
	if (bytes == UINT64_MAX || !field->length)
		return sim_reader_refuse(reader, "size '%.*s' is no number of bytes%s",
					 QUOTE(field), hint(reader));
	if (bytes > max)
		return sim_reader_refuse(reader, "size '%.*s' is out of range: 0 to %llu",
					 QUOTE(field), (unsigned long long)max);
	*ret_pages = bytes ? (bytes + SIM_PAGE_SIZE - 1) / SIM_PAGE_SIZE : 1;
	return 0;
}

static int take_op(struct sim_reader *reader, const struct field *field, int *ret_op)
{
	const struct op_word *op = find_op(field);

	if (!op)
		return sim_reader_refuse(
			reader,
			"unknown op '%.*s': get, set, delete and the like, or 0 put, "
			"1 get, 2 delete, 3 head, 4 copy%s",
			QUOTE(field), hint(reader));
	*ret_op = op->op;
	return 0;
}

static int take_fields(struct sim_reader *reader, const struct sim_columns *columns,
		       const struct fields *fields)
{
	const struct field *time = &fields->field[columns->time];
	const struct field *object = &fields->field[columns->object];
	uint32_t pages = 1;
	int r = 0, op = SIM_READ;

	if (columns->time && !is_number(time))
		return sim_reader_refuse(reader, "time '%.*s' is no number%s", QUOTE(time),
					 hint(reader));
	if (!object->length)
		return sim_reader_refuse(reader, "there is no object");
	if (columns->size)
		r = take_pages(reader, &fields->field[columns->size], &pages);
	if (r == 0 && columns->op)
		r = take_op(reader, &fields->field[columns->op], &op);
	if (r < 0 || op == NO_REFERENCE)
		return r;
	return sim_reader_add_name(reader, object->at, object->length, pages, op);
}

int sim_read_csv_line(struct sim_reader *reader, char *line)
{
	const struct sim_columns *columns = are_usual(reader) ? &usual : &reader->columns;
	unsigned int last = last_column(columns);
	struct fields fields;
	bool first = !reader->begun;

	while (is_blank(*line))
		line++;
	if (!*line || *line == '#')
		return 0;
	reader->begun = true;
	split(line, last, &fields);
	if (fields.nr < last && are_usual(reader))
		return sim_reader_refuse(reader, "a line is time,object,size,op%s", hint(reader));
	if (fields.nr < last)
		return sim_reader_refuse(reader, "there is no column %u, which --columns names",
					 last);
	if (first && are_titles(columns, &fields))
		return 0;
	if (fields.more && are_usual(reader))
		return sim_reader_refuse(reader, "a line is time,object,size,op and no more%s",
					 hint(reader));
	return take_fields(reader, columns, &fields);
}
