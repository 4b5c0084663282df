/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * balloon: how much of this machine the host has, and a size that is not the engine's. One table of
 * its verbs, from which the call, the usage and the completion come; text is laid out from the reply.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "client.h"
#include "output.h"
#include "size.h"
#include "suggest.h"

static const struct {
	const char *name;
	const char *method;
	bool has_size;
	bool is_change;
} verbs[] = {
	{ "status", "BalloonStatus", false, false },
	{ "inflate", "BalloonInflate", true, true },
	{ "deflate", "BalloonDeflate", true, true },
	{ "auto", "BalloonAuto", false, true },
};

const char *ctl_balloon_verb(size_t index)
{
	return index < ARRAY_SIZE(verbs) ? verbs[index].name : NULL;
}

static void print_size(const char *label, sd_json_variant *object, const char *field,
		       uint64_t page_size)
{
	uint64_t pages = ctl_number(object, field);
	char size[MP_SIZE_TEXT];

	ctl_print_labelf(label, "%s (%" PRIu64 " page%s)", mp_size_format(pages * page_size, size),
			 pages, pages == 1 ? "" : "s");
}

/* "floor 3, score 12"; "none" when all are 0. */
static void print_by_reason(const char *label, sd_json_variant *counters, const char *prefix)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0, n = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return;
	/* An object's elements are its names and values in turn. */
	for (size_t i = 0; i + 1 < sd_json_variant_elements(counters); i += 2) {
		const char *name = sd_json_variant_string(sd_json_variant_by_index(counters, i));
		sd_json_variant *value = sd_json_variant_by_index(counters, i + 1);

		if (strncmp(name, prefix, strlen(prefix)) || !sd_json_variant_is_unsigned(value) ||
		    !sd_json_variant_unsigned(value))
			continue;
		fprintf(f, "%s%s %" PRIu64, n++ ? ", " : "", name + strlen(prefix),
			sd_json_variant_unsigned(value));
	}
	if (fclose(f) == 0)
		ctl_print_label(label, n ? text : "none");
}

static void print_counters(sd_json_variant *counters, uint64_t page_size)
{
	print_size("Held", counters, "held_pages", page_size);
	print_size("Small", counters, "small_pages", page_size);
	print_size("Host asks", counters, "host_pages", page_size);
	print_size("Aim", counters, "target_pages", page_size);
	ctl_print_labelf("Kicks", "%" PRIu64, ctl_number(counters, "kicks"));
	ctl_print_labelf("Discards", "%" PRIu64, ctl_number(counters, "discards"));
	print_by_reason("Refusals", counters, "refused_");
	print_by_reason("Emergencies", counters, "deflated_");
}

static void print_mode(sd_json_variant *reply, uint64_t page_size)
{
	sd_json_variant *manual = sd_json_variant_by_key(reply, "manual");
	char size[MP_SIZE_TEXT];

	if (!manual || !sd_json_variant_is_boolean(manual) || !sd_json_variant_boolean(manual))
		ctl_print_label("Mode", "automatic");
	else
		ctl_print_labelf("Mode", "manual, %s",
				 mp_size_format(ctl_number(reply, "request_pages") * page_size,
						size));
}

static void print_balloon(sd_json_variant *reply)
{
	sd_json_variant *counters = sd_json_variant_by_key(reply, "counters");
	uint64_t page_size = ctl_number(reply, "page_size");

	ctl_print_label("Policy", ctl_string(reply, "policy"));
	ctl_print_label("Engine", ctl_string(reply, "engine"));
	ctl_print_label("State", ctl_string(reply, "state"));
	ctl_print_label("Reason", ctl_string(reply, "reason"));
	print_mode(reply, page_size);
	if (counters && sd_json_variant_is_object(counters))
		print_counters(counters, page_size);
}

/* It takes its time to get there, so what is said is what it aims at. */
static void print_change(sd_json_variant *reply)
{
	sd_json_variant *manual = sd_json_variant_by_key(reply, "manual");
	uint64_t page_size = ctl_number(reply, "page_size");
	char size[MP_SIZE_TEXT];

	if (manual && sd_json_variant_is_boolean(manual) && sd_json_variant_boolean(manual))
		printf("the balloon goes to %s and stays there until mempolctl balloon auto\n",
		       mp_size_format(ctl_number(reply, "request_pages") * page_size, size));
	else
		printf("the balloon is as large as engine %s wants it\n",
		       ctl_string(reply, "engine") ?: "-");
}

static enum ctl_exit usage(void)
{
	fprintf(stderr, "Usage: mempolctl balloon status|inflate SIZE|deflate SIZE|auto\n");
	return CTL_USAGE;
}

static enum ctl_exit unknown(const char *word)
{
	const char *words[ARRAY_SIZE(verbs)];

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		words[i] = verbs[i].name;
	fprintf(stderr, "mempolctl balloon: unknown verb '%s', did you mean '%s'?\n", word,
		mp_nearest(word, words, ARRAY_SIZE(words)));
	return CTL_USAGE;
}

static int size_parameter(const char *text, sd_json_variant **ret)
{
	uint64_t bytes;
	int r;

	r = mp_size_parse(text, &bytes);
	/* A number of the interface is signed. */
	if (r == 0 && bytes > INT64_MAX)
		r = -ERANGE;
	if (r < 0) {
		fprintf(stderr,
			"mempolctl balloon: '%s' is no size; bytes, or with K, M or G, as in: 512M\n",
			text);
		return r;
	}
	r = sd_json_buildo(ret, SD_JSON_BUILD_PAIR("bytes", SD_JSON_BUILD_UNSIGNED(bytes)));
	if (r < 0)
		fprintf(stderr, "Failed to ask: %s\n", strerror(-r));
	return r;
}

enum ctl_exit ctl_balloon(const struct ctl *ctl, int argc, char *argv[])
{
	_cleanup_json_ sd_json_variant *parameters = NULL, *reply = NULL;
	enum ctl_exit result;
	size_t i = 0;

	while (i < ARRAY_SIZE(verbs) && strcmp(verbs[i].name, argv[0]))
		i++;
	if (i == ARRAY_SIZE(verbs))
		return unknown(argv[0]);
	if (argc != 1 + verbs[i].has_size)
		return usage();
	if (verbs[i].has_size && size_parameter(argv[1], &parameters) < 0)
		return CTL_USAGE;

	result = ctl_call(ctl, verbs[i].method, parameters, &reply);
	if (result != CTL_OK)
		return result;
	if (ctl->json)
		return ctl_print_json(reply);
	if (verbs[i].is_change)
		print_change(reply);
	else
		print_balloon(reply);
	return CTL_OK;
}
