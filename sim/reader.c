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
/* Of an object which page of which file it is, kept when the whole trace has been read. */
#define PLACE_BYTES (sizeof(uint64_t) + sizeof(uint32_t))

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
	uint64_t names =
		(uint64_t)intern->nr_names * SIM_INTERN_BYTES +
		(uint64_t)(intern->nr_chunks + reader->files.nr_chunks) * SIM_INTERN_CHUNK +
		(uint64_t)reader->files.nr_names * SIM_INTERN_BYTES +
		(uint64_t)(reader->gives_back ? intern->nr_names : 0) * SIM_KNOWN_BYTES;
	uint64_t run = sim_run_bytes(&reader->trace);

	run += (uint64_t)intern->nr_names * PLACE_BYTES;
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
		needed = sim_trace_bytes(&trace) + sim_run_bytes(&trace) + nr_objects * PLACE_BYTES;
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
	if (trace->threads) {
		void *threads = reallocarray(trace->threads, more, sizeof(*trace->threads));

		if (!threads)
			return -ENOMEM;
		trace->threads = threads;
	}
	reader->capacity = more;
	return 0;
}

int sim_reader_set_thread(struct sim_reader *reader, uint16_t thread)
{
	struct sim_trace *trace = &reader->trace;

	reader->thread = thread;
	if (!thread || trace->threads)
		return 0;
	/* The references so far are of thread 0. */
	trace->threads = calloc(reader->capacity + 1, sizeof(*trace->threads));
	return trace->threads ? 0 : -ENOMEM;
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

	if (trace->threads)
		trace->threads[trace->nr_refs] = reader->thread;
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

int sim_reader_file(struct sim_reader *reader, const char *name, uint32_t length,
		    uint32_t *ret_file)
{
	int r = sim_intern_name(&reader->files, name, length, ret_file);

	if (r == 0 && *ret_file >= SIM_MAX_FILES)
		return sim_reader_refuse(reader, "more than %u files: split the trace",
					 SIM_MAX_FILES);
	return r;
}

uint32_t sim_reader_file_of(const struct sim_reader *reader, uint64_t number)
{
	return reader->has_files ? (uint32_t)(number >> SIM_FILE_SHIFT) : 0;
}

uint64_t sim_reader_page_of(const struct sim_reader *reader, uint64_t number)
{
	return reader->has_files ? number & ((1ULL << SIM_FILE_SHIFT) - 1) : number;
}

static int note_gone(void *userdata, uint64_t number)
{
	return sim_reader_add_value(userdata, number, 1, SIM_REMOVE);
}

/* Pages of which only a part is gone stay. Most traces give nothing back: what is known is noted from here on. */
static int remove_pages(struct sim_reader *reader, uint64_t first, uint64_t end)
{
	int r = 0;

	if (!reader->gives_back) {
		reader->gives_back = true;
		for (uint32_t i = 0; r == 0 && i < reader->intern.nr_names; i++)
			r = sim_known_add(&reader->known, i, sim_intern_number(&reader->intern, i));
	}
	return r < 0 ? r :
		       sim_known_remove(&reader->known, &reader->intern, first, end, note_gone,
					reader);
}

static int add_page(struct sim_reader *reader, uint64_t number, enum sim_op op)
{
	int r = sim_reader_add_value(reader, number, 1, op);

	if (r < 0 || !reader->gives_back)
		return r;
	return sim_known_add(&reader->known, reader->trace.refs[reader->trace.nr_refs - 1].object,
			     number);
}

int sim_reader_add_request(struct sim_reader *reader, uint32_t file, uint64_t offset,
			   uint64_t bytes, enum sim_op op)
{
	uint64_t base = (uint64_t)file << SIM_FILE_SHIFT, first, end;
	int r = 0;

	reader->has_files = true;
	if (offset > SIM_MAX_FILE_BYTES || bytes > SIM_MAX_FILE_BYTES - offset)
		return sim_reader_refuse(
			reader, "the request goes beyond %llu bytes, where a file ends here",
			(unsigned long long)SIM_MAX_FILE_BYTES);
	if (!bytes)
		return 0;
	first = base + offset / SIM_PAGE_SIZE;
	end = base + (offset + bytes - 1) / SIM_PAGE_SIZE + 1;
	if (op == SIM_REMOVE) {
		first = base + (offset + SIM_PAGE_SIZE - 1) / SIM_PAGE_SIZE;
		end = base + (offset + bytes) / SIM_PAGE_SIZE;
		return first < end ? remove_pages(reader, first, end) : 0;
	}
	/* Known before the first is kept: a length costs no memory to write. */
	if (end - first > SIM_MAX_REFS - reader->trace.nr_refs)
		return sim_reader_refuse(reader, SIM_TOO_MANY, SIM_MAX_REFS);
	for (uint64_t number = first; r == 0 && number < end; number++) {
		r = add_page(reader, number, op);
		if (op == SIM_READ && reader->requests)
			op = SIM_READ_ON;
	}
	return r;
}

int sim_reader_keep_pages(struct sim_reader *reader)
{
	uint32_t nr = reader->trace.nr_objects;
	uint64_t *index = calloc((size_t)nr + 1, sizeof(*index));
	uint32_t *files = reader->has_files ? calloc((size_t)nr + 1, sizeof(*files)) : NULL;

	reader->trace.index = index;
	reader->trace.files = files;
	reader->trace.nr_files = reader->has_files ? reader->files.nr_names : 1;
	if (!index || (reader->has_files && !files))
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++) {
		uint64_t number = sim_intern_number(&reader->intern, i);

		index[i] = sim_reader_page_of(reader, number);
		if (files)
			files[i] = sim_reader_file_of(reader, number);
	}
	return 0;
}
