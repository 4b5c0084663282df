/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold for the manual pages: they name every word that works, and none that does not.
 * The tables of the programs are the truth; the verbs are asked of mempolctl itself.
 */
#include "engine.h"
#include "file.h"
#include "fixture.h"
#include "keys.h"
#include "mechanism-balloon.h"
#include "mechanism-placement.h"
#include "mechanism-refcount.h"
#include "mechanism-translation.h"
#include "mempol/abi.h"
#include "names.h"

static char *page(const char *name)
{
	_cleanup_free_ char *path = NULL;
	char *text;
	size_t size;

	assert_true(asprintf(&path, TEST_TOP "/man/%s", name) > 0);
	assert_int_equal(mp_file_read(path, 1 << 20, &text, &size), 0);
	return text;
}

static void assert_named(const char *text, bool wanted, const char *format, ...) _printf_(3, 4);

static void assert_named(const char *text, bool wanted, const char *format, ...)
{
	char words[128];
	va_list ap;

	va_start(ap, format);
	vsnprintf(words, sizeof(words), format, ap);
	va_end(ap);
	if (!strstr(text, words) == wanted)
		fail_msg("'%s' is %s", words, wanted ? "missing" : "there");
}

static void test_mempolicy_names_the_sections_and_keys_that_work(void **state)
{
	_cleanup_free_ char *text = page("mempolicy.5");

	const struct mp_section *section;
	const struct mp_key *key;

	for (size_t i = 0; (section = mp_section_at(i)); i++) {
		char title[64];

		snprintf(title, sizeof(title), "%s", section->name);
		for (char *s = title; *s; s++)
			*s = *s >= 'a' && *s <= 'z' ? *s - 'a' + 'A' : *s;
		assert_named(text, section->available, "\n.SH [%s]\n", title);
		for (size_t k = 0; section->available && (key = mp_key_at(section, k)); k++)
			assert_named(text, key->set, "\n.B %s=\n", key->name);
	}
}

static void test_mempolicy_names_the_engines_that_work(void **state)
{
	_cleanup_free_ char *text = page("mempolicy.5");

	const struct mp_engine *engine;

	for (size_t i = 0; (engine = mp_engine_at(i)); i++) {
		char name[64], *end = name;

		/* roff makes a bare '-' a hyphen, which nobody can type. */
		for (const char *s = engine->name; *s; s++)
			end = stpcpy(end, *s == '-' ? "\\-" : (char[]){ *s, '\0' });
		assert_named(text, engine->available, "\n.B %s\n", name);
	}
}

static void test_mempolicy_names_the_limits(void **state)
{
	_cleanup_free_ char *text = page("mempolicy.5");

	assert_named(text, true, "\\-%d to %d", -MP_PRIORITY_MIN, MP_PRIORITY_MAX);
	assert_named(text, true, "at most %d KiB", MP_POLICY_FILE_MAX / 1024);
	assert_named(text, true, "at most %d,%03d bytes", MP_POLICY_LINE_MAX / 1000,
		     MP_POLICY_LINE_MAX % 1000);
	assert_named(text, true, "has 1 to %d letters", MEMPOL_NAME_LEN - 1);
	assert_named(text, true, "A time from %dms to %dh", MP_PERIOD_MIN_MS,
		     MP_PERIOD_MAX_MS / 3600 / 1000);
	assert_named(text, true, "%d%% if not given", (int)mp_balloon_default.keep);
	assert_named(text, true, "%ds if not given", mp_balloon_default.period_ms / 1000);
	assert_named(text, true, "1 to %d, %u if not given", MP_REF_FILES_MAX,
		     mp_refcount_default.max_files);
	assert_named(text, true, "%d to %d, %u if not given", MP_REF_SAMPLE_MIN, MP_REF_SAMPLE_MAX,
		     mp_refcount_default.sample);
	assert_named(text, true, "A time from %ds to %dh", MP_REF_PERIOD_MIN_MS / 1000,
		     MP_REF_PERIOD_MAX_MS / 3600 / 1000);
	assert_named(text, true, "%us if not given", mp_refcount_default.period_ms / 1000);
	assert_named(text, true, "%dM to %lluG, %lluM if not given", 2,
		     MP_TRANSLATION_RANGE_MAX >> 30,
		     (unsigned long long)mp_translation_default.min_range >> 20);
	assert_named(text, true, "0%% to %d%%, %u%% if not given", MP_TRANSLATION_BUBBLES_MAX,
		     mp_translation_default.bubbles);
	assert_named(text, true, "A time from %dms to 1h, with", MP_TRANSLATION_PERIOD_MIN_MS);
	assert_named(text, true, "1 to %u, %u if not given", MP_TRANSLATION_RATE_MAX,
		     mp_translation_default.move_rate);
	for (size_t i = 0; mp_policy_dirs[i]; i++)
		assert_named(text, true, "%s/", mp_policy_dirs[i]);
}

