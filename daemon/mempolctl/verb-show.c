/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verbs whose answer is one thing: status, show, reload, reset. Text is laid out from the reply
 * that --json prints; nothing else is asked.
 */
#include <inttypes.h>
#include <string.h>

#include "client.h"
#include "output.h"
#include "table.h"

/* Of each kind. */
#define FILES_SHOWN 32

enum ctl_exit ctl_status(const struct ctl *ctl, int argc, char *argv[])
{
	_cleanup_json_ sd_json_variant *reply = NULL;
	enum ctl_exit r = ctl_call(ctl, "Status", NULL, &reply);

	if (r != CTL_OK)
		return r;
	if (ctl->json)
		return ctl_print_json(reply);

	ctl_print_label("State", ctl_string(reply, "state"));
	ctl_print_label("Version", ctl_string(reply, "version"));
	ctl_print_label("Kernel", ctl_string(reply, "kernel"));
	ctl_print_labelf("Policies", "%" PRIu64 " (%" PRIu64 " active, %" PRIu64 " failed)",
			 ctl_number(reply, "policies"), ctl_number(reply, "active"),
			 ctl_number(reply, "failed"));
	ctl_print_labelf("Lost events", "%" PRIu64, ctl_number(reply, "lost_events"));
	ctl_print_label("Message", ctl_string(reply, "message"));
	return CTL_OK;
}

/* "added=12 evicted=3"; of refusals only those that happened. */
static void print_numbers(const char *label, sd_json_variant *object, bool only_nonzero)
{
	_cleanup_free_ char *text = NULL;
	size_t size = 0, n = 0;
	FILE *f;

	if (!object || !sd_json_variant_is_object(object))
		return;
	f = open_memstream(&text, &size);
	if (!f)
		return;
	/* An object's elements are its names and values in turn. */
	for (size_t i = 0; i + 1 < sd_json_variant_elements(object); i += 2) {
		sd_json_variant *name = sd_json_variant_by_index(object, i);
		sd_json_variant *value = sd_json_variant_by_index(object, i + 1);

		if (!sd_json_variant_is_unsigned(value) ||
		    (only_nonzero && !sd_json_variant_unsigned(value)))
			continue;
		fprintf(f, "%s%s=%" PRIu64, n++ ? " " : "", sd_json_variant_string(name),
			sd_json_variant_unsigned(value));
	}
	if (fclose(f) == 0 && n)
		ctl_print_label(label, text);
}

static void print_attachment(sd_json_variant *attachment)
{
	_cleanup_free_ char *mechanism = ctl_cell(attachment, "mechanism");
	_cleanup_free_ char *engine = ctl_cell(attachment, "engine");
	uint64_t since = ctl_number(attachment, "since_usec");
	const char *exit_kind = ctl_string(attachment, "exit_kind");
	const char *dump = ctl_string(attachment, "dump");
	char time[64];

	putchar('\n');
	ctl_print_label("Cgroup", ctl_string(attachment, "cgroup") ?: "-");
	ctl_print_labelf("Mechanism", "%s, engine %s", mechanism ?: "-", engine ?: "-");
	if (since)
		ctl_print_labelf("State", "%s since %s", ctl_string(attachment, "state") ?: "-",
				 ctl_time(since, time));
	else
		ctl_print_label("State", ctl_string(attachment, "state"));
	ctl_print_label("Reason", ctl_string(attachment, "reason"));
	if (exit_kind && *exit_kind && strcmp(exit_kind, "none"))
		ctl_print_label("Exit kind", exit_kind);
	print_numbers("Counters", sd_json_variant_by_key(attachment, "counters"), false);
	print_numbers("Refusals", sd_json_variant_by_key(attachment, "refusals"), true);
	if (dump && *dump) {
		ctl_print_label("Dump", "");
		ctl_print_block(dump, "             ");
	}
}

static void print_strings(const char *label, sd_json_variant *array)
{
	for (size_t i = 0; array && i < sd_json_variant_elements(array); i++) {
		sd_json_variant *entry = sd_json_variant_by_index(array, i);

		if (sd_json_variant_is_string(entry))
			ctl_print_label(label, sd_json_variant_string(entry));
	}
}

static void print_tunables(sd_json_variant *tunables)
{
	for (size_t i = 0; tunables && i < sd_json_variant_elements(tunables); i++) {
		sd_json_variant *tunable = sd_json_variant_by_index(tunables, i);
		_cleanup_free_ char *key = ctl_cell(tunable, "key");
		_cleanup_free_ char *value = ctl_cell(tunable, "value");
		_cleanup_free_ char *range = ctl_cell(tunable, "range");

		ctl_print_labelf("Tunable", "%s=%s (%s; %s)", key ?: "-", value ?: "-",
				 range ?: "-", ctl_string(tunable, "description") ?: "-");
	}
}

