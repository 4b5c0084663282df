/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the verb translation: a whole answer of the daemon's pieces (translation-ask.c), how it is shown
 * (translation-print.c, translation-status.c), a dump for the simulator (translation-dump.c), what walks would cost
 * (translation-predict.c), what a command refers to (translation-record.c), what becomes of tables by hand
 * (translation-change.c) and which lie in a row (translation-areas.c, translation-rows.c). Called by verb-translation.c.
 */
#ifndef MP_CTL_TRANSLATION_H
#define MP_CTL_TRANSLATION_H

#include <stdint.h>
#include <stdio.h>

#include "complain.h"
#include "ctl.h"

#define translation_complain(...) ctl_complain("translation", __VA_ARGS__)

struct translation_request {
	struct ctl ctl;
	bool all, tables; /* of walk: rows without a page; and each table */
	const char *dump; /* file to be written */
	const char *trace; /* of predict */
	const char *format;
	const char *from; /* a dump to be read in place of a process */
	uint64_t sample_ms; /* 0: not asked for */
	uint64_t skip; /* references that warm up */
	const char *output; /* of record */
};

/* ---- answers ---------------------------------------------------------------------------------------- */

/* A number of the daemon's replies, and whether those of pieces are added up. */
#define TRANSLATION_NUMBERS(X)    \
	X(pid, false)             \
	X(began_ns, false)        \
	X(program, false)         \
	X(levels, false)          \
	X(vm_pte_bytes, false)    \
	X(page_table_bytes, true) \
	X(spare, true)            \
	X(anon_pages, false)      \
	X(file_pages, false)      \
	X(shmem_pages, false)     \
	X(swap_pages, false)      \
	X(saved_by_huge, true)    \
	X(saved_by_hugetlb, true) \
	X(empty_bytes, true)

struct translation_walk {
	char command[32];
	char enabled[16]; /* transparent huge pages */
#define X(name, adds) uint64_t name;
	TRANSLATION_NUMBERS(X)
#undef X
	uint64_t tables[4]; /* by level, the leaves first */
	sd_json_variant **ranges;
	size_t n_ranges;
};

void translation_walk_done(struct translation_walk *walk);

/* Adds one reply. 0 or -errno. */
int translation_walk_add(struct translation_walk *walk, sd_json_variant *reply);

/* As --json has it. 0 or -errno. */
int translation_walk_json(const struct translation_walk *walk, sd_json_variant **ret);

/* Asks until it is whole. With @quiet nothing is told, whatever is wrong. */
enum ctl_exit translation_ask_walk(const struct ctl *ctl, uint64_t pid, bool quiet,
				   struct translation_walk *ret);

/* An entry of a reply of TranslationTables. */
struct translation_entry {
	uint64_t level, flags, va, pa, count, node;
};

/* 0 or -errno, which ends the questions. */
typedef int (*translation_entry_handler)(void *userdata, const struct translation_entry *entry);

/* Calls @begin (may be NULL) with the first reply, then @handler for each entry of all. */
enum ctl_exit translation_ask_tables(const struct ctl *ctl, uint64_t pid,
				     int (*begin)(void *userdata, sd_json_variant *reply),
				     translation_entry_handler handler, void *userdata);

/* Calls @part with each reply of a method that is about one process; @node: its parameter of that name, or NULL. */
enum ctl_exit translation_ask_change(const struct ctl *ctl, const char *method, uint64_t pid,
				     const uint64_t *node,
				     int (*part)(void *userdata, sd_json_variant *reply),
				     void *userdata);

/* Which errors are told. */
enum translation_asking {
	TRANSLATION_LOUD, /* all */
	TRANSLATION_QUIET, /* none */
	TRANSLATION_OPTIONAL, /* all but that this kernel cannot: there is no reply then, and all is well */
};

/* Likewise of TranslationAreas. */
enum ctl_exit translation_ask_areas(const struct ctl *ctl, uint64_t pid,
				    enum translation_asking how,
				    int (*part)(void *userdata, sd_json_variant *reply),
				    void *userdata);

/* ---- what is done with them --------------------------------------------------------------------------- */

/* An address as people read it, in place of the number. 0 or -errno. */
int translation_set_address(sd_json_variant **row, const char *field);

enum ctl_exit translation_print_walk(const struct translation_request *request,
				     const struct translation_walk *walk);
enum ctl_exit translation_print_tables(const struct translation_request *request, uint64_t pid);

/* @what: NULL, the number of a process, or a cgroup. */
enum ctl_exit translation_status(const struct translation_request *request, const char *what);

/* The dump of a process: sim/walk/dump.h has its form. */
struct translation_dump {
	FILE *file;
	uint64_t lines; /* behind the first */
	uint64_t last_end; /* of mappings */
	uint64_t covered; /* addresses below have been told */
	uint64_t tables[5]; /* by level: address of the last table + 1 */
	struct translation_entry run; /* of pages, not written yet; count 0: none */
	uint64_t levels, root;
};

void translation_dump_process(struct translation_dump *dump, uint64_t pid, const char *command,
			      uint64_t levels, uint64_t root);
void translation_dump_mapping(struct translation_dump *dump, uint64_t start, uint64_t end,
			      const char *rights);
void translation_dump_entry(struct translation_dump *dump, const struct translation_entry *entry);
/* 0 or -errno: something could not be written. */
int translation_dump_end(struct translation_dump *dump);

/*
 * By their addresses, with "register" where it would be in one. @walk: of the same process, or it is an error; or NULL.
 */
enum ctl_exit translation_collect_areas(const struct ctl *ctl, uint64_t pid,
					const struct translation_walk *walk,
					enum translation_asking how, sd_json_variant **ret);

/* Below a walk: how many page tables in a row registers reach, if there are any and the caller may know. */
void translation_print_reach(const struct ctl *ctl, const struct translation_walk *walk);

/* Leaf tables in a row, after all entries and by their addresses; @reg: register that holds it, or -1. */
void translation_dump_area(struct translation_dump *dump, uint64_t start, uint64_t windows,
			   uint64_t base, int reg);

/* Asks for the tables of the process of @walk, and writes all. */
enum ctl_exit translation_dump(const struct ctl *ctl, const struct translation_walk *walk,
			       FILE *file);

enum ctl_exit translation_predict(const struct translation_request *request, const char *pid);
enum ctl_exit translation_record(const struct translation_request *request, int argc, char *argv[]);

/* @node: where to, or NULL: tables without an entry are freed. */
enum ctl_exit translation_change(const struct translation_request *request, uint64_t pid,
				 const uint64_t *node);
/* Registers of Direct Memory Translation: the areas with most tables are in one each. */
#define TRANSLATION_REGISTERS 16
enum ctl_exit translation_areas(const struct translation_request *request, uint64_t pid);

/* The number of a process; false: the word is none. */
bool translation_pid(const char *word, uint64_t *ret);

#endif
