/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much memory page tables take, by process and by cgroup, and what would be saved; see translation.h. What a
 * cgroup's tables take is the kernel's own count, in memory.stat; what could be saved is found on walks, which a user
 * may ask for own processes only.
 */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "output.h"
#include "size.h"
#include "table.h"
#include "translation.h"

#define CGROUPS "/sys/fs/cgroup"
/* Of memory.stat, cgroup.procs and /proc/PID/status. */
#define FILE_MAX_BYTES (4U << 20)
#define KIB 1024ULL

static const struct ctl_column process_columns[] = {
	{ "PID", "pid", true, 0 },
	{ "COMMAND", "command", false, 0 },
	{ "TABLES", "page_table_bytes", true, 0 },
	{ "RSS", "rss_bytes", true, 0 },
	{ "HUGE", "huge_bytes", true, 0 },
	{ "EMPTY", "empty_bytes", true, 0 },
	{ "-THP", "saved_by_huge", true, 0 },
	{ "-HUGETLB", "saved_by_hugetlb", true, 0 },
};

static const struct ctl_column cgroup_columns[] = {
	{ "TABLES", "page_table_bytes", true, 0 }, { "ANON", "anon_bytes", true, 0 },
	{ "HUGE", "anon_huge_bytes", true, 0 },	   { "SHMEM", "shmem_bytes", true, 0 },
	{ "HUGE", "shmem_huge_bytes", true, 0 },   { "CGROUP", "cgroup", false, 0 },
};

/* ---- one process -------------------------------------------------------------------------------------- */

/* The number behind "NAME:" at the beginning of a line, in KiB. */
static bool status_line(const char *text, const char *name, uint64_t *ret)
{
	size_t length = strlen(name);

	for (const char *at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (!strncmp(at, name, length) && at[length] == ':') {
			*ret = strtoull(at + length + 1, NULL, 10) * KIB;
			return true;
		}
		if (!*at)
			break;
	}
	return false;
}

/* What anybody may know. A thread of the kernel's has neither figure. 0 or -errno. */
static int look(uint64_t pid, sd_json_variant **ret)
{
	_cleanup_free_ char *text = NULL, *comm = NULL;
	uint64_t tables, rss;
	char path[64];
	size_t size;
	int r;

	snprintf(path, sizeof(path), "/proc/%" PRIu64 "/status", pid);
	r = mp_file_read(path, FILE_MAX_BYTES, &text, &size);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "/proc/%" PRIu64 "/comm", pid);
	r = mp_file_read(path, FILE_MAX_BYTES, &comm, &size);
	if (r < 0)
		return r;
	if (!status_line(text, "VmPTE", &tables) || !status_line(text, "VmRSS", &rss))
		return -EINVAL;
	comm[strcspn(comm, "\n")] = '\0';
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_UNSIGNED("pid", pid),
			      SD_JSON_BUILD_PAIR_STRING("command", comm),
			      SD_JSON_BUILD_PAIR_UNSIGNED("page_table_bytes", tables),
			      SD_JSON_BUILD_PAIR_UNSIGNED("rss_bytes", rss));
}

static uint64_t huge_bytes(const struct translation_walk *walk)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < walk->n_ranges; i++)
		bytes += (ctl_number(walk->ranges[i], "huge") << 21) +
			 (ctl_number(walk->ranges[i], "giant") << 30);
	return bytes;
}

/* And what a walk finds. */
static int add_walk(sd_json_variant **row, const struct translation_walk *walk)
{
	const struct {
		const char *name;
		uint64_t value;
	} fields[] = {
		{ "page_table_bytes", walk->page_table_bytes },
		{ "huge_bytes", huge_bytes(walk) },
		{ "empty_bytes", walk->empty_bytes },
		{ "saved_by_huge", walk->saved_by_huge },
		{ "saved_by_hugetlb", walk->saved_by_hugetlb },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(fields) && r >= 0; i++)
		r = sd_json_variant_set_field_unsigned(row, fields[i].name, fields[i].value);
	return r;
}

