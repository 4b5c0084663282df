/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads dumps of placed memory line by line (placement-dump.h), so that one of a large machine takes no more memory
 * than a bit a frame. Called by the audit.
 */
#include <errno.h>
#include <string.h>

#include "placement-dump.h"
#include "strutil.h"
#include "suggest.h"

#define FIELDS 5

static const char *const flag_words[] = {
	"shared", "inherited", "swap-cache", "moved", "ksm", "huge", "other",
};

const char *mp_placed_flag_to_string(unsigned int bit)
{
	return bit < ARRAY_SIZE(flag_words) ? flag_words[bit] : NULL;
}

struct reader {
	const char *name;
	struct mp_errors *errors;
	char *text; /* of the line, with room for so much */
	size_t room;
	unsigned int line;
	unsigned int seen; /* keys, by their place in the table */
	struct mp_placement_pool pool;
	uint64_t *frames; /* a bit for each that a page has been read of */
	mp_placed_handler handler;
	void *userdata;
};

/* -EBADMSG, with an entry of the list. */
static int wrong(struct reader *r, const char *format, ...) _printf_(2, 3);

static int wrong(struct reader *r, const char *format, ...)
{
	va_list ap;
	int error;

	va_start(ap, format);
	error = mp_errors_addv(r->errors, r->name, r->line, format, ap);
	va_end(ap);
	return error < 0 ? error : -EBADMSG;
}

/* Decimal, or hexadecimal with 0x, and nothing else. */
static bool parse_number(const char *text, uint64_t max, uint64_t *ret)
{
	bool hex = mp_starts_with(text, "0x");
	const char *digits = hex ? text + 2 : text;
	unsigned long long value;
	char *end;

	if (!*digits ||
	    strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") != strlen(digits))
		return false;
	errno = 0;
	value = strtoull(digits, &end, hex ? 16 : 10);
	if (errno || value > max)
		return false;
	*ret = value;
	return true;
}

/* ---- the header -------------------------------------------------------------------------------------- */

struct key {
	const char *name;
	int (*set)(struct reader *r, const char *value);
};

static int set_number(struct reader *r, const char *key, const char *value, uint32_t least,
		      uint32_t most, uint32_t *ret)
{
	uint64_t number;

	if (!parse_number(value, most, &number) || number < least)
		return wrong(r, "%s= is a number from %u to %u, not %s", key, least, most, value);
	*ret = (uint32_t)number;
	return 0;
}

static int set_engine(struct reader *r, const char *value)
{
	if (strcmp(value, "mosaic"))
		return wrong(r, "Pages of engine %s cannot be audited, only those of mosaic",
			     value);
	return 0;
}

static int set_frames(struct reader *r, const char *value)
{
	int error = set_number(r, "frames", value, MP_PLACEMENT_BUCKET, MP_PLACEMENT_FRAMES_MAX,
			       &r->pool.frames);

	if (error < 0)
		return error;
	if (r->pool.frames % MP_PLACEMENT_BUCKET)
		return wrong(r, "frames= is a multiple of %u", MP_PLACEMENT_BUCKET);
	free(r->frames);
	r->frames = calloc(r->pool.frames / MP_PLACEMENT_BUCKET, sizeof(*r->frames));
	return r->frames ? 0 : -ENOMEM;
}

static int set_front(struct reader *r, const char *value)
{
	return set_number(r, "front", value, 1, MP_PLACEMENT_BUCKET - 1, &r->pool.front);
}

static int set_back(struct reader *r, const char *value)
{
	return set_number(r, "back", value, 1, MP_PLACEMENT_BUCKET - 1, &r->pool.back);
}

static int set_choices(struct reader *r, const char *value)
{
	return set_number(r, "choices", value, 1, 16, &r->pool.choices);
}

static int set_seed(struct reader *r, const char *value)
{
	if (!parse_number(value, UINT64_MAX, &r->pool.seed))
		return wrong(r, "seed= is a number of 64 bits, not %s", value);
	return 0;
}

static int set_key(struct reader *r, const char *value)
{
	if (strcmp(value, "address") && strcmp(value, "object"))
		return wrong(r, "key= is address or object, not %s", value);
	r->pool.by_object = !strcmp(value, "object");
	return 0;
}

static int set_segment(struct reader *r, const char *value)
{
	struct mp_placement_segment *s = &r->pool.segments[r->pool.nr_segments];
	unsigned int node, first, nr;
	char rest;

	if (r->pool.nr_segments == MP_PLACEMENT_SEGMENTS_MAX)
		return wrong(r, "A pool has %u segments at most", MP_PLACEMENT_SEGMENTS_MAX);
	if (strspn(value, "0123456789,") != strlen(value) ||
	    sscanf(value, "%9u,%9u,%9u%c", &node, &first, &nr, &rest) != 3 || !nr)
		return wrong(r, "segment= is NODE,BUCKET,BUCKETS, not %s", value);
	*s = (struct mp_placement_segment){ node, first, nr };
	r->pool.nr_segments++;
	return 0;
}

static const struct key keys[] = {
	{ "engine", set_engine }, { "frames", set_frames },   { "front", set_front },
	{ "back", set_back },	  { "choices", set_choices }, { "seed", set_seed },
	{ "key", set_key },	  { "segment", set_segment },
};

#define SEGMENT (ARRAY_SIZE(keys) - 1) /* the one that may come again */

static int unknown_key(struct reader *r, const char *word)
{
	const char *words[ARRAY_SIZE(keys)], *near;

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		words[i] = keys[i].name;
	near = mp_nearest(word, words, ARRAY_SIZE(words));
	if (near)
		return wrong(r, "Unknown key %s=, do you mean %s=?", word, near);
	return wrong(r, "Unknown key %s=: this is no dump of version %d", word,
		     MP_PLACEMENT_VERSION);
}

static int read_key(struct reader *r, char *line)
{
	char *value = strchr(line, '=');

	if (!value)
		return wrong(
			r,
			"There is no KEY=VALUE here, nor the line \"pages\": write the dump anew");
	*value++ = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(keys[i].name, line))
			continue;
		if (i != SEGMENT && r->seen >> i & 1)
			return wrong(r, "%s= stands here twice: remove one", line);
		r->seen |= 1U << i;
		return keys[i].set(r, value);
	}
	return unknown_key(r, line);
}

