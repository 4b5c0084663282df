// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page tables for their users; see translation.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "../lib/page-walk.h"
#include "errors.h"
#include "kernel.h"
#include "translation.h"

#define _cleanup_json_ _cleanup_(sd_json_variant_unrefp)

/* Limits of one reply: other users wait for the daemon meanwhile, and a Varlink message may not be longer. */
#define CALLS_MAX 32
#define RANGES_MAX 512
/* Of what one call tells, each takes several numbers. */
#define ENTRY_NUMBERS 6
#define LIMIT_MOST 511U

/* ---- the process -------------------------------------------------------------------------------------- */

static ssize_t read_at(int dir_fd, const char *name, char *text, size_t size)
{
	_cleanup_close_ int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	return n;
}

static int no_process(char **ret_problem, uint64_t pid)
{
	return mp_problem(ret_problem, -ESRCH, "There is no process %" PRIu64 " (%s)", pid,
			  strerror(ESRCH));
}

int mp_translation_open(uint64_t pid, struct mp_translation_process *ret, char **ret_problem)
{
	struct mp_translation_process process = { .dir_fd = -1 };
	char path[32];
	struct stat st;

	*ret_problem = NULL;
	if (!pid || pid > INT32_MAX)
		return no_process(ret_problem, pid);
	process.pid = (pid_t)pid;
	snprintf(path, sizeof(path), "/proc/%" PRIu64, pid);
	process.dir_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (process.dir_fd < 0 || fstat(process.dir_fd, &st) < 0 ||
	    read_at(process.dir_fd, "comm", process.comm, sizeof(process.comm)) < 0) {
		mp_translation_close(&process);
		return no_process(ret_problem, pid);
	}
	process.uid = st.st_uid;
	process.comm[strcspn(process.comm, "\n")] = '\0';
	*ret = process;
	return 0;
}

void mp_translation_close(struct mp_translation_process *process)
{
	mp_closep(&process->dir_fd);
	process->dir_fd = -1;
}

/* Then its number was its own all the time since it was opened. */
bool mp_translation_is_there(const struct mp_translation_process *process)
{
	char text[8];

	return read_at(process->dir_fd, "stat", text, sizeof(text)) > 0;
}

/* ---- the kernel's answers ----------------------------------------------------------------------------- */

int mp_translation_explain(const struct mp_translation_process *process, bool begun,
			   char **ret_problem, int error)
{
	_cleanup_free_ char *why = TAKE_PTR(*ret_problem);

	switch (error) {
	case -ENODEV:
		return mp_problem(ret_problem, -EOPNOTSUPP, "%s", why ?: "it cannot be asked");
	case -EOPNOTSUPP:
		return mp_problem(ret_problem, error,
				  "module mempol is of another version, and does not know the "
				  "question");
	case -ESRCH:
		return mp_problem(ret_problem, error, "Process %d %s (%s)", process->pid,
				  begun ? "has ended while its page tables were read" :
					  "has ended, or is about to",
				  strerror(-error));
	case -ESTALE:
		return mp_problem(ret_problem, error,
				  "Process %d has executed another program while its page tables "
				  "were read (%s)",
				  process->pid, strerror(-error));
	case -EPERM:
		return mp_problem(ret_problem, error,
				  "Process %d is not its user's to look into (%s)", process->pid,
				  strerror(-error));
	case -EINVAL:
		return mp_problem(ret_problem, error,
				  "Process %d is a thread of the kernel's: it has no page tables "
				  "of its own (%s)",
				  process->pid, strerror(-error));
	case -EAGAIN:
		return mp_problem(ret_problem, error,
				  "Somebody holds the memory map of process %d: try again later "
				  "(%s)",
				  process->pid, strerror(-error));
	default:
		return mp_problem(ret_problem, error, "The kernel refused: %s", strerror(-error));
	}
}

static int ask(struct mp_manager *m, const struct mp_translation_process *process,
	       struct mempol_call *call, bool begun, char **ret_problem)
{
	int r;