/* With @quiet what cannot be walked has no figures of a walk. */
static enum ctl_exit add_process(const struct ctl *ctl, uint64_t pid, bool quiet,
				 sd_json_variant **rows)
{
	_cleanup_json_ sd_json_variant *row = NULL;
	struct translation_walk walk = {};
	enum ctl_exit result = translation_ask_walk(ctl, pid, quiet, &walk);
	int r;

	if (result != CTL_OK && !quiet)
		return result;
	r = look(pid, &row);
	if (r < 0 && quiet)
		return CTL_OK;
	if (r >= 0 && result == CTL_OK)
		r = add_walk(&row, &walk);
	if (r >= 0)
		r = sd_json_variant_append_array(rows, row);
	translation_walk_done(&walk);
	if (r >= 0)
		return CTL_OK;
	translation_complain("process %" PRIu64 ": %s", pid, strerror(-r));
	return CTL_FAILED;
}

/* ---- cgroups ------------------------------------------------------------------------------------------ */

/* "NAME 123" */
static uint64_t stat_line(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (!strncmp(at, name, length) && at[length] == ' ')
			return strtoull(at + length + 1, NULL, 10);
	return 0;
}

static int add_cgroup(const char *path, sd_json_variant **rows)
{
	_cleanup_free_ char *file = NULL, *text = NULL;
	const char *below = path + strlen(CGROUPS);
	size_t size;
	int r;

	if (asprintf(&file, "%s/memory.stat", path) < 0) {
		file = NULL;
		return -ENOMEM;
	}
	r = mp_file_read(file, FILE_MAX_BYTES, &text, &size);
	if (r < 0)
		return r;
	return sd_json_variant_append_arraybo(
		rows, SD_JSON_BUILD_PAIR_STRING("cgroup", *below ? below : "/"),
		SD_JSON_BUILD_PAIR_UNSIGNED("page_table_bytes", stat_line(text, "pagetables")),
		SD_JSON_BUILD_PAIR_UNSIGNED("anon_bytes", stat_line(text, "anon")),
		SD_JSON_BUILD_PAIR_UNSIGNED("anon_huge_bytes", stat_line(text, "anon_thp")),
		SD_JSON_BUILD_PAIR_UNSIGNED("shmem_bytes", stat_line(text, "shmem")),
		SD_JSON_BUILD_PAIR_UNSIGNED("shmem_huge_bytes", stat_line(text, "shmem_thp")));
}

/* nftw() passes nothing on. */
static struct {
	const struct ctl *ctl;
	sd_json_variant **rows, **processes;
	int error;
} all;

/* One that goes meanwhile, or that counts no memory, has no row. */
static int visit_cgroup(const char *path, const struct stat *st, int type, struct FTW *at)
{
	int r;

	(void)st;
	(void)at;
	if (type != FTW_D)
		return 0;
	r = add_cgroup(path, all.rows);
	if (r == -ENOMEM)
		all.error = r;
	return all.error ? 1 : 0;
}

static int visit_processes(const char *path, const struct stat *st, int type, struct FTW *at)
{
	_cleanup_free_ char *file = NULL, *text = NULL;
	size_t size;
	int r;

	(void)st;
	(void)at;
	if (type != FTW_D)
		return 0;
	if (asprintf(&file, "%s/cgroup.procs", path) < 0) {
		file = NULL;
		all.error = -ENOMEM;
		return 1;
	}
	r = mp_file_read(file, FILE_MAX_BYTES, &text, &size);
	if (r < 0)
		return 0;
	for (char *rest = text, *word; (word = strsep(&rest, "\n"));) {
		uint64_t pid;

		if (translation_pid(word, &pid) &&
		    add_process(all.ctl, pid, true, all.processes) != CTL_OK)
			all.error = -ENOMEM;
	}
	return all.error ? 1 : 0;
}

/* Bytes as people read them. */
static int legible_row(sd_json_variant **row, const struct ctl_column *columns, size_t n)
{
	char text[MP_SIZE_TEXT];
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++) {
		sd_json_variant *v = sd_json_variant_by_key(*row, columns[i].field);

		if (v && sd_json_variant_is_unsigned(v) && strcmp(columns[i].field, "pid"))
			r = sd_json_variant_set_field_string(
				row, columns[i].field,
				mp_size_format(sd_json_variant_unsigned(v), text));
	}
	return r;
}

