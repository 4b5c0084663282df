/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts the daemon's answers about page tables together; see translation.h. A reply is a part: other users are
 * answered in between.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "client.h"
#include "output.h"
#include "translation.h"

/* Somebody may hold the process' memory map for a moment, and again when it is asked for once more. */
#define BUSY_TRIES 50
#define BUSY_NSEC (100 * 1000000L)

#define ENTRY_NUMBERS 6

bool translation_pid(const char *word, uint64_t *ret)
{
	char *end;

	if (*word < '0' || *word > '9')
		return false;
	errno = 0;
	*ret = strtoull(word, &end, 10);
	return !errno && !*end && *ret;
}

void translation_walk_done(struct translation_walk *walk)
{
	for (size_t i = 0; i < walk->n_ranges; i++)
		sd_json_variant_unref(walk->ranges[i]);
	free(walk->ranges);
	*walk = (struct translation_walk){};
}

/* ---- pieces ------------------------------------------------------------------------------------------- */

/* Of two parts of one mapping: what has more windows of small pages says why. */
static int join_range(sd_json_variant **range, sd_json_variant *more)
{
	static const char *const sums[] = { "giant", "huge",	"full",	   "partial",
					    "empty", "present", "swapped", "shared" };
	uint64_t here = ctl_number(*range, "full") + ctl_number(*range, "partial");
	uint64_t there = ctl_number(more, "full") + ctl_number(more, "partial");
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sums) && r >= 0; i++)
		r = sd_json_variant_set_field_unsigned(
			range, sums[i], ctl_number(*range, sums[i]) + ctl_number(more, sums[i]));
	if (r < 0 || there <= here)
		return r;
	r = sd_json_variant_set_field_string(range, "reason", ctl_string(more, "reason") ?: "");
	return r < 0 ? r :
		       sd_json_variant_set_field_string(range, "why",
							ctl_string(more, "why") ?: "");
}

static int add_range(struct translation_walk *walk, sd_json_variant *range)
{
	sd_json_variant **ranges;

	if (walk->n_ranges &&
	    ctl_number(walk->ranges[walk->n_ranges - 1], "start") == ctl_number(range, "start"))
		return join_range(&walk->ranges[walk->n_ranges - 1], range);
	ranges = reallocarray(walk->ranges, walk->n_ranges + 1, sizeof(*ranges));
	if (!ranges)
		return -ENOMEM;
	walk->ranges = ranges;
	walk->ranges[walk->n_ranges++] = sd_json_variant_ref(range);
	return 0;
}

int translation_walk_add(struct translation_walk *walk, sd_json_variant *reply)
{
	sd_json_variant *ranges = ctl_array(reply, "ranges"), *tables = ctl_array(reply, "tables");
	int r = 0;

#define X(name, adds) walk->name = ctl_number(reply, #name) + ((adds) ? walk->name : 0);
	TRANSLATION_NUMBERS(X)
#undef X
	snprintf(walk->command, sizeof(walk->command), "%s", ctl_string(reply, "command") ?: "?");
	snprintf(walk->enabled, sizeof(walk->enabled), "%s", ctl_string(reply, "enabled") ?: "?");
	for (size_t i = 0; tables && i < sd_json_variant_elements(tables) && i < 4; i++)
		walk->tables[i] += sd_json_variant_unsigned(sd_json_variant_by_index(tables, i));
	for (size_t i = 0; ranges && i < sd_json_variant_elements(ranges) && r >= 0; i++)
		r = add_range(walk, sd_json_variant_by_index(ranges, i));
	return r;
}

int translation_walk_json(const struct translation_walk *walk, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *ranges = NULL, *v = NULL;
	int r = sd_json_variant_new_array(&ranges, walk->ranges, walk->n_ranges);

	if (r < 0)
		return r;
	r = sd_json_buildo(
		&v, SD_JSON_BUILD_PAIR_STRING("command", walk->command),
		SD_JSON_BUILD_PAIR_STRING("enabled", walk->enabled),
		SD_JSON_BUILD_PAIR("tables",
				   SD_JSON_BUILD_ARRAY(SD_JSON_BUILD_UNSIGNED(walk->tables[0]),
						       SD_JSON_BUILD_UNSIGNED(walk->tables[1]),
						       SD_JSON_BUILD_UNSIGNED(walk->tables[2]),
						       SD_JSON_BUILD_UNSIGNED(walk->tables[3]))),
		SD_JSON_BUILD_PAIR_VARIANT("ranges", ranges));
#define X(name, adds) r = r < 0 ? r : sd_json_variant_set_field_unsigned(&v, #name, walk->name);
	TRANSLATION_NUMBERS(X)
#undef X
	if (r >= 0)
		*ret = TAKE_PTR(v);
	return r;
}

/* ---- questions ---------------------------------------------------------------------------------------- */

#define BUSY ".TranslationBusy"
#define CANNOT ".KernelCannot"

