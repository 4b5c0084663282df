/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations of tunables, checked, and values as text (tunable.h). Pure: bytes and strings in, numbers and
 * sentences out.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "errors.h"
#include "keys.h"
#include "suggest.h"
#include "tunable.h"
#include "utf8.h"

#define TEXT_MAX 200 /* bytes of a text or a range that are kept */
#define DOTS ".."

static const char *const bool_words[] = { "no", "yes" };

static void tunable_done(struct mp_tunable *tunable)
{
	free(tunable->name);
	free(tunable->key);
	free(tunable->type);
	free(tunable->range);
	free(tunable->text);
	free(tunable->unit);
	for (size_t i = 0; i < tunable->n_words; i++)
		free(tunable->words[i]);
	*tunable = (struct mp_tunable){};
}

void mp_tunables_done(struct mp_tunables *tunables)
{
	for (size_t i = 0; i < tunables->count; i++)
		tunable_done(&tunables->items[i]);
	free(tunables->items);
	*tunables = (struct mp_tunables){};
}

const struct mp_tunable *mp_tunables_find(const struct mp_tunables *tunables, const char *key)
{
	for (size_t i = 0; i < tunables->count; i++)
		if (!strcmp(tunables->items[i].key, key))
			return &tunables->items[i];
	return NULL;
}

int mp_tunables_suggest(const struct mp_tunables *tunables, const struct mp_section *section,
			const char *key, char **ret_text)
{
	const char *words[MP_TUNABLES_MAX + 32];
	const struct mp_key *own;
	size_t n = 0;

	for (size_t i = 0; section && (own = mp_key_at(section, i)) && n < 32; i++)
		if (own->set)
			words[n++] = own->name;
	for (size_t i = 0; i < tunables->count; i++)
		words[n++] = tunables->items[i].key;
	return mp_suggest(key, words, n, "'", "='", ret_text);
}

static bool is_name(const char *name)
{
	size_t n = strlen(name);

	return islower((unsigned char)*name) && n <= MP_TUNABLE_NAME_MAX &&
	       n == strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");
}

/* "small_percent" -> "SmallPercent" */
static char *key_of(const char *name)
{
	char *key = strdup(name), *to = key;
	bool begins = true;

	for (const char *from = name; key && *from; from++) {
		if (*from != '_')
			*to++ = begins ? toupper((unsigned char)*from) : *from;
		begins = *from == '_';
	}
	if (key)
		*to = '\0';
	return key;
}

/* It comes from a file of others and goes to a terminal. */
static char *clean_copy(const char *text)
{
	char *copy = strndup(text, TEXT_MAX);

	if (copy)
		mp_text_clean(copy);
	return copy;
}

uint64_t mp_tunable_fetch(enum mp_tunable_kind kind, size_t size, const void *from)
{
	const bool is_signed = kind == MP_TUNABLE_SIGNED;
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (size) {
	case sizeof(u8):
		memcpy(&u8, from, sizeof(u8));
		return is_signed ? (uint64_t)(int8_t)u8 : u8;
	case sizeof(u16):
		memcpy(&u16, from, sizeof(u16));
		return is_signed ? (uint64_t)(int16_t)u16 : u16;
	case sizeof(u32):
		memcpy(&u32, from, sizeof(u32));
		return is_signed ? (uint64_t)(int32_t)u32 : u32;
	default:
		memcpy(&u64, from, sizeof(u64));
		return u64;
	}
}

void mp_tunable_store(const struct mp_tunable *tunable, uint64_t value, void *to)
{
	const uint8_t u8 = value;
	const uint16_t u16 = value;
	const uint32_t u32 = value;

	switch (tunable->size) {
	case sizeof(u8):
		memcpy(to, &u8, sizeof(u8));
		break;
	case sizeof(u16):
		memcpy(to, &u16, sizeof(u16));
		break;
	case sizeof(u32):
		memcpy(to, &u32, sizeof(u32));
		break;
	default:
		memcpy(to, &value, sizeof(value));
	}
}

/* All that the type can hold. */
static void type_range(const struct mp_tunable_spec *spec, uint64_t *min, uint64_t *max)
{
	const unsigned int bits = spec->size * 8;

	*min = 0;
	*max = bits == 64 ? UINT64_MAX : (1ULL << bits) - 1;
	if (spec->kind == MP_TUNABLE_SIGNED) {
		*max >>= 1;
		*min = ~*max;
	}
}

