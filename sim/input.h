/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes of a trace, unpacked on the way if gzip or zstd has packed them; which is told by the first bytes, not
 * by a name. Used by lines.c and the binary formats. It holds one block at a time, whatever the file unpacks to.
 */
#ifndef SIM_INPUT_H
#define SIM_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct sim_packer;

struct sim_input {
	int fd;
	bool at_end; /* of the file; what is in the buffer may still come */
	size_t begin, end; /* of what is left in the buffer */
	const struct sim_packer *packer; /* NULL: plain */
	void *stream; /* the packer's */
	bool inside; /* of a packed stream: the file must not end here */
	char problem[160]; /* why it cannot be unpacked */
	char buffer[1 << 16];
};

/* Reads the first bytes. 0, -ENOMEM, or -EPROTONOSUPPORT with a problem: packed by a program that is not known here. */
int sim_input_start(struct sim_input *input, int fd);
void sim_input_done(struct sim_input *input);

/*
 * The next bytes, at most @size of them: their number, 0 at the end, -errno of read(), -ENOMEM, or -EBADMSG with a
 * problem: they are damaged or not all there.
 */
ssize_t sim_input_read(struct sim_input *input, void *bytes, size_t size);

#endif
