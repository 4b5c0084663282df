// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of a report as one JSON object: the machine, all runs, all means. See rows.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"

static const char *const sizes[4] = { NULL, "4K", "2M", "1G" };
static const char *const entries[WALK_MAX_LEVELS + 1] = {
	NULL, NULL, "pde", "pdpte", "pml4", "pml5"
};

/* Bytes outside of ASCII, which a path may have, each as a character. */
static void text(FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ' || c >= 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void number(FILE *out, const char *name, double value)
{
	fprintf(out, ",\"%s\":%.4f", name, value);
}

/* null: there is none. */
static void gain(FILE *out, const char *name, double value)
{
	if (value > 0)
		number(out, name, value);
	else
		fprintf(out, ",\"%s\":null", name);
}

static void count(FILE *out, const char *name, uint64_t value)
{
	fprintf(out, ",\"%s\":%" PRIu64, name, value);
}

static void by_size(FILE *out, const char *name, const uint64_t values[4])
{
	fprintf(out, ",\"%s\":{", name);
	for (unsigned int level = 1; level <= 3; level++)
		fprintf(out, "%s\"%s\":%" PRIu64, level > 1 ? "," : "", sizes[level],
			values[level]);
	fputc('}', out);
}

static void wheres(FILE *out, const uint64_t cell[WALK_WHERES], unsigned int first)
{
	fputc('{', out);
	for (unsigned int where = first; where < WALK_WHERES; where++)
		fprintf(out, "%s\"%s\":%" PRIu64, where > first ? "," : "", walk_where_names[where],
			cell[where]);
	fputc('}', out);
}

static void histogram(FILE *out, const struct walk_counts *c)
{
	static const uint64_t none[WALK_WHERES];
	bool first = true;

	fputs(",\"histogram\":[", out);
	for (unsigned int guest = 0; guest <= WALK_MAX_LEVELS; guest++)
		for (unsigned int host = 0; host <= WALK_MAX_LEVELS; host++) {
			const uint64_t *cell = c->histogram[guest][host];

			if (!memcmp(cell, none, sizeof(none)))
				continue;
			fprintf(out, "%s{\"guest_level\":%u,\"host_level\":%u,\"found\":",
				first ? "" : ",", guest, host);
			wheres(out, cell, WALK_PWC);
			fputc('}', out);
			first = false;
		}
	fputc(']', out);
}

static void walk_caches(FILE *out, const char *name, const struct walk_counts *c, unsigned int set)
{
	fprintf(out, ",\"%s\":{", name);
	for (unsigned int level = WALK_MAX_LEVELS; level >= 2; level--)
		fprintf(out, "\"%s\":%.4f,", entries[level], walk_pwc_rate(c, set, level));
	fprintf(out, "\"misses\":%" PRIu64 "}", c->pwc_misses[set]);
}

static void counts(FILE *out, const struct walk_counts *c)
{
	uint64_t walks = walk_walks(c);

	count(out, "references", c->references);
	count(out, "unmapped", c->unmapped);
	by_size(out, "l1_tlb_misses", c->l1_misses);
	by_size(out, "l2_tlb_misses", c->walks);
	count(out, "walks", walks);
	number(out, "sequential_per_walk", walk_per(c->sequential, walks));
	number(out, "accesses_per_walk", walk_per(c->accesses, walks));
	number(out, "walk_cycles_per_reference", walk_per(c->walk_cycles, c->references));
	number(out, "data_cycles_per_reference", walk_per(c->data_cycles, c->references));
	fputs(",\"found\":", out);
	wheres(out, c->found, WALK_L1);
	histogram(out, c);
	walk_caches(out, "walk_cache_hit_rates", c, 0);
	walk_caches(out, "host_walk_cache_hit_rates", c, 1);
	count(out, "nested_tlb_hits", c->nested_tlb_hits);
	count(out, "fallbacks", c->fallbacks);
	count(out, "registers", walk_registers(c));
}

static void where(FILE *out, const struct walk_case *where, const struct walk_design *design,
		  bool published)
{
	fputs("\n{", out);
	if (where->workload) {
		fputs("\"workload\":", out);
		text(out, where->workload);
		fputc(',', out);
	}
	fprintf(out,
		"\"pages\":\"%s\",\"walk_caches\":%s,\"environment\":\"%s\",\"design\":\"%s\",\"published_arithmetic\":%s",
		where->pages, where->caches ? "true" : "false",
		walk_environment_names[design->environment], design->name,
		published ? "true" : "false");
}

static void json_begin(struct walk_writing *w)
{
	const struct walk_request *r = w->request;
	char *line, *machine = NULL;
	size_t size = 0;
	FILE *lines = open_memstream(&machine, &size);

	fputs("{\"machine\":{", w->out);
	if (lines) {
		walk_config_print(&r->config, lines);
		fclose(lines);
		for (line = strtok(machine, "\n"); line; line = strtok(NULL, "\n")) {
			size_t length = strcspn(line, "=");

			fprintf(w->out, "%s\"%.*s\":\"%s\"", line == machine ? "" : ",",
				(int)length, line, line + length + 1);
		}
		free(machine);
	}
	fprintf(w->out, "},\"n\":%" PRIu64 ",\"skip\":%" PRIu64 ",\"seed\":%" PRIu64, r->n, r->skip,
		r->world.seed);
	number(w->out, "scale", r->scale);
	gain(w->out, "walk_share", r->walk_share);
	fputs(",\"results\":[", w->out);
}

static void comma(struct walk_writing *w)
{
	if (w->nr)
		fputc(',', w->out);
}

static void json_row(struct walk_writing *w, const struct walk_row *row)
{
	comma(w);
	where(w->out, &row->where, row->design, !row->run);
	number(w->out, "cycles_per_walk", row->cycles);
	gain(w->out, "gain", row->gain);
	gain(w->out, "application", row->application);
	if (row->run)
		counts(w->out, &row->run->machine.count);
	fputc('}', w->out);
}

/* A result without a workload is a geometric mean of some. */
static void json_mean(struct walk_writing *w, const struct walk_mean *mean)
{
	comma(w);
	where(w->out, &mean->where, mean->design, mean->published);
	fprintf(w->out, ",\"mean_of\":%u", mean->nr);
	gain(w->out, "gain", mean->gain);
	gain(w->out, "paper", mean->paper);
	gain(w->out, "application", mean->application);
	fputc('}', w->out);
}

static void json_end(struct walk_writing *w)
{
	fputs("]}\n", w->out);
}

const struct walk_writer walk_write_json = { json_begin, json_row, json_mean, json_end };