static bool is_within(const struct mp_tunable *tunable, uint64_t value)
{
	if (tunable->kind == MP_TUNABLE_SIGNED)
		return (int64_t)value >= (int64_t)tunable->min &&
		       (int64_t)value <= (int64_t)tunable->max;
	return value >= tunable->min && value <= tunable->max;
}

/* A decimal number, or one with 0x, and nothing else. 0, -EINVAL, or -ERANGE when 64 bits do not hold it. */
static int parse_number(const char *text, bool is_signed, uint64_t *ret)
{
	const char *digits = text + (is_signed && *text == '-');
	bool hex = !strncmp(digits, "0x", 2);
	const char *allowed = hex ? "0123456789abcdefABCDEF" : "0123456789";

	digits += hex ? 2 : 0;
	if (!*digits || digits[strspn(digits, allowed)])
		return -EINVAL;
	errno = 0;
	if (is_signed)
		*ret = strtoll(text, NULL, hex ? 16 : 10);
	else
		*ret = strtoull(text, NULL, hex ? 16 : 10);
	return errno ? -ERANGE : 0;
}

/* One end of a range; the empty one leaves what the type allows. */
static int parse_end(const char *begin, size_t length, const struct mp_tunable *tunable,
		     uint64_t *to)
{
	char text[32];
	uint64_t value;

	if (!length)
		return 0;
	if (length >= sizeof(text))
		return -EINVAL;
	memcpy(text, begin, length);
	text[length] = '\0';
	if (parse_number(text, tunable->kind == MP_TUNABLE_SIGNED, &value) < 0 ||
	    !is_within(tunable, value))
		return -EINVAL;
	*to = value;
	return 0;
}

/* "1..90 %": numbers, then a unit behind a blank. */
static int parse_range(struct mp_tunable *tunable, const char *range)
{
	const char *dots = strstr(range, DOTS), *unit, *end;
	uint64_t min = tunable->min, max = tunable->max;

	if (!*range)
		return 0;
	if (!dots)
		return -EINVAL;
	unit = strchr(dots, ' ');
	end = unit ? unit : dots + strlen(dots);
	if (parse_end(range, dots - range, tunable, &min) < 0 ||
	    parse_end(dots + strlen(DOTS), end - dots - strlen(DOTS), tunable, &max) < 0)
		return -EINVAL;
	tunable->min = min;
	tunable->max = max;
	if (!unit)
		return 0;
	free(tunable->unit);
	tunable->unit = clean_copy(unit + 1);
	return tunable->unit ? 0 : -ENOMEM;
}

/* "first|second-chance" */
static int parse_words(struct mp_tunable *tunable, const char *range)
{
	while (*range) {
		size_t n = strcspn(range, "|");

		if (!n || n > MP_TUNABLE_NAME_MAX || tunable->n_words == MP_TUNABLE_WORDS_MAX)
			return -EINVAL;
		for (size_t i = 0; i < n; i++)
			if (!isalnum((unsigned char)range[i]) && range[i] != '-')
				return -EINVAL;
		tunable->words[tunable->n_words] = strndup(range, n);
		if (!tunable->words[tunable->n_words])
			return -ENOMEM;
		tunable->n_words++;
		range += n + (range[n] == '|');
	}
	tunable->max = tunable->n_words - 1;
	return tunable->n_words ? 0 : -EINVAL;
}

/* What it allows, as people read it. */
static char *shown_range(const struct mp_tunable *tunable, const char *range)
{
	_cleanup_free_ char *min = NULL, *max = NULL;
	char *text;

	if (tunable->kind == MP_TUNABLE_BOOL)
		return strdup("no|yes");
	if (tunable->kind == MP_TUNABLE_ENUM)
		return clean_copy(range);
	min = mp_owned(mp_tunable_format(tunable, tunable->min));
	max = mp_owned(mp_tunable_format(tunable, tunable->max));
	if (!min || !max ||
	    asprintf(&text, "%s" DOTS "%s%s%s", min, max, *tunable->unit ? " " : "",
		     tunable->unit) < 0)
		return NULL;
	return text;
}

