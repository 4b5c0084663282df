/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who else could change a file that root is about to believe? The daemon does what policy files say and
 * hands engines to the kernel, so both must belong to root (or to the user whose program reads them, so that
 * tests and `mempolctl check` need no root), and nobody else may write to them. It changes nothing itself.
 */
#ifndef MP_TRUST_H
#define MP_TRUST_H

#include <sys/stat.h>

#include "errors.h"
#include "macro.h"

/*
 * Judges the file or directory @path by what fstat(2) said of it. Returns 0; -EPERM and a sentence with the
 * remedy; or -ENOMEM.
 * @ret_warning: NULL in the daemon. Else a wrong owner alone is not refused: 0, and the sentence is there
 * unless one was before.
 */
int mp_trust_stat(const struct stat *st, const char *path, char **ret_warning, char **ret_problem);

/*
 * Judges every directory that leads to the absolute @path, those behind links too, not the file itself. A
 * directory such as /tmp counts as writable by others although it is sticky: any user may make the file first.
 * Returns as above; what is not there is not judged.
 */
int mp_trust_way(const char *path, char **ret_warning, char **ret_problem);

/*
 * mp_trust_stat() of a policy file or one of its directories, as an entry of @errors for @path; of a link also
 * mp_trust_way() to where it leads. Returns 0 when it may be read, 1 after an entry, or -ENOMEM.
 */
int mp_trust_complain(const struct stat *st, const char *path, struct mp_errors *errors);
int mp_trust_complain_of_dir(DIR *dir, const char *path, struct mp_errors *errors);

#endif
