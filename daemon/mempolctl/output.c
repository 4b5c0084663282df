/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plain printing for mempolctl (output.h). It reads a reply's fields leniently: a daemon of another
 * version may leave one out.
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "output.h"
#include "text.h"

enum ctl_exit ctl_print_json(sd_json_variant *reply)
{
	int r = sd_json_variant_dump(reply, SD_JSON_FORMAT_NEWLINE, stdout, NULL);

	if (r >= 0)
		return CTL_OK;
	fprintf(stderr, "Failed to print the reply: %s\n", strerror(-r));
	return CTL_FAILED;
}

void ctl_print_label(const char *label, const char *text)
{
	_cleanup_free_ char *copy = text ? strdup(text) : NULL;

	if (!copy)
		return;
	mp_text_clean(copy);
	printf("%11s: %s\n", label, copy);
}

void ctl_print_labelf(const char *label, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	ctl_print_label(label, text);
}

void ctl_print_block(const char *text, const char *indent)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		if (!rest && !*line)
			break;
		for (char *tab = line; (tab = strchr(tab, '\t'));)
			*tab = ' ';
		mp_text_clean(line);
		printf("%s%s\n", indent, line);
	}
}

const char *ctl_string(sd_json_variant *object, const char *field)
{
	sd_json_variant *v = sd_json_variant_by_key(object, field);

	return v && sd_json_variant_is_string(v) ? sd_json_variant_string(v) : NULL;
}

uint64_t ctl_number(sd_json_variant *object, const char *field)
{
	sd_json_variant *v = sd_json_variant_by_key(object, field);

	return v && sd_json_variant_is_unsigned(v) ? sd_json_variant_unsigned(v) : 0;
}

sd_json_variant *ctl_array(sd_json_variant *object, const char *field)
{
	sd_json_variant *v = sd_json_variant_by_key(object, field);

	return v && sd_json_variant_is_array(v) ? v : NULL;
}

const char *ctl_time(uint64_t usec, char buffer[static 64])
{
	time_t seconds = usec / 1000000;
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || !strftime(buffer, 64, "%Y-%m-%d %H:%M:%S", &tm))
		snprintf(buffer, 64, "@%lld", (long long)seconds);
	return buffer;
}
