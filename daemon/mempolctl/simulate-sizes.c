/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sizes of the cache as users of simulators write them: 64M, 1gb, 10% of what the trace uses, auto, and ranges of
 * geometric steps. Words are read before the trace, and become bytes when it is known what it uses.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "simulate.h"
#include "size.h"

#define WORD_MAX 32

/* Shares of the working set, in percent: from what keeps nearly nothing to nearly all. */
static const unsigned int automatic[] = { 1, 2, 5, 10, 20, 40, 80 };

/* "1gb" and "1GiB" are 1G. */
static bool take_bytes(const char *word, uint64_t *ret_bytes)
{
	size_t length = strlen(word);
	char text[WORD_MAX];

	if (length >= sizeof(text))
		return false;
	memcpy(text, word, length + 1);
	if (length > 2 && tolower((unsigned char)text[length - 1]) == 'b' &&
	    isalpha((unsigned char)text[length - 2])) {
		length--;
		if (text[length - 1] == 'i')
			length--;
	}
	text[length] = '\0';
	if (length)
		text[length - 1] = (char)toupper((unsigned char)text[length - 1]);
	return mp_size_parse(text, ret_bytes) == 0 && *ret_bytes >= SIM_PAGE_SIZE;
}

static int take_amount(const char *word, struct simulate_amount *ret)
{
	*ret = (struct simulate_amount){};
	if (mp_percent_parse(word, &ret->percent) == 0 && ret->percent)
		return 0;
	ret->percent = 0;
	if (take_bytes(word, &ret->bytes))
		return 0;
	return simulate_complain(
		"'%s' is no size: write bytes or a number with K, M, G or T, as in 64M or 1gb, "
		"at least %dK, or 1%% to 100%% of what the trace uses, or auto",
		word, SIM_PAGE_SIZE / 1024);
}

static int take_range(char *word, char *dots, struct simulate_size *ret)
{
	int r;

	*dots = '\0';
	r = take_amount(word, &ret->from);
	if (r == 0)
		r = take_amount(dots + 2, &ret->to);
	if (r == 0 && !ret->from.percent == !ret->to.percent &&
	    (ret->from.percent >= ret->to.percent && ret->from.bytes >= ret->to.bytes))
		return simulate_complain("'%s..%s' does not go upwards", word, dots + 2);
	ret->kind = SIMULATE_RANGE;
	return r;
}

int simulate_sizes_add(struct simulate_request *request, const char *word)
{
	struct simulate_size *size = &request->sizes[request->n_sizes];
	char text[2 * WORD_MAX], *dots;
	int r = 0;

	if (request->n_sizes == SIMULATE_LIST_MAX)
		return simulate_complain("more than %d sizes", SIMULATE_LIST_MAX);
	*size = (struct simulate_size){};
	if (strlen(word) >= sizeof(text))
		return simulate_complain("'%.40s...' is no size", word);
	strcpy(text, word);
	dots = strstr(text, "..");
	if (!strcmp(text, "auto"))
		size->kind = SIMULATE_AUTO;
	else if (dots)
		r = take_range(text, dots, size);
	else
		r = take_amount(text, &size->from);
	if (r == 0)
		request->n_sizes++;
	return r;
}

bool simulate_sizes_have_range(const struct simulate_request *request)
{
	for (size_t i = 0; i < request->n_sizes; i++)
		if (request->sizes[i].kind == SIMULATE_RANGE)
			return true;
	return false;
}

/* Whole pages, at least one. */
static uint64_t bytes_of(const struct simulate_amount *amount, uint64_t working_set_pages)
{
	uint64_t pages = amount->percent ? working_set_pages * amount->percent / 100 :
					   amount->bytes / SIM_PAGE_SIZE;

	return (pages ? pages : 1) * SIM_PAGE_SIZE;
}

static int add(struct simulate_caches *caches, uint64_t bytes)
{
	for (size_t i = 0; i < caches->n; i++)
		if (caches->bytes[i] == bytes)
			return 0;
	if (caches->n == SIMULATE_CACHES_MAX)
		return simulate_complain("more than %d sizes", SIMULATE_CACHES_MAX);
	caches->bytes[caches->n++] = bytes;
	return 0;
}

static double power(double base, unsigned int n)
{
	double result = 1;

	while (n--)
		result *= base;
	return result;
}

/* What multiplied @n times by itself is @ratio, which is more than 1: by halving, which needs no libm. */
static double root(double ratio, unsigned int n)
{
	double low = 1, high = ratio;

	for (unsigned int i = 0; i < 100; i++) {
		double middle = (low + high) / 2;

		if (power(middle, n) < ratio)
			low = middle;
		else
			high = middle;
	}
	return high;
}

static int add_range(const struct simulate_request *request, const struct simulate_size *size,
		     uint64_t pages, struct simulate_caches *caches)
{
	uint64_t from = bytes_of(&size->from, pages), to = bytes_of(&size->to, pages);
	char text[2][MP_SIZE_TEXT];
	double step, bytes = (double)from;
	int r = 0;

	if (from >= to)
		return simulate_complain("%s to %s does not go upwards, with what the trace uses",
					 mp_size_format(from, text[0]),
					 mp_size_format(to, text[1]));
	step = root((double)to / (double)from, request->steps - 1);
	for (unsigned int i = 0; r == 0 && i + 1 < request->steps; i++, bytes *= step)
		r = add(caches, (uint64_t)(bytes / SIM_PAGE_SIZE + 0.5) * SIM_PAGE_SIZE);
	return r < 0 ? r : add(caches, to);
}

/* Without those that are emptied whenever they are full; one is left. */
static int add_automatic(const struct simulate_request *request, uint64_t pages,
			 struct simulate_caches *caches)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(automatic); i++) {
		struct simulate_amount amount = { .percent = automatic[i] };
		uint64_t bytes = bytes_of(&amount, pages);

		if (bytes / SIM_PAGE_SIZE >= request->reclaim_pages ||
		    i + 1 == ARRAY_SIZE(automatic))
			r = add(caches, bytes);
	}
	return r;
}

int simulate_sizes_resolve(const struct simulate_request *request, uint64_t working_set_pages,
			   struct simulate_caches *ret_caches)
{
	int r = 0;

	ret_caches->n = 0;
	for (size_t i = 0; r == 0 && i < request->n_sizes; i++) {
		const struct simulate_size *size = &request->sizes[i];

		if (size->kind == SIMULATE_AUTO)
			r = add_automatic(request, working_set_pages, ret_caches);
		else if (size->kind == SIMULATE_RANGE)
			r = add_range(request, size, working_set_pages, ret_caches);
		else
			r = add(ret_caches, bytes_of(&size->from, working_set_pages));
	}
	return r;
}
