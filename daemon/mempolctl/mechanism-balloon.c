/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The balloon in mempolctl: what the kernel counts of its policy, and verbs that say how much of this
 * machine the host has and set a size that is not the engine's. Text is laid out from the reply.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "mechanism.h"
#include "output.h"
#include "size.h"

/* While a request is carried out, it is looked at so often; standing still for so long is told. */
#define LOOK_USEC 50000
#define STILL_USEC 5000000

static const struct ctl_column stats[] = {
	{ "HELD", "counters.held_pages", true, 0 },
	{ "SMALL", "counters.small_pages", true, 0 },
	{ "HOST", "counters.host_pages", true, 0 },
	{ "TARGET", "counters.target_pages", true, 0 },
	{ "TAKEN", "counters.taken", true, 0 },
	{ "RETURNED", "counters.returned", true, 0 },
	{ "KICKS", "counters.kicks", true, 0 },
	{ "DISCARDS", "counters.discards", true, 0 },
	{ "REFUSED FLOOR", "counters.refused_floor", true, 0 },
	{ "REFUSED BLOCK", "counters.refused_block", true, 0 },
	{ "REFUSED SCORE", "counters.refused_score", true, 0 },
	{ "REFUSED HOST", "counters.refused_host", true, 0 },
	{ "REFUSED BUSY", "counters.refused_busy", true, 0 },
	{ "DEFLATED OOM", "counters.deflated_oom", true, 0 },
	{ "DEFLATED PRESSURE", "counters.deflated_pressure", true, 0 },
	{ "DEFLATED GUARD", "counters.deflated_guard", true, 0 },
	{ "LEAKED", "counters.leaked", true, 0 },
};

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
	if (ctl_number(counters, "leaked"))
		print_size("Leaked", counters, "leaked", page_size);
}

static sd_json_variant *counters_of(sd_json_variant *reply)
{
	sd_json_variant *counters = sd_json_variant_by_key(reply, "counters");

	return counters && sd_json_variant_is_object(counters) ? counters : NULL;
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
	sd_json_variant *counters = counters_of(reply);
	uint64_t page_size = ctl_number(reply, "page_size");

	ctl_print_label("Policy", ctl_string(reply, "policy"));
	ctl_print_label("Engine", ctl_string(reply, "engine"));
	ctl_print_label("State", ctl_string(reply, "state"));
	ctl_print_label("Reason", ctl_string(reply, "reason"));
	print_mode(reply, page_size);
	if (counters)
		print_counters(counters, page_size);
}

static uint64_t held_pages(sd_json_variant *counters)
{
	return ctl_number(counters, "held_pages") + ctl_number(counters, "small_pages");
}

/* How far a size that was asked for was reached; without figures, what it aims at. */
static void print_change(sd_json_variant *reply)
{
	sd_json_variant *manual = sd_json_variant_by_key(reply, "manual");
	sd_json_variant *counters = counters_of(reply);
	uint64_t page_size = ctl_number(reply, "page_size");
	uint64_t asked = ctl_number(reply, "request_pages");
	char size[MP_SIZE_TEXT], held[MP_SIZE_TEXT];

	mp_size_format(asked * page_size, size);
	if (!manual || !sd_json_variant_is_boolean(manual) || !sd_json_variant_boolean(manual))
		printf("the balloon is as large as engine %s wants it\n",
		       ctl_string(reply, "engine") ?: "-");
	else if (!counters || held_pages(counters) == asked)
		printf("the balloon goes to %s and stays there until mempolctl balloon auto\n",
		       size);
	else
		printf("the balloon goes to %s as far as it can, it holds %s; mempolctl balloon "
		       "status says why\n",
		       size, mp_size_format(held_pages(counters) * page_size, held));
}

/*
 * The kernel carries a request out behind everybody's back. It is looked at until that is over: whoever
 * does not want to wait may end this program at any time.
 */
static enum ctl_exit wait_for_change(const struct ctl *ctl, sd_json_variant **reply)
{
	uint64_t page_size = ctl_number(*reply, "page_size"), before, still = 0;
	sd_json_variant *counters = counters_of(*reply);
	char held[MP_SIZE_TEXT];
	enum ctl_exit result;

