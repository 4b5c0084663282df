// SPDX-License-Identifier: GPL-2.0-only
/*
 * The simulated machine's keys, one row each: parser, checks and printing come from the table. See config.h.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const char *const walk_where_names[WALK_WHERES] = { "PWC", "L1", "L2", "LLC", "MEMORY" };

const struct walk_config walk_config_defaults = {
	.itlb = { 128, 8 },
	.dtlb = { 64, 4 },
	.dtlb_2m = { 32, 4 }, /* ours */
	.dtlb_1g = { 4, 4 }, /* ours */
	.stlb = { 1536, 12 },
	.l1i = { 512, 8 },
	.l1d = { 512, 8 },
	.l2 = { 16384, 16 },
	.l3 = { 360448, 11 },
	.pwc = { [2] = { 32, 4 }, [3] = { 4, 4 }, [4] = { 2, 2 }, [5] = { 2, 2 } }, /* PML5: ours */
	.nested_tlb = { 0, 4 },
	.cwc = { 16, 4 }, /* ours */
	.latency = { 1, 4, 14, 54, 200 },
	.hash = 2,
	.guest_hash = 4,
	.levels = 4,
	.host_levels = 4,
	.agile = 1,
	.registers = 16,
	.walk_caches = 1,
	.walk_level = 1,
};

enum kind {
	NUMBER,
	ARRAY, /* ENTRIES/WAYS */
	KIB, /* as ARRAY, in KiB of lines */
};

static const struct key {
	const char *name;
	enum kind kind;
	size_t offset;
	uint32_t least, most;
} keys[] = {
#define AT(member) offsetof(struct walk_config, member)
	{ "itlb", ARRAY, AT(itlb), 1, 1 << 20 },
	{ "dtlb", ARRAY, AT(dtlb), 1, 1 << 20 },
	{ "dtlb_2m", ARRAY, AT(dtlb_2m), 1, 1 << 20 },
	{ "dtlb_1g", ARRAY, AT(dtlb_1g), 1, 1 << 20 },
	{ "stlb", ARRAY, AT(stlb), 0, 1 << 20 },
	{ "l1i_kib", KIB, AT(l1i), 1, 1 << 20 },
	{ "l1d_kib", KIB, AT(l1d), 1, 1 << 20 },
	{ "l2_kib", KIB, AT(l2), 1, 1 << 20 },
	{ "l3_kib", KIB, AT(l3), 1, 1 << 20 },
	{ "pde", ARRAY, AT(pwc[2]), 0, 1 << 20 },
	{ "pdpte", ARRAY, AT(pwc[3]), 0, 1 << 20 },
	{ "pml4", ARRAY, AT(pwc[4]), 0, 1 << 20 },
	{ "pml5", ARRAY, AT(pwc[5]), 0, 1 << 20 },
	{ "nested_tlb", ARRAY, AT(nested_tlb), 0, 1 << 20 },
	{ "cwc", ARRAY, AT(cwc), 0, 1 << 20 },
	{ "pwc_cycles", NUMBER, AT(latency[WALK_PWC]), 0, 100000 },
	{ "l1_cycles", NUMBER, AT(latency[WALK_L1]), 0, 100000 },
	{ "l2_cycles", NUMBER, AT(latency[WALK_L2]), 0, 100000 },
	{ "l3_cycles", NUMBER, AT(latency[WALK_L3]), 0, 100000 },
	{ "memory_cycles", NUMBER, AT(latency[WALK_MEMORY]), 0, 100000 },
	{ "hash_cycles", NUMBER, AT(hash), 0, 100000 },
	{ "guest_hash_cycles", NUMBER, AT(guest_hash), 0, 100000 },
	{ "levels", NUMBER, AT(levels), 4, WALK_MAX_LEVELS },
	{ "host_levels", NUMBER, AT(host_levels), 4, WALK_MAX_LEVELS },
	{ "agile", NUMBER, AT(agile), 0, WALK_MAX_LEVELS + 1 },
	{ "registers", NUMBER, AT(registers), 0, 64 },
	{ "walk_caches", NUMBER, AT(walk_caches), 0, 1 },
	{ "combined", NUMBER, AT(combined), 0, 1 },
	{ "walk_level", NUMBER, AT(walk_level), 1, 2 },
	{ "defects", NUMBER, AT(defects), 0, 31 },
#undef AT
};

