// SPDX-License-Identifier: GPL-2.0-only
/*
 * Titles of a csv trace, and what the usual ones mean. Called by trace-csv.c and columns.c.
 */
#include <string.h>
#include <strings.h>

#include "columns.h"

/* Of requests a disk is the object. */
static const char *const words[][10] = {
	{ "time", "timestamp", "ts", "time_ms", "time_us", "time_ns", "clock_time", "real_time" },
	{ "object", "object_id", "objectid", "obj", "obj_id", "key", "disk", "device", "device_id",
	  "volume" },
	{ "size", "bytes", "length", "len", "obj_size", "object_size" },
	{ "op", "operation", "op_type", "cmd", "command", "opcode" },
	{ "offset" },
	{ "lbn", "sector", "lba" },
};

enum { TIME, OBJECT, SIZE, OP, OFFSET, SECTOR, N_PARTS };

static bool is_word(const struct sim_field *field, const char *word, size_t length)
{
	return field->length == length && !strncasecmp(field->at, word, length);
}

unsigned int sim_titles_find(const struct sim_titles *titles, const char *name, size_t length)
{
	for (unsigned int i = 1; i <= titles->nr; i++)
		if (is_word(&titles->field[i], name, length))
			return i;
	return 0;
}

static int part_of(const struct sim_field *field)
{
	for (int part = 0; part < N_PARTS; part++)
		for (size_t i = 0; i < sizeof(words[part]) / sizeof(words[part][0]); i++)
			if (words[part][i] &&
			    is_word(field, words[part][i], strlen(words[part][i])))
				return part;
	return N_PARTS;
}

bool sim_titles_guess(const struct sim_titles *titles, struct sim_columns *ret)
{
	uint8_t at[N_PARTS + 1] = {};

	for (unsigned int i = 1; i <= titles->nr; i++) {
		int part = part_of(&titles->field[i]);

		/* Two sizes: which is meant? */
		if (part < N_PARTS && at[part])
			return false;
		at[part] = (uint8_t)i;
	}
	if (at[OFFSET] || at[SECTOR]) {
		if (!at[SIZE] || (at[OFFSET] && at[SECTOR]))
			return false;
	} else if (!at[OBJECT] || !(at[TIME] || at[SIZE] || at[OP])) {
		return false;
	}
	*ret = (struct sim_columns){ .time = at[TIME],
				     .object = at[OBJECT],
				     .size = at[SIZE],
				     .op = at[OP],
				     .offset = at[OFFSET],
				     .sector = at[SECTOR],
				     .are_set = true };
	return true;
}
