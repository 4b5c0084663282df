// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the configuration: one table of keys, from which parser, bounds and error messages come. Called
 * by main.c and the unit test. It must never accept and ignore a word it does not know: a misspelt key
 * would silently measure something else.
 */
#include "config-parser.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

const char *const mb_pattern_names[MB_NR_PATTERNS] = {
	[MB_SEQUENTIAL_GAPS] = "SequentialAccessWithGaps",
	[MB_CYCLIC_BURSTS] = "CyclicBurstsAccess",
	[MB_RANDOM_OLDER] = "RandomOlderPageReaccess",
	[MB_SMALL_REGION] = "SmallRegionRandomAccess",
	[MB_CYCLIC_SCAN] = "CyclicScan",
	[MB_GET_SCAN] = "GetScan",
	[MB_TRACE] = "Trace",
};

enum kind { COUNT, SIZE, FRACTION, TEXT, SEQUENCE };

struct key {
	unsigned int section;
	const char *name;
	enum kind kind;
	size_t offset;
	u64 min, max; /* FRACTION: whole numbers that the double lies between */
};

#define KEY(section, name, kind, member, min, max) \
	{ section, name, kind, offsetof(struct mb_config, member), min, max }

/* 64 TiB, and as many of anything: far beyond use, and small enough that no product overflows. */
#define MUCH (1ULL << 46)

static const struct key keys[] = {
	KEY(MB_GENERAL, "file_name", TEXT, file_name, 0, 0),
	KEY(MB_GENERAL, "file_size", SIZE, file_size, MB_PAGE_SIZE, MUCH),
	KEY(MB_GENERAL, "overwrite", COUNT, overwrite, 0, 1),
	KEY(MB_GENERAL, "iterations", COUNT, iterations, 1, 1000000),
	KEY(MB_GENERAL, "PagePatrol", COUNT, page_patrol, 0, 1),
	KEY(MB_GENERAL, "PF_Log_File_Name", TEXT, log_name, 0, 0),
	KEY(MB_GENERAL, "execution_sequence", SEQUENCE, sequence, 0, 0),
	KEY(MB_GENERAL, "seed", COUNT, seed, 0, UINT64_MAX),
	KEY(MB_SEQUENTIAL_GAPS, "gap", COUNT, sequential.gap, 1, MUCH),
	KEY(MB_SEQUENTIAL_GAPS, "deactivate", COUNT, sequential.deactivate, 0, 1),
	KEY(MB_CYCLIC_BURSTS, "window", COUNT, bursts.window, 1, MUCH),
	KEY(MB_CYCLIC_BURSTS, "stride", COUNT, bursts.stride, 1, MUCH),
	KEY(MB_RANDOM_OLDER, "repeats", COUNT, older.repeats, 1, MUCH),
	KEY(MB_RANDOM_OLDER, "range", COUNT, older.range_percent, 1, 100),
	KEY(MB_SMALL_REGION, "repeats", COUNT, region.repeats, 1, MUCH),
	KEY(MB_SMALL_REGION, "region_size", COUNT, region.region_percent, 1, 100),
	KEY(MB_SMALL_REGION, "unpin_after_iter", COUNT, region.unpin_after_iter, 0, MUCH),
	KEY(MB_CYCLIC_SCAN, "passes", COUNT, cyclic.passes, 1, 1000000),
	KEY(MB_CYCLIC_SCAN, "prime", COUNT, cyclic.prime, 0, 1000000),
	KEY(MB_CYCLIC_SCAN, "block_size", SIZE, cyclic.block_bytes, MB_PAGE_SIZE, 64 << 20),
	KEY(MB_GET_SCAN, "gets", COUNT, get_scan.gets, 1, MUCH),
	KEY(MB_GET_SCAN, "theta", FRACTION, get_scan.theta, 0, 10),
	KEY(MB_GET_SCAN, "scan_probability", FRACTION, get_scan.scan_probability, 0, 1),
	KEY(MB_GET_SCAN, "scan_length", COUNT, get_scan.scan_length, 1, MUCH),
	KEY(MB_TRACE, "trace_file", TEXT, trace.file, 0, 0),
};
static_assert(MB_ARRAY_SIZE(keys) <= MB_MAX_KEYS, "struct mb_config has too few lines");

void mb_complain(struct mb_parser *p, unsigned int line, const char *format, ...)
{
	va_list args;

	p->nr_errors++;
	fprintf(p->err, "%s:%u: ", p->name, line);
	va_start(args, format);
	vfprintf(p->err, format, args);
	va_end(args);
	fputc('\n', p->err);
}