/* A busy process is asked again; the last time it is told. */
static enum ctl_exit ask_once(const struct ctl *ctl, const char *method,
			      sd_json_variant *parameters, enum translation_asking how,
			      sd_json_variant **ret)
{
	static const char *const any[] = { "", NULL }, *const busy[] = { BUSY, NULL },
				 *const some[] = { BUSY, CANNOT, NULL };
	const struct timespec pause = { .tv_nsec = BUSY_NSEC };
	enum ctl_exit result = CTL_FAILED;
	const char *met = NULL;

	if (how == TRANSLATION_QUIET)
		return ctl_call_except(ctl, method, parameters, any, &met, ret);
	for (unsigned int i = 0; i < BUSY_TRIES; i++) {
		result = ctl_call_except(ctl, method, parameters,
					 how == TRANSLATION_OPTIONAL ? some : busy, &met, ret);
		if (!met)
			return result;
		if (!strcmp(met, CANNOT))
			return CTL_KERNEL_CANNOT;
		nanosleep(&pause, NULL);
	}
	return ctl_call(ctl, method, parameters, ret);
}

static enum ctl_exit failed(int error)
{
	translation_complain("%s", strerror(-error));
	return CTL_FAILED;
}

/* All parts; @part sees each. @node: of a method that has that parameter, or NULL. */
static enum ctl_exit ask_all(const struct ctl *ctl, const char *method, uint64_t pid,
			     const uint64_t *node, enum translation_asking how,
			     int (*part)(void *userdata, sd_json_variant *reply), void *userdata)
{
	uint64_t from = 0, began_ns = 0, program = 0, next;

	do {
		_cleanup_json_ sd_json_variant *parameters = NULL, *reply = NULL;
		enum ctl_exit result;
		int r = sd_json_buildo(
			&parameters, SD_JSON_BUILD_PAIR_UNSIGNED("pid", pid),
			SD_JSON_BUILD_PAIR_UNSIGNED("from", from),
			SD_JSON_BUILD_PAIR_UNSIGNED("began_ns", began_ns),
			SD_JSON_BUILD_PAIR_UNSIGNED("program", program),
			SD_JSON_BUILD_PAIR_CONDITION(node != NULL, "node",
						     SD_JSON_BUILD_UNSIGNED(node ? *node : 0)));

		if (r < 0)
			return failed(r);
		result = ask_once(ctl, method, parameters, how, &reply);
		if (result != CTL_OK)
			return result;
		r = part(userdata, reply);
		if (r < 0)
			return failed(r);
		next = ctl_number(reply, "next");
		if (next && next <= from)
			return failed(-EPROTO);
		from = next;
		began_ns = ctl_number(reply, "began_ns");
		program = ctl_number(reply, "program");
	} while (next);
	return CTL_OK;
}

static enum ctl_exit ask(const struct ctl *ctl, const char *method, uint64_t pid,
			 enum translation_asking how,
			 int (*part)(void *userdata, sd_json_variant *reply), void *userdata)
{
	return ask_all(ctl, method, pid, NULL, how, part, userdata);
}

enum ctl_exit translation_ask_change(const struct ctl *ctl, const char *method, uint64_t pid,
				     const uint64_t *node,
				     int (*part)(void *userdata, sd_json_variant *reply),
				     void *userdata)
{
	return ask_all(ctl, method, pid, node, TRANSLATION_LOUD, part, userdata);
}

enum ctl_exit translation_ask_areas(const struct ctl *ctl, uint64_t pid,
				    enum translation_asking how,
				    int (*part)(void *userdata, sd_json_variant *reply),
				    void *userdata)
{
	enum ctl_exit result = ask(ctl, "TranslationAreas", pid, how, part, userdata);

	return how == TRANSLATION_OPTIONAL && result == CTL_KERNEL_CANNOT ? CTL_OK : result;
}

static int add_part(void *userdata, sd_json_variant *reply)
{
	return translation_walk_add(userdata, reply);
}

enum ctl_exit translation_ask_walk(const struct ctl *ctl, uint64_t pid, bool quiet,
				   struct translation_walk *ret)
{
	struct translation_walk walk = {};
	enum ctl_exit result = ask(ctl, "TranslationWalk", pid,
				   quiet ? TRANSLATION_QUIET : TRANSLATION_LOUD, add_part, &walk);

	if (result == CTL_OK)
		*ret = walk;
	else
		translation_walk_done(&walk);
	return result;
}

struct tables_question {
	int (*begin)(void *userdata, sd_json_variant *reply);
	translation_entry_handler handler;
	void *userdata;
};

static uint64_t number_at(sd_json_variant *array, size_t i)
{
	return sd_json_variant_unsigned(sd_json_variant_by_index(array, i));
}

static int read_entries(void *userdata, sd_json_variant *reply)
{
	struct tables_question *question = userdata;
	sd_json_variant *entries = ctl_array(reply, "entries");
	int r = question->begin ? question->begin(question->userdata, reply) : 0;

	question->begin = NULL;
	for (size_t i = 0;
	     entries && r >= 0 && i + ENTRY_NUMBERS <= sd_json_variant_elements(entries);
	     i += ENTRY_NUMBERS) {
		const struct translation_entry entry = {
			.level = number_at(entries, i),
			.flags = number_at(entries, i + 1),
			.va = number_at(entries, i + 2),
			.pa = number_at(entries, i + 3),
			.count = number_at(entries, i + 4),
			.node = number_at(entries, i + 5),
		};

		r = question->handler(question->userdata, &entry);
	}
	return r;
}

enum ctl_exit translation_ask_tables(const struct ctl *ctl, uint64_t pid,
				     int (*begin)(void *userdata, sd_json_variant *reply),
				     translation_entry_handler handler, void *userdata)
{
	struct tables_question question = { begin, handler, userdata };

	return ask(ctl, "TranslationTables", pid, TRANSLATION_LOUD, read_entries, &question);
}
