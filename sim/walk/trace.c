// SPDX-License-Identifier: GPL-2.0-only
/*
 * Readers of memory traces. See trace.h.
 */
#include "trace.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

const char *const walk_format_names[WALK_FORMATS] = { "text", "lackey", "drmemtrace", "binary" };

static const char magic[8] = { 'm', 'p', 'w', 'a', 'l', 'k', '1', '\n' };

#define PAGE_BYTES (1ULL << WALK_PAGE_SHIFT)

static void put(struct walk_trace *trace, uint64_t reference)
{
	trace->to[trace->at++] = reference;
	trace->nr++;
}

/* One or two references. */
static int add(struct walk_trace *trace, enum walk_type type, uint64_t address, uint64_t size,
	       unsigned int thread)
{
	if (address > WALK_ADDRESS_MASK || size > WALK_ADDRESS_MASK - address + 1)
		return walk_text_refuse(
			&trace->text,
			"%llx is beyond %d bits of address: leave out what the kernel does",
			(unsigned long long)address, WALK_ADDRESS_BITS);
	if (!size || size > PAGE_BYTES)
		return walk_text_refuse(&trace->text,
					"an access of %llu bytes: write it as several of 1 to 4096",
					(unsigned long long)size);
	put(trace, walk_reference(address, type, thread));
	if ((address & (PAGE_BYTES - 1)) + size > PAGE_BYTES)
		put(trace, walk_reference((address | (PAGE_BYTES - 1)) + 1, type, thread));
	return 0;
}

static bool type_of(char letter, enum walk_type *ret)
{
	switch (letter) {
	case 'r':
		*ret = WALK_READ;
		return true;
	case 'w':
		*ret = WALK_WRITE;
		return true;
	case 'i':
		*ret = WALK_FETCH;
		return true;
	default:
		return false;
	}
}

static int text_line(struct walk_trace *trace, char *line)
{
	char *words[WALK_MAX_WORDS];
	uint64_t address, size = 1;
	enum walk_type type;
	unsigned int nr;

	line[strcspn(line, "#")] = '\0';
	nr = walk_text_split(line, words);
	if (!nr)
		return 0;
	if (words[0][1] || !type_of(words[0][0], &type) || nr < 2 || nr > 3 ||
	    !walk_text_number(words[1], 16, &address) ||
	    (nr == 3 && !walk_text_number(words[2], 10, &size)))
		return walk_text_refuse(
			&trace->text,
			"no reference: write r, w or i, an address in hex, and a size");
	return add(trace, type, address, size, 0);
}

/* "I  ADDRESS,SIZE", " L ADDRESS,SIZE", and S and M. */
static int lackey_line(struct walk_trace *trace, char *line)
{
	char *comma = strchr(line, ','), letter = line[0] == ' ' ? line[1] : line[0];
	uint64_t address, size;
	int r = 0;

	/* valgrind's own words. */
	if (!*line || !strncmp(line, "==", 2) || !strncmp(line, "--", 2))
		return 0;
	if (comma)
		*comma = '\0';
	if (!letter || !strchr("ILSM", letter) || (letter == 'I') == (line[0] == ' ') || !comma ||
	    line[2] != ' ' || !walk_text_number(line + 3, 16, &address) ||
	    !walk_text_number(comma + 1, 10, &size))
		return walk_text_refuse(
			&trace->text,
			"no line of lackey: let valgrind write it by itself, with --log-file=FILE");
	if (letter == 'I')
		return add(trace, WALK_FETCH, address, size, 0);
	if (letter != 'S')
		r = add(trace, WALK_READ, address, size, 0);
	if (r == 0 && letter != 'L')
		r = add(trace, WALK_WRITE, address, size, 0);
	return r;
}

static int thread_of(struct walk_trace *trace, uint64_t tid, unsigned int *ret)
{
	for (*ret = 0; *ret < trace->nr_threads; (*ret)++)
		if (trace->threads[*ret] == tid)
			return 0;
	if (*ret == WALK_MAX_THREADS)
		return walk_text_refuse(
			&trace->text,
			"a thread more than %d: keep some of them, with drmemtrace -only_thread",
			WALK_MAX_THREADS);
	trace->threads[trace->nr_threads++] = tid;
	return 0;
}

/* By the tool's version "2765542", "T2765542" or, with the number of a program among several, "W0.T2765542". */
static bool thread_number(char *word, uint64_t *ret)
{
	uint64_t program = 0, tid;
	char *dot = *word == 'W' ? strchr(word, '.') : NULL;

	if (dot) {
		*dot = '\0';
		if (!walk_text_number(word + 1, 10, &program))
			return false;
		word = dot + 1;
	}
	word += *word == 'T';
	if (!walk_text_number(word, 10, &tid) || program > UINT32_MAX || tid > UINT32_MAX)
		return false;
	*ret = program << 32 | tid;
	return true;
}

