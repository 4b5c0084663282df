/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of pins that the daemon keeps: files are opened here and passed to it, range by range, until all is gone
 * through. See cache.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cache.h"
#include "client.h"
#include "complain.h"
#include "output.h"
#include "table.h"

/* Calls in a row that get nowhere: memory is short. */
#define STALLS_MAX 1000

struct pinner {
	const struct cache_request *request;
	const char *method;
	struct cache_table *table;
};

static const char *set_of(const struct cache_request *request)
{
	return request->set ?: CACHE_DEFAULT_SET;
}

/* Adds what one call has done; its error. */
static int take_result(sd_json_variant *v, struct mempolicy_result *sum, uint64_t *ret_done)
{
	*ret_done = ctl_number(v, "done");
	sum->bytes += *ret_done;
	sum->applied += ctl_number(v, "applied");
	sum->already += ctl_number(v, "already");
	sum->absent += ctl_number(v, "absent");
	sum->foreign += ctl_number(v, "foreign");
	sum->capped += ctl_number(v, "capped");
	sum->unevictable += ctl_number(v, "unevictable");
	sum->busy += ctl_number(v, "busy");
	sum->other += ctl_number(v, "other");
	return -(int)ctl_number(v, "error");
}

static enum ctl_exit ask(const struct pinner *pinner, const struct cache_file *file,
			 uint64_t offset, uint64_t length, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *parameters = NULL;

	if (sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_STRING("set", set_of(pinner->request)),
			   SD_JSON_BUILD_PAIR_UNSIGNED("file", 0),
			   SD_JSON_BUILD_PAIR_UNSIGNED("offset", offset),
			   SD_JSON_BUILD_PAIR_UNSIGNED("length", length)) < 0) {
		ctl_complain("cache", "out of memory");
		return CTL_FAILED;
	}
	return ctl_call_with_file(&pinner->request->ctl, pinner->method, parameters, file->fd, ret);
}

static enum ctl_exit pin_file(const struct cache_file *file, void *userdata)
{
	struct pinner *pinner = userdata;
	struct mempolicy_result result = {};
	uint64_t offset = file->offset, left = file->length, done;
	unsigned int stalls = 0;
	int error = 0, last = -EAGAIN;

	if (!left && S_ISREG(file->st.st_mode) && offset < (uint64_t)file->st.st_size)
		left = (uint64_t)file->st.st_size - offset;
	/* What is no file has an answer as well, that says what it is. */
	if (!left && !S_ISREG(file->st.st_mode))
		left = 1;
	while (left && (last == -EAGAIN || last == -ENOMEM) && stalls < STALLS_MAX) {
		_cleanup_json_ sd_json_variant *reply = NULL;
		enum ctl_exit asked = ask(pinner, file, offset, left, &reply);

		if (asked != CTL_OK)
			return asked;
		last = take_result(sd_json_variant_by_key(reply, "result"), &result, &done);
		stalls = done ? 0 : stalls + 1;
		offset += done;
		left -= done < left ? done : left;
	}
	if (left || (last != -EAGAIN && last != -ENOMEM))
		error = last;
	return cache_add(pinner->table, file->path, &result,
			 result.capped && !error ? -EDQUOT : error);
}

static enum ctl_exit change(const struct cache_request *request, const char *method, int argc,
			    char *argv[])
{
	_cleanup_(cache_table_done) struct cache_table table = { .request = request };
	struct pinner pinner = { .request = request, .method = method, .table = &table };
	enum ctl_exit result = cache_for_each(request, argc, argv, pin_file, &pinner);

	/* What nobody could be asked has its words already. */
	if (!table.rows && result != CTL_OK)
		return result;
	return cache_worse(result, cache_print(&table));
}

enum ctl_exit cache_pin(const struct cache_request *request, int argc, char *argv[])
{
	return request->wait ? cache_tell(request, MEMPOLICY_PIN, argc, argv) :
			       change(request, "Pin", argc, argv);
}

enum ctl_exit cache_unpin(const struct cache_request *request, int argc, char *argv[])
{
	_cleanup_json_ sd_json_variant *parameters = NULL, *reply = NULL;
	enum ctl_exit result;

	if (argc)
		return change(request, "Unpin", argc, argv);
	if (sd_json_buildo(&parameters, SD_JSON_BUILD_PAIR_STRING("set", set_of(request))) < 0) {
		ctl_complain("cache", "out of memory");
		return CTL_FAILED;
	}
	result = ctl_call(&request->ctl, "UnpinSet", parameters, &reply);
	if (result == CTL_OK && request->ctl.json)
		return ctl_print_json(reply);
	return result;
}

/* A row a file, from sets of files. */
static int flatten(sd_json_variant *sets, sd_json_variant **ret)
{
	int r = 0;

	for (size_t i = 0; sets && i < sd_json_variant_elements(sets); i++) {
		sd_json_variant *set = sd_json_variant_by_index(sets, i);
		sd_json_variant *files = ctl_array(set, "files");

		for (size_t k = 0; files && k < sd_json_variant_elements(files) && r >= 0; k++) {
			sd_json_variant *file = sd_json_variant_by_index(files, k);
			sd_json_variant *ranges = ctl_array(file, "ranges");

			r = sd_json_variant_append_arraybo(
				ret,
				SD_JSON_BUILD_PAIR_STRING("set", ctl_string(set, "name") ?: ""),
				SD_JSON_BUILD_PAIR_STRING("path", ctl_string(file, "path") ?: ""),
				SD_JSON_BUILD_PAIR_UNSIGNED("bytes", ctl_number(file, "bytes")),
				SD_JSON_BUILD_PAIR_UNSIGNED(
					"ranges", ranges ? sd_json_variant_elements(ranges) : 0));
		}
	}
	return r;
}

enum ctl_exit cache_pins(const struct cache_request *request)
{
	static const struct ctl_column columns[] = {
		{ "SET", "set", false, 0 },
		{ "FILE", "path", false, CTL_COLUMN_SHORTEN },
		{ "BYTES", "bytes", true, 0 },
		{ "RANGES", "ranges", true, 0 },
	};
	_cleanup_json_ sd_json_variant *reply = NULL, *rows = NULL;
	enum ctl_exit result = ctl_call(&request->ctl, "Pins", NULL, &reply);

	if (result != CTL_OK)
		return result;
	if (request->ctl.json)
		return ctl_print_json(reply);
	if (flatten(ctl_array(reply, "sets"), &rows) < 0) {
		ctl_complain("cache", "out of memory");
		return CTL_FAILED;
	}
	return ctl_table(&request->ctl, columns, ARRAY_SIZE(columns), rows);
}
