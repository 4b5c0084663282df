/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of files' pages is said by the library, as whoever calls; what has become of them is a table. See
 * cache.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "cache.h"
#include "client.h"
#include "complain.h"
#include "failure.h"
#include "hint_words.h"
#include "open-hints.h"
#include "output.h"
#include "table.h"

/* --- the table ------------------------------------------------------------------------------------------ */

static const struct {
	const char *title, *field;
	size_t offset;
} counts[] = {
#define COUNT(title, field) { title, #field, offsetof(struct mempolicy_result, field) }
	COUNT("DONE", applied),
	COUNT("ALREADY", already),
	COUNT("ABSENT", absent),
	COUNT("FOREIGN", foreign),
	COUNT("CAPPED", capped),
	COUNT("BUSY", busy),
	COUNT("UNEVICTABLE", unevictable),
	COUNT("OTHER", other),
#undef COUNT
};

static uint64_t *count_of(struct mempolicy_result *result, size_t i)
{
	return (uint64_t *)((char *)result + counts[i].offset);
}

void cache_table_done(struct cache_table *table)
{
	sd_json_variant_unref(table->rows);
}

static enum ctl_exit tell_error(const char *path, int error)
{
	if (!error)
		return CTL_OK;
	ctl_complain("cache", "'%s': %s", path, mp_hint_problem(error) ?: strerror(-error));
	return error == -EACCES || error == -EPERM ? CTL_NOT_PERMITTED : CTL_FAILED;
}

static int add_row(struct cache_table *table, const char *path, struct mempolicy_result *result,
		   int error)
{
	_cleanup_json_ sd_json_variant *row = NULL;
	const char *why = error ? mp_hint_problem(error) ?: strerror(-error) : NULL;
	int r = sd_json_buildo(&row, SD_JSON_BUILD_PAIR_STRING("path", path),
			       SD_JSON_BUILD_PAIR_UNSIGNED("bytes", result->bytes));

	table->sum.bytes += result->bytes;
	for (size_t i = 0; i < ARRAY_SIZE(counts) && r >= 0; i++) {
		*count_of(&table->sum, i) += *count_of(result, i);
		r = sd_json_variant_set_field_unsigned(&row, counts[i].field, *count_of(result, i));
	}
	if (r >= 0)
		r = sd_json_variant_set_field_integer(&row, "error", -error);
	if (r >= 0 && why)
		r = sd_json_variant_set_field_string(&row, "why", why);
	return r < 0 ? r : sd_json_variant_append_array(&table->rows, row);
}

enum ctl_exit cache_add(struct cache_table *table, const char *path,
			const struct mempolicy_result *result, int error)
{
	struct mempolicy_result copy = *result;

	if (add_row(table, path, &copy, error) < 0) {
		ctl_complain("cache", "out of memory");
		return CTL_FAILED;
	}
	return tell_error(path, error);
}

/* A column in which there is nothing but zeros is left out, but for the first three. */
static size_t choose_columns(struct cache_table *table, struct ctl_column columns[])
{
	size_t n = 0;

	columns[n++] = (struct ctl_column){ "FILE", "path", false, CTL_COLUMN_SHORTEN };
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		if (i < 3 || *count_of(&table->sum, i))
			columns[n++] =
				(struct ctl_column){ counts[i].title, counts[i].field, true, 0 };
	return n;
}

enum ctl_exit cache_print_files(sd_json_variant *files)
{
	_cleanup_json_ sd_json_variant *none = NULL, *reply = NULL;
	int r = sd_json_variant_new_array(&none, NULL, 0);

	if (r >= 0)
		r = sd_json_buildo(&reply, SD_JSON_BUILD_PAIR_VARIANT("files", files ?: none));
	if (r >= 0)
		return ctl_print_json(reply);
	ctl_complain("cache", "out of memory");
	return CTL_FAILED;
}

enum ctl_exit cache_print(const struct cache_table *table)
{
	struct ctl_column columns[ARRAY_SIZE(counts) + 1];
	struct cache_table copy = *table;
	size_t n = choose_columns(&copy, columns);

	if (table->request->ctl.json)
		return cache_print_files(table->rows);
	return table->rows ? ctl_table(&table->request->ctl, columns, n, table->rows) : CTL_OK;
}

/* --- the library ---------------------------------------------------------------------------------------- */

struct teller {
	struct mempolicy *m;
	enum mempolicy_verb verb;
	struct cache_table *table;
};

/* Why not, in the daemon's words: the library has but an error for them. */
static enum ctl_exit say_why_not(const struct cache_request *request)
{
	_cleanup_json_ sd_json_variant *reply = NULL;
	enum ctl_exit result = ctl_call(&request->ctl, "OpenHints", NULL, &reply);

	if (result != CTL_OK)
		return result;
	reply = sd_json_variant_unref(reply);
	(void)sd_json_buildo(&reply,
			     SD_JSON_BUILD_PAIR_STRING(
				     "reason", "it knows of no hints; mempolctl features says what "
					       "is missing"));
	return ctl_fail_reply(&request->ctl, CTL_INTERFACE ".KernelCannot", reply);
}

static enum ctl_exit open_library(const struct cache_request *request, struct mempolicy **ret)
{
	int r = ctl_open_hints(&request->ctl, request->fetch ? MEMPOLICY_FETCH : 0, ret);

	if (r >= 0)
		return CTL_OK;
	return r == -EOPNOTSUPP ? say_why_not(request) : ctl_fail_transport(&request->ctl, r);
}

static enum ctl_exit tell_file(const struct cache_file *file, void *userdata)
{
	struct teller *teller = userdata;
	struct mempolicy_result result;
	int r, error;

	r = mempolicy_file(teller->m, teller->verb, file->fd, file->offset, file->length);
	error = mempolicy_flush(teller->m, &result);
	return cache_add(teller->table, file->path, &result, r < 0 ? r : error);
}

/* Until somebody ends it: the pins are this process' own. */
static void wait_for_end(void)
{
	sigset_t set;
	int which;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigwait(&set, &which);
}

enum ctl_exit cache_tell(const struct cache_request *request, enum mempolicy_verb verb, int argc,
			 char *argv[])
{
	_cleanup_(cache_table_done) struct cache_table table = { .request = request };
	struct teller teller = { .verb = verb, .table = &table };
	enum ctl_exit result = open_library(request, &teller.m);

	if (result != CTL_OK)
		return result;
	result = cache_for_each(request, argc, argv, tell_file, &teller);
	result = cache_worse(result, cache_print(&table));
	if (verb == MEMPOLICY_PIN && request->wait && table.sum.bytes) {
		fflush(stdout);
		wait_for_end();
	}
	mempolicy_close(teller.m);
	return result;
}