	while (counters && ctl_number(counters, "moving")) {
		before = held_pages(counters);
		if (still >= STILL_USEC) {
			fprintf(stderr,
				"the balloon holds %s and has not moved for %d s: its host does not "
				"answer. It goes on when that does\n",
				mp_size_format(before * page_size, held), STILL_USEC / 1000000);
			return CTL_FAILED;
		}
		usleep(LOOK_USEC);
		*reply = sd_json_variant_unref(*reply);
		result = ctl_call(ctl, "BalloonStatus", NULL, reply);
		if (result != CTL_OK)
			return result;
		counters = counters_of(*reply);
		still = counters && held_pages(counters) == before ? still + LOOK_USEC : 0;
	}
	return CTL_OK;
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
			"mempolctl balloon: '%s' is no size; bytes, or with K, M, G or T, as in: 512M\n",
			text);
		return r;
	}
	r = sd_json_buildo(ret, SD_JSON_BUILD_PAIR("bytes", SD_JSON_BUILD_UNSIGNED(bytes)));
	if (r < 0)
		fprintf(stderr, "Failed to ask: %s\n", strerror(-r));
	return r;
}

static enum ctl_exit change(const struct ctl *ctl, const char *method, sd_json_variant *parameters)
{
	_cleanup_json_ sd_json_variant *reply = NULL;
	enum ctl_exit result = ctl_call(ctl, method, parameters, &reply);

	if (result == CTL_OK)
		result = wait_for_change(ctl, &reply);
	if (result != CTL_OK)
		return result;
	if (ctl->json)
		return ctl_print_json(reply);
	print_change(reply);
	return CTL_OK;
}

static enum ctl_exit change_by(const struct ctl *ctl, const char *method, const char *size)
{
	_cleanup_json_ sd_json_variant *parameters = NULL;

	if (size_parameter(size, &parameters) < 0)
		return CTL_USAGE;
	return change(ctl, method, parameters);
}

static enum ctl_exit run_status(const struct ctl *ctl, int argc, char *argv[])
{
	_cleanup_json_ sd_json_variant *reply = NULL;
	enum ctl_exit result = ctl_call(ctl, "BalloonStatus", NULL, &reply);

	if (result != CTL_OK)
		return result;
	if (ctl->json)
		return ctl_print_json(reply);
	print_balloon(reply);
	return CTL_OK;
}

static enum ctl_exit run_inflate(const struct ctl *ctl, int argc, char *argv[])
{
	return change_by(ctl, "BalloonInflate", argv[0]);
}

static enum ctl_exit run_deflate(const struct ctl *ctl, int argc, char *argv[])
{
	return change_by(ctl, "BalloonDeflate", argv[0]);
}

static enum ctl_exit run_auto(const struct ctl *ctl, int argc, char *argv[])
{
	return change(ctl, "BalloonAuto", NULL);
}

static const struct ctl_verb verbs[] = {
	{
		.name = "status",
		.args = "",
		.access = CTL_ACCESS_GROUP,
		.run = run_status,
		.help = "what the host has, asks for and was refused",
	},
	{
		.name = "inflate",
		.args = "SIZE",
		.min_args = 1,
		.max_args = 1,
		.access = CTL_ACCESS_ROOT,
		.run = run_inflate,
		.help = "give the host SIZE in all, whatever the engine says",
	},
	{
		.name = "deflate",
		.args = "SIZE",
		.min_args = 1,
		.max_args = 1,
		.access = CTL_ACCESS_ROOT,
		.run = run_deflate,
		.help = "take SIZE back from the host, whatever the engine says",
	},
	{
		.name = "auto",
		.args = "",
		.access = CTL_ACCESS_ROOT,
		.run = run_auto,
		.help = "let the engine decide again",
	},
	{},
};

static const struct ctl_verb verb = {
	.name = "balloon",
	.args = "VERB [SIZE]",
	.verbs = verbs,
	.help = "how much of this machine the host has",
};

const struct ctl_mechanism ctl_mechanism_balloon = {
	.name = "balloon",
	.stats = stats,
	.n_stats = ARRAY_SIZE(stats),
	.verb = &verb,
};
