// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traces with a reference a line and a comma between the columns: time,object,size,op unless the user or the titles
 * say which column is what. An object is any text without a comma and takes whole pages, at least one; with an offset
 * it is a file or disk, and the line a request to some of its pages. Times only have to be numbers, the order is the
 * file's. Quotes have no meaning.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "columns.h"
#include "reader.h"

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
	{ "remove", SIM_REMOVE }, { "2", SIM_REMOVE },	    { "head", SIM_SKIP },
	{ "3", SIM_SKIP },
};

static const struct sim_columns usual = { .time = 1, .object = 2, .size = 3, .op = 4 };

static bool are_usual(const struct sim_reader *reader)
{
	return !reader->columns.are_set;
}

static unsigned int last_column(const struct sim_columns *columns)
{
	const uint8_t all[] = { columns->time, columns->object, columns->object2, columns->size,
				columns->op,   columns->offset, columns->sector };
	unsigned int last = 0;

	for (size_t i = 0; i < sizeof(all); i++)
		last = all[i] > last ? all[i] : last;
	return last;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct sim_field trim(const char *begin, const char *end)
{
	while (begin < end && is_blank(*begin))
		begin++;
	while (begin < end && is_blank(end[-1]))
		end--;
	return (struct sim_field){ .at = begin, .length = end - begin };
}

static void split(const char *line, unsigned int last, struct sim_titles *fields)
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
static bool is_number(const struct sim_field *field)
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

static bool is_op(const char *word, const struct sim_field *field)
{
	return !strncasecmp(word, field->at, field->length) && !word[field->length];
}

/* The user's words come first. */
static bool find_op(const struct sim_op_words *words, const struct sim_field *field, int *ret_op)
{
	for (unsigned int i = 0; i < words->nr; i++)
		if (is_op(words->items[i].word, field)) {
			*ret_op = words->items[i].op;
			return true;
		}
	for (size_t i = 0; !words->alone && i < sizeof(ops) / sizeof(ops[0]); i++)
		if (is_op(ops[i].word, field)) {
			*ret_op = ops[i].op;
			return true;
		}
	return false;
}

/* Neither a number nor what somebody may have meant to be one. */
static bool is_word(const struct sim_field *field)
{
	return field->length && !is_digit(*field->at) && !strchr("+-.", *field->at);
}

/* Of titles no column is a number that should be one; where none should be, the op is none. */
static bool are_titles(const struct sim_reader *reader, const struct sim_columns *columns,
		       const struct sim_titles *fields)
{
	const uint8_t numbers[] = { columns->time, columns->size, columns->offset,
				    columns->sector };
	bool any = false;
	int op;

	for (size_t i = 0; i < sizeof(numbers); i++) {
		if (numbers[i] && !is_word(&fields->field[numbers[i]]))
			return false;
		any |= numbers[i] != 0;
	}
	return any || (columns->op && is_word(&fields->field[columns->op]) &&
		       !find_op(&reader->words, &fields->field[columns->op], &op));
}

static const char *hint(const struct sim_reader *reader)
{
	return are_usual(reader) ? "; other columns are named with --columns" : "";
}

#define QUOTE(field) (int)((field)->length < 40 ? (field)->length : 40), (field)->at

/* What is no number of the unit is refused with its name; 0 to @max. */
static int take_number(struct sim_reader *reader, const struct sim_field *field, const char *name,
		       uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < field->length; i++) {
		if (!is_digit(field->at[i]))
			return sim_reader_refuse(reader, "%s '%.*s' is no number%s", name,
						 QUOTE(field), hint(reader));
		if (value <= max)
			value = value * 10 + (uint64_t)(field->at[i] - '0');
	}
	if (!field->length)
		return sim_reader_refuse(reader, "%s '' is no number%s", name, hint(reader));
	if (value > max)
		return sim_reader_refuse(reader, "%s '%.*s' is out of range: 0 to %llu", name,
					 QUOTE(field), (unsigned long long)max);
	*ret = value;
	return 0;
}

static int take_op(struct sim_reader *reader, const struct sim_field *field, int *ret_op)
{
	if (find_op(&reader->words, field, ret_op))
		return 0;
	if (reader->words.alone || reader->columns.sector)
		return sim_reader_refuse(
			reader, "unknown op '%.*s': say what it means, as in --ops %.*s=skip%s",
			QUOTE(field), QUOTE(field),
			reader->words.alone ? "" : "; --format cloudphysics knows those of SCSI");
	return sim_reader_refuse(
		reader,
		"unknown op '%.*s': get, set, delete and the like, or 0 put, 1 get, 2 delete, 3 head, "
		"4 copy, or what --ops says, as in --ops %.*s=read%s",
		QUOTE(field), QUOTE(field), hint(reader));
}