static enum ctl_exit print_rows(const struct ctl *ctl, const struct ctl_column *columns, size_t n,
				sd_json_variant *rows)
{
	_cleanup_json_ sd_json_variant *legible = NULL;
	int r = sd_json_variant_new_array(&legible, NULL, 0);

	for (size_t i = 0; i < sd_json_variant_elements(rows) && r >= 0; i++) {
		_cleanup_json_ sd_json_variant *row =
			sd_json_variant_ref(sd_json_variant_by_index(rows, i));

		r = legible_row(&row, columns, n);
		if (r >= 0)
			r = sd_json_variant_append_array(&legible, row);
	}
	return r < 0 ? CTL_FAILED : ctl_table(ctl, columns, n, legible);
}

static enum ctl_exit print(const struct ctl *ctl, sd_json_variant *cgroups,
			   sd_json_variant *processes)
{
	_cleanup_json_ sd_json_variant *answer = NULL;
	enum ctl_exit result = CTL_OK;

	if (ctl->json) {
		if (sd_json_buildo(&answer,
				   SD_JSON_BUILD_PAIR_CONDITION(!!cgroups, "cgroups",
								SD_JSON_BUILD_VARIANT(cgroups)),
				   SD_JSON_BUILD_PAIR_CONDITION(!!processes, "processes",
								SD_JSON_BUILD_VARIANT(processes))) <
		    0)
			return CTL_FAILED;
		return ctl_print_json(answer);
	}
	if (cgroups)
		result = print_rows(ctl, cgroup_columns, ARRAY_SIZE(cgroup_columns), cgroups);
	if (cgroups && processes && result == CTL_OK)
		putchar('\n');
	if (processes && result == CTL_OK)
		result = print_rows(ctl, process_columns, ARRAY_SIZE(process_columns), processes);
	return result;
}

static enum ctl_exit of_cgroups(const struct ctl *ctl)
{
	_cleanup_json_ sd_json_variant *rows = NULL;

	all.rows = &rows;
	if (sd_json_variant_new_array(&rows, NULL, 0) < 0 ||
	    (nftw(CGROUPS, visit_cgroup, 32, FTW_PHYS | FTW_MOUNT) < 0 && !all.error)) {
		translation_complain(CGROUPS ": %s", strerror(errno));
		return CTL_FAILED;
	}
	return all.error ? CTL_FAILED : print(ctl, rows, NULL);
}

static enum ctl_exit of_cgroup(const struct ctl *ctl, const char *name)
{
	_cleanup_json_ sd_json_variant *cgroups = NULL, *processes = NULL;
	_cleanup_free_ char *path = NULL;
	int r;

	while (*name == '/')
		name++;
	if (asprintf(&path, CGROUPS "%s%s", *name ? "/" : "", name) < 0) {
		path = NULL;
		return CTL_FAILED;
	}
	path[strlen(path) - (*name && path[strlen(path) - 1] == '/')] = '\0';
	if (strstr(path, "/..")) {
		translation_complain("'%s' is no cgroup: a path below " CGROUPS, name);
		return CTL_USAGE;
	}
	r = add_cgroup(path, &cgroups);
	if (r < 0) {
		translation_complain(
			"cgroup '/%s': %s; neither is it the number of a process", name,
			r == -ENOENT ? "there is none that counts memory" : strerror(-r));
		return CTL_FAILED;
	}
	all.ctl = ctl;
	all.processes = &processes;
	if (sd_json_variant_new_array(&processes, NULL, 0) < 0 ||
	    nftw(path, visit_processes, 32, FTW_PHYS | FTW_MOUNT) != 0)
		return CTL_FAILED;
	return print(ctl, cgroups, processes);
}

enum ctl_exit translation_status(const struct translation_request *request, const char *what)
{
	_cleanup_json_ sd_json_variant *processes = NULL;
	enum ctl_exit result;
	uint64_t pid;

	if (!what)
		return of_cgroups(&request->ctl);
	if (!translation_pid(what, &pid))
		return of_cgroup(&request->ctl, what);
	result = add_process(&request->ctl, pid, false, &processes);
	return result == CTL_OK ? print(&request->ctl, NULL, processes) : result;
}
