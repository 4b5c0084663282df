/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The help texts, laid out from the tables of verbs and options. Called by main and by the verb
 * help; nothing here knows a verb or an option by name.
 */
#ifndef MP_CTL_HELP_H
#define MP_CTL_HELP_H

#include "ctl.h"

void ctl_help_print(FILE *f);

/* Of one verb; of its verb @sub if that is not NULL. */
void ctl_help_print_verb(FILE *f, const struct ctl_verb *verb, const struct ctl_verb *sub);

#endif