/* Segments are the pool's buckets in order, each once. */
static int check_segments(struct reader *r)
{
	uint64_t bucket = 0;

	for (uint32_t i = 0; i < r->pool.nr_segments; i++) {
		if (r->pool.segments[i].first_bucket != bucket)
			return wrong(
				r,
				"Segment %u begins at bucket %u and not at %u, where the one before it ends",
				i, r->pool.segments[i].first_bucket, (unsigned int)bucket);
		bucket += r->pool.segments[i].nr_buckets;
	}
	if (bucket * MP_PLACEMENT_BUCKET != r->pool.frames)
		return wrong(r, "The segments have %llu buckets and frames= makes %u",
			     (unsigned long long)bucket, r->pool.frames / MP_PLACEMENT_BUCKET);
	return 0;
}

static int end_header(struct reader *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!(r->seen >> i & 1))
			return wrong(r, "%s= is missing before the pages: write the dump anew",
				     keys[i].name);
	if (r->pool.front + r->pool.back != MP_PLACEMENT_BUCKET)
		return wrong(r, "front= and back= are %u and %u, and must be %u together",
			     r->pool.front, r->pool.back, MP_PLACEMENT_BUCKET);
	return check_segments(r);
}

/* ---- pages ------------------------------------------------------------------------------------------- */

