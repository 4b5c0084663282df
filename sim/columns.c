// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which column of a csv trace is what, and what the words of its op column mean, as a user writes both; or the name
 * of a set of traces that many have. Called by mempolctl, and by trace-csv.c when the titles are known. A new set is
 * one line here.
 */
#include "columns.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	const char *columns;
	const char *words; /* NULL: those of csv */
} sets[] = {
	/* timestamp, key, key size, value size, client, operation, time to live */
	{ "twitter", "time=1,object=2,size=4,op=6", NULL },
	/* time, host, disk, Read or Write, offset, length, response time */
	{ "msr", "time=1,object=2+3,op=4,offset=5,size=6", NULL },
	/* version, time, command of SCSI, length, sector; 42 is UNMAP */
	{ "cloudphysics", "time=2,op=3,size=4,sector=5",
	  "08=read,28=read,88=read,a8=read,0a=write,2a=write,8a=write,aa=write,42=skip" },
};

struct parser {
	const char *at;
	const struct sim_titles *titles; /* NULL: not known yet */
	struct sim_columns columns;
	uint64_t taken;
	const char *problem;
};

static uint8_t *column_of(struct sim_columns *columns, const char *name, size_t length)
{
	static const char *const names[] = { "time", "object", "size", "op", "offset", "sector" };
	uint8_t *const at[] = { &columns->time, &columns->object, &columns->size,
				&columns->op,	&columns->offset, &columns->sector };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == length && !memcmp(names[i], name, length))
			return at[i];
	return NULL;
}

static bool is_number(const char *at, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (at[i] < '0' || at[i] > '9')
			return false;
	return length;
}

/* 0: it is none. */
static unsigned int to_number(const char *at, size_t length)
{
	unsigned int number = 0;

	for (size_t i = 0; i < length && number <= SIM_MAX_COLUMNS; i++)
		number = number * 10 + (unsigned int)(at[i] - '0');
	return number <= SIM_MAX_COLUMNS ? number : 0;
}

/* By number or title. Before the titles are known any title will do. */
static void take_column(struct parser *parser, uint8_t *column)
{
	size_t length = strcspn(parser->at, ",+");
	unsigned int number;

	if (is_number(parser->at, length)) {
		number = to_number(parser->at, length);
	} else if (!length || !parser->titles) {
		parser->columns.by_title |= length != 0;
		number = length ? SIM_MAX_COLUMNS + 1 : 0;
	} else {
		number = sim_titles_find(parser->titles, parser->at, length);
		if (!number) {
			parser->problem = "is no title";
			return;
		}
	}
	parser->at += length;
	if (!number)
		parser->problem = "a column is a number from 1 to 64, or a title";
	else if (number <= SIM_MAX_COLUMNS && parser->taken & 1ULL << (number - 1))
		parser->problem = "two names have one column";
	if (number && number <= SIM_MAX_COLUMNS)
		parser->taken |= 1ULL << (number - 1);
	*column = (uint8_t)number;
}

#define NAMES "the names are time, object, size, op, offset and sector"

static void take_pair(struct parser *parser)
{
	size_t length = strcspn(parser->at, "=,");
	uint8_t *column = column_of(&parser->columns, parser->at, length);

	if (!column) {
		parser->problem = NAMES;
		return;
	}
	if (*column) {
		parser->problem = "a name stands there twice";
		return;
	}
	parser->at += length;
	if (*parser->at == '=')
		parser->at++;
	take_column(parser, column);
	if (!parser->problem && *parser->at == '+' && column == &parser->columns.object) {
		parser->at++;
		take_column(parser, &parser->columns.object2);
	}
	if (parser->problem)
		return;
	if (*parser->at == '+')
		parser->problem = "only an object may be of two columns";
	else if (*parser->at && !*++parser->at)
		parser->problem = NAMES;
}

static const char *find_problem(const struct sim_columns *columns)
{
	if (columns->offset && columns->sector)
		return "offset and sector are the same in other units";
	if ((columns->offset || columns->sector) && !columns->size)
		return "a request at an offset or sector needs a size";
	if (!columns->object && !columns->offset && !columns->sector)
		return "there is no object";
	return NULL;
}

static int parse(const char *text, const struct sim_titles *titles, struct sim_columns *ret,
		 const char **ret_at, const char **ret_problem)
{
	struct parser parser = { .at = text, .titles = titles };

	do
		take_pair(&parser);
	while (!parser.problem && *parser.at);
	if (!parser.problem)
		parser.problem = find_problem(&parser.columns);
	*ret_at = parser.at;
	*ret_problem = parser.problem;
	if (parser.problem)
		return -EINVAL;
	*ret = parser.columns;
	ret->are_set = true;
	ret->text = text;
	return 0;
}

int sim_columns_parse(const char *text, struct sim_columns *ret, struct sim_op_words *ret_words,
		      const char **ret_problem)
{
	const char *words = NULL, *at;
	int r;

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (!strcmp(text, sets[i].name)) {
			text = sets[i].columns;
			words = sets[i].words;
			break;
		}
	r = parse(text, NULL, ret, &at, ret_problem);
	if (r < 0 || !words)
		return r;
	ret_words->alone = true;
	return sim_op_words_parse(words, ret_words, ret_problem);
}

int sim_columns_resolve(const struct sim_titles *titles, struct sim_columns *columns,
			const char **ret_at, const char **ret_problem)
{
	return parse(columns->text, titles, columns, ret_at, ret_problem);
}

static bool to_op(const char *word, size_t length, int8_t *ret)
{
	static const struct {
		const char *word;
		int8_t op;
	} ops[] = { { "read", SIM_READ },
		    { "write", SIM_WRITE },
		    { "remove", SIM_REMOVE },
		    { "skip", SIM_SKIP } };

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (strlen(ops[i].word) == length && !memcmp(ops[i].word, word, length)) {
			*ret = ops[i].op;
			return true;
		}
	return false;
}

static bool is_word(const char *known, const char *word, size_t length)
{
	return strlen(known) == length && !strncasecmp(known, word, length);
}

static const char *take_word(const char **at, struct sim_op_words *words)
{
	size_t length = strcspn(*at, "=,"), end;
	const char *op = *at + length + 1;
	int8_t value;

	if (!length || length > SIM_MAX_OP_WORD || (*at)[length] != '=')
		return "an op is WORD=read, =write, =remove or =skip, with a word of at most 16 letters";
	end = strcspn(op, ",");
	if (!to_op(op, end, &value))
		return "an op is one of read, write, remove and skip";
	if (words->nr == SIM_MAX_OP_WORDS)
		return "there are more than 32 words";
	for (unsigned int i = 0; i < words->nr; i++)
		if (is_word(words->items[i].word, *at, length))
			return "a word stands there twice";
	memcpy(words->items[words->nr].word, *at, length);
	words->items[words->nr].word[length] = '\0';
	words->items[words->nr++].op = value;
	*at = op + end;
	if (**at && !*++*at)
		return "a word is missing at the end";
	return NULL;
}

int sim_op_words_parse(const char *text, struct sim_op_words *words, const char **ret_problem)
{
	struct sim_op_words parsed = { .alone = words->alone };

	do
		*ret_problem = take_word(&text, &parsed);
	while (!*ret_problem && *text);
	for (unsigned int i = 0; !*ret_problem && i < words->nr; i++) {
		if (parsed.nr == SIM_MAX_OP_WORDS)
			*ret_problem = "there are more than 32 words";
		else
			parsed.items[parsed.nr++] = words->items[i];
	}
	if (*ret_problem)
		return -EINVAL;
	*words = parsed;
	return 0;
}
