// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads a trace whole, line by line or record by record (sim.h). It may come through a pipe; a line that is too long
 * or no text ends it, before it takes all memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "layout.h"
#include "lines.h"
#include "record.h"

static bool is_input(const struct sim_source *source)
{
	return !strcmp(source->path, "-");
}

typedef int (*line_reader)(struct sim_reader *reader, char *line);

/* NULL: it is binary. */
static line_reader reader_of(enum sim_format format)
{
	static const line_reader readers[] = {
		[SIM_FORMAT_TEXT] = sim_read_text_line,
		[SIM_FORMAT_CSV] = sim_read_csv_line,
		[SIM_FORMAT_BLKPARSE] = sim_read_blkparse_line,
		[SIM_FORMAT_FIO] = sim_read_fio_line,
		[SIM_FORMAT_LIRS] = sim_read_lirs_line,
		[SIM_FORMAT_ORACLE] = NULL,
		[SIM_FORMAT_RECORD] = sim_read_record_line,
	};

	return readers[format];
}

/* What reading itself has to say; @error is of sim_lines_next() or sim_input_read(). */
static int refuse_input(struct sim_reader *reader, const struct sim_input *input, int error)
{
	if (error == -ENOMEM)
		return error;
	if (error == -EMSGSIZE)
		return sim_reader_refuse(reader, "line longer than %d bytes", SIM_LINE_MAX);
	if (error == -EILSEQ)
		return sim_reader_refuse(reader, "NUL byte: this is no text file");
	if (error == -EBADMSG)
		return sim_reader_refuse(reader, "cannot be unpacked: %s", input->problem);
	sim_reader_refuse(reader, "cannot be read: %s", strerror(-error));
	return -EIO;
}

static int read_lines(struct sim_reader *reader, struct sim_lines *lines, enum sim_format format,
		      unsigned long *number)
{
	line_reader read = reader_of(format);
	size_t length;
	char *line;
	int r;

	while ((r = sim_lines_next(lines, &line, &length)) > 0) {
		r = read(reader, line);
		if (r < 0)
			return r;
		++*number;
	}
	return r < 0 ? refuse_input(reader, lines->input, r) : 0;
}

/* The next @size bytes, less at the end. */
static ssize_t read_whole(struct sim_input *input, unsigned char *bytes, size_t size)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n = sim_input_read(input, bytes + have, size - have);

		if (n < 0)
			return n;
		if (!n)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static int read_records(struct sim_reader *reader, struct sim_input *input, unsigned long *number)
{
	unsigned char bytes[SIM_ORACLE_BYTES << 11];
	ssize_t n;
	int r;

	while ((n = read_whole(input, bytes, sizeof(bytes))) > 0)
		for (ssize_t at = 0; at < n; at += SIM_ORACLE_BYTES, ++*number) {
			if (n - at < SIM_ORACLE_BYTES)
				return sim_reader_refuse(reader,
							 "the file ends in the middle of a record "
							 "of %d bytes",
							 SIM_ORACLE_BYTES);
			r = sim_read_oracle_record(reader, bytes + at);
			if (r < 0)
				return r;
		}
	return n < 0 ? refuse_input(reader, input, (int)n) : 0;
}

static int read_all(struct sim_reader *reader, const struct sim_source *source,
		    struct sim_input *input, unsigned long *number)
{
	enum sim_format format = source->format;
	struct sim_lines lines;
	int r;

	if (reader_of(format)) {
		sim_lines_start(&lines, input);
		if (source->format_is_guess && sim_lines_begin_with(&lines, "fio version "))
			format = SIM_FORMAT_FIO;
		if (source->format_is_guess && sim_lines_begin_with(&lines, SIM_RECORD_MAGIC))
			format = SIM_FORMAT_RECORD;
		r = read_lines(reader, &lines, format, number);
	} else {
		r = read_records(reader, input, number);
	}
	if (r < 0)
		return r;
	if (!reader->trace.nr_refs) {
		*number = 1;
		return sim_reader_refuse(reader, "the trace has no reference%s",
					 sim_blkparse_hint(reader));
	}
	reader->trace.are_files = format == source->format && !sim_source_has_pages(source);
	return 0;
}

/* Objects become pages of files. */
static int place(struct sim_reader *reader, const struct sim_source *source)
{
	if (reader->trace.are_files)
		return 0;
	if (source->readahead_pages)
		return sim_layout(reader, source->readahead_pages);
	return sim_reader_keep_pages(reader);
}

static int read_source(struct sim_reader *reader, const struct sim_source *source, int fd,
		       unsigned long *number)
{
	struct sim_input input;
	int r = sim_input_start(&input, fd);

	if (r == -EPROTONOSUPPORT)
		return sim_reader_refuse(
			reader,
			"packed in a way that is not read here: use %s %s | mempolctl "
			"simulate --format FORMAT -",
			input.problem, source->path);
	if (r == 0)
		r = read_all(reader, source, &input, number);
	sim_input_done(&input);
	return r < 0 ? r : place(reader, source);
}

int sim_trace_read(const struct sim_source *source, int fd, FILE *err, struct sim_trace *ret_trace)
{
	struct sim_reader reader = { .columns = source->columns,
				     .words = source->words,
				     .action = source->action,
				     .memory_bytes = source->memory_bytes,
				     .requests = source->readahead_pages };
	unsigned long number = 1;
	int r = read_source(&reader, source, fd, &number);

	sim_intern_done(&reader.intern);
	sim_intern_done(&reader.files);
	sim_known_done(&reader.known);
	if (r < 0) {
		fprintf(err, "%s:%lu: %s\n", is_input(source) ? "standard input" : source->path,
			number, r == -ENOMEM ? "out of memory" : reader.problem);
		sim_trace_free(&reader.trace);
		return r;
	}
	*ret_trace = reader.trace;
	return 0;
}

int sim_trace_load(const struct sim_source *source, FILE *err, struct sim_trace *ret_trace)
{
	int fd, r;

	if (is_input(source))
		return sim_trace_read(source, STDIN_FILENO, err, ret_trace);
	fd = open(source->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		r = -errno;
		fprintf(err, "%s:1: cannot be opened: %s\n", source->path, strerror(-r));
		return r;
	}
	r = sim_trace_read(source, fd, err, ret_trace);
	close(fd);
	return r;
}

uint64_t sim_trace_referenced_pages(const struct sim_trace *trace)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < trace->nr_refs; i++)
		if (trace->refs[i].op != SIM_REMOVE)
			pages += trace->refs[i].pages;
	return pages;
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
	*ret_pages = pages << trace->sample_shift;
	return 0;
}

void sim_trace_free(struct sim_trace *trace)
{
	free(trace->refs);
	free(trace->in_run);
	free(trace->files);
	free(trace->index);
	free(trace->extents);
	free(trace->threads);
	*trace = (struct sim_trace){};
}
