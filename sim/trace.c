// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads a trace whole, line by line (sim.h). It may come through a pipe; a line that is too long or no
 * text ends it, before it takes all memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "reader.h"

#define LINE_BYTES 4096

int sim_reader_refuse(struct sim_reader *reader, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(reader->problem, sizeof(reader->problem), format, ap);
	va_end(ap);
	/* It quotes the file, and goes to a terminal. */
	for (unsigned char *c = (unsigned char *)reader->problem; *c; c++)
		if (*c < ' ' || *c >= 0x7f)
			*c = '?';
	return -EBADMSG;
}

int sim_reader_add(struct sim_reader *reader, const void *name, uint32_t length, uint32_t pages,
		   enum sim_op op)
{
	struct sim_trace *trace = &reader->trace;
	struct sim_ref ref = { .pages = pages, .op = op };
	uint32_t object;
	int r;

	if (trace->nr_refs == SIM_MAX_REFS)
		return sim_reader_refuse(reader, SIM_TOO_MANY, SIM_MAX_REFS);
	if (trace->nr_refs == reader->capacity) {
		size_t more = reader->capacity ? reader->capacity * 2 : 1024;
		void *refs = reallocarray(trace->refs, more, sizeof(*trace->refs));

		if (!refs)
			return -ENOMEM;
		trace->refs = refs;
		reader->capacity = more;
	}
	r = sim_intern(&reader->intern, name, length, &object);
	if (r < 0)
		return r;
	ref.object = object;
	trace->refs[trace->nr_refs++] = ref;
	trace->nr_objects = reader->intern.nr_names;
	return 0;
}

/* 1 for a line, 0 at the end, -EBADMSG, -EIO. */
static int next_line(struct sim_reader *reader, FILE *file, char line[static LINE_BYTES])
{
	size_t length = 0;
	int c;

	reader->line++;
	while ((c = getc_unlocked(file)) != EOF && c != '\n') {
		if (!c)
			return sim_reader_refuse(reader, "NUL byte: this is no text file");
		if (length == LINE_BYTES - 1)
			return sim_reader_refuse(reader, "line longer than %d bytes",
						 LINE_BYTES - 1);
		line[length++] = (char)c;
	}
	if (ferror(file)) {
		sim_reader_refuse(reader, "cannot be read: %m");
		return -EIO;
	}
	if (length && line[length - 1] == '\r')
		length--;
	line[length] = '\0';
	return length || c != EOF;
}

static int read_all(struct sim_reader *reader, FILE *file, enum sim_format format)
{
	char line[LINE_BYTES];
	int r;

	while ((r = next_line(reader, file, line)) > 0) {
		r = format == SIM_FORMAT_CSV ? sim_read_csv_line(reader, line) :
					       sim_read_text_line(reader, line);
		if (r < 0)
			return r;
	}
	if (r == 0 && !reader->trace.nr_refs) {
		reader->line = 1;
		return sim_reader_refuse(reader, "the trace has no reference");
	}
	return r;
}

int sim_trace_load(const char *path, enum sim_format format, FILE *err, struct sim_trace *ret_trace)
{
	struct sim_reader reader = {};
	FILE *file = fopen(path, "re");
	int r;

	if (!file) {
		r = -errno;
		fprintf(err, "%s:1: cannot be opened: %s\n", path, strerror(-r));
		return r;
	}
	r = read_all(&reader, file, format);
	fclose(file);
	sim_intern_done(&reader.intern);
	if (r < 0) {
		fprintf(err, "%s:%lu: %s\n", path, reader.line,
			r == -ENOMEM ? "out of memory" : reader.problem);
		sim_trace_free(&reader.trace);
		return r;
	}
	*ret_trace = reader.trace;
	return 0;
}

void sim_trace_free(struct sim_trace *trace)
{
	free(trace->refs);
	*trace = (struct sim_trace){};
}