static char *strip(char *s)
{
	char *end;

	while (isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s;
}

/* A # that begins the value or follows a blank starts a comment; a file name may hold a#b. */
static void cut_comment(char *s)
{
	for (char *c = s; *c; c++) {
		if (*c == '#' && (c == s || isspace((unsigned char)c[-1]))) {
			*c = '\0';
			return;
		}
	}
}

/* Decimal digits and, for sizes, one of K, M, G (powers of 1,024). */
static int parse_integer(const char *value, bool suffix, u64 *ret)
{
	unsigned int shift = 0;
	char *end;
	u64 n;

	if (!isdigit((unsigned char)*value))
		return -EINVAL;
	errno = 0;
	n = strtoull(value, &end, 10);
	if (errno)
		return -ERANGE;
	if (suffix && *end) {
		switch (*end++) {
		case 'K':
			shift = 10;
			break;
		case 'M':
			shift = 20;
			break;
		case 'G':
			shift = 30;
			break;
		default:
			return -EINVAL;
		}
	}
	if (*end)
		return -EINVAL;
	if (n > UINT64_MAX >> shift)
		return -ERANGE;
	*ret = n << shift;
	return 0;
}

static void set_integer(struct mb_parser *p, const struct key *key, const char *value)
{
	u64 *field = (u64 *)((char *)&p->config + key->offset), n = 0;
	int r = parse_integer(value, key->kind == SIZE, &n);

	if (r == -EINVAL)
		mb_complain(p, p->line, "%s = %s is no number: write %s", key->name, value,
			    key->kind == SIZE ? "bytes, or a number with K, M or G" :
						"decimal digits");
	else if (r < 0 || n < key->min || n > key->max)
		mb_complain(p, p->line, "%s = %s is out of range: %llu to %llu", key->name, value,
			    (unsigned long long)key->min, (unsigned long long)key->max);
	else
		*field = n;
}

static void set_fraction(struct mb_parser *p, const struct key *key, const char *value)
{
	double *field = (double *)((char *)&p->config + key->offset), d;
	char *end;

	/* strtod() also takes hexadecimal, inf and nan, which are typing errors here. */
	d = strtod(value, &end);
	if (!*value || *end || value[strspn(value, "0123456789.eE+-")])
		mb_complain(p, p->line, "%s = %s is no number: write it as 0.99", key->name, value);
	else if (!(d >= (double)key->min && d <= (double)key->max))
		mb_complain(p, p->line, "%s = %s is out of range: %llu to %llu", key->name, value,
			    (unsigned long long)key->min, (unsigned long long)key->max);
	else
		*field = d;
}

static void set_text(struct mb_parser *p, const struct key *key, const char *value)
{
	char **field = (char **)((char *)&p->config + key->offset), *copy;

	if (!*value) {
		mb_complain(p, p->line, "%s has no value: write %s = NAME", key->name, key->name);
		return;
	}
	copy = strdup(value);
	if (!copy) {
		mb_complain(p, p->line, "out of memory");
		return;
	}
	free(*field);
	*field = copy;
}

static void complain_pattern(struct mb_parser *p, const char *what, const char *word)
{
	char known[256] = "";

	for (unsigned int i = 0; i < MB_NR_PATTERNS; i++) {
		strcat(known, " ");
		strcat(known, mb_pattern_names[i]);
	}
	mb_complain(p, p->line, "unknown %s '%s'; known are:%s", what, word, known);
}

static int find_pattern(const char *word)
{
	for (unsigned int i = 0; i < MB_NR_PATTERNS; i++)
		if (!strcmp(word, mb_pattern_names[i]))
			return (int)i;
	return -ENOENT;
}

/* As in the original, a second execution_sequence line adds to the first. */
static void append_sequence(struct mb_parser *p, char *value)
{
	struct mb_config *config = &p->config;
	char *state, *word = strtok_r(value, " \t", &state);

	if (!word)
		mb_complain(p, p->line, "execution_sequence is empty: name at least one pattern");
	for (; word; word = strtok_r(NULL, " \t", &state)) {
		int pattern = find_pattern(word);

		if (pattern < 0) {
			complain_pattern(p, "pattern", word);
		} else if (config->nr_entries == MB_MAX_ENTRIES) {
			mb_complain(p, p->line,
				    "more than %d patterns: use iterations to repeat them",
				    MB_MAX_ENTRIES);
			return;
		} else {
			config->sequence[config->nr_entries++] = (enum mb_pattern)pattern;
		}
	}
}

static void open_section(struct mb_parser *p, char *line)
{
	char *close = strchr(line, ']');
	int pattern;

	/* The keys of a section that is refused are no errors of their own. */
	p->section = UINT32_MAX;
	if (!close) {
		mb_complain(p, p->line, "section without ']': write [NAME]");
		return;
	}
	*close = '\0';
	cut_comment(close + 1);
	if (*strip(close + 1)) {
		mb_complain(p, p->line, "text after [%s]: put it on a line of its own", line + 1);
		return;
	}
	pattern = find_pattern(line + 1);
	if (pattern < 0) {
		complain_pattern(p, "section", line + 1);
		return;
	}
	p->section = (unsigned int)pattern;
}

static void complain_key(struct mb_parser *p, const char *name)
{
	bool general = p->section == MB_GENERAL;
	char known[256] = "";

	for (size_t i = 0; i < MB_ARRAY_SIZE(keys); i++) {
		if (keys[i].section != p->section)
			continue;
		strcat(known, " ");
		strcat(known, keys[i].name);
	}
	mb_complain(p, p->line, "unknown key '%s' %s%s; known are:%s", name,
		    general ? "before the first section" : "in section ",
		    general ? "" : mb_pattern_names[p->section], known);
}

static void set_key(struct mb_parser *p, const char *name, char *value)
{
	for (size_t i = 0; i < MB_ARRAY_SIZE(keys); i++) {
		const struct key *key = &keys[i];

		if (key->section != p->section || strcmp(key->name, name))
			continue;
		p->config.lines[i] = p->line;
		switch (key->kind) {
		case COUNT:
		case SIZE:
			return set_integer(p, key, value);
		case FRACTION:
			return set_fraction(p, key, value);
		case TEXT:
			return set_text(p, key, value);
		case SEQUENCE:
			return append_sequence(p, value);
		}
	}
	complain_key(p, name);
}

static void parse_line(struct mb_parser *p, char *line)
{
	char *equals;

	line = strip(line);
	if (!*line || *line == '#')
		return;
	if (*line == '[')
		return open_section(p, line);
	if (p->section == UINT32_MAX)
		return;
	equals = strchr(line, '=');
	if (!equals) {
		mb_complain(p, p->line, "'%s' is neither KEY = VALUE nor [SECTION] nor # COMMENT",
			    line);
		return;
	}
	*equals = '\0';
	cut_comment(equals + 1);
	set_key(p, strip(line), strip(equals + 1));
}

unsigned int mb_line_of(const struct mb_parser *p, unsigned int section, const char *name)
{
	unsigned int sequence_line = p->line;

	for (size_t i = 0; i < MB_ARRAY_SIZE(keys); i++) {
		if (keys[i].kind == SEQUENCE && p->config.lines[i])
			sequence_line = p->config.lines[i];
		if (keys[i].section == section && !strcmp(keys[i].name, name) && p->config.lines[i])
			return p->config.lines[i];
	}
	return sequence_line; /* a default value: it matters because the sequence uses the pattern */
}

/* PagePatrol's defaults where the original has the pattern. */
static const struct mb_config defaults = {
	.iterations = 1,
	.seed = 1,
	.sequential = { .gap = 64, .deactivate = 1 },
	.bursts = { .window = 256, .stride = 1024 },
	.older = { .repeats = 10000, .range_percent = 50 },
	.region = { .repeats = 10000, .region_percent = 1, .unpin_after_iter = 1000000 },
	.cyclic = { .passes = 6, .prime = 1, .block_bytes = 1 << 20 },
	.get_scan = { .gets = 100000, .theta = 0.99, .scan_probability = 0, .scan_length = 1 },
};

/* Once: every line of such a file has one. */
static void check_line_end(struct mb_parser *p, const char *line, size_t n)
{
	if (!n || line[n - 1] != '\r' || p->carriage_return)
		return;
	p->carriage_return = true;
	mb_complain(p, p->line, "there is a carriage return; a line ends in a newline only");
}

int mb_config_parse(const char *name, const char *text, size_t len, FILE *err,
		    struct mb_config *ret_config)
{
	struct mb_parser p = { .name = name, .err = err, .config = defaults, .section = MB_GENERAL };
	char line[MB_MAX_LINE_BYTES + 1] = "";

	for (size_t at = 0; at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - (text + at)) : len - at;

		p.line++;
		check_line_end(&p, text + at, n);
		if (n > MB_MAX_LINE_BYTES) {
			mb_complain(&p, p.line, "line longer than %d bytes", MB_MAX_LINE_BYTES);
		} else if (memchr(text + at, '\0', n)) {
			mb_complain(&p, p.line, "NUL byte: this is no text file");
		} else {
			memcpy(line, text + at, n);
			line[n] = '\0';
			parse_line(&p, line);
		}
		at += n + 1;
	}
	if (!p.line)
		p.line = 1;
	mb_config_check(&p);
	if (p.nr_errors) {
		mb_config_free(&p.config);
		return -EINVAL;
	}
	*ret_config = p.config;
	return 0;
}

void mb_config_free(struct mb_config *config)
{
	free(config->file_name);
	free(config->log_name);
	free(config->trace.file);
	*config = (struct mb_config){ 0 };
}
