// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of a report as lines for people and for spreadsheets, and the figures that all forms share. See rows.h.
 */
#include <inttypes.h>
#include <string.h>

#include "rows.h"

/* ---- figures ------------------------------------------------------------------------------------------ */

double walk_per(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : 0;
}

uint64_t walk_walks(const struct walk_counts *count)
{
	return count->walks[1] + count->walks[2] + count->walks[3];
}

double walk_pwc_rate(const struct walk_counts *count, unsigned int set, unsigned int level)
{
	uint64_t all = count->pwc_misses[set];

	for (unsigned int i = 0; i <= WALK_MAX_LEVELS; i++)
		all += count->pwc_hits[set][i];
	return walk_per(count->pwc_hits[set][level], all);
}

unsigned int walk_registers(const struct walk_counts *count)
{
	return (unsigned int)__builtin_popcountll(count->registers);
}

static const char *on_off(bool on)
{
	return on ? "on" : "off";
}

static void nothing(struct walk_writing *w)
{
}

/* ---- a table ------------------------------------------------------------------------------------------ */

static void gain(FILE *out, double value, const char *end)
{
	if (value > 0)
		fprintf(out, "%.3f%s", value, end);
	else
		fprintf(out, "-%s", end);
}

static void single_row(FILE *out, const struct walk_row *row)
{
	const struct walk_counts *c = &row->run->machine.count;
	uint64_t walks = walk_walks(c);

	fprintf(out, "%s\t%s\t%" PRIu64 "\t%.4f\t%.3f\t%.3f\t%.2f\t%.2f\t%.4f\t%" PRIu64 "\n",
		row->where.workload, row->design->name, c->references,
		walk_per(walks, c->references), walk_per(c->sequential, walks),
		walk_per(c->accesses, walks), walk_per(c->walk_cycles, walks),
		walk_per(c->data_cycles, c->references), walk_per(c->fallbacks, walks),
		c->unmapped);
}

static void table_row(struct walk_writing *w, const struct walk_row *row)
{
	if (w->single && row->run) {
		single_row(w->out, row);
		return;
	}
	fprintf(w->out, "%s\t%s\t%s\t%s%s\t%.2f\t", row->where.workload, row->where.pages,
		on_off(row->where.caches), row->run ? "" : "published:", row->design->name,
		row->cycles);
	gain(w->out, row->gain, w->request->walk_share > 0 ? "\t" : "\n");
	if (w->request->walk_share > 0)
		gain(w->out, row->application, "\n");
}

static void table_mean(struct walk_writing *w, const struct walk_mean *mean)
{
	fprintf(w->out, "mean\t%s\t%s\t%s%s\t", mean->where.pages, on_off(mean->where.caches),
		mean->published ? "published:" : "", mean->design->name);
	if (mean->paper > 0)
		fprintf(w->out, "%.2f\t", mean->paper);
	else
		fprintf(w->out, "-\t");
	gain(w->out, mean->gain, w->request->walk_share > 0 ? "\t" : "\n");
	if (w->request->walk_share > 0)
		gain(w->out, mean->application, "\n");
}

const struct walk_writer walk_write_table = { nothing, table_row, table_mean, nothing };

/* ---- CSV ---------------------------------------------------------------------------------------------- */

/* A path may have anything in it. */
static void csv_text(FILE *out, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++)
		fprintf(out, *text == '"' ? "\"\"" : "%c", *text);
	fputc('"', out);
}

static void csv_case(struct walk_writing *w, const struct walk_case *where,
		     const struct walk_design *design, bool published)
{
	csv_text(w->out, where->workload ? where->workload : "mean");
	fprintf(w->out, ",%s,%s,%s,%s%s", where->pages, on_off(where->caches),
		walk_environment_names[design->environment], published ? "published:" : "",
		design->name);
}

enum {
	COUNTED = 25, /* columns between the case and cycles_per_walk, and behind it to the gain */
};

static void csv_begin(struct walk_writing *w)
{
	fputs("workload,pages,walk_caches,environment,design,cycles_per_walk,gain,paper,application,"
	      "references,unmapped,l1_misses_4k,l1_misses_2m,l1_misses_1g,walks_4k,walks_2m,walks_1g,"
	      "sequential_per_walk,accesses_per_walk,walk_cycles_per_reference,data_cycles_per_reference,"
	      "found_l1,found_l2,found_llc,found_memory,pwc_pml5,pwc_pml4,pwc_pdpte,pwc_pde,"
	      "host_pwc_pml4,host_pwc_pdpte,host_pwc_pde,nested_tlb_hits,fallbacks,registers\n",
	      w->out);
}