static int bad_range(const struct mp_tunable *tunable, const char *range, char **ret_problem)
{
	_cleanup_free_ char *shown = mp_owned(clean_copy(range));

	if (!shown)
		return -ENOMEM;
	switch (tunable->kind) {
	case MP_TUNABLE_ENUM:
		return mp_problem(ret_problem, -ENOEXEC,
				  "tunable %s: the range '%s' does not list the words of an enum: "
				  "write them in their order, with '-' where a name has '_', as in "
				  "\"first|second-chance\"",
				  tunable->name, shown);
	case MP_TUNABLE_BOOL:
		return mp_problem(ret_problem, -ENOEXEC,
				  "tunable %s: a bool has the range '%s': write \"\"",
				  tunable->name, shown);
	default:
		return mp_problem(ret_problem, -ENOEXEC,
				  "tunable %s: '%s' is no range of %s: write \"MIN..MAX UNIT\", as "
				  "in \"1..90 %%\"; either end and the unit may be left out",
				  tunable->name, shown, tunable->type);
	}
}

static int take_range(struct mp_tunable *tunable, const struct mp_tunable_spec *spec,
		      char **ret_problem)
{
	bool is_empty = !*spec->range;
	int r;

	type_range(spec, &tunable->min, &tunable->max);
	if (spec->kind == MP_TUNABLE_BOOL) {
		tunable->max = 1;
		r = is_empty ? 0 : -EINVAL;
	} else if (spec->kind == MP_TUNABLE_ENUM) {
		r = parse_words(tunable, spec->range);
	} else {
		r = strlen(spec->range) > TEXT_MAX ? -EINVAL : parse_range(tunable, spec->range);
	}
	if (r == -EINVAL)
		return bad_range(tunable, spec->range, ret_problem);
	return r;
}

static int take_names(struct mp_tunable *tunable, const struct mp_tunable_spec *spec)
{
	tunable->name = strdup(spec->name);
	tunable->key = key_of(spec->name);
	tunable->type = clean_copy(spec->type);
	tunable->text = clean_copy(spec->text);
	tunable->unit = strdup("");
	return tunable->name && tunable->key && tunable->type && tunable->text && tunable->unit ?
		       0 :
		       -ENOMEM;
}

static int check_key(const struct mp_tunables *tunables, const struct mp_section *section,
		     const struct mp_tunable *tunable, char **ret_problem)
{
	if (section && mp_key_find(section, tunable->key))
		return mp_problem(ret_problem, -ENOEXEC,
				  "tunable %s: %s= is a key of [%s] itself, give it another name",
				  tunable->name, tunable->key, section->name);
	if (mp_tunables_find(tunables, tunable->key))
		return mp_problem(ret_problem, -ENOEXEC,
				  "tunable %s: there is another one that is called %s=, give it "
				  "another name",
				  tunable->name, tunable->key);
	return 0;
}

static int check_default(const struct mp_tunable *tunable, char **ret_problem)
{
	_cleanup_free_ char *value = NULL;

	if (is_within(tunable, tunable->value))
		return 0;
	value = mp_owned(mp_tunable_format(tunable, tunable->value));
	if (!value)
		return -ENOMEM;
	return mp_problem(ret_problem, -ENOEXEC,
			  "tunable %s: its default %s is not within its own range %s",
			  tunable->name, value, tunable->range);
}

static int fill(const struct mp_tunables *tunables, const struct mp_section *section,
		const struct mp_tunable_spec *spec, struct mp_tunable *tunable, char **ret_problem)
{
	int r = take_names(tunable, spec);

	tunable->kind = spec->kind;
	tunable->size = spec->size;
	tunable->offset = spec->offset;
	if (r >= 0)
		r = check_key(tunables, section, tunable, ret_problem);
	if (r >= 0)
		r = take_range(tunable, spec, ret_problem);
	if (r < 0)
		return r;
	tunable->range = shown_range(tunable, spec->range);
	if (!tunable->range)
		return -ENOMEM;
	tunable->value = mp_tunable_fetch(spec->kind, spec->size, spec->value);
	return check_default(tunable, ret_problem);
}

