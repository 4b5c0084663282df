// SPDX-License-Identifier: GPL-2.0-only
/*
 * Brings a configuration file into memory for the parser. Called by main.c. It must never wait on, or
 * read without bound from, something that is no regular file.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

int mb_config_load(const char *path, FILE *err, struct mb_config *ret_config)
{
	/* O_NONBLOCK: a FIFO is refused below, and must not stop us in open() before. */
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ char *text = NULL;
	struct stat st;
	size_t len = 0;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0) {
		fprintf(err, "%s: cannot open the configuration: %m\n", path);
		return -EIO;
	}
	if (!S_ISREG(st.st_mode)) {
		fprintf(err, "%s: is no regular file: name a configuration file\n", path);
		return -EINVAL;
	}
	text = malloc(MB_MAX_CONFIG_BYTES + 1);
	if (!text) {
		fprintf(err, "%s: out of memory\n", path);
		return -ENOMEM;
	}
	while (len <= MB_MAX_CONFIG_BYTES) {
		n = read(fd, text + len, MB_MAX_CONFIG_BYTES + 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fprintf(err, "%s: cannot read the configuration: %m\n", path);
			return -EIO;
		}
		if (!n)
			return mb_config_parse(path, text, len, err, ret_config);
		len += (size_t)n;
	}
	fprintf(err, "%s: longer than %d bytes: this is no configuration\n", path,
		MB_MAX_CONFIG_BYTES);
	return -E2BIG;
}
