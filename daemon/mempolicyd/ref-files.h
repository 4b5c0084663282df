/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of FilePath=: what matches is opted in, what does not match any more is opted out, when a policy comes,
 * changes or is reloaded, and every Period=. Called through refcount-ops.c. The kernel is
 * asked at each look which files are in; only the path by which a file was found, and why one is not in, are kept here.
 */
#ifndef MP_REF_FILES_H
#define MP_REF_FILES_H

#include <systemd/sd-json.h>

#include "state.h"

/* The policies are as they are attached now: looks begin and end accordingly. */
void mp_ref_files_attend(struct mp_manager *manager);
void mp_ref_files_done(struct mp_manager *manager);

/* A file went in or out. */
void mp_ref_files_told(struct mp_manager *manager, const struct mempol_event *event);

/* The attachment through which the policy's files are in; NULL: none is in the kernel. */
const struct mp_attachment *mp_ref_files_carrier(const struct mp_manager *manager,
						 const struct mp_slot *slot);

/*
 * The path by which FilePath= of a policy has found the file that has this id in the kernel's table; NULL: it was not
 * found so, or is not in.
 */
const char *mp_ref_files_path(const struct mp_manager *manager, const struct mp_slot *slot,
			      uint64_t table_id);

/* "ref_files": what the last look has found, as an array; null: there was none. 0 or -errno. */
int mp_ref_files_json(const struct mp_manager *manager, const struct mp_slot *slot,
		      sd_json_variant **v);

/* The kernel's table, of one policy or of all (0). Allocated; 0 or -errno. */
int mp_ref_table_read(struct mp_agent *agent, uint64_t policy_id, struct mempol_ref_file **ret,
		      size_t *ret_count);

#endif
