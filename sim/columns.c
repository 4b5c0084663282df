// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which column of a csv trace is what, as a user writes it: names and numbers, or the name of a set of
 * traces that many have. Called by mempolctl. A new set is one line here.
 */
#include <errno.h>
#include <string.h>

#include "sim.h"

static const struct {
	const char *name;
	struct sim_columns columns;
} sets[] = {
	/* timestamp, key, key size, value size, client, operation, time to live */
	{ "twitter", { .time = 1, .object = 2, .size = 4, .op = 6 } },
};

static uint8_t *column_of(struct sim_columns *columns, const char *name, size_t length)
{
	static const char *const names[] = { "time", "object", "size", "op" };
	uint8_t *const at[] = { &columns->time, &columns->object, &columns->size, &columns->op };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == length && !memcmp(names[i], name, length))
			return at[i];
	return NULL;
}

/* 0: it is none. */
static unsigned int take_number(const char **at)
{
	unsigned int number = 0;

	for (; **at >= '0' && **at <= '9' && number <= SIM_MAX_COLUMNS; ++*at)
		number = number * 10 + (**at - '0');
	return number <= SIM_MAX_COLUMNS ? number : 0;
}

static const char *take_pair(const char **at, struct sim_columns *columns, uint64_t *taken)
{
	size_t length = strcspn(*at, "=,");
	uint8_t *column = column_of(columns, *at, length);
	unsigned int number;

	if (!column)
		return "the names are time, object, size and op";
	*at += length;
	if (*column)
		return "a name stands there twice";
	number = **at == '=' ? (++*at, take_number(at)) : 0;
	if (!number || (**at && **at != ','))
		return "a column is a number from 1 to 64";
	if (*taken & 1ULL << (number - 1))
		return "two names have one column";
	*taken |= 1ULL << (number - 1);
	*column = number;
	if (**at)
		++*at;
	return NULL;
}

int sim_columns_parse(const char *text, struct sim_columns *ret, const char **ret_problem)
{
	struct sim_columns columns = {};
	const char *at = text, *problem = NULL;
	uint64_t taken = 0;

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (!strcmp(text, sets[i].name)) {
			*ret = sets[i].columns;
			return 0;
		}
	do
		problem = take_pair(&at, &columns, &taken);
	while (!problem && *at);
	if (!problem && at > text && at[-1] == ',')
		problem = "the names are time, object, size and op";
	if (!problem && !columns.object)
		problem = "there is no object";
	if (problem) {
		*ret_problem = problem;
		return -EINVAL;
	}
	*ret = columns;
	return 0;
}
