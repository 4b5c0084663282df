/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as a trace, in any format: no crash, no leak, no hang, and either a trace whose references are all within
 * its bounds, or one line that says what is wrong. The first byte says which format, with readahead or without, and
 * whether columns are found by their titles; the rest is the file, which may be packed. Run by tests/runner with the
 * corpus and dictionary beside it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../sim/sim.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMORY (16 << 20) /* a count is a few letters, and memory for millions of references */

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void require_whole(const struct sim_trace *trace, const struct sim_source *source)
{
	require(trace->nr_refs > 0);
	require(trace->are_files == !trace->index);
	for (size_t i = 0; i < trace->nr_refs; i++) {
		require(trace->refs[i].object < trace->nr_objects);
		require(trace->refs[i].pages > 0);
		require(trace->refs[i].op != SIM_READ_ON || (source->readahead_pages && i));
	}
	for (uint32_t i = 0; trace->files && i < trace->nr_objects; i++)
		require(trace->files[i] < trace->nr_files);
	for (uint32_t i = 0; trace->extents && i < trace->nr_objects; i++) {
		const struct sim_extent *extent = &trace->extents[trace->files[i]];

		require(i >= extent->begin && i < extent->end);
	}
}

/* One line, with nothing in it that a terminal obeys. */
static void require_message(const char *message)
{
	size_t length = strlen(message);

	require(length > 8 && !strncmp(message, "fuzz:", 5) && message[length - 1] == '\n');
	for (size_t i = 0; i + 1 < length; i++)
		require(message[i] >= ' ' && message[i] < 0x7f);
}

static void read_trace(const struct sim_source *source, int fd)
{
	struct sim_trace trace = {};
	char *message = NULL;
	size_t length;
	FILE *err = open_memstream(&message, &length);
	int r;

	require(err);
	r = sim_trace_read(source, fd, err, &trace);
	fclose(err);
	require((r == 0) == !length);
	if (r == 0)
		require_whole(&trace, source);
	else
		require_message(message);
	sim_trace_free(&trace);
	free(message);
}

static void set_format(struct sim_source *source, uint8_t choice)
{
	const struct sim_format_name *format = &sim_formats[choice % sim_formats_count];
	const char *columns = format->columns, *problem;

	source->format = format->format;
	source->format_is_guess = choice & 0x80;
	source->action = format->action;
	if (!columns && source->format == SIM_FORMAT_CSV && choice & 0x40)
		columns = "object=key,size=bytes,op=what";
	if (columns)
		require(sim_columns_parse(columns, &source->columns, &source->words, &problem) ==
			0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sim_source source = { .path = "fuzz", .memory_bytes = MEMORY };
	int fd;

	if (!size)
		return 0;
	set_format(&source, *data);
	if (*data & 0x20 && sim_source_has_pages(&source))
		source.readahead_pages = 32;
	fd = memfd_create("trace", MFD_CLOEXEC);
	require(fd >= 0);
	require(write(fd, data + 1, size - 1) == (ssize_t)size - 1 && lseek(fd, 0, SEEK_SET) == 0);
	read_trace(&source, fd);
	close(fd);
	return 0;
}
