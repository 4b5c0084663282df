// SPDX-License-Identifier: GPL-2.0-only
/*
 * Words of a command line, one row each. See request.h.
 */
#include "request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int walk_request_refuse(const struct walk_request *request, const char *format, ...)
{
	va_list arguments;

	if (request->program)
		fprintf(request->err, "%s: ", request->program);
	va_start(arguments, format);
	vfprintf(request->err, format, arguments);
	va_end(arguments);
	fputc('\n', request->err);
	return -EINVAL;
}

void walk_request_init(struct walk_request *request, const char *program, FILE *err)
{
	*request = (struct walk_request){ .err = err,
					  .program = program,
					  .config = walk_config_defaults,
					  .world = { .placed_percent = 100, .seed = 1 },
					  .n = 5000000,
					  .skip = 3000000,
					  .scale = 1,
					  .pages = WALK_PAGES_SMALL | WALK_PAGES_HUGE,
					  .caches = WALK_CACHES_OFF | WALK_CACHES_ON };
}

void walk_request_done(struct walk_request *request)
{
	walk_dump_done(&request->dump);
	walk_dump_done(&request->host_dump);
}

/* ---- values ------------------------------------------------------------------------------------------- */

static int number_of(const struct walk_request *request, const char *key, const char *value,
		     int base, uint64_t most, uint64_t *ret)
{
	if (!walk_text_number(value, base, ret) || *ret > most)
		return walk_request_refuse(request, "%s= is a number from 0 to %llu, not '%.40s'",
					   key, (unsigned long long)most, value);
	return 0;
}

static int real_of(const struct walk_request *request, const char *key, const char *value,
		   double most, double *ret)
{
	char *end;

	*ret = strtod(value, &end);
	if (end == value || *end || !(*ret > 0 && *ret <= most))
		return walk_request_refuse(request, "%s= is above 0 and at most %g, not '%.40s'",
					   key, most, value);
	return 0;
}

static int read_dump(const struct walk_request *request, struct walk_dump *dump, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return walk_request_refuse(request, "%s: %s", path, strerror(errno));
	walk_dump_done(dump);
	r = walk_dump_read(dump, path, fd, request->err);
	close(fd);
	return r;
}

static int set_n(struct walk_request *request, const char *key, const char *value)
{
	return number_of(request, key, value, 10, 1ULL << 40, &request->n);
}

static int set_skip(struct walk_request *request, const char *key, const char *value)
{
	return number_of(request, key, value, 10, 1ULL << 40, &request->skip);
}

static int set_seed(struct walk_request *request, const char *key, const char *value)
{
	return number_of(request, key, value, 10, 1ULL << 40, &request->world.seed);
}

static int set_published(struct walk_request *request, const char *key, const char *value)
{
	return number_of(request, key, value, 10, 1, &request->published);
}

static int set_percent(const struct walk_request *request, const char *key, const char *value,
		       uint32_t *percent)
{
	uint64_t given;
	int r = number_of(request, key, value, 10, 100, &given);

	if (r == 0)
		*percent = (uint32_t)given;
	return r;
}

static int set_huge(struct walk_request *request, const char *key, const char *value)
{
	return set_percent(request, key, value, &request->world.huge_percent);
}

static int set_host_huge(struct walk_request *request, const char *key, const char *value)
{
	request->host_fixed = true;
	return set_percent(request, key, value, &request->world.host_huge_percent);
}

static int set_placed(struct walk_request *request, const char *key, const char *value)
{
	return set_percent(request, key, value, &request->world.placed_percent);
}

static int set_in_order(struct walk_request *request, const char *key, const char *value)
{
	uint64_t given;
	int r = number_of(request, key, value, 10, 1, &given);

	if (r == 0)
		request->world.order = given ? WALK_IN_ORDER : WALK_SCATTERED;
	return r;
}

static int set_scale(struct walk_request *request, const char *key, const char *value)
{
	return real_of(request, key, value, 4, &request->scale);
}

static int set_walk_share(struct walk_request *request, const char *key, const char *value)
{
	return real_of(request, key, value, 100, &request->walk_share);
}

static int set_designs(struct walk_request *request, const char *key, const char *value)
{
	const struct walk_design *design;
	const char *list = value;
	int r;

	do
		r = walk_request_design(request, &list, &design);
	while (r > 0);
	if (r == 0)
		request->designs = value;
	return r;
}

static int set_workloads(struct walk_request *request, const char *key, const char *value)
{
	request->workloads = value;
	return 0;
}

/* One of two words, or both. */
static int set_either(const struct walk_request *request, const char *key, const char *value,
		      const char *const words[3], uint32_t *ret)
{
	for (uint32_t i = 0; i < 3; i++)
		if (!strcmp(value, words[i])) {
			*ret = i + 1;
			return 0;
		}
	return walk_request_refuse(request, "%s= is %s, %s or %s, not '%.40s'", key, words[0],
				   words[1], words[2], value);
}

