/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prints what is no table: JSON as it came, labelled lines, text of several lines. Called by the
 * verbs; text from the daemon passes through here so that a terminal never obeys it.
 */
#ifndef MP_CTL_OUTPUT_H
#define MP_CTL_OUTPUT_H

#include <stdint.h>

#include "ctl.h"

/* The reply itself, one line. */
enum ctl_exit ctl_print_json(sd_json_variant *reply);

/* "     Label: text", the label right-aligned; nothing when @text is NULL. */
void ctl_print_label(const char *label, const char *text);
void ctl_print_labelf(const char *label, const char *format, ...) _printf_(2, 3);

/* Several lines as they are, each by itself cleaned and indented. */
void ctl_print_block(const char *text, const char *indent);

/* NULL when the field is missing, null or no string. */
const char *ctl_string(sd_json_variant *object, const char *field);

/* 0 when the field is missing or no unsigned number. */
uint64_t ctl_number(sd_json_variant *object, const char *field);

/* NULL when the field is missing or no array. */
sd_json_variant *ctl_array(sd_json_variant *object, const char *field);

/* Local date and time of microseconds since the epoch, in a caller's buffer of 64 bytes. */
const char *ctl_time(uint64_t usec, char buffer[static 64]);

#endif
