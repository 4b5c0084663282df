/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marks frames idle and looks at them again; see page-idle.h.
 */
#include "page-idle.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "errors.h"
#include "macro.h"

#define WORD_BITS 64

/* The words of the bitmap that have one of the frames, in order, each once. */
struct words {
	int fd;
	uint64_t *numbers, *masks;
	size_t n;
};

static int compare(const void *a, const void *b)
{
	uint64_t x = ((const struct predict_page *)a)->frame,
		 y = ((const struct predict_page *)b)->frame;

	return (x > y) - (x < y);
}

static int collect(struct words *words, const struct predict_heat *heat)
{
	words->numbers = calloc(heat->n + 1, sizeof(*words->numbers));
	words->masks = calloc(heat->n + 1, sizeof(*words->masks));
	if (!words->numbers || !words->masks)
		return -ENOMEM;
	for (size_t i = 0; i < heat->n; i++) {
		uint64_t number = heat->pages[i].frame / WORD_BITS;

		if (!words->n || words->numbers[words->n - 1] != number)
			words->numbers[words->n++] = number;
		words->masks[words->n - 1] |= 1ULL << heat->pages[i].frame % WORD_BITS;
	}
	return 0;
}

static void words_done(struct words *words)
{
	free(words->numbers);
	free(words->masks);
	mp_closep(&words->fd);
}

static int mark(const struct words *words)
{
	for (size_t i = 0; i < words->n; i++)
		if (pwrite(words->fd, &words->masks[i], sizeof(uint64_t),
			   (off_t)(words->numbers[i] * sizeof(uint64_t))) < 0)
			return -errno;
	return 0;
}

/* @used: of each page, whether it is not idle. */
static int look(const struct words *words, const struct predict_heat *heat, bool *used)
{
	uint64_t number = UINT64_MAX, word = 0;

	for (size_t i = 0; i < heat->n; i++) {
		uint64_t frame = heat->pages[i].frame;

		if (frame / WORD_BITS != number) {
			number = frame / WORD_BITS;
			if (pread(words->fd, &word, sizeof(word), (off_t)(number * sizeof(word))) !=
			    sizeof(word))
				return errno ? -errno : -ENODATA;
		}
		used[i] = !(word >> frame % WORD_BITS & 1);
	}
	return 0;
}

static void wait_ms(uint64_t ms)
{
	struct timespec left = { .tv_sec = (time_t)(ms / 1000),
				 .tv_nsec = (long)(ms % 1000 * 1000000) };

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
}

/*
 * Only what is on an LRU list can be marked, and of a large folio only the whole: others never are idle, and how often
 * they are used is not known. /proc/kpageflags tells them apart; what is used all the time is not idle either.
 */
static int find_blind(const char *flags, const struct predict_heat *heat, bool *blind)
{
	enum { LRU = 1 << 5, TAIL = 1 << 16 };
	_cleanup_close_ int fd = open(flags, O_RDONLY | O_CLOEXEC);
	uint64_t word;

	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < heat->n; i++) {
		if (pread(fd, &word, sizeof(word), (off_t)(heat->pages[i].frame * sizeof(word))) !=
		    sizeof(word))
			return errno ? -errno : -ENODATA;
		blind[i] = !(word & LRU) || word & TAIL;
	}
	return 0;
}

static int watch(const struct words *words, struct predict_heat *heat, uint64_t ms, bool *used,
		 const bool *blind)
{
	int r = 0;

	for (unsigned int period = 0; period < PAGE_IDLE_PERIODS && r >= 0; period++) {
		r = mark(words);
		wait_ms(ms / PAGE_IDLE_PERIODS);
		r = r < 0 ? r : look(words, heat, used);
		for (size_t i = 0; i < heat->n && r >= 0; i++)
			heat->pages[i].heat += used[i] && !blind[i];
	}
	return r;
}

int page_idle_watch(const char *bitmap, const char *flags, struct predict_heat *heat, uint64_t ms,
		    char **ret_problem)
{
	_cleanup_free_ bool *used = mp_owned(calloc(heat->n + 1, sizeof(bool)));
	_cleanup_free_ bool *blind = mp_owned(calloc(heat->n + 1, sizeof(bool)));
	struct words words = { .fd = open(bitmap, O_RDWR | O_CLOEXEC) };
	int r = words.fd < 0 ? -errno : 0;

	if (r == -ENOENT)
		return mp_problem(ret_problem, r,
				  "--sample needs a kernel with CONFIG_IDLE_PAGE_TRACKING (%s)",
				  bitmap);
	if (r < 0 || !used || !blind) {
		words_done(&words);
		return r < 0 ? mp_problem(ret_problem, r, "%s", bitmap) : -ENOMEM;
	}
	/* Frames in order make neighbours share a word; addresses do not matter to what is drawn. */
	qsort(heat->pages, heat->n, sizeof(*heat->pages), compare);
	r = find_blind(flags, heat, blind);
	if (r < 0) {
		words_done(&words);
		return mp_problem(ret_problem, r, "%s", flags);
	}
	r = collect(&words, heat);
	if (r >= 0)
		r = watch(&words, heat, ms, used, blind);
	words_done(&words);
	return r < 0 ? mp_problem(ret_problem, r, "%s", bitmap) : 0;
}
