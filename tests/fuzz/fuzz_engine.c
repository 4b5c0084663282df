/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as an engine's object: no crash, no leak, no hang, never both an object and a sentence, and every tunable that is
 * found takes its own default and both ends of its range. Run by tests/runner with the corpus beside it.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "engine_file.h"
#include "utf8.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void require_clean(const char *text)
{
	_cleanup_free_ char *copy = strdup(text);

	require(copy);
	mp_text_clean(copy);
	require(!strcmp(copy, text));
}

static void require_takes(const struct mp_tunable *tunable, uint64_t value)
{
	_cleanup_free_ char *text = mp_tunable_format(tunable, value), *problem = NULL;
	uint64_t parsed = ~value, bytes = 0;

	require(text);
	require(mp_tunable_parse(tunable, text, &parsed, &problem) == 0 && parsed == value);
	mp_tunable_store(tunable, value, &bytes);
	require(mp_tunable_fetch(tunable->kind, tunable->size, &bytes) == value);
}

static void require_sound(const struct mp_tunables *tunables)
{
	for (size_t i = 0; i < tunables->count; i++) {
		const struct mp_tunable *tunable = &tunables->items[i];

		require(mp_tunables_find(tunables, tunable->key) == tunable);
		require_clean(tunable->text);
		require_clean(tunable->range);
		require_clean(tunable->type);
		require_takes(tunable, tunable->value);
		require_takes(tunable, tunable->min);
		require_takes(tunable, tunable->max);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	libbpf_set_print(NULL);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_engine_object_ struct mp_engine_object object = {};
	_cleanup_free_ char *problem = NULL;
	int r = mp_engine_bytes_read(data, size, MEMPOL_MECH_CACHE, &object, &problem);

	require(r == 0 || problem);
	require((r == 0) == !!object.variable);
	require_sound(&object.tunables);
	(void)mp_engine_bytes_mechanism(data, size);
	return 0;
}
