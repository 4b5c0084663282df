/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parts of the loader share: how the module is asked. Used by tests/bpf only.
 */
#ifndef TESTS_LOADER_H
#define TESTS_LOADER_H

#include <mempol/abi.h>

/* Ask the module; -errno of the run, of the program, or of what was asked for. */
__s64 ask(int call_fd, struct mempol_call *call);

/*
 * Commands about files in or out of cells, each answered by one line:
 *   file in|out PATH [CAUSE [POLICY]]   the policy of this loader, or another
 *   file number DEV INO                 out, by the numbers of the table
 *   file fd in|out NUMBER               a descriptor that may be none
 *   file path PATH                      in, by a descriptor that cannot be read from
 *   files                               how many are in, of all policies, and of which
 */
void file_command(int call_fd, __u64 policy_id, const char *what);
void files_command(int call_fd);

/*
 * Commands about the pool of a placement policy, each answered by one line:
 *   pool     its size, how many policies share it, and its segments
 *   frames   how many frames are in which state, and how many pages have which flags
 *   reset    the first conflict is forgotten
 */
void placement_command(int call_fd, __u64 policy_id, const char *what);

/*
 * Commands about leaf page tables, each answered by one line; addresses are hexadecimal, ranges in windows of 2 MiB:
 *   tea OP PID START WINDOWS [NODE [POLICY]]   OP: create, free, fill, vacate, node, trim
 *   teas PID                                   which TEAs a process has, and sums of what is in them
 *   storm PID SECONDS SEED START WINDOWS ...   random ones of the above on these ranges, and how many were carried out
 */
void tables_command(int call_fd, __u64 policy_id, const char *what);

#endif
