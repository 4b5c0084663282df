// SPDX-License-Identifier: GPL-2.0-only
/*
 * Iologs of fio, as write_iolog= writes them: lines of FILE ACTION [OFFSET LENGTH] in version 2, with a time in front
 * in version 3. Bytes are read and written as the pages that they touch, and files are kept apart. Called by trace.c.
 */
#include <stdlib.h>
#include <string.h>

#include "reader.h"

#define WORDS_MAX 5

static const struct {
	const char *word;
	int op; /* SIM_SKIP: it moves no bytes */
	unsigned int numbers; /* that must follow */
	bool opens; /* the file is known from now on */
} actions[] = {
	{ "add", SIM_SKIP, 0, true },
	{ "open", SIM_SKIP, 0, true },
	{ "close", SIM_SKIP, 0, false },
	{ "read", SIM_READ, 2, false },
	{ "write", SIM_WRITE, 2, false },
	{ "trim", SIM_REMOVE, 2, false },
	{ "sync", SIM_SKIP, 0, false },
	{ "datasync", SIM_SKIP, 0, false },
	{ "sync_file_range", SIM_SKIP, 0, false },
	{ "wait", SIM_SKIP, 0, false },
};

static bool take_number(const char *word, uint64_t *ret)
{
	char *end;

	if (!*word || word[strspn(word, "0123456789")] || strlen(word) > 19)
		return false;
	*ret = strtoull(word, &end, 10);
	return true;
}

static unsigned int split(char *line, char *words[static WORDS_MAX + 1])
{
	unsigned int nr = 0;
	char *word;

	while (nr <= WORDS_MAX && (word = strsep(&line, " \t")))
		if (*word)
			words[nr++] = word;
	return nr;
}

static int take_version(struct sim_reader *reader, const char *line)
{
	if (!strcmp(line, "fio version 2 iolog"))
		reader->version = 2;
	else if (!strcmp(line, "fio version 3 iolog"))
		reader->version = 3;
	else
		return sim_reader_refuse(reader,
					 "the first line is neither 'fio version 2 iolog' nor "
					 "'fio version 3 iolog'");
	return 0;
}

/* The file is named again in each line; what was never opened has no number yet. */
static int take_file(struct sim_reader *reader, const char *name, bool opens, uint32_t *ret_file)
{
	uint32_t before = reader->files.nr_names;
	int r = sim_reader_file(reader, name, (uint32_t)strlen(name), ret_file);

	if (r == 0 && *ret_file == before && !opens)
		return sim_reader_refuse(reader,
					 "'%.200s' has been neither added nor opened: is the "
					 "beginning of the log missing?",
					 name);
	return r;
}

int sim_read_fio_line(struct sim_reader *reader, char *line)
{
	unsigned int skip = reader->version == 3, nr;
	char *words[WORDS_MAX + 1] = {};
	uint64_t number[2] = {}, time;
	uint32_t file;
	size_t i;
	int r;

	if (!reader->version)
		return take_version(reader, line);
	nr = split(line, words);
	if (!nr)
		return 0;
	if (skip && !take_number(words[0], &time))
		return sim_reader_refuse(reader, "time '%.40s' is no number", words[0]);
	if (nr < skip + 2 || nr > skip + 4)
		return sim_reader_refuse(reader, "a line is %sFILE ACTION [OFFSET LENGTH]",
					 skip ? "TIME " : "");
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (!strcmp(actions[i].word, words[skip + 1]))
			break;
	if (i == sizeof(actions) / sizeof(actions[0]))
		return sim_reader_refuse(reader,
					 "unknown action '%.40s': add, open, close, read, "
					 "write, trim, sync, datasync or wait",
					 words[skip + 1]);
	for (unsigned int k = 0; k < actions[i].numbers; k++)
		if (nr < skip + 4 || !take_number(words[skip + 2 + k], &number[k]))
			return sim_reader_refuse(reader, "%s needs OFFSET and LENGTH in bytes",
						 actions[i].word);
	r = take_file(reader, words[skip], actions[i].opens, &file);
	if (r < 0 || actions[i].op == SIM_SKIP)
		return r;
	return sim_reader_add_request(reader, file, number[0], number[1], actions[i].op);
}
