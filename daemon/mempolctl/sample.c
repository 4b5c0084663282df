/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The uses of a recording in memory, and its text; see sample.h.
 */
#include "sample.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "macro.h"

/* What sim/trace-record.c reads. */
#define MAX_INDEX ((1ULL << 39) - 1)

static const char letters[MEMPOL_RECORD_NR_OPS] = {
	[MEMPOL_RECORD_READ] = 'r',  [MEMPOL_RECORD_FAULT] = 'm', [MEMPOL_RECORD_WRITE] = 'w',
	[MEMPOL_RECORD_ADDED] = 'a', [MEMPOL_RECORD_GONE] = 'd',
};

unsigned int sample_shift_for(uint64_t cache_pages)
{
	unsigned int shift = 0;

	while (shift < MEMPOL_RECORD_MAX_SHIFT && cache_pages >> (shift + 1) >= SAMPLE_PAGES)
		shift++;
	return shift;
}

bool sample_has(uint64_t ino, uint64_t index, unsigned int shift)
{
	uint64_t hash = (ino * MEMPOL_RECORD_GOLDEN + index) * MEMPOL_RECORD_GOLDEN;

	return hash <= mempol_record_limit(shift);
}

static uint32_t *slot_of(const struct sample *sample, uint64_t ino, uint32_t dev)
{
	uint64_t hash = (ino ^ (uint64_t)dev << 40) * MEMPOL_RECORD_GOLDEN;
	uint32_t at = hash >> 32 & (sample->nr_slots - 1);

	for (;; at = (at + 1) & (sample->nr_slots - 1)) {
		uint32_t *slot = &sample->slots[at];

		if (!*slot)
			return slot;
		if (sample->files[*slot - 1].ino == ino && sample->files[*slot - 1].dev == dev)
			return slot;
	}
}

static void fill_slots(struct sample *sample)
{
	for (uint32_t i = 0; i < sample->nr_files; i++)
		*slot_of(sample, sample->files[i].ino, sample->files[i].dev) = i + 1;
}

