// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin of QEMU's emulator that counts how often each translated block of the guest runs. When the guest
 * ends it writes a line a block: address, instructions in it, times it ran. A block that is translated again
 * gets another line; whoever reads them adds up. `tests/bench/run profile` does, by function.
 *
 *   -plugin file=profile.so,out=FILE
 *
 * One emulating thread at a time (-icount), so that nothing here is locked.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

int qemu_plugin_version = 4;

struct block {
	uint64_t address;
	uint64_t instructions;
	uint64_t times;
	struct block *next;
};

static struct block *blocks;
static const char *path;

static void ran(unsigned int cpu, void *data)
{
	struct block *block = data;

	(void)cpu;
	block->times++;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	struct block *block = calloc(1, sizeof(*block));

	(void)id;
	if (!block)
		abort();
	block->address = qemu_plugin_tb_vaddr(tb);
	block->instructions = qemu_plugin_tb_n_insns(tb);
	block->next = blocks;
	blocks = block;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, ran, 0, block);
}

static void ended(qemu_plugin_id_t id, void *data)
{
	FILE *file = fopen(path, "we");

	(void)id;
	(void)data;
	if (!file) {
		perror(path);
		return;
	}
	for (const struct block *block = blocks; block; block = block->next)
		if (block->times)
			fprintf(file, "%" PRIx64 " %" PRIu64 " %" PRIu64 "\n", block->address,
				block->instructions, block->times);
	if (fclose(file) != 0)
		perror(path);
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4) != 0) {
		fputs("profile.so: wants out=FILE\n", stderr);
		return -1;
	}
	path = strdup(argv[0] + 4);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ended, NULL);
	return path ? 0 : -1;
}
