/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes the page tables of a process down, in the form that the simulator of walks reads (sim/walk/dump.h); see
 * translation.h. The process goes on meanwhile: what contradicts what has been written already is left out, so that
 * the file always can be read.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "mempol/abi.h"
#include "output.h"
#include "translation.h"

#define LEAF_SHIFT 12
#define LEVEL_BITS 9

static unsigned int shift_of(uint64_t level)
{
	return LEAF_SHIFT + LEVEL_BITS * ((unsigned int)level - 1);
}

static void line(struct translation_dump *dump, const char *format, ...) _printf_(2, 3);

static void line(struct translation_dump *dump, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vfprintf(dump->file, format, ap);
	va_end(ap);
	dump->lines++;
}

void translation_dump_process(struct translation_dump *dump, uint64_t pid, const char *command,
			      uint64_t levels, uint64_t root)
{
	char name[32];

	snprintf(name, sizeof(name), "%s", *command ? command : "?");
	for (char *c = name; *c; c++)
		if (*c <= ' ' || *c >= 0x7f)
			*c = '_';
	fputs("mempol-walk 1\n", dump->file);
	line(dump, "M %" PRIu64 " %s %" PRIu64 " %" PRIx64 "\n", pid, name, levels, root);
	dump->levels = levels;
	dump->root = root;
}

void translation_dump_mapping(struct translation_dump *dump, uint64_t start, uint64_t end,
			      const char *rights)
{
	if (start < dump->last_end || start >= end)
		return;
	line(dump, "V %" PRIx64 " %" PRIx64 " %s\n", start, end, rights);
	dump->last_end = end;
}

static void write_run(struct translation_dump *dump)
{
	const struct translation_entry *run = &dump->run;
	char flags[8], *flag = flags;

	if (!run->count)
		return;
	if (run->level > 1)
		*flag++ = run->level == 3 ? 'g' : 'h';
	if (run->flags & MEMPOL_WALK_ACCESSED)
		*flag++ = 'a';
	if (run->flags & MEMPOL_WALK_DIRTY)
		*flag++ = 'd';
	if (run->flags & MEMPOL_WALK_WRITABLE)
		*flag++ = 'w';
	if (flag == flags)
		*flag++ = '-';
	*flag = '\0';
	line(dump, "P %" PRIx64 " %" PRIx64 " %" PRIu64 " %s\n", run->va, run->pa, run->count,
	     flags);
	dump->run.count = 0;
}

/* Each part of the answer begins with the tables above it once more. */
static void add_table(struct translation_dump *dump, const struct translation_entry *entry)
{
	if (dump->tables[entry->level] == entry->va + 1 ||
	    entry->va + 1 < dump->tables[entry->level])
		return;
	/* A huge page was there before. */
	if (dump->covered > entry->va && entry->level < 3 &&
	    dump->covered >= entry->va + (1ULL << shift_of(entry->level + 1)))
		return;
	write_run(dump);
	line(dump, "T %" PRIu64 " %" PRIx64 " %" PRIx64 " %" PRIu64 "\n", entry->level, entry->va,
	     entry->pa, entry->node);
	dump->tables[entry->level] = entry->va + 1;
}

static void add_pages(struct translation_dump *dump, const struct translation_entry *entry)
{
	uint64_t size = 1ULL << shift_of(entry->level);
	struct translation_entry *run = &dump->run;

	/* A leaf table was there before. */
	if (entry->va < dump->covered ||
	    (entry->level > 1 && dump->tables[entry->level - 1] == entry->va + 1))
		return;
	dump->covered = entry->va + entry->count * size;
	if (run->count && run->level == entry->level && run->flags == entry->flags &&
	    run->va + run->count * size == entry->va && run->pa + run->count * size == entry->pa) {
		run->count += entry->count;
		return;
	}
	write_run(dump);
	*run = *entry;
}

void translation_dump_entry(struct translation_dump *dump, const struct translation_entry *entry)
{
	if (entry->flags & MEMPOL_WALK_TABLE) {
		if (entry->level >= 1 && entry->level < dump->levels)
			add_table(dump, entry);
	} else if (entry->level >= 1 && entry->level <= 3 && entry->count) {
		add_pages(dump, entry);
	}
}

void translation_dump_area(struct translation_dump *dump, uint64_t start, uint64_t windows,
			   uint64_t base, int reg)
{
	char number[16] = "-";

	write_run(dump);
	if (reg >= 0)
		snprintf(number, sizeof(number), "%d", reg);
	line(dump, "R %" PRIx64 " %" PRIx64 " %" PRIu64 " %s\n", start, base, windows, number);
}

int translation_dump_end(struct translation_dump *dump)
{
	write_run(dump);
	fprintf(dump->file, "E %" PRIu64 "\n", dump->lines);
	errno = 0;
	if (fflush(dump->file) != 0 || ferror(dump->file))
		return errno ? -errno : -EIO;
	return 0;
}

/* ---- of a process ------------------------------------------------------------------------------------- */

struct job {
	struct translation_dump dump;
	const struct translation_walk *walk;
};

static int begin(void *userdata, sd_json_variant *reply)
{
	struct job *job = userdata;
	const struct translation_walk *walk = job->walk;

	/* Between the two questions it may have become another process, or executed another program. */
	if (ctl_number(reply, "began_ns") != walk->began_ns ||
	    ctl_number(reply, "program") != walk->program)
		return -ESRCH;
	translation_dump_process(&job->dump, walk->pid, walk->command, ctl_number(reply, "levels"),
				 ctl_number(reply, "root"));
	for (size_t i = 0; i < walk->n_ranges; i++) {
		char flags[32];

		snprintf(flags, sizeof(flags), "%s:%s",
			 ctl_string(walk->ranges[i], "rights") ?: "-",
			 ctl_string(walk->ranges[i], "kind") ?: "-");
		translation_dump_mapping(&job->dump, ctl_number(walk->ranges[i], "start"),
					 ctl_number(walk->ranges[i], "end"), flags);
	}
	return 0;
}

static int add(void *userdata, const struct translation_entry *entry)
{
	struct job *job = userdata;

	translation_dump_entry(&job->dump, entry);
	return ferror(job->dump.file) ? -EIO : 0;
}

static enum ctl_exit add_areas(const struct ctl *ctl, struct job *job)
{
	_cleanup_json_ sd_json_variant *areas = NULL;
	enum ctl_exit result = translation_collect_areas(ctl, job->walk->pid, job->walk,
							 TRANSLATION_OPTIONAL, &areas);

	for (size_t i = 0; result == CTL_OK && i < sd_json_variant_elements(areas); i++) {
		sd_json_variant *area = sd_json_variant_by_index(areas, i), *held;

		held = sd_json_variant_by_key(area, "register");
		translation_dump_area(&job->dump, ctl_number(area, "start"),
				      ctl_number(area, "windows"),
				      ctl_number(area, "pfn") << LEAF_SHIFT,
				      held ? (int)sd_json_variant_unsigned(held) : -1);
	}
	return result;
}

enum ctl_exit translation_dump(const struct ctl *ctl, const struct translation_walk *walk,
			       FILE *file)
{
	struct job job = { .dump.file = file, .walk = walk };
	enum ctl_exit result = translation_ask_tables(ctl, walk->pid, begin, add, &job);
	int r;

	if (result == CTL_OK)
		result = add_areas(ctl, &job);
	if (result != CTL_OK)
		return result;
	r = translation_dump_end(&job.dump);
	if (r < 0) {
		translation_complain("the dump cannot be written: %s", strerror(-r));
		return CTL_FAILED;
	}
	return CTL_OK;
}