/* "RECORD INSTRUCTION: THREAD read 8 byte(s) @ 0xADDRESS by PC 0x..."; markers and the like have no address. */
static int drmemtrace_line(struct walk_trace *trace, char *line)
{
	static const char *const types[WALK_TYPES] = { "read", "write", "ifetch" };
	char *words[WALK_MAX_WORDS];
	unsigned int nr = walk_text_split(line, words), type, thread;
	uint64_t record, tid, size, address;
	char *colon, *end;
	int r;

	/* Titles, and what the tool says at the end: they have no number of an instruction. */
	colon = nr < 4 ? NULL : strchr(words[1], ':');
	if (!colon || colon == words[1] || colon[1] || !walk_text_number(words[0], 10, &record))
		return 0;
	if (!thread_number(words[2], &tid))
		return walk_text_refuse(&trace->text,
					"'%.40s' is no thread: print it with drmemtrace -tool view",
					words[2]);
	for (type = 0; type < WALK_TYPES; type++)
		if (!strcmp(words[3], types[type]))
			break;
	if (type == WALK_TYPES)
		return 0;
	end = nr == WALK_MAX_WORDS ? strpbrk(words[7], " \t") : NULL;
	if (end)
		*end = '\0';
	if (nr < WALK_MAX_WORDS || !walk_text_number(words[4], 10, &size) ||
	    strcmp(words[5], "byte(s)") || strcmp(words[6], "@") ||
	    !walk_text_number(words[7], 16, &address))
		return walk_text_refuse(
			&trace->text, "a %s without 'N byte(s) @ 0xADDRESS': the line is not whole",
			types[type]);
	r = thread_of(trace, tid, &thread);
	return r < 0 ? r : add(trace, (enum walk_type)type, address, size, thread);
}

/* ---- the binary form --------------------------------------------------------------------------------- */

void walk_trace_header(uint64_t nr, uint8_t ret[16])
{
	uint64_t low_first = htole64(nr);

	memcpy(ret, magic, sizeof(magic));
	memcpy(ret + sizeof(magic), &low_first, sizeof(low_first));
}

/* All of them, or as many as there are. */
static ssize_t read_bytes(struct walk_trace *trace, void *bytes, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = sim_input_read(&trace->text.input, (char *)bytes + done, size - done);

		if (n < 0)
			return walk_text_failed(&trace->text, (int)n);
		if (!n)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static int binary_refuse(struct walk_trace *trace, const char *what)
{
	fprintf(trace->text.err, "%s: reference %llu: %s\n", trace->text.path,
		(unsigned long long)trace->nr + 1, what);
	return -EBADMSG;
}

static int binary_start(struct walk_trace *trace)
{
	uint8_t header[16];
	ssize_t n;

	trace->text.line = 1;
	n = read_bytes(trace, header, sizeof(header));
	if (n < 0)
		return (int)n;
	if (n < (ssize_t)sizeof(header) || memcmp(header, magic, sizeof(magic)))
		return walk_text_refuse(&trace->text,
					"it does not begin as a binary trace: name its format");
	memcpy(&trace->announced, header + sizeof(magic), sizeof(trace->announced));
	trace->announced = le64toh(trace->announced);
	return 0;
}

static ssize_t binary_next(struct walk_trace *trace, uint64_t *references, size_t size)
{
	ssize_t n = read_bytes(trace, references, size * sizeof(*references));
	size_t nr;

	if (n < 0)
		return n;
	nr = (size_t)n / sizeof(*references);
	for (size_t i = 0; i < nr; i++, trace->nr++) {
		references[i] = le64toh(references[i]);
		if ((references[i] >> WALK_TYPE_SHIFT & 7) >= WALK_TYPES)
			return binary_refuse(
				trace,
				"its type is none of 0, 1 and 2: convert the trace once more");
	}
	if (n % (ssize_t)sizeof(*references) || trace->nr > trace->announced ||
	    (nr < size && trace->nr != trace->announced))
		return binary_refuse(
			trace,
			"the file has not as many as its header says: convert the trace once more");
	return (ssize_t)nr;
}

/* ---- all of them ------------------------------------------------------------------------------------- */

static int (*const line_readers[WALK_FORMATS])(struct walk_trace *trace, char *line) = {
	[WALK_FORMAT_TEXT] = text_line,
	[WALK_FORMAT_LACKEY] = lackey_line,
	[WALK_FORMAT_DRMEMTRACE] = drmemtrace_line,
};

int walk_trace_start(struct walk_trace *trace, const char *path, int fd, enum walk_format format,
		     FILE *err)
{
	int r;

	trace->format = format;
	trace->nr_threads = 0;
	trace->nr = trace->announced = 0;
	r = walk_text_start(&trace->text, path, fd, err);
	if (r == 0 && format == WALK_FORMAT_BINARY)
		r = binary_start(trace);
	if (r < 0)
		walk_text_done(&trace->text);
	return r;
}

void walk_trace_done(struct walk_trace *trace)
{
	walk_text_done(&trace->text);
}

ssize_t walk_trace_next(struct walk_trace *trace, uint64_t *references, size_t size)
{
	ssize_t r = 1;

	trace->to = references;
	trace->at = 0;
	if (trace->format == WALK_FORMAT_BINARY) {
		r = binary_next(trace, references, size);
	} else {
		while (r > 0 && size - trace->at >= WALK_TRACE_LEAST) {
			char *line;

			r = walk_text_next(&trace->text, &line);
			if (r <= 0)
				break;
			r = line_readers[trace->format](trace, line);
			r = r < 0 ? r : 1;
		}
		r = r < 0 ? r : (ssize_t)trace->at;
	}
	if (r == 0 && !trace->nr) {
		fprintf(trace->text.err, "%s: no reference in it: is it of the format %s?\n",
			trace->text.path, walk_format_names[trace->format]);
		return -EBADMSG;
	}
	return r;
}