static int set_pages(struct walk_request *request, const char *key, const char *value)
{
	static const char *const words[3] = { "4K", "THP", "both" };

	return set_either(request, key, value, words, &request->pages);
}

static int set_caches(struct walk_request *request, const char *key, const char *value)
{
	static const char *const words[3] = { "off", "on", "both" };

	return set_either(request, key, value, words, &request->caches);
}

static int set_dump(struct walk_request *request, const char *key, const char *value)
{
	int r = read_dump(request, &request->dump, value);

	if (r < 0)
		return r;
	request->world.tree = &request->dump.tree;
	request->world.ranges = request->dump.ranges;
	request->world.nr_ranges = request->dump.nr_ranges;
	return 0;
}

static int set_host_dump(struct walk_request *request, const char *key, const char *value)
{
	int r = read_dump(request, &request->host_dump, value);

	if (r < 0)
		return r;
	request->world.host_tree = &request->host_dump.tree;
	request->world.host_ranges = request->host_dump.ranges;
	request->world.nr_host_ranges = request->host_dump.nr_ranges;
	return 0;
}

static int set_host_offset(struct walk_request *request, const char *key, const char *value)
{
	return number_of(request, key, value, 16, 1ULL << 47, &request->world.host_offset);
}

/* ---- the table ---------------------------------------------------------------------------------------- */

static const struct key {
	const char *name, *help;
	int (*set)(struct walk_request *request, const char *key, const char *value);
} keys[] = {
	{ "n", "references that count; a trace is read to its end", set_n },
	{ "skip", "references before them, which only warm the machine up", set_skip },
	{ "seed", "of workloads and made-up tables", set_seed },
	{ "scale", "part of the paper's footprints", set_scale },
	{ "huge", "per cent of windows with a huge page", set_huge },
	{ "host_huge", "likewise, of the host; in a report as the guest's if it is not given",
	  set_host_huge },
	{ "placed", "per cent of leaf tables that lie in their area", set_placed },
	{ "in_order", "1: frames and tables are not scattered", set_in_order },
	{ "designs", "of a report: a list; the plain walk is always there", set_designs },
	{ "workloads", "of a report: a list", set_workloads },
	{ "pages", "of a report: 4K, THP or both", set_pages },
	{ "caches", "of a report: walk caches off, on or both", set_caches },
	{ "published", "1: also the sums of the published simulator", set_published },
	{ "walk_share", "per cent of a program's time that walks take, for an estimate",
	  set_walk_share },
	{ "dump", "a process' page tables", set_dump },
	{ "host_dump", "those of the process that is its virtual machine", set_host_dump },
	{ "host_offset", "where the guest's memory begins in it, in hex", set_host_offset },
};

static const char *const outputs[WALK_OUTPUTS] = {
	[WALK_OUTPUT_CSV] = "--csv",
	[WALK_OUTPUT_LEVELS] = "--levels",
	[WALK_OUTPUT_JSON] = "--json",
};

int walk_request_set(struct walk_request *request, const char *word)
{
	size_t length = strcspn(word, "=");
	char problem[1024];

	for (unsigned int i = 0; i < WALK_OUTPUTS; i++)
		if (outputs[i] && !strcmp(word, outputs[i])) {
			request->output = (enum walk_output)i;
			return 0;
		}
	if (!word[length])
		return walk_request_refuse(
			request, "KEY=VALUE, --json, --csv or --levels is expected, not '%.40s'",
			word);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (strlen(keys[i].name) == length && !strncmp(word, keys[i].name, length))
			return keys[i].set(request, keys[i].name, word + length + 1);
	if (walk_config_set(&request->config, word, problem, sizeof(problem)) < 0)
		return walk_request_refuse(request, "%s", problem);
	return 0;
}

int walk_request_format(const struct walk_request *request, const char *word, size_t length,
			enum walk_format *ret)
{
	for (unsigned int i = 0; i < WALK_FORMATS; i++)
		if (strlen(walk_format_names[i]) == length &&
		    !strncmp(walk_format_names[i], word, length)) {
			*ret = (enum walk_format)i;
			return 0;
		}
	return walk_request_refuse(request,
				   "formats are text, lackey, drmemtrace and binary, not '%.*s'",
				   (int)(length < 40 ? length : 40), word);
}

int walk_request_design(const struct walk_request *request, const char **list,
			const struct walk_design **ret)
{
	char name[32];
	size_t length = strcspn(*list, ",");

	if (!length)
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)length, *list);
	*list += length + ((*list)[length] == ',');
	*ret = walk_design_find(name);
	if (!*ret)
		return walk_request_refuse(request, "no such design: %s", name);
	return 1;
}

void walk_request_help(FILE *out)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		fprintf(out, "%s=\t%s\n", keys[i].name, keys[i].help);
}