/* Nothing where there is nothing. */
static void csv_gain(FILE *out, double value)
{
	if (value > 0)
		fprintf(out, ",%.4f", value);
	else
		fputc(',', out);
}

static void csv_counts(FILE *out, const struct walk_counts *c)
{
	uint64_t walks = walk_walks(c);

	fprintf(out, ",%" PRIu64 ",%" PRIu64, c->references, c->unmapped);
	for (unsigned int level = 1; level <= 3; level++)
		fprintf(out, ",%" PRIu64, c->l1_misses[level]);
	for (unsigned int level = 1; level <= 3; level++)
		fprintf(out, ",%" PRIu64, c->walks[level]);
	fprintf(out, ",%.4f,%.4f,%.4f,%.4f", walk_per(c->sequential, walks),
		walk_per(c->accesses, walks), walk_per(c->walk_cycles, c->references),
		walk_per(c->data_cycles, c->references));
	for (unsigned int where = WALK_L1; where < WALK_WHERES; where++)
		fprintf(out, ",%" PRIu64, c->found[where]);
	for (unsigned int level = 5; level >= 2; level--)
		fprintf(out, ",%.4f", walk_pwc_rate(c, 0, level));
	for (unsigned int level = 4; level >= 2; level--)
		fprintf(out, ",%.4f", walk_pwc_rate(c, 1, level));
	fprintf(out, ",%" PRIu64 ",%" PRIu64 ",%u", c->nested_tlb_hits, c->fallbacks,
		walk_registers(c));
}

static void csv_nothing(FILE *out)
{
	for (unsigned int i = 0; i <= COUNTED; i++)
		fputc(',', out);
}

static void csv_row(struct walk_writing *w, const struct walk_row *row)
{
	csv_case(w, &row->where, row->design, !row->run);
	fprintf(w->out, ",%.4f", row->cycles);
	csv_gain(w->out, row->gain);
	fputc(',', w->out);
	csv_gain(w->out, row->application);
	if (row->run)
		csv_counts(w->out, &row->run->machine.count);
	else
		csv_nothing(w->out);
	fputc('\n', w->out);
}

static void csv_mean(struct walk_writing *w, const struct walk_mean *mean)
{
	csv_case(w, &mean->where, mean->design, mean->published);
	fputc(',', w->out);
	csv_gain(w->out, mean->gain);
	csv_gain(w->out, mean->paper);
	csv_gain(w->out, mean->application);
	csv_nothing(w->out);
	fputc('\n', w->out);
}

const struct walk_writer walk_write_csv = { csv_begin, csv_row, csv_mean, nothing };

/* ---- the histogram ------------------------------------------------------------------------------------ */

static void levels_begin(struct walk_writing *w)
{
	fputs("workload,pages,walk_caches,environment,design,guest_level,host_level,pwc,l1,l2,llc,memory\n",
	      w->out);
}

/* Level 0 of the guest is the datum, of the host the guest's own entry: 24 lines where both have four levels. */
static void levels_row(struct walk_writing *w, const struct walk_row *row)
{
	for (unsigned int guest = 0; row->run && guest <= WALK_MAX_LEVELS; guest++)
		for (unsigned int host = 0; host <= WALK_MAX_LEVELS; host++) {
			const uint64_t *cell = row->run->machine.count.histogram[guest][host];
			uint64_t sum = 0;

			for (unsigned int where = 0; where < WALK_WHERES; where++)
				sum += cell[where];
			if (!sum)
				continue;
			csv_case(w, &row->where, row->design, false);
			fprintf(w->out, ",%u,%u", guest, host);
			for (unsigned int where = 0; where < WALK_WHERES; where++)
				fprintf(w->out, ",%" PRIu64, cell[where]);
			fputc('\n', w->out);
		}
}

static void levels_mean(struct walk_writing *w, const struct walk_mean *mean)
{
}

const struct walk_writer walk_write_levels = { levels_begin, levels_row, levels_mean, nothing };
