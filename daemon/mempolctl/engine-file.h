/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an engine's object has, for `mempolctl engines FILE`. Called by verb-list.c.
 */
#ifndef MP_CTL_ENGINE_FILE_H
#define MP_CTL_ENGINE_FILE_H

#include "ctl.h"

/* @word: a path, or the name of a shipped engine. */
enum ctl_exit ctl_engine_file(const struct ctl *ctl, const char *word);

#endif