/* At most half of the slots are taken. */
static int more_files(struct sample *sample)
{
	uint32_t nr = sample->nr_slots ? sample->nr_slots * 2 : 256;
	uint32_t *slots, *old = sample->slots;
	void *files;

	if (sample->nr_slots && sample->nr_files < sample->nr_slots / 2)
		return 0;
	files = reallocarray(sample->files, nr / 2, sizeof(*sample->files));
	if (!files)
		return -ENOMEM;
	sample->files = files;
	slots = calloc(nr, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	sample->slots = slots;
	sample->nr_slots = nr;
	fill_slots(sample);
	free(old);
	return 0;
}

static int file_number(struct sample *sample, const struct mempol_record *record, uint32_t *ret)
{
	uint32_t *slot;
	int r = more_files(sample);

	if (r < 0)
		return r;
	slot = slot_of(sample, record->ino, record->dev);
	if (!*slot) {
		if (sample->nr_files == SAMPLE_MAX_FILES)
			return 1;
		sample->files[sample->nr_files++] =
			(struct sample_file){ .ino = record->ino, .dev = record->dev };
		*slot = sample->nr_files;
	}
	*ret = *slot - 1;
	return 0;
}

static int more_uses(struct sample *sample)
{
	size_t more = sample->capacity ? sample->capacity * 2 : 4096;
	void *uses;

	if (sample->nr_uses < sample->capacity)
		return 0;
	uses = reallocarray(sample->uses, more, sizeof(*sample->uses));
	if (!uses)
		return -ENOMEM;
	sample->uses = uses;
	sample->capacity = more;
	return 0;
}

int sample_add(struct sample *sample, const struct mempol_record *record)
{
	uint32_t file;
	int r;

	if (record->op >= MEMPOL_RECORD_NR_OPS || record->index > MAX_INDEX || record->order > 20)
		return -EBADMSG;
	if (!sample_has(record->ino, record->index, sample->shift))
		return 0;
	if (sample->nr_uses == sample->max_uses ||
	    sample->nr_pages + (1ULL << record->order) > SAMPLE_MAX_PAGES)
		return 1;
	r = more_uses(sample);
	if (r == 0)
		r = file_number(sample, record, &file);
	if (r)
		return r;
	sample->nr_pages += 1ULL << record->order;
	sample->uses[sample->nr_uses++] = (struct sample_use){
		.index = record->index,
		.op = record->op,
		.in_run = record->flags & MEMPOL_RECORD_IN_RUN,
		.order = record->order,
		.file = file,
		.thread = record->thread,
	};
	return 0;
}

/* Those without a use; the others keep their order. Without memory for that they stay. */
static void forget_files(struct sample *sample)
{
	uint32_t *numbers = calloc((size_t)sample->nr_files + 1, sizeof(*numbers)), nr = 0;

	if (!numbers)
		return;
	for (size_t i = 0; i < sample->nr_uses; i++)
		numbers[sample->uses[i].file] = 1;
	for (uint32_t i = 0; i < sample->nr_files; i++)
		if (numbers[i]) {
			sample->files[nr] = sample->files[i];
			numbers[i] = nr++;
		}
	for (size_t i = 0; i < sample->nr_uses; i++)
		sample->uses[i].file = numbers[sample->uses[i].file];
	free(numbers);
	sample->nr_files = nr;
	if (sample->nr_slots)
		memset(sample->slots, 0, sample->nr_slots * sizeof(*sample->slots));
	fill_slots(sample);
}

void sample_refine(struct sample *sample, unsigned int shift)
{
	size_t kept = 0;

	if (shift <= sample->shift)
		return;
	sample->shift = shift;
	sample->nr_pages = 0;
	for (size_t i = 0; i < sample->nr_uses; i++) {
		const struct sample_use *use = &sample->uses[i];

		if (sample_has(sample->files[use->file].ino, use->index, shift)) {
			sample->nr_pages += 1ULL << use->order;
			sample->uses[kept++] = *use;
		}
	}
	sample->nr_uses = kept;
	forget_files(sample);
}

void sample_count(const struct sample *sample, struct sample_count *ret)
{
	struct sample_count count = {};

	for (size_t i = 0; i < sample->nr_uses; i++)
		count.of[sample->uses[i].op] += 1ULL << sample->uses[i].order;
	count.mapped = count.of[MEMPOL_RECORD_FAULT];
	count.uses = count.of[MEMPOL_RECORD_READ] + count.of[MEMPOL_RECORD_WRITE] + count.mapped;
	*ret = count;
}

static void write_header(const struct sample *sample, const struct sample_header *header, FILE *f)
{
	struct sample_count count;

	sample_count(sample, &count);
	fprintf(f, "# mempol-record 1 sample=1/%llu\n", 1ULL << sample->shift);
	fprintf(f, "# cgroup: %s\n# seconds: %.3f\n", header->cgroup, header->seconds);
	fprintf(f, "# uses in the sample: %llu, of them through mappings: %llu\n",
		(unsigned long long)count.uses, (unsigned long long)count.mapped);
	fprintf(f, "# pages that came in: %llu, in the sample: %llu\n",
		(unsigned long long)header->added,
		(unsigned long long)count.of[MEMPOL_RECORD_ADDED]);
	fprintf(f, "# records lost: %llu\n", (unsigned long long)header->lost);
	if (header->limit_bytes == UINT64_MAX)
		fprintf(f, "# memory.max: max\n");
	else
		fprintf(f, "# memory.max: %llu\n", (unsigned long long)header->limit_bytes);
	fprintf(f, "# page cache at the end: %llu\n", (unsigned long long)header->file_bytes);
	fprintf(f,
		"# a line: OP FILE PAGE[+MORE] THREAD [run]; r read, m fault, w made dirty, a came in, "
		"d deleted\n");
}

int sample_write(const struct sample *sample, const struct sample_header *header, FILE *f)
{
	uint32_t named = 0;

	errno = 0;
	write_header(sample, header, f);
	for (size_t i = 0; i < sample->nr_uses && !ferror(f); i++) {
		const struct sample_use *use = &sample->uses[i];

		/* Numbers are in the order in which they were seen: each is named once. */
		for (; named <= use->file; named++)
			fprintf(f, "# file %u: device %u:%u inode %llu\n", named,
				sample->files[named].dev >> 20, sample->files[named].dev & 0xfffff,
				(unsigned long long)sample->files[named].ino);
		fprintf(f, "%c %u %llu", letters[use->op], use->file,
			(unsigned long long)use->index);
		if (use->order)
			fprintf(f, "+%u", (1U << use->order) - 1);
		fprintf(f, " %u%s\n", use->thread, use->in_run ? " run" : "");
	}
	/* Of the line that failed; what comes behind it may succeed. */
	if (ferror(f))
		return errno ? -errno : -EIO;
	return fflush(f) == 0 ? 0 : -errno;
}

void sample_done(struct sample *sample)
{
	free(sample->uses);
	free(sample->files);
	free(sample->slots);
	*sample = (struct sample){};
}