/* Where the file's or disk's name stands, if it has one. */
static int take_file(struct sim_reader *reader, const struct sim_columns *columns,
		     const struct sim_titles *fields, uint32_t *ret_file)
{
	const struct sim_field *first = &fields->field[columns->object];
	const struct sim_field *second = &fields->field[columns->object2];
	char name[2 * SIM_NAME_MAX];
	int length;

	if (!columns->object)
		return sim_reader_file(reader, "", 0, ret_file);
	if (!columns->object2)
		return sim_reader_file(reader, first->at, first->length, ret_file);
	/* A comma is in neither. */
	length = snprintf(name, sizeof(name), "%.*s,%.*s", (int)first->length, first->at,
			  (int)second->length, second->at);
	return sim_reader_file(reader, name, (uint32_t)length, ret_file);
}

static int take_request(struct sim_reader *reader, const struct sim_columns *columns,
			const struct sim_titles *fields, uint64_t size, int op)
{
	unsigned int unit = columns->offset ? 1 : SIM_SECTOR_SIZE;
	const struct sim_field *at =
		&fields->field[columns->offset ? columns->offset : columns->sector];
	uint64_t offset = 0;
	uint32_t file = 0;
	int r = take_number(reader, at, columns->offset ? "offset" : "sector",
			    SIM_MAX_FILE_BYTES / unit, &offset);

	if (r == 0)
		r = take_file(reader, columns, fields, &file);
	return r < 0 ? r : sim_reader_add_request(reader, file, offset * unit, size, op);
}

static int take_object(struct sim_reader *reader, const struct sim_columns *columns,
		       const struct sim_titles *fields, uint64_t size, int op)
{
	uint32_t pages = size ? (uint32_t)((size + SIM_PAGE_SIZE - 1) / SIM_PAGE_SIZE) : 1;
	const struct sim_field *object = &fields->field[columns->object];
	char name[2 * SIM_NAME_MAX];
	int length;

	if (!object->length)
		return sim_reader_refuse(reader, "there is no object");
	if (!columns->object2)
		return sim_reader_add_name(reader, object->at, object->length, pages, op);
	length = snprintf(name, sizeof(name), "%.*s,%.*s", (int)object->length, object->at,
			  (int)fields->field[columns->object2].length,
			  fields->field[columns->object2].at);
	return sim_reader_add_name(reader, name, (uint32_t)length, pages, op);
}

static int take_fields(struct sim_reader *reader, const struct sim_columns *columns,
		       const struct sim_titles *fields)
{
	const struct sim_field *time = &fields->field[columns->time];
	bool request = columns->offset || columns->sector;
	uint64_t size = 0;
	int r = 0, op = SIM_READ;

	if (columns->time && !is_number(time))
		return sim_reader_refuse(reader, "time '%.*s' is no number%s", QUOTE(time),
					 hint(reader));
	if (columns->size)
		r = take_number(reader, &fields->field[columns->size], "size",
				(uint64_t)SIM_MAX_PAGES * SIM_PAGE_SIZE, &size);
	if (r == 0 && columns->op)
		r = take_op(reader, &fields->field[columns->op], &op);
	if (r < 0 || op == SIM_SKIP)
		return r;
	return request ? take_request(reader, columns, fields, size, op) :
			 take_object(reader, columns, fields, size, op);
}

/* The first line, if it is one of titles or of comment: whatever is known of the columns from it. */
static int take_titles(struct sim_reader *reader, const char *line, bool *ret_taken)
{
	const char *at, *problem;
	struct sim_titles titles;

	*ret_taken = false;
	split(line + strspn(line, "# \t"), SIM_MAX_COLUMNS, &titles);
	if (!reader->columns.by_title) {
		if (are_usual(reader) && sim_titles_guess(&titles, &reader->columns))
			*ret_taken = true;
		return 0;
	}
	if (sim_columns_resolve(&titles, &reader->columns, &at, &problem) == 0) {
		reader->columns.by_title = false;
		*ret_taken = true;
		return 0;
	}
	/* A comment need not be titles. */
	if (*line == '#')
		return 0;
	return sim_reader_refuse(reader, "--columns: '%.*s' %s; the first line is: %.200s",
				 (int)strcspn(at, ",+"), at, problem, line);
}

int sim_read_csv_line(struct sim_reader *reader, char *line)
{
	const struct sim_columns *columns;
	struct sim_titles fields;
	bool first = !reader->begun, taken = false;
	unsigned int last;
	int r = 0;

	while (is_blank(*line))
		line++;
	if (!*line)
		return 0;
	if (first)
		r = take_titles(reader, line, &taken);
	if (r < 0 || *line == '#')
		return r;
	reader->begun = true;
	if (taken)
		return 0;
	columns = are_usual(reader) ? &usual : &reader->columns;
	last = last_column(columns);
	split(line, last, &fields);
	if (fields.nr < last && are_usual(reader))
		return sim_reader_refuse(reader, "a line is time,object,size,op%s", hint(reader));
	if (fields.nr < last)
		return sim_reader_refuse(reader,
					 "there is no column %u, which --columns, --format or "
					 "the titles name",
					 last);
	if (first && are_titles(reader, columns, &fields))
		return 0;
	if (fields.more && are_usual(reader))
		return sim_reader_refuse(reader, "a line is time,object,size,op and no more%s",
					 hint(reader));
	return take_fields(reader, columns, &fields);
}
