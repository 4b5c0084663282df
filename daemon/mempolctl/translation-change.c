// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables that are freed or moved by hand; see translation.h. What is printed and --json are made of the same sums.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../lib/size.h"
#include "mempol/abi.h"
#include "output.h"
#include "translation.h"

#define TABLE_BYTES 4096U

static const char *const why_words[] = {
#define MEMPOL_X(upper, lower, text) #lower,
	MEMPOL_TEA_REFUSALS(MEMPOL_X)
#undef MEMPOL_X
};

static const char *const why_texts[] = {
#define MEMPOL_X(upper, lower, text) text,
	MEMPOL_TEA_REFUSALS(MEMPOL_X)
#undef MEMPOL_X
};

/* Of all replies. */
struct change {
	char command[32];
	uint64_t tables, held_ns;
	uint64_t refused[MEMPOL_TEA_NR_WHY];
};

static int add_change(void *userdata, sd_json_variant *reply)
{
	sd_json_variant *refused = sd_json_variant_by_key(reply, "refused");
	struct change *change = userdata;
	const char *command = ctl_string(reply, "command");

	snprintf(change->command, sizeof(change->command), "%s", command ?: "?");
	change->tables += ctl_number(reply, "tables");
	if (ctl_number(reply, "held_ns") > change->held_ns)
		change->held_ns = ctl_number(reply, "held_ns");
	for (size_t i = 0; refused && i < MEMPOL_TEA_NR_WHY; i++)
		change->refused[i] += ctl_number(refused, why_words[i]);
	return 0;
}

static int change_json(const struct change *change, uint64_t pid, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *v = NULL, *refused = NULL;
	int r = 0;

	for (size_t i = 0; i < MEMPOL_TEA_NR_WHY && r >= 0; i++)
		r = sd_json_variant_set_field_unsigned(&refused, why_words[i], change->refused[i]);
	r = r < 0 ? r :
		    sd_json_buildo(&v, SD_JSON_BUILD_PAIR_UNSIGNED("pid", pid),
				   SD_JSON_BUILD_PAIR_STRING("command", change->command),
				   SD_JSON_BUILD_PAIR_UNSIGNED("tables", change->tables),
				   SD_JSON_BUILD_PAIR_UNSIGNED("bytes",
							       change->tables * TABLE_BYTES),
				   SD_JSON_BUILD_PAIR_UNSIGNED("held_ns", change->held_ns),
				   SD_JSON_BUILD_PAIR_VARIANT("refused", refused));
	if (r >= 0)
		*ret = TAKE_PTR(v);
	return r;
}

static void print_change(const struct change *change, uint64_t pid, const uint64_t *node)
{
	char bytes[MP_SIZE_TEXT];

	printf("%" PRIu64 " page table%s (%s) of process %" PRIu64 " (%s) ", change->tables,
	       change->tables == 1 ? "" : "s", mp_size_format(change->tables * TABLE_BYTES, bytes),
	       pid, change->command);
	if (node)
		printf("moved to node %" PRIu64, *node);
	else
		printf("had no entry and %s freed", change->tables == 1 ? "was" : "were");
	if (change->held_ns)
		printf("; its mappings were locked for %" PRIu64 " us at most",
		       (change->held_ns + 999) / 1000);
	putchar('\n');
	for (size_t i = 0; i < MEMPOL_TEA_NR_WHY; i++)
		if (change->refused[i])
			printf("%" PRIu64 " left: %s\n", change->refused[i], why_texts[i]);
}

enum ctl_exit translation_change(const struct translation_request *request, uint64_t pid,
				 const uint64_t *node)
{
	_cleanup_json_ sd_json_variant *v = NULL;
	struct change change = {};
	enum ctl_exit result;
	int r;

	result = translation_ask_change(&request->ctl, node ? "TranslationMove" : "TranslationTrim",
					pid, node, add_change, &change);
	if (result != CTL_OK)
		return result;
	if (!request->ctl.json) {
		print_change(&change, pid, node);
		return CTL_OK;
	}
	r = change_json(&change, pid, &v);
	if (r >= 0)
		return ctl_print_json(v);
	translation_complain("%s", strerror(-r));
	return CTL_FAILED;
}
