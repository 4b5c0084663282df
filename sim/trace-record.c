// SPDX-License-Identifier: GPL-2.0-only
/*
 * Traces of `mempolctl record` (daemon/mempolctl/sample.c writes them): a sample of the pages of files, and of
 * each use the thread, and whether that thread was in a run. The first line says how large the sample is;
 * everything that depends on a size is simulated with so much less.
 *
 *	# mempol-record 1 sample=1/16
 *	OP FILE PAGE[+MORE] THREAD [run]
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"

#define MAX_FILE UINT32_MAX
#define MAX_PAGE (1ULL << 44)
#define MAX_MORE ((1U << 20) - 1)

static const char usage[] = "a line is OP FILE PAGE[+MORE] THREAD [run], as in: r 3 17 1204 run";

bool sim_is_record(const char *line)
{
	return !strncmp(line, SIM_RECORD_MAGIC, strlen(SIM_RECORD_MAGIC));
}

/* 1, 2, 4 ... up to 2^20; the shift, or -EINVAL. */
static int shift_of(unsigned long long rate)
{
	for (int shift = 0; shift <= SIM_MAX_SAMPLE_SHIFT; shift++)
		if (rate == 1ULL << shift)
			return shift;
	return -EINVAL;
}

static int read_title(struct sim_reader *reader, const char *line)
{
	static const char sample[] = "1 sample=1/";
	char *end;
	int shift;

	if (reader->version)
		return sim_reader_refuse(reader,
					 "another recording begins here: simulate each by itself");
	line += strlen(SIM_RECORD_MAGIC);
	if (strncmp(line, sample, strlen(sample)))
		return sim_reader_refuse(reader,
					 "a recording of another version: simulate it with the "
					 "mempolctl that has made it");
	shift = shift_of(strtoull(line + strlen(sample), &end, 10));
	if (shift < 0 || *end)
		return sim_reader_refuse(reader, "the sample is 1/1, 1/2, 1/4 ... 1/%u, as in: %s",
					 1U << SIM_MAX_SAMPLE_SHIFT,
					 SIM_RECORD_MAGIC "1 sample=1/16");
	if (shift && reader->requests)
		return sim_reader_refuse(reader,
					 "a sample of pages lacks their neighbours: simulate it "
					 "without --readahead, or record with --sample 0");
	reader->version = 1;
	reader->trace.sample_shift = (unsigned int)shift;
	return 0;
}

static bool take(char **at, char behind, uint64_t max, uint64_t *ret)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*ret = strtoull(*at, &end, 10);
	if (errno || *ret > max || (*end != ' ' && *end && *end != behind))
		return false;
	*at = end;
	return true;
}

static bool take_blank(char **at)
{
	if (**at != ' ')
		return false;
	++*at;
	return true;
}

struct use {
	uint64_t file, page, more, thread;
	bool in_run;
};

static bool parse(char *at, struct use *use)
{
	if (!take_blank(&at) || !take(&at, ' ', MAX_FILE, &use->file) || !take_blank(&at) ||
	    !take(&at, '+', MAX_PAGE, &use->page))
		return false;
	if (*at == '+' && (++at, !take(&at, ' ', MAX_MORE, &use->more)))
		return false;
	if (!take_blank(&at) || !take(&at, ' ', UINT32_MAX, &use->thread))
		return false;
	use->in_run = !strcmp(at, " run");
	return use->in_run || !*at;
}

/* A bit for each reference, kept as the references are; those from @first on are new. */
static int note_run(struct sim_reader *reader, size_t first, bool in_run)
{
	struct sim_trace *trace = &reader->trace;

	for (size_t at = first; at < trace->nr_refs; at++) {
		if (at / 8 >= reader->run_bytes) {
			size_t more = reader->run_bytes ? reader->run_bytes * 2 : 1024;
			uint8_t *runs = realloc(trace->in_run, more);

			if (!runs)
				return -ENOMEM;
			memset(runs + reader->run_bytes, 0, more - reader->run_bytes);
			trace->in_run = runs;
			reader->run_bytes = more;
		}
		if (in_run)
			trace->in_run[at / 8] |= (uint8_t)(1U << at % 8);
	}
	return 0;
}

static int add(struct sim_reader *reader, const struct use *use, enum sim_op op)
{
	size_t first = reader->trace.nr_refs;
	char name[24];
	uint32_t file;
	int r;

	r = sim_reader_file(reader, name,
			    (uint32_t)snprintf(name, sizeof(name), "%llu",
					       (unsigned long long)use->file),
			    &file);
	/* Engines ask whether it is the same thread, not which. */
	if (r == 0)
		r = sim_reader_set_thread(reader, (uint16_t)(use->thread ^ use->thread >> 16));
	if (r == 0)
		r = sim_reader_add_request(reader, file, use->page * SIM_PAGE_SIZE,
					   (use->more + 1) * SIM_PAGE_SIZE, op);
	return r < 0 ? r : note_run(reader, first, use->in_run);
}

int sim_read_record_line(struct sim_reader *reader, char *line)
{
	struct use use = {};
	enum sim_op op;

	if (sim_is_record(line))
		return read_title(reader, line);
	if (!reader->version)
		return sim_reader_refuse(
			reader,
			"this is no recording: its first line is not as in: " SIM_RECORD_MAGIC
			"1 sample=1/16");
	switch (*line) {
	case '#':
	case '\0':
		return 0;
	case 'r':
	case 'm':
		op = SIM_READ;
		break;
	case 'w':
		op = SIM_WRITE;
		break;
	case 'd':
		op = SIM_REMOVE;
		break;
	case 'a': /* the recorded cache's own affair */
		return parse(line + 1, &use) ? 0 : sim_reader_refuse(reader, "%s", usage);
	default:
		return sim_reader_refuse(reader, "unknown operation: %s", usage);
	}
	if (!parse(line + 1, &use))
		return sim_reader_refuse(reader, "%s", usage);
	return add(reader, &use, op);
}