int mp_tunables_add(struct mp_tunables *tunables, const struct mp_section *section,
		    const struct mp_tunable_spec *spec, char **ret_problem)
{
	struct mp_tunable *items, tunable = {};
	_cleanup_free_ char *shown = NULL;
	int r;

	if (!is_name(spec->name)) {
		shown = mp_owned(clean_copy(spec->name));
		return mp_problem(
			ret_problem, -ENOEXEC,
			"tunable %s: a name has at most %d of a-z 0-9 _ and begins with a "
			"letter",
			shown ? shown : "?", MP_TUNABLE_NAME_MAX);
	}
	if (tunables->count == MP_TUNABLES_MAX)
		return mp_problem(ret_problem, -ENOEXEC, "there are more than %d tunables",
				  MP_TUNABLES_MAX);
	if (spec->size != 1 && spec->size != 2 && spec->size != 4 && spec->size != 8)
		return mp_problem(ret_problem, -ENOEXEC,
				  "tunable %s: only bool, enums and integers of 8 to 64 bits can "
				  "be set",
				  spec->name);
	items = reallocarray(tunables->items, tunables->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	tunables->items = items;
	r = fill(tunables, section, spec, &tunable, ret_problem);
	if (r < 0) {
		tunable_done(&tunable);
		return r;
	}
	items[tunables->count++] = tunable;
	return 0;
}

static int parse_bool(const char *text, uint64_t *ret)
{
	static const char *const words[2][4] = { { "no", "false", "off", "0" },
						 { "yes", "true", "on", "1" } };

	for (unsigned int value = 0; value < 2; value++)
		for (size_t i = 0; i < 4; i++)
			if (!strcmp(text, words[value][i])) {
				*ret = value;
				return 0;
			}
	return -EINVAL;
}

static int complain(const struct mp_tunable *tunable, const char *text, char **ret_problem)
{
	const bool is_enum = tunable->kind == MP_TUNABLE_ENUM;
	_cleanup_free_ char *advice = NULL;
	int r;

	if (tunable->kind == MP_TUNABLE_SIGNED || tunable->kind == MP_TUNABLE_UNSIGNED)
		return mp_problem(ret_problem, -EINVAL, "%s=%.60s: not a whole number in %s%s%s%s",
				  tunable->key, text, tunable->range, *tunable->text ? " (" : "",
				  tunable->text, *tunable->text ? ")" : "");
	r = mp_suggest(text, is_enum ? (const char *const *)tunable->words : bool_words,
		       is_enum ? tunable->n_words : ARRAY_SIZE(bool_words), "'", "'", &advice);
	return r < 0 ? r :
		       mp_problem(ret_problem, -EINVAL, "%s=%.60s: unknown word, %s", tunable->key,
				  text, advice);
}

/* "10" or "10s", where the unit is s: people write it, and no other one is taken for it. */
static int parse_quantity(const struct mp_tunable *tunable, const char *text, uint64_t *ret)
{
	const size_t n = strlen(text), unit = strlen(tunable->unit);
	const bool is_signed = tunable->kind == MP_TUNABLE_SIGNED;
	char number[32];

	if (!unit || n <= unit || n - unit >= sizeof(number) ||
	    strcmp(text + n - unit, tunable->unit))
		return parse_number(text, is_signed, ret);
	memcpy(number, text, n - unit);
	number[n - unit] = '\0';
	return parse_number(number, is_signed, ret);
}

int mp_tunable_parse(const struct mp_tunable *tunable, const char *text, uint64_t *ret_value,
		     char **ret_problem)
{
	uint64_t value = 0;
	int r = -EINVAL;

	if (tunable->kind == MP_TUNABLE_BOOL)
		r = parse_bool(text, &value);
	else if (tunable->kind != MP_TUNABLE_ENUM)
		r = parse_quantity(tunable, text, &value);
	for (size_t i = 0; tunable->kind == MP_TUNABLE_ENUM && i < tunable->n_words; i++) {
		if (!strcmp(text, tunable->words[i])) {
			value = i;
			r = 0;
		}
	}
	if (r < 0 || !is_within(tunable, value))
		return complain(tunable, text, ret_problem);
	*ret_value = value;
	return 0;
}

char *mp_tunable_format(const struct mp_tunable *tunable, uint64_t value)
{
	char *text;
	int r;

	if (tunable->kind == MP_TUNABLE_BOOL && value <= 1)
		return strdup(bool_words[value]);
	if (tunable->kind == MP_TUNABLE_ENUM && value < tunable->n_words)
		return strdup(tunable->words[value]);
	if (tunable->kind == MP_TUNABLE_SIGNED)
		r = asprintf(&text, "%" PRId64, (int64_t)value);
	else
		r = asprintf(&text, "%" PRIu64, value);
	return r < 0 ? NULL : text;
}
