// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads a reference trace whole, before anything is measured. Called by patterns.c. It must never read
 * the trace while the benchmark runs: those page reads would be counted.
 */
#include "trace.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_THREAD = 65535 };

/* Decimal digits up to a blank or the end; *at moves behind them and the blanks that follow. */
static int take_number(char **at, u64 *ret)
{
	char *end;
	u64 n;

	if (!isdigit((unsigned char)**at))
		return -EINVAL;
	errno = 0;
	n = strtoull(*at, &end, 10);
	if (errno || (*end && !isspace((unsigned char)*end)))
		return -EINVAL;
	*at = end + strspn(end, " \t\r\n");
	*ret = n;
	return 0;
}

int mb_trace_parse_line(char *line, u64 nr_pages, struct mb_trace_ref *ret_ref,
			const char **ret_problem)
{
	struct mb_trace_ref ref = { 0 };
	u64 count = 1, thread = 0;
	char *at = line + strspn(line, " \t\r\n");

	if (!*at || *at == '#')
		return 0;
	switch (*at++) {
	case 'r':
		ref.op = MB_OP_READ;
		break;
	case 'w':
		ref.op = MB_OP_WRITE;
		break;
	case 'm':
		ref.op = MB_OP_MAPPED;
		break;
	default:
		*ret_problem = "unknown operation: write r, w or m, then PAGE [COUNT]";
		return -EINVAL;
	}
	*ret_problem = "write r, w or m, then PAGE [COUNT], as in: r 17 4";
	if (!isspace((unsigned char)*at))
		return -EINVAL;
	at += strspn(at, " \t\r\n");
	if (take_number(&at, &ref.page) < 0)
		return -EINVAL;
	if (*at && *at != '#' && *at != '@' && take_number(&at, &count) < 0)
		return -EINVAL;
	if (*at == '@' && (at++, take_number(&at, &thread) < 0 || thread > MAX_THREAD)) {
		*ret_problem = "@THREAD is a number from 0 to 65535";
		return -EINVAL;
	}
	if (*at && *at != '#')
		return -EINVAL;
	*ret_problem = "COUNT is out of range: 1 to 4294967295";
	if (!count || count > UINT32_MAX)
		return -ERANGE;
	*ret_problem = "page beyond the end of the file: raise file_size or shorten the trace";
	if (ref.page >= nr_pages || count > nr_pages - ref.page)
		return -EFBIG;
	ref.count = (u32)count;
	ref.thread = (u32)thread;
	*ret_ref = ref;
	return 1;
}

static int append(struct mb_trace *trace, size_t *capacity, const struct mb_trace_ref *ref)
{
	if (trace->nr_refs == *capacity) {
		size_t more = *capacity ? *capacity * 2 : 1024;
		void *refs = reallocarray(trace->refs, more, sizeof(*trace->refs));

		if (!refs)
			return -ENOMEM;
		trace->refs = refs;
		*capacity = more;
	}
	trace->refs[trace->nr_refs++] = *ref;
	return 0;
}

/* Its own loop: getline() would take all memory for a file without newlines. Returns bytes, 0 at the end. */
static int read_line(FILE *file, char *line, size_t size, const char **ret_problem)
{
	size_t length = 0;
	int c;

	while ((c = getc(file)) != EOF) {
		if (!c) {
			*ret_problem = "NUL byte: this is no text file";
			return -EINVAL;
		}
		if (length == size - 1) {
			*ret_problem = "line longer than 4095 bytes";
			return -EINVAL;
		}
		line[length++] = (char)c;
		if (c == '\n')
			break;
	}
	line[length] = '\0';
	return (int)length;
}

static int read_refs(FILE *file, const char *path, u64 nr_pages, FILE *err, struct mb_trace *trace)
{
	size_t capacity = 0;
	char line[4096];

	for (unsigned long number = 1;; number++) {
		struct mb_trace_ref ref;
		const char *problem = NULL;
		int r;

		r = read_line(file, line, sizeof(line), &problem);
		if (!r)
			break;
		if (r > 0)
			r = mb_trace_parse_line(line, nr_pages, &ref, &problem);
		if (r > 0 && trace->nr_refs == MB_MAX_TRACE_REFS) {
			problem = "more than 16777216 references: split the trace";
			r = -E2BIG;
		}
		if (r < 0) {
			fprintf(err, "%s:%lu: %s\n", path, number, problem);
			return r;
		}
		if (r > 0 && append(trace, &capacity, &ref) < 0) {
			fprintf(err, "%s:%lu: out of memory\n", path, number);
			return -ENOMEM;
		}
	}
	if (ferror(file)) {
		fprintf(err, "%s: cannot read the trace: %m\n", path);
		return -EIO;
	}
	if (!trace->nr_refs) {
		fprintf(err, "%s:1: the trace has no reference\n", path);
		return -ENODATA;
	}
	return 0;
}

int mb_trace_load(const char *path, u64 nr_pages, FILE *err, struct mb_trace *ret_trace)
{
	_cleanup_fclose_ FILE *file = NULL;
	struct mb_trace trace = { 0 };
	struct stat st;
	int r, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file || fstat(fd, &st) < 0) {
		fprintf(err, "%s: cannot open the trace: %m\n", path);
		return -EIO;
	}
	if (!S_ISREG(st.st_mode)) {
		fprintf(err, "%s: is no regular file: name a trace\n", path);
		return -EINVAL;
	}
	r = read_refs(file, path, nr_pages, err, &trace);
	if (r < 0) {
		mb_trace_free(&trace);
		return r;
	}
	/* The trace's own pages have no business in the cache that is about to be measured. */
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	*ret_trace = trace;
	return 0;
}

void mb_trace_free(struct mb_trace *trace)
{
	free(trace->refs);
	*trace = (struct mb_trace){ 0 };
}