/* From roff to plain text, in place. */
static void make_plain(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (*s == '\\' && s[1])
			s++;
		*to++ = *s == 'e' && s[-1] == '\\' ? '\\' : *s;
	}
	*to = '\0';
}

static void test_mempolicy_shows_examples_that_the_reader_takes(void **state)
{
	_cleanup_free_ char *text = page("mempolicy.5");
	int n = 0;

	for (char *s = strstr(text, "\n.SH EXAMPLES"); (s = strstr(s, "\n.nf\n"));) {
		_cleanup_policy_ struct mp_policy *policy = NULL;
		_cleanup_errors_ struct mp_errors errors = {};
		char *end = strstr(s, "\n.fi\n");

		assert_non_null(end);
		s += strlen("\n.nf\n");
		*end = '\0';
		make_plain(s);
		if (mp_policy_parse("/example.mempolicy", s, strlen(s), &errors, &policy) < 0)
			fail_msg("%s\n%s", errors.items[0], s);
		s = end + 1; /* of what was there before */
		n++;
	}
	assert_int_equal(n, 10);
}

/* "-- ID" begins an entry; the ids of the daemon's table are the only strings of 32 hex digits. */
static void test_every_event_is_explained_in_the_catalogue_and_nothing_else(void **state)
{
	_cleanup_free_ char *table = page("../daemon/mempolicyd/events.c");
	_cleanup_free_ char *catalog = page("../systemd/mempolicyd.catalog");
	int n_ids = 0, n_entries = 0;

	for (const char *s = table; (s = strchr(s, '"')); s++) {
		char entry[64];

		if (strspn(s + 1, "0123456789abcdef") != 32 || s[33] != '"')
			continue;
		snprintf(entry, sizeof(entry), "\n-- %.32s\nSubject: ", s + 1);
		assert_named(catalog, true, "%s", entry);
		n_ids++;
	}
	for (const char *s = catalog; (s = strstr(s, "\n-- ")); s++)
		n_entries++;
	assert_true(n_ids >= MEMPOL_EV_RESIZED);
	assert_int_equal(n_ids, n_entries);
}

/* A hyphen that is one, as roff writes it. */
static void plain_hyphens(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++)
		if (strncmp(from, "\\-", 2))
			*to++ = *from;
	*to = '\0';
}

static void test_mempolctl_names_every_verb(void **state)
{
	_cleanup_free_ char *text = page("mempolctl.1");
	FILE *verbs = popen(TEST_MEMPOLCTL " --complete ''", "re");
	char line[64];
	int n = 0;

	assert_non_null(verbs);
	plain_hyphens(text);
	for (; fgets(line, sizeof(line), verbs); n++) {
		line[strcspn(line, "\n")] = '\0';
		if (!strstr(text, line))
			fail_msg("'%s' is missing", line);
	}
	assert_int_equal(pclose(verbs), 0);
	assert_int_equal(n, 22);
}

/* Whatever events, show and balloon status may print. */
static void test_mempolctl_names_the_words_of_events(void **state)
{
	_cleanup_free_ char *text = page("mempolctl.1");
	char *from, *end;
	const char *word;
	int n = 0;

	plain_hyphens(text);
	from = strstr(text, ".SH EVENTS");
	assert_non_null(from);
	end = strstr(from, ".SH OPTIONS");
	assert_non_null(end);
	*end = '\0';
	for (unsigned int type = 0; type < 256; type++) {
		word = mp_event_type_to_string(type);
		if (word)
			n++, assert_named(from, true, "%s", word);
	}
	assert_int_equal(n, 22);
	for (unsigned int i = 0; (word = mp_exit_kind_to_string(i)); i++)
		assert_named(from, true, "%s", word);
	for (unsigned int i = 0; (word = mp_balloon_cause_to_string(i)); i++)
		assert_named(from, true, "%s", word);
	for (unsigned int i = 0; (word = mp_pool_cause_to_string(i)); i++)
		assert_named(from, true, "%s", word);
	for (unsigned int i = 0; (word = mp_ref_cause_to_string(i)); i++)
		assert_named(from, true, "%s", word);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mempolicy_names_the_sections_and_keys_that_work),
		cmocka_unit_test(test_mempolicy_names_the_engines_that_work),
		cmocka_unit_test(test_mempolicy_names_the_limits),
		cmocka_unit_test(test_mempolicy_shows_examples_that_the_reader_takes),
		cmocka_unit_test(test_every_event_is_explained_in_the_catalogue_and_nothing_else),
		cmocka_unit_test(test_mempolctl_names_every_verb),
		cmocka_unit_test(test_mempolctl_names_the_words_of_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
