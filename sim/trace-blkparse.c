// SPDX-License-Identifier: GPL-2.0-only
/*
 * What blkparse prints: an event a line, DEVICE CPU SEQUENCE TIME PID ACTION RWBS SECTOR + SECTORS [COMMAND]. A
 * request passes several events, of which one counts. Its bytes are the pages that they touch of their device. Called
 * by trace.c.
 */
#include <stdlib.h>
#include <string.h>

#include "reader.h"

enum { DEVICE, CPU, SEQUENCE, TIME, PID, ACTION, RWBS, SECTOR, PLUS, SECTORS, N_WORDS };

static const char actions[] = "QDC";

static bool take_number(const char *word, uint64_t *ret)
{
	char *end;

	if (!*word || word[strspn(word, "0123456789")] || strlen(word) > 19)
		return false;
	*ret = strtoull(word, &end, 10);
	return true;
}

/* "8,0" */
static bool is_device(const char *word)
{
	size_t major = strspn(word, "0123456789"), minor;

	if (!major || word[major] != ',')
		return false;
	minor = strspn(word + major + 1, "0123456789");
	return minor && !word[major + 1 + minor];
}

static unsigned int split(char *line, char *words[static N_WORDS])
{
	unsigned int nr = 0;
	char *word;

	while (nr < N_WORDS && (word = strsep(&line, " \t")))
		if (*word)
			words[nr++] = word;
	return nr;
}

/* What flushes or only asks moves nothing; what is discarded is gone. */
static int op_of(const char *rwbs)
{
	if (strchr(rwbs, 'D'))
		return SIM_REMOVE;
	if (strchr(rwbs, 'R'))
		return SIM_READ;
	return strchr(rwbs, 'W') ? SIM_WRITE : SIM_SKIP;
}

/* Behind the events stand sums, for each CPU and in all. */
static bool is_sums(const char *word)
{
	static const char *const begin[] = { "CPU",   "Total", "Throughput", "Events", "Skips:",
					     "Reads", "Read",  "Writes",     "Write",  "Merge",
					     "IO",    "PC",    "Timer",	     "Input" };

	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++)
		if (!strncmp(word, begin[i], strlen(begin[i])))
			return true;
	return false;
}

static int take_event(struct sim_reader *reader, char *const words[], unsigned int nr)
{
	const char *which = words[ACTION][1] ? NULL : strchr(actions, *words[ACTION]);
	uint64_t sector, sectors;
	uint32_t file;
	int op, r;

	if (which)
		reader->nr_actions[which - actions]++;
	if (!which || *which != reader->action)
		return 0;
	op = nr > RWBS ? op_of(words[RWBS]) : SIM_SKIP;
	/* A flush has no sectors, unless it writes, too. */
	if (op == SIM_SKIP || (*words[RWBS] == 'F' && (nr <= PLUS || strcmp(words[PLUS], "+"))))
		return 0;
	if (nr < N_WORDS || strcmp(words[PLUS], "+") || !take_number(words[SECTOR], &sector) ||
	    !take_number(words[SECTORS], &sectors))
		return sim_reader_refuse(reader, "no 'SECTOR + SECTORS' behind %s %s",
					 words[ACTION], words[RWBS]);
	if (sector > SIM_MAX_FILE_BYTES / SIM_SECTOR_SIZE ||
	    sectors > SIM_MAX_FILE_BYTES / SIM_SECTOR_SIZE)
		return sim_reader_refuse(reader, "sector %s + %s is beyond the end of any disk",
					 words[SECTOR], words[SECTORS]);
	r = sim_reader_file(reader, words[DEVICE], (uint32_t)strlen(words[DEVICE]), &file);
	return r < 0 ? r :
		       sim_reader_add_request(reader, file, sector * SIM_SECTOR_SIZE,
					      sectors * SIM_SECTOR_SIZE, op);
}

int sim_read_blkparse_line(struct sim_reader *reader, char *line)
{
	char *words[N_WORDS] = {};
	unsigned int nr = split(line, words);

	if (!nr || *words[0] == '#' || is_sums(words[0]))
		return 0;
	if (!is_device(words[DEVICE]))
		return sim_reader_refuse(reader,
					 "'%.40s' is no device, as in 8,0: this is not what "
					 "blkparse prints without -f",
					 words[DEVICE]);
	if (nr <= ACTION)
		return sim_reader_refuse(
			reader, "a line is DEVICE CPU SEQUENCE TIME PID ACTION RWBS SECTOR + "
				"SECTORS");
	return take_event(reader, words, nr);
}

const char *sim_blkparse_hint(const struct sim_reader *reader)
{
	static const char *const hints[] = { ": it has Q, write --format blkparse",
					     ": it has D, write --format blkparse-d",
					     ": it has C, write --format blkparse-c" };

	for (size_t i = 0; reader->action && i < sizeof(hints) / sizeof(hints[0]); i++)
		if (reader->nr_actions[i] && actions[i] != reader->action)
			return hints[i];
	return "";
}