	call->body.walk.pid = process->pid;
	r = mp_kernel_call(m, call, ret_problem);
	if (r >= 0 && !mp_translation_is_there(process))
		r = -ESRCH;
	/* Each time: it may have become another user's meanwhile. */
	if (r >= 0 && process->owner_only && call->body.walk.owner != process->uid)
		r = -EPERM;
	return r < 0 ? mp_translation_explain(process, begun, ret_problem, r) : 0;
}

static struct mempol_call question(enum mempol_call_op op, const struct mp_translation_part *part)
{
	return (struct mempol_call){ .op = op,
				     .body.walk = { .next = part->from,
						    .start_ns = part->began_ns,
						    .program = part->program } };
}

static void set_limits(struct mempol_walk *walk, const struct mp_thp *thp)
{
	walk->max_none = (uint16_t)thp->max_none;
	walk->max_swap = (uint16_t)thp->max_swap;
	walk->max_shared = (uint16_t)thp->max_shared;
}

/* A kernel that has none of the files has no transparent huge pages; others may lack the newer ones. */
static void read_settings(const char *sys, struct mp_thp *thp)
{
	const char *file;

	*thp = mp_thp_defaults;
	for (unsigned int i = 0; (file = mp_thp_file(i)); i++) {
		_cleanup_free_ char *path = NULL;
		char text[128];

		if (asprintf(&path, "%s/kernel/mm/transparent_hugepage/%s", sys, file) < 0) {
			path = NULL;
			continue;
		}
		if (read_at(AT_FDCWD, path, text, sizeof(text)) > 0)
			(void)mp_thp_set(thp, i, text);
	}
}

/* ---- mappings ----------------------------------------------------------------------------------------- */

struct answer {
	struct mp_thp thp;
	struct mempol_walk_range ranges[RANGES_MAX];
	size_t n;
	struct mp_walk_tables tables;
};

/* A table can be the last one of the part before. What lies before @from is looked at for that, one page of it. */
static int look_before(struct mp_manager *m, const struct mp_translation_process *process,
		       const struct mp_translation_part *part, struct answer *answer,
		       char **ret_problem)
{
	struct mempol_call call = question(MEMPOL_CALL_WALK_RANGES, part);
	int r;

	if (!part->from)
		return 0;
	call.body.walk.next = part->from - MP_WALK_TABLE;
	call.body.walk.end = part->from;
	r = ask(m, process, &call, true, ret_problem);
	if (r >= 0 && call.body.walk.nr)
		mp_walk_tables_after(&answer->tables, &call.body.walk.out.ranges[0]);
	return r;
}

/* What one call has told; false: there are too many ranges, and @walk goes on at the first of those left. */
static bool collect(struct answer *answer, struct mempol_walk *walk)
{
	for (uint32_t i = 0; i < walk->nr && i < MEMPOL_WALK_RANGES; i++) {
		const struct mempol_walk_range *range = &walk->out.ranges[i];

		if (!answer->n || !mp_walk_join(&answer->ranges[answer->n - 1], range)) {
			if (answer->n == RANGES_MAX) {
				walk->next = range->from;
				return false;
			}
			answer->ranges[answer->n++] = *range;
		}
		mp_walk_tables_add(&answer->tables, range);
	}
	return walk->next != MEMPOL_WALK_END;
}