/* Those that are not in first: somebody may have to do something. */
static void print_ref_files(sd_json_variant *files, bool in)
{
	size_t n = 0;

	for (size_t i = 0; files && i < sd_json_variant_elements(files); i++) {
		sd_json_variant *file = sd_json_variant_by_index(files, i);
		sd_json_variant *is_in = sd_json_variant_by_key(file, "in");
		const char *path = ctl_string(file, "path") ?: "-";

		if (!is_in || !sd_json_variant_is_boolean(is_in) ||
		    sd_json_variant_boolean(is_in) != in || n++ >= FILES_SHOWN)
			continue;
		if (in)
			ctl_print_labelf("In", "%s (FilePath=%s)", path,
					 ctl_string(file, "glob") ?: "-");
		else
			ctl_print_labelf("Not in", "%s: %s", path,
					 ctl_string(file, "reason") ?: "-");
	}
	if (n > FILES_SHOWN)
		ctl_print_labelf(in ? "In" : "Not in", "%zu more, see mempolctl --json show",
				 n - FILES_SHOWN);
}

static void print_policy(sd_json_variant *reply)
{
	_cleanup_free_ char *priority = ctl_cell(reply, "priority");
	sd_json_variant *attachments = ctl_array(reply, "attachments");
	const char *log = ctl_string(reply, "log");

	ctl_print_label("Name", ctl_string(reply, "name"));
	ctl_print_label("Description", ctl_string(reply, "description"));
	if (ctl_array(reply, "files") && sd_json_variant_elements(ctl_array(reply, "files")))
		print_strings("File", ctl_array(reply, "files"));
	else
		ctl_print_label("File", ctl_string(reply, "path"));
	ctl_print_label("Mode", ctl_string(reply, "mode"));
	ctl_print_label("Priority", priority);
	ctl_print_label("State", ctl_string(reply, "state"));
	ctl_print_label("Reason", ctl_string(reply, "reason"));
	print_tunables(ctl_array(reply, "tunables"));
	print_strings("Error", ctl_array(reply, "errors"));
	print_ref_files(ctl_array(reply, "ref_files"), false);
	print_ref_files(ctl_array(reply, "ref_files"), true);
	for (size_t i = 0; attachments && i < sd_json_variant_elements(attachments); i++)
		print_attachment(sd_json_variant_by_index(attachments, i));
	if (log && *log) {
		printf("\nVerifier log:\n");
		ctl_print_block(log, "  ");
	}
}

enum ctl_exit ctl_show(const struct ctl *ctl, int argc, char *argv[])
{
	_cleanup_json_ sd_json_variant *reply = NULL;
	enum ctl_exit r = ctl_call_policy(ctl, "Show", argv[0], &reply);

	if (r != CTL_OK)
		return r;
	if (ctl->json)
		return ctl_print_json(reply);
	print_policy(reply);
	return CTL_OK;
}

enum ctl_exit ctl_reload(const struct ctl *ctl, int argc, char *argv[])
{
	_cleanup_json_ sd_json_variant *reply = NULL;
	enum ctl_exit r = ctl_call(ctl, "Reload", NULL, &reply);
	uint64_t changed;

	if (r != CTL_OK)
		return r;
	if (ctl->json)
		return ctl_print_json(reply);
	changed = ctl_number(reply, "changed");
	if (changed == 1)
		printf("1 policy changed\n");
	else
		printf("%" PRIu64 " policies changed\n", changed);
	return CTL_OK;
}

enum ctl_exit ctl_reset(const struct ctl *ctl, int argc, char *argv[])
{
	_cleanup_json_ sd_json_variant *reply = NULL;
	enum ctl_exit r = ctl_call_policy(ctl, "Reset", argv[0], &reply);
	uint64_t changed;

	if (r != CTL_OK)
		return r;
	if (ctl->json)
		return ctl_print_json(reply);
	changed = ctl_number(reply, "changed");
	if (changed == 0)
		printf("policy %s was not ejected and has not failed anywhere\n", argv[0]);
	else if (changed == 1) /* a cgroup, or the machine */
		printf("policy %s starts anew\n", argv[0]);
	else
		printf("policy %s starts anew at %" PRIu64 " cgroups\n", argv[0], changed);
	return CTL_OK;
}
