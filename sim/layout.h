/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects that are pages of files, numbered anew so that neighbours in the file are neighbours in the
 * simulator: readahead has to know them. Called by trace.c when a whole trace has been read.
 */
#ifndef SIM_LAYOUT_H
#define SIM_LAYOUT_H

#include "reader.h"

/*
 * Object numbers of the trace become places in the files, one file behind the other. Between pages that are referenced there is room for
 * those that windows of @readahead_pages, or those of large reads, may bring in beside them; what is farther away
 * than that is left out, and nobody can tell. 0, -EBADMSG with a problem, or -ENOMEM.
 */
int sim_layout(struct sim_reader *reader, uint32_t readahead_pages);

#endif
