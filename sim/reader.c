// SPDX-License-Identifier: GPL-2.0-only
/*
 * A trace that grows by one reference at a time (reader.h). Called by the formats; it refuses what would
 * not fit, before the machine is short of memory.
 */
#include "reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#define MIB (1024 * 1024)
#define CHECK_EVERY (1U << 14) /* references: a few hundred KiB */

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

/* Names are forgotten before the simulation begins. */
static uint64_t needed_bytes(const struct sim_reader *reader)
{
	const struct sim_intern *intern = &reader->intern;
	uint64_t names = (uint64_t)intern->nr_names * SIM_INTERN_BYTES +
			 (uint64_t)intern->nr_chunks * SIM_INTERN_CHUNK;
	uint64_t run = sim_run_bytes(&reader->trace);

	return sim_trace_bytes(&reader->trace) + (names > run ? names : run);
}

static int check_memory(struct sim_reader *reader)
{
	uint64_t needed = needed_bytes(reader);

	if (!reader->memory_bytes || needed <= reader->memory_bytes)
		return 0;
	return sim_reader_refuse(
		reader,
		"%zu references to %u objects so far need %llu MiB of memory, more than the %llu MiB "
		"a simulation may take here: split the trace or keep a sample of its objects",
		reader->trace.nr_refs, reader->trace.nr_objects, (unsigned long long)needed / MIB,
		(unsigned long long)reader->memory_bytes / MIB);
}

int sim_reader_check_objects(struct sim_reader *reader, uint64_t nr_objects)
{
	struct sim_trace trace = reader->trace;
	uint64_t needed = UINT64_MAX;

	if (nr_objects <= SIM_MAX_OBJECTS) {
		trace.nr_objects = (uint32_t)nr_objects;
		needed = sim_trace_bytes(&trace) + sim_run_bytes(&trace);
	}
	if (needed != UINT64_MAX && (!reader->memory_bytes || needed <= reader->memory_bytes))
		return 0;
	return sim_reader_refuse(
		reader,
		"%u pages and those that readahead may bring in between them are %llu, more than fit into "
		"memory here: use a smaller window, or a piece of the trace",
		reader->trace.nr_objects, (unsigned long long)nr_objects);
}

static int make_room(struct sim_reader *reader)
{
	struct sim_trace *trace = &reader->trace;
	size_t more = reader->capacity ? reader->capacity * 2 : 1024;
	void *refs;

	if (trace->nr_refs < reader->capacity)
		return 0;
	/* Twice the address space: memory is taken as it is written. */
	refs = reallocarray(trace->refs, more, sizeof(*trace->refs));
	if (!refs)
		return -ENOMEM;
	trace->refs = refs;
	reader->capacity = more;
	return 0;
}

static int before_add(struct sim_reader *reader)
{
	size_t nr = reader->trace.nr_refs;

	if (nr == SIM_MAX_REFS)
		return sim_reader_refuse(reader, SIM_TOO_MANY, SIM_MAX_REFS);
	if (nr % CHECK_EVERY == 0) {
		int r = check_memory(reader);

		if (r < 0)
			return r;
	}
	return make_room(reader);
}

static void add(struct sim_reader *reader, uint32_t object, uint32_t pages, enum sim_op op)
{
	struct sim_trace *trace = &reader->trace;

	trace->refs[trace->nr_refs++] =
		(struct sim_ref){ .object = object, .pages = pages, .op = op };
	trace->nr_objects = reader->intern.nr_names;
	if (op == SIM_REMOVE)
		return;
	if (!reader->pages)
		reader->pages = pages;
	trace->sizes_differ |= pages != reader->pages;
}

int sim_reader_add_name(struct sim_reader *reader, const char *name, uint32_t length,
			uint32_t pages, enum sim_op op)
{
	uint32_t object;
	int r = before_add(reader);

	if (r == 0)
		r = sim_intern_name(&reader->intern, name, length, &object);
	if (r == 0)
		add(reader, object, pages, op);
	return r;
}

int sim_reader_add_value(struct sim_reader *reader, uint64_t value, uint32_t pages, enum sim_op op)
{
	uint32_t object;
	int r = before_add(reader);

	if (r == 0)
		r = sim_intern_value(&reader->intern, value, &object);
	if (r == 0)
		add(reader, object, pages, op);
	return r;
}
