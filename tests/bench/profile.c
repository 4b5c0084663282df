// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin of QEMU's emulator that counts how often each translated block of the guest runs. When the guest
 * ends it writes a line a block: address, instructions in it, times it ran. A block that is translated again
 * gets another line; whoever reads them adds up. `tests/bench/run profile` does, by function.
 *
 *   -plugin file=profile.so,out=FILE
 *
 * The interface is declared here, because distributions ship QEMU without its header: version 4 of the
 * plugin interface, https://www.qemu.org/docs/master/devel/tcg-plugins.html. One emulating thread at a time
 * (-icount), so that nothing here is locked.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_info_t;

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
					   void (*call)(qemu_plugin_id_t id,
							struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
					  void (*call)(unsigned int cpu, void *data), int registers,
					  void *data);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id,
				    void (*call)(qemu_plugin_id_t id, void *data), void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);

EXPORTED extern int qemu_plugin_version;
EXPORTED int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc,
				 char **argv);

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