static int add_range(sd_json_variant **array, const struct mempol_walk_range *range,
		     const struct mp_thp *thp)
{
	enum mp_walk_reason reason = mp_walk_why(range, thp);
	char rights[5];

	return sd_json_variant_append_arraybo(
		array, SD_JSON_BUILD_PAIR_UNSIGNED("start", range->start),
		SD_JSON_BUILD_PAIR_UNSIGNED("end", range->end),
		SD_JSON_BUILD_PAIR_STRING("kind", mp_walk_kind(range)),
		SD_JSON_BUILD_PAIR_STRING("rights", mp_walk_rights(range, rights)),
		SD_JSON_BUILD_PAIR_UNSIGNED("giant", range->giant),
		SD_JSON_BUILD_PAIR_UNSIGNED("huge", range->huge),
		SD_JSON_BUILD_PAIR_UNSIGNED("full", range->full),
		SD_JSON_BUILD_PAIR_UNSIGNED("partial", range->partial),
		SD_JSON_BUILD_PAIR_UNSIGNED("empty", range->empty),
		SD_JSON_BUILD_PAIR_UNSIGNED("present", range->present),
		SD_JSON_BUILD_PAIR_UNSIGNED("swapped", range->swapped),
		SD_JSON_BUILD_PAIR_UNSIGNED("shared", range->shared),
		SD_JSON_BUILD_PAIR_BOOLEAN("copied", range->flags & MEMPOL_WALK_COPIED),
		SD_JSON_BUILD_PAIR_BOOLEAN("allowed", mp_walk_allows_huge(range, thp)),
		SD_JSON_BUILD_PAIR_STRING("reason", mp_walk_reason_word(reason)),
		SD_JSON_BUILD_PAIR_STRING("why", mp_walk_reason_text(reason)));
}

static int ranges_json(const struct answer *answer, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *v = NULL;
	int r = sd_json_variant_new_array(&v, NULL, 0);

	for (size_t i = 0; i < answer->n && r >= 0; i++)
		r = add_range(&v, &answer->ranges[i], &answer->thp);
	if (r >= 0)
		*ret = TAKE_PTR(v);
	return r;
}

static int numbers_json(const uint64_t *numbers, size_t n, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *v = NULL;
	int r = sd_json_variant_new_array(&v, NULL, 0);

	for (size_t i = 0; i < n && r >= 0; i++)
		r = sd_json_variant_append_arrayb(&v, SD_JSON_BUILD_UNSIGNED(numbers[i]));
	if (r >= 0)
		*ret = TAKE_PTR(v);
	return r;
}

static int walk_json(const struct mp_translation_process *process, const struct answer *answer,
		     const struct mempol_walk *walk, sd_json_variant **ret)
{
	_cleanup_json_ sd_json_variant *ranges = NULL, *tables = NULL;
	struct mp_walk_savings savings = {};
	int r = ranges_json(answer, &ranges);

	for (size_t i = 0; i < answer->n; i++)
		mp_walk_savings_add(&savings, &answer->ranges[i]);
	r = r < 0 ? r : numbers_json(answer->tables.nr, MEMPOL_WALK_LEVELS, &tables);
	if (r < 0)
		return r;
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_UNSIGNED("pid", (uint64_t)process->pid),
			      SD_JSON_BUILD_PAIR_STRING("command", process->comm),
			      SD_JSON_BUILD_PAIR_UNSIGNED("began_ns", walk->start_ns),
			      SD_JSON_BUILD_PAIR_UNSIGNED("program", walk->program),
			      SD_JSON_BUILD_PAIR_UNSIGNED("levels", walk->levels),
			      SD_JSON_BUILD_PAIR_UNSIGNED("vm_pte_bytes", walk->table_bytes),
			      SD_JSON_BUILD_PAIR_UNSIGNED("page_table_bytes",
							  mp_walk_tables_bytes(&answer->tables)),
			      SD_JSON_BUILD_PAIR_VARIANT("tables", tables),
			      SD_JSON_BUILD_PAIR_UNSIGNED("spare", answer->tables.spare),
			      SD_JSON_BUILD_PAIR_UNSIGNED("anon_pages", walk->pages[0]),
			      SD_JSON_BUILD_PAIR_UNSIGNED("file_pages", walk->pages[1]),
			      SD_JSON_BUILD_PAIR_UNSIGNED("shmem_pages", walk->pages[2]),
			      SD_JSON_BUILD_PAIR_UNSIGNED("swap_pages", walk->pages[3]),
			      SD_JSON_BUILD_PAIR_UNSIGNED("saved_by_huge", savings.huge),
			      SD_JSON_BUILD_PAIR_UNSIGNED("saved_by_hugetlb", savings.hugetlb),
			      SD_JSON_BUILD_PAIR_UNSIGNED("empty_bytes", savings.empty),
			      SD_JSON_BUILD_PAIR_STRING("enabled",
							mp_thp_mode_word(answer->thp.enabled)),
			      SD_JSON_BUILD_PAIR_VARIANT("ranges", ranges),
			      SD_JSON_BUILD_PAIR_CONDITION(walk->next != MEMPOL_WALK_END, "next",
							   SD_JSON_BUILD_UNSIGNED(walk->next)));
}