#define NR_KEYS (sizeof(keys) / sizeof(*keys))
#define LINES_A_KIB (1024U >> WALK_LINE_SHIFT)

static void *member_of(struct walk_config *config, const struct key *key)
{
	return (char *)config + key->offset;
}

/* Digits, and what follows them. */
static bool number_of(const char *text, const char **ret_end, uint32_t *ret)
{
	unsigned long value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || value > UINT32_MAX)
		return false;
	*ret_end = end;
	*ret = (uint32_t)value;
	return true;
}

static int set_number(void *member, const struct key *key, const char *text, char *problem,
		      size_t size)
{
	const char *end;
	uint32_t value;

	if (!number_of(text, &end, &value) || *end || value < key->least || value > key->most) {
		snprintf(problem, size, "%s= is a number from %u to %u, not '%.40s'", key->name,
			 key->least, key->most, text);
		return -EINVAL;
	}
	memcpy(member, &value, sizeof(value));
	return 0;
}

static int set_array(void *member, const struct key *key, const char *text, char *problem,
		     size_t size)
{
	struct walk_array array;
	const char *end;

	if (!number_of(text, &end, &array.entries) || *end != '/' ||
	    !number_of(end + 1, &end, &array.ways) || *end || array.entries < key->least ||
	    array.entries > key->most) {
		snprintf(problem, size, "%s= is %s/WAYS, as in %s=%s, not '%.40s'", key->name,
			 key->kind == KIB ? "KIB" : "ENTRIES", key->name,
			 key->kind == KIB ? "1024/16" : "64/4", text);
		return -EINVAL;
	}
	if (key->kind == KIB)
		array.entries *= LINES_A_KIB;
	memcpy(member, &array, sizeof(array));
	return 0;
}

int walk_config_set(struct walk_config *config, const char *word, char *problem, size_t size)
{
	size_t length = strcspn(word, "=");

	for (size_t i = 0; word[length] && i < NR_KEYS; i++) {
		const struct key *key = &keys[i];
		void *member = member_of(config, key);

		if (strlen(key->name) != length || strncmp(key->name, word, length))
			continue;
		word += length + 1;
		return key->kind == NUMBER ? set_number(member, key, word, problem, size) :
					     set_array(member, key, word, problem, size);
	}
	snprintf(problem, size, "'%.40s' is no KEY=VALUE of the machine; the keys are", word);
	for (size_t i = 0; i < NR_KEYS; i++) {
		size_t used = strlen(problem);

		snprintf(problem + used, size - used, " %s", keys[i].name);
	}
	return -EINVAL;
}

/* Sets are found by a mask. */
static const char *array_problem(const struct walk_array *array)
{
	uint32_t sets;

	if (!array->entries)
		return NULL;
	if (!array->ways || array->entries % array->ways)
		return "entries must be a multiple of the ways";
	sets = array->entries / array->ways;
	return sets & (sets - 1) ? "entries divided by ways must be a power of two" : NULL;
}

const char *walk_config_problem(const struct walk_config *config)
{
	struct walk_config copy = *config;

	for (size_t i = 0; i < NR_KEYS; i++) {
		const char *problem =
			keys[i].kind == NUMBER ? NULL : array_problem(member_of(&copy, &keys[i]));

		if (problem)
			return problem;
	}
	/* 46 bits of address, 6 within a line, 32 of tag. */
	if (config->l2.entries / config->l2.ways < 256 ||
	    config->l3.entries / config->l3.ways < 256)
		return "the second and the third cache have at least 256 sets each";
	if (config->agile > config->levels + 1)
		return "agile= is at most one more than levels=";
	return NULL;
}

void walk_config_print(const struct walk_config *config, FILE *out)
{
	struct walk_config copy = *config;

	for (size_t i = 0; i < NR_KEYS; i++) {
		const void *member = member_of(&copy, &keys[i]);
		struct walk_array array;
		uint32_t number;

		if (keys[i].kind == NUMBER) {
			memcpy(&number, member, sizeof(number));
			fprintf(out, "%s=%u\n", keys[i].name, number);
			continue;
		}
		memcpy(&array, member, sizeof(array));
		fprintf(out, "%s=%u/%u\n", keys[i].name,
			array.entries / (keys[i].kind == KIB ? LINES_A_KIB : 1), array.ways);
	}
}
