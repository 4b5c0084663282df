// SPDX-License-Identifier: GPL-2.0-only
/*
 * The methods of references (methods.h): between the wire and refs.c. Files come as descriptors, so that a caller is
 * told only of files that the caller could open.
 */
#include "method.h"
#include "methods.h"
#include "passed.h"
#include "refs.h"

#define ERROR_REFS_CANNOT MP_INTERFACE ".RefsCannot"

struct refs_parameters {
	uint64_t file;
	struct mp_refs_range range;
};

static const sd_json_dispatch_field memory_fields[] = {
	{ "first", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct refs_parameters, range.first), SD_JSON_MANDATORY },
	{ "last", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct refs_parameters, range.last), SD_JSON_MANDATORY },
	{ "drain", SD_JSON_VARIANT_BOOLEAN, sd_json_dispatch_stdbool,
	  offsetof(struct refs_parameters, range.drain), SD_JSON_NULLABLE },
	{},
};

static const sd_json_dispatch_field pages_fields[] = {
	{ "file", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct refs_parameters, file), SD_JSON_MANDATORY },
	{ "first", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct refs_parameters, range.first), SD_JSON_MANDATORY },
	{ "last", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct refs_parameters, range.last), SD_JSON_MANDATORY },
	{ "drain", SD_JSON_VARIANT_BOOLEAN, sd_json_dispatch_stdbool,
	  offsetof(struct refs_parameters, range.drain), SD_JSON_NULLABLE },
	{},
};

static const sd_json_dispatch_field file_fields[] = {
	{ "file", _SD_JSON_VARIANT_TYPE_INVALID, sd_json_dispatch_uint64,
	  offsetof(struct refs_parameters, file), SD_JSON_MANDATORY },
	{},
};

/* Not 0: a refusal has been sent. The method returns that, because sd-varlink wants an error then. */
static int check_range(sd_varlink *link, const struct mp_refs_range *range)
{
	if (range->first > range->last)
		return mp_method_wrong(link, "first");
	return range->drain ? mp_session_refuse_change(link) : 0;
}

/* A method takes one file: the call names the first descriptor, and there has to be one. */
static int check_file(sd_varlink *link, uint64_t index, int fd)
{
	if (index != 0 || fd < 0)
		return mp_method_wrong(link, "file");
	return 0;
}

static int check_right(sd_varlink *link, int fd)
{
	if (mp_session_may_look_into(link, fd))
		return 0;
	return sd_varlink_errorbo(
		       link, ERROR_REFS_CANNOT,
		       SD_JSON_BUILD_PAIR_STRING("reason",
						 "Only root, the owner of the file and whoever has "
						 "opened it for writing are told which of its "
						 "pages are used")) ?:
		       -EPERM;
}

static int on_refs_file(sd_varlink *link, sd_json_variant *parameters,
			sd_varlink_method_flags_t flags, void *userdata)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_(mp_passed_closep) int fd = mp_session_passed(link);
	_cleanup_free_ char *problem = NULL;
	struct refs_parameters p = {};
	struct mp_manager *m;
	int r;

	(void)flags;
	(void)userdata;
	r = mp_method_look(link, parameters, pages_fields, &p, &m);
	if (r != 0)
		return r;
	r = check_file(link, p.file, fd);
	if (r != 0)
		return r;
	r = check_right(link, fd);
	if (r != 0)
		return r;
	r = check_range(link, &p.range);
	if (r != 0)
		return r;
	r = mp_refs_look(m, fd, &p.range, &v, &problem);
	return mp_method_answer(link, r, v, problem, ERROR_REFS_CANNOT);
}

static int on_refs_memory(sd_varlink *link, sd_json_variant *parameters,
			  sd_varlink_method_flags_t flags, void *userdata)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_free_ char *problem = NULL;
	struct refs_parameters p = {};
	struct mp_manager *m;
	int r;

	(void)flags;
	(void)userdata;
	r = mp_method_change(link, parameters, memory_fields, &p, &m);
	if (r != 0)
		return r;
	r = check_range(link, &p.range);
	if (r != 0)
		return r;
	r = mp_refs_look(m, -1, &p.range, &v, &problem);
	return mp_method_answer(link, r, v, problem, ERROR_REFS_CANNOT);
}

static int on_refs_files(sd_varlink *link, sd_json_variant *parameters,
			 sd_varlink_method_flags_t flags, void *userdata)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_free_ char *problem = NULL;
	struct mp_manager *m;
	int r;

	(void)flags;
	(void)userdata;
	r = mp_method_look(link, parameters, NULL, NULL, &m);
	if (r != 0)
		return r;
	r = mp_refs_files(m, &v, &problem);
	return mp_method_answer(link, r, v, problem, ERROR_REFS_CANNOT);
}

static int switch_file(sd_varlink *link, sd_json_variant *parameters, bool on)
{
	_cleanup_(sd_json_variant_unrefp) sd_json_variant *v = NULL;
	_cleanup_(mp_passed_closep) int fd = mp_session_passed(link);
	_cleanup_free_ char *problem = NULL;
	struct refs_parameters p = {};
	struct mp_manager *m;
	int r;

	r = mp_method_change(link, parameters, file_fields, &p, &m);
	if (r != 0)
		return r;
	r = check_file(link, p.file, fd);
	if (r != 0)
		return r;
	r = mp_refs_switch(m, fd, on, &v, &problem);
	return mp_method_answer(link, r, v, problem, ERROR_REFS_CANNOT);
}

static int on_refs_on(sd_varlink *link, sd_json_variant *parameters,
		      sd_varlink_method_flags_t flags, void *userdata)
{
	(void)flags;
	(void)userdata;
	return switch_file(link, parameters, true);
}

static int on_refs_off(sd_varlink *link, sd_json_variant *parameters,
		       sd_varlink_method_flags_t flags, void *userdata)
{
	(void)flags;
	(void)userdata;
	return switch_file(link, parameters, false);
}

int mp_refs_methods_bind(sd_varlink_server *server)
{
	return sd_varlink_server_bind_method_many(server, MP_INTERFACE ".RefsFile", on_refs_file,
						  MP_INTERFACE ".RefsMemory", on_refs_memory,
						  MP_INTERFACE ".RefsFiles", on_refs_files,
						  MP_INTERFACE ".RefsOn", on_refs_on,
						  MP_INTERFACE ".RefsOff", on_refs_off);
}