int mp_translation_walk(struct mp_manager *m, const struct mp_translation_process *process,
			const struct mp_translation_part *part, sd_json_variant **ret,
			char **ret_problem)
{
	_cleanup_free_ struct answer *answer = mp_owned(calloc(1, sizeof(struct answer)));
	struct mempol_call call = question(MEMPOL_CALL_WALK_RANGES, part);
	unsigned int calls = 0;
	int r;

	*ret_problem = NULL;
	if (!answer)
		return -ENOMEM;
	read_settings(m->config->sys, &answer->thp);
	r = look_before(m, process, part, answer, ret_problem);
	if (r < 0)
		return r;
	do {
		set_limits(&call.body.walk, &answer->thp);
		r = ask(m, process, &call, part->began_ns || calls, ret_problem);
		if (r < 0)
			return r;
	} while (collect(answer, &call.body.walk) && ++calls < CALLS_MAX);
	return walk_json(process, answer, &call.body.walk, ret);
}

/* ---- tables and frames -------------------------------------------------------------------------------- */

static int add_entry(sd_json_variant **array, const struct mempol_walk_entry *entry)
{
	const uint64_t numbers[ENTRY_NUMBERS] = { entry->level, entry->flags, entry->va,
						  entry->pa,	entry->count, entry->node };
	int r = 0;

	for (size_t i = 0; i < ENTRY_NUMBERS && r >= 0; i++)
		r = sd_json_variant_append_arrayb(array, SD_JSON_BUILD_UNSIGNED(numbers[i]));
	return r;
}

int mp_translation_tables(struct mp_manager *m, const struct mp_translation_process *process,
			  const struct mp_translation_part *part, sd_json_variant **ret,
			  char **ret_problem)
{
	struct mempol_call call = question(MEMPOL_CALL_WALK_ENTRIES, part);
	_cleanup_json_ sd_json_variant *entries = NULL;
	const struct mempol_walk *walk = &call.body.walk;
	int r = sd_json_variant_new_array(&entries, NULL, 0);

	*ret_problem = NULL;
	for (unsigned int calls = 0; r >= 0 && calls < CALLS_MAX && walk->next != MEMPOL_WALK_END;
	     calls++) {
		r = ask(m, process, &call, part->began_ns || calls, ret_problem);
		for (uint32_t i = 0; r >= 0 && i < walk->nr && i < MEMPOL_WALK_ENTRIES; i++)
			r = add_entry(&entries, &walk->out.entries[i]);
	}
	if (r < 0)
		return r;
	return sd_json_buildo(ret, SD_JSON_BUILD_PAIR_UNSIGNED("pid", (uint64_t)process->pid),
			      SD_JSON_BUILD_PAIR_STRING("command", process->comm),
			      SD_JSON_BUILD_PAIR_UNSIGNED("began_ns", walk->start_ns),
			      SD_JSON_BUILD_PAIR_UNSIGNED("program", walk->program),
			      SD_JSON_BUILD_PAIR_UNSIGNED("levels", walk->levels),
			      SD_JSON_BUILD_PAIR_UNSIGNED("root", walk->root),
			      SD_JSON_BUILD_PAIR_VARIANT("entries", entries),
			      SD_JSON_BUILD_PAIR_CONDITION(walk->next != MEMPOL_WALK_END, "next",
							   SD_JSON_BUILD_UNSIGNED(walk->next)));
}
