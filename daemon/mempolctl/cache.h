/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the verb cache: which files are meant (cache-paths.c), what is said of them (cache-tell.c), what the
 * daemon keeps pinned (cache-pins.c), where their pages are (cache-residency.c). Called by verb-cache.c.
 */
#ifndef MP_CTL_CACHE_H
#define MP_CTL_CACHE_H

#include <mempolicy.h>
#include <sys/stat.h>

#include "ctl.h"

#define CACHE_DEFAULT_SET "default"

struct cache_request {
	struct ctl ctl;
	bool recursive, follow_links;
	bool wait; /* pin: as long as this runs, in place of a set of the daemon's */
	bool fetch; /* pin: what is not cached is read first */
	const char *set; /* NULL: the default one */
	uint64_t watch_ms; /* residency: again and again, so often; 0: once */
};

/* A file, or a range of one. */
struct cache_file {
	const char *path;
	int fd;
	struct stat st;
	uint64_t offset, length; /* bytes; no length: to the end */
};

/* Both are for this file only; the worst of what is returned is the result of all. */
typedef enum ctl_exit (*cache_file_handler)(const struct cache_file *file, void *userdata);

/*
 * Each file that the words mean: PATH[:OFFSET+LENGTH], and with -r those below a directory, on its file system. What is
 * wrong with a word is told, and the others are gone through all the same.
 */
enum ctl_exit cache_for_each(const struct cache_request *request, int argc, char *argv[],
			     cache_file_handler handler, void *userdata);

/* Which of two results the caller is told: permission, failure, success. */
enum ctl_exit cache_worse(enum ctl_exit a, enum ctl_exit b);

/* What has become of one file; @error: 0 or -errno. Kept until cache_print(). */
struct cache_table {
	const struct cache_request *request;
	sd_json_variant *rows;
	struct mempolicy_result sum;
};
void cache_table_done(struct cache_table *table);
enum ctl_exit cache_add(struct cache_table *table, const char *path,
			const struct mempolicy_result *result, int error);
enum ctl_exit cache_print(const struct cache_table *table);
/* {"files": [...]}, of none as well. */
enum ctl_exit cache_print_files(sd_json_variant *files);

enum ctl_exit cache_tell(const struct cache_request *request, enum mempolicy_verb verb, int argc,
			 char *argv[]);
enum ctl_exit cache_pin(const struct cache_request *request, int argc, char *argv[]);
enum ctl_exit cache_unpin(const struct cache_request *request, int argc, char *argv[]);
enum ctl_exit cache_pins(const struct cache_request *request);
enum ctl_exit cache_residency(const struct cache_request *request, int argc, char *argv[]);

#endif
