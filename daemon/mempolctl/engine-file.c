/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * engines FILE: what an engine's object has. Needs no daemon, no root and no kernel support; nothing is loaded.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "../lib/mechanism.h"
#include "ctl.h"
#include "engine-file.h"
#include "engine_file.h"
#include "file.h"
#include "output.h"
#include "table.h"
#include "text.h"

static const struct ctl_column columns[] = {
	{ "TUNABLE", "key", false, 0 },
	{ "TYPE", "type", false, 0 },
	{ "DEFAULT", "default", true, 0 },
	{ "RANGE", "range", false, 0 },
	{ "WHAT IT IS", "description", false, CTL_COLUMN_WRAP },
};

static enum ctl_exit fail(const char *path, const char *problem)
{
	_cleanup_free_ char *text = NULL;

	/* Names come from the object. */
	if (asprintf(&text, "%s: %s", path, problem) < 0)
		text = NULL;
	if (text)
		mp_text_clean(text);
	fprintf(stderr, "%s\n", text ? text : "out of memory");
	return CTL_FAILED;
}

static int strings_json(char *const words[], size_t n, sd_json_variant **ret)
{
	int r = sd_json_variant_new_array(ret, NULL, 0);

	for (size_t i = 0; i < n && r >= 0; i++)
		r = sd_json_variant_append_arrayb(ret, SD_JSON_BUILD_STRING(words[i]));
	return r;
}

static int tunables_json(const struct mp_tunables *tunables, sd_json_variant **ret)
{
	int r = sd_json_variant_new_array(ret, NULL, 0);

	for (size_t i = 0; i < tunables->count && r >= 0; i++) {
		const struct mp_tunable *t = &tunables->items[i];
		_cleanup_free_ char *value = mp_owned(mp_tunable_format(t, t->value));

		if (!value)
			return -ENOMEM;
		r = sd_json_variant_append_arraybo(ret, SD_JSON_BUILD_PAIR_STRING("key", t->key),
						   SD_JSON_BUILD_PAIR_STRING("type", t->type),
						   SD_JSON_BUILD_PAIR_STRING("default", value),
						   SD_JSON_BUILD_PAIR_STRING("range", t->range),
						   SD_JSON_BUILD_PAIR_STRING("description",
									     t->text));
	}
	return r;
}

static int build_reply(const char *path, const struct mp_mechanism *mechanism,
		       const struct mp_engine_object *object, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *callbacks = NULL, *calls = NULL, *tunables = NULL;
	_cleanup_free_ char *shown = mp_owned(strdup(path)), *name = NULL;
	int r;

	name = mp_owned(strdup(object->variable));
	if (!shown || !name)
		return -ENOMEM;
	mp_text_clean(shown);
	mp_text_clean(name);
	r = strings_json(object->callbacks, object->n_callbacks, &callbacks);
	if (r >= 0)
		r = strings_json(object->calls, object->n_calls, &calls);
	if (r >= 0)
		r = tunables_json(&object->tunables, &tunables);
	if (r < 0)
		return r;
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_STRING("file", shown),
			      SD_JSON_BUILD_PAIR_STRING("name", name),
			      SD_JSON_BUILD_PAIR_STRING("mechanism", mechanism->name),
			      SD_JSON_BUILD_PAIR_VARIANT("callbacks", callbacks),
			      SD_JSON_BUILD_PAIR_VARIANT("calls", calls),
			      SD_JSON_BUILD_PAIR_VARIANT("tunables", tunables));
}

static void print_words(const char *label, sd_json_variant *words)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return;
	for (size_t i = 0; i < sd_json_variant_elements(words); i++)
		fprintf(f, "%s%s", i ? ", " : "",
			sd_json_variant_string(sd_json_variant_by_index(words, i)));
	if (fclose(f) == 0)
		ctl_print_label(label, *text ? text : "none");
}

static enum ctl_exit print(const struct ctl *ctl, sd_json_variant *reply)
{
	sd_json_variant *tunables = ctl_array(reply, "tunables");

	if (ctl->json)
		return ctl_print_json(reply);
	ctl_print_label("File", ctl_string(reply, "file"));
	ctl_print_label("Engine", ctl_string(reply, "name"));
	ctl_print_label("Mechanism", ctl_string(reply, "mechanism"));
	print_words("Callbacks", ctl_array(reply, "callbacks"));
	print_words("Calls", ctl_array(reply, "calls"));
	if (!sd_json_variant_elements(tunables)) {
		ctl_print_label("Tunables", "none");
		return CTL_OK;
	}
	putchar('\n');
	return ctl_table(ctl, columns, ARRAY_SIZE(columns), tunables);
}

/* A shipped engine's name means its object. */
static int path_of(const char *word, char **ret)
{
	if (mp_engine_is_path(word) || !mp_engine_find(MEMPOL_MECH_NONE, word)) {
		*ret = strdup(word);
		return *ret ? 0 : -ENOMEM;
	}
	return mp_engine_object_path(MP_ENGINE_DIR, MEMPOL_MECH_NONE, word, ret);
}

enum ctl_exit ctl_engine_file(const struct ctl *ctl, const char *word)
{
	_cleanup_engine_object_ struct mp_engine_object object = {};
	_cleanup_free_ char *path = NULL, *bytes = NULL, *problem = NULL;
	_cleanup_json_ sd_json_variant *reply = NULL;
	enum mempol_mechanism_id mechanism;
	size_t size;
	int r;

	/* What libbpf says of a damaged object is no sentence for people. */
	libbpf_set_print(NULL);
	if (path_of(word, &path) < 0)
		return fail(word, "out of memory");
	r = mp_file_read(path, MP_ENGINE_FILE_MAX, &bytes, &size);
	if (r == -ENOENT && !mp_engine_is_path(word) && !strcmp(path, word))
		return fail(path, "there is no such file, and no shipped engine of that name");
	if (r < 0) {
		problem = mp_owned(mp_file_problem(r, MP_ENGINE_FILE_MAX));
		return fail(path, problem ? problem : strerror(-r));
	}
	mechanism = mp_engine_bytes_mechanism(bytes, size);
	r = mp_engine_bytes_read(bytes, size, mechanism, &object, &problem);
	if (r >= 0)
		r = build_reply(path, mp_mechanism_get(mechanism), &object, &reply);
	if (r < 0)
		return fail(path, problem ? problem : strerror(-r));
	return print(ctl, reply);
}