static int parse_flags(struct reader *r, char *text, unsigned int *ret)
{
	char *save = NULL;

	*ret = 0;
	if (!strcmp(text, "-"))
		return 0;
	for (char *word = strtok_r(text, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		size_t i = 0;

		while (i < ARRAY_SIZE(flag_words) && strcmp(flag_words[i], word))
			i++;
		if (i == ARRAY_SIZE(flag_words))
			return wrong(r, "%s is no flag: this version writes none such", word);
		*ret |= 1U << i;
	}
	return 0;
}

static int parse_frame(struct reader *r, const char *text, struct mp_placed_page *page)
{
	uint64_t frame, *word;

	if (!strcmp(text, "-"))
		return 0;
	if (!parse_number(text, r->pool.frames - 1, &frame))
		return wrong(r, "%s is no frame of a pool of %u", text, r->pool.frames);
	word = &r->frames[frame / MP_PLACEMENT_BUCKET];
	if (*word >> frame % MP_PLACEMENT_BUCKET & 1)
		return wrong(r, "Frame %llu has been named before: a frame has one page",
			     (unsigned long long)frame);
	*word |= 1ULL << frame % MP_PLACEMENT_BUCKET;
	page->in_pool = true;
	page->frame = (uint32_t)frame;
	return 0;
}

static int read_page(struct reader *r, char *line)
{
	struct mp_placed_page page = {};
	char *field[FIELDS], *save = NULL;
	size_t nr = 0;
	int error;

	for (char *word = strtok_r(line, " \t", &save); word; word = strtok_r(NULL, " \t", &save))
		if (nr++ < FIELDS)
			field[nr - 1] = word;
	if (nr != FIELDS)
		return wrong(r, "A page is FRAME SPACE VPN INDEX FLAGS, and this has %zu fields",
			     nr);
	if (!parse_number(field[1], UINT64_MAX, &page.space) ||
	    !parse_number(field[2], UINT64_MAX, &page.vpn) ||
	    !parse_number(field[3], UINT64_MAX, &page.index))
		return wrong(r, "SPACE, VPN and INDEX are numbers of 64 bits");
	error = parse_frame(r, field[0], &page);
	if (error == 0)
		error = parse_flags(r, field[4], &page.flags);
	return error < 0 ? error : r->handler(&r->pool, &page, r->userdata);
}

/* ---- the file ---------------------------------------------------------------------------------------- */

static int check_magic(struct reader *r, const char *line)
{
	const char *version = line + strlen(MP_PLACEMENT_MAGIC);
	uint64_t number;

	if (!mp_starts_with(line, MP_PLACEMENT_MAGIC " ") ||
	    !parse_number(version + 1, UINT32_MAX, &number))
		return wrong(r, "This is no dump of placed memory: those begin with \"%s %d\"",
			     MP_PLACEMENT_MAGIC, MP_PLACEMENT_VERSION);
	if (number != MP_PLACEMENT_VERSION)
		return wrong(
			r,
			"The dump is of version %llu and this program reads %d: use the one that wrote it",
			(unsigned long long)number, MP_PLACEMENT_VERSION);
	return 0;
}

enum part { MAGIC, HEADER, PAGES };

static int read_line(struct reader *r, enum part *part, char *line)
{
	int error;

	if (*part == MAGIC) {
		*part = HEADER;
		return check_magic(r, line);
	}
	if (!*line || *line == '#')
		return 0;
	if (*part == PAGES)
		return read_page(r, line);
	if (strcmp(line, "pages"))
		return read_key(r, line);
	error = end_header(r);
	*part = PAGES;
	return error;
}

static int read_lines(struct reader *r, FILE *f)
{
	enum part part = MAGIC;
	ssize_t length;
	int error = 0;

	while (error == 0 && (length = getline(&r->text, &r->room, f)) >= 0) {
		char *line = mp_owned(r->text); /* by the caller */

		r->line++;
		if (strlen(line) != (size_t)length)
			return wrong(r, "There is a NUL in the line: this is no text");
		line[strcspn(line, "\r\n")] = '\0';
		error = read_line(r, &part, mp_trim(line));
	}
	(void)mp_owned(r->text); /* likewise, where there is no line */
	if (error < 0)
		return error;
	if (ferror(f))
		return -EIO;
	if (part != PAGES)
		return wrong(r, "The dump ends before its pages: write it anew");
	return 0;
}

int mp_placement_dump_read(FILE *f, const char *name, struct mp_errors *errors,
			   mp_placed_handler handler, void *userdata)
{
	struct reader r = {
		.name = name,
		.errors = errors,
		.handler = handler,
		.userdata = userdata,
	};
	int error = read_lines(&r, f);

	free(r.frames);
	free(r.text);
	return error;
}
