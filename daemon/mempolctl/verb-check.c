/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check: the daemon's own reader and engine check, without daemon, root or kernel support. Drop-ins
 * are those that lie beside the file.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "ctl.h"
#include "engine_file.h"
#include "output.h"
#include "policy.h"
#include "text.h"

/* 0 for a good file, -EBADMSG with entries, -ENOMEM. */
static int check_file(const char *path, struct mp_errors *errors)
{
	_cleanup_policy_ struct mp_policy *policy = NULL;
	int r = mp_policy_read(path, NULL, errors, &policy);

	if (r == -ERFKILL) /* a mask says nothing wrong */
		return 0;
	if (r == -ENOENT) {
		r = mp_errors_add(errors, path, 1, "there is no such file");
		return r < 0 ? r : -EBADMSG;
	}
	if (r < 0)
		return r;
	return mp_policy_check_engines(policy, errors);
}

static int add_result(sd_json_variant **results, const char *path, const struct mp_errors *errors)
{
	_cleanup_json_ sd_json_variant *list = NULL, *result = NULL;
	_cleanup_free_ char *shown = NULL;
	int r;

	/* JSON is UTF-8 and a file name need not be. */
	shown = strdup(path);
	if (!shown)
		return -ENOMEM;
	mp_text_clean(shown);
	r = sd_json_variant_new_array(&list, NULL, 0);
	if (r < 0)
		return r;
	for (size_t i = 0; i < errors->count; i++) {
		r = sd_json_variant_append_arrayb(&list, SD_JSON_BUILD_STRING(errors->items[i]));
		if (r < 0)
			return r;
	}
	r = sd_json_buildo(&result, SD_JSON_BUILD_PAIR("file", SD_JSON_BUILD_STRING(shown)),
			   SD_JSON_BUILD_PAIR("ok", SD_JSON_BUILD_BOOLEAN(!errors->count)),
			   SD_JSON_BUILD_PAIR("errors", SD_JSON_BUILD_VARIANT(list)));
	if (r < 0)
		return r;
	return sd_json_variant_append_array(results, result);
}

static int check_one(const struct ctl *ctl, const char *path, sd_json_variant **results,
		     bool *ret_good)
{
	_cleanup_errors_ struct mp_errors errors = {};
	int r = check_file(path, &errors);

	if (r < 0 && r != -EBADMSG)
		return r;
	for (size_t i = 0; i < errors.count; i++)
		fprintf(stderr, "%s\n", errors.items[i]);
	if (ctl->json) {
		int k = add_result(results, path, &errors);

		if (k < 0)
			return k;
	} else if (r == 0) {
		printf("%s: OK\n", path);
	}
	*ret_good = r == 0;
	return 0;
}

static enum ctl_exit print_results(sd_json_variant *results)
{
	_cleanup_json_ sd_json_variant *reply = NULL;
	int r = sd_json_buildo(&reply, SD_JSON_BUILD_PAIR("files", SD_JSON_BUILD_VARIANT(results)));

	if (r >= 0)
		return ctl_print_json(reply);
	fprintf(stderr, "Failed to print the result: %s\n", strerror(-r));
	return CTL_FAILED;
}

enum ctl_exit ctl_check(const struct ctl *ctl, int argc, char *argv[])
{
	_cleanup_json_ sd_json_variant *results = NULL;
	bool all_good = true;

	/* Every line on stderr is FILE:LINE: message; libbpf's own words are not. */
	libbpf_set_print(NULL);
	for (int i = 0; i < argc; i++) {
		bool good = false;
		int r = check_one(ctl, argv[i], &results, &good);

		if (r < 0) {
			fprintf(stderr, "%s:1: cannot be checked: %s\n", argv[i], strerror(-r));
			return CTL_FAILED;
		}
		all_good = all_good && good;
	}
	if (ctl->json && print_results(results) != CTL_OK)
		return CTL_FAILED;
	return all_good ? CTL_OK : CTL_FAILED;
}
