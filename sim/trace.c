// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads a trace whole, line by line (sim.h). It may come through a pipe; a line that is too long or no
 * text ends it, before it takes all memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "layout.h"
#include "lines.h"

static bool is_input(const struct sim_source *source)
{
	return !strcmp(source->path, "-");
}

static const char *format_name(const struct sim_source *source)
{
	return source->format == SIM_FORMAT_CSV ? "csv" : "text";
}

static int refuse_line(struct sim_reader *reader, int error)
{
	if (error == -EMSGSIZE)
		return sim_reader_refuse(reader, "line longer than %d bytes", SIM_LINE_MAX);
	if (error == -EILSEQ)
		return sim_reader_refuse(reader, "NUL byte: this is no text file");
	sim_reader_refuse(reader, "cannot be read: %s", strerror(-error));
	return -EIO;
}

static int read_all(struct sim_reader *reader, struct sim_lines *lines, enum sim_format format,
		    unsigned long *line_number)
{
	size_t length;
	char *line;
	int r;

	while ((r = sim_lines_next(lines, &line, &length)) > 0) {
		r = format == SIM_FORMAT_CSV ? sim_read_csv_line(reader, line) :
					       sim_read_text_line(reader, line);
		if (r < 0)
			return r;
		++*line_number;
	}
	if (r < 0)
		return refuse_line(reader, r);
	if (!reader->trace.nr_refs) {
		*line_number = 1;
		return sim_reader_refuse(reader, "the trace has no reference");
	}
	return 0;
}

static int read_source(struct sim_reader *reader, const struct sim_source *source, int fd,
		       unsigned long *line_number)
{
	struct sim_lines lines;
	const char *unpacker;
	int r;

	sim_lines_start(&lines, fd);
	unpacker = sim_lines_unpacker(&lines);
	if (unpacker)
		return sim_reader_refuse(reader,
					 "compressed: use %s %s | mempolctl simulate --format %s -",
					 unpacker, source->path, format_name(source));
	r = read_all(reader, &lines, source->format, line_number);
	if (r == 0 && source->readahead_pages)
		r = sim_layout(reader, source->readahead_pages);
	return r;
}

int sim_trace_load(const struct sim_source *source, FILE *err, struct sim_trace *ret_trace)
{
	struct sim_reader reader = { .columns = source->columns,
				     .memory_bytes = source->memory_bytes,
				     .requests = source->readahead_pages };
	const char *name = is_input(source) ? "standard input" : source->path;
	int fd = is_input(source) ? STDIN_FILENO : open(source->path, O_RDONLY | O_CLOEXEC);
	unsigned long line_number = 1;
	int r;

	if (fd < 0) {
		r = -errno;
		fprintf(err, "%s:1: cannot be opened: %s\n", name, strerror(-r));
		return r;
	}
	r = read_source(&reader, source, fd, &line_number);
	if (!is_input(source))
		close(fd);
	sim_intern_done(&reader.intern);
	if (r < 0) {
		fprintf(err, "%s:%lu: %s\n", name, line_number,
			r == -ENOMEM ? "out of memory" : reader.problem);
		sim_trace_free(&reader.trace);
		return r;
	}
	*ret_trace = reader.trace;
	return 0;
}

int sim_trace_pages(const struct sim_trace *trace, uint64_t *ret_pages)
{
	uint32_t *largest = calloc((size_t)trace->nr_objects + 1, sizeof(*largest));
	uint64_t pages = 0;

	if (!largest)
		return -ENOMEM;
	for (size_t i = 0; i < trace->nr_refs; i++) {
		const struct sim_ref *ref = &trace->refs[i];

		if (ref->op != SIM_REMOVE && ref->pages > largest[ref->object]) {
			pages += ref->pages - largest[ref->object];
			largest[ref->object] = ref->pages;
		}
	}
	free(largest);
	*ret_pages = pages;
	return 0;
}

void sim_trace_free(struct sim_trace *trace)
{
	free(trace->refs);
	*trace = (struct sim_trace){};
}
