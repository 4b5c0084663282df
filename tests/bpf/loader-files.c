// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loader's commands about opted-in files: asks as the daemon would, and as the daemon never would. It decides
 * nothing and repairs nothing.
 */
#include "loader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void tell(int call_fd, struct mempol_call *call)
{
	__s64 r = ask(call_fd, call);

	printf("file error=%lld owner=%llu dev=%u ino=%llu\n", r,
	       (unsigned long long)call->body.ref_file.owner, call->body.ref_file.dev,
	       (unsigned long long)call->body.ref_file.ino);
}

void file_command(int call_fd, __u64 policy_id, const char *what)
{
	struct mempol_call call = { .op = MEMPOL_CALL_REFCOUNT_FILE,
				    .body.ref_file.policy_id = policy_id,
				    .body.ref_file.fd = -1 };
	unsigned long long owner = policy_id, ino;
	unsigned int cause = MEMPOL_REF_BY_REQUEST, dev;
	char verb[16], path[256];
	int fd;

	if (sscanf(what, "number %u %llu", &dev, &ino) == 2) {
		call.body.ref_file.dev = dev;
		call.body.ref_file.ino = ino;
		tell(call_fd, &call);
		return;
	}
	if (sscanf(what, "fd %15s %d", verb, &fd) == 2) {
		call.body.ref_file.fd = fd;
		call.body.ref_file.on = !strcmp(verb, "in");
		tell(call_fd, &call);
		return;
	}
	if (sscanf(what, "%15s %255s %u %llu", verb, path, &cause, &owner) < 2) {
		printf("file error=usage\n");
		return;
	}
	fd = open(path, (strcmp(verb, "path") ? O_RDONLY : O_PATH) | O_NONBLOCK);
	if (fd < 0) {
		printf("file error=%s\n", strerror(errno));
		return;
	}
	call.body.ref_file.policy_id = owner;
	call.body.ref_file.fd = fd;
	call.body.ref_file.on = strcmp(verb, "out") != 0;
	call.body.ref_file.cause = cause;
	tell(call_fd, &call);
	close(fd);
}

/* All that are in, and those of the last one. */
void files_command(int call_fd)
{
	struct mempol_call call = { .op = MEMPOL_CALL_REFCOUNT_FILES };
	struct mempol_ref_file last = {};
	unsigned int nr = 0;
	__u64 cursor;
	__s64 r;

	do {
		cursor = call.body.ref_files.cursor;
		call = (struct mempol_call){ .op = MEMPOL_CALL_REFCOUNT_FILES,
					     .body.ref_files.cursor = cursor };
		r = ask(call_fd, &call);
		nr += r ? 0 : call.body.ref_files.nr;
		if (!r && call.body.ref_files.nr)
			last = call.body.ref_files.files[call.body.ref_files.nr - 1];
	} while (!r && call.body.ref_files.cursor);
	printf("files error=%lld nr=%u policy=%llu cause=%u reads=%llu dev=%u ino=%llu name=%s\n",
	       r, nr, (unsigned long long)last.policy_id, last.cause,
	       (unsigned long long)last.reads, last.dev, (unsigned long long)last.ino, last.name);
}
