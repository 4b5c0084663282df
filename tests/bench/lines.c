// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin of QEMU's emulator that counts locked operations, stores and loads by 64-byte line of physical
 * memory and vCPU, and instructions. It counts only while a window is open on the vCPU: a program of the guest
 * opens and closes it (window.h), so that boot and idle are not in the figures. tests/bench/lines.py reads
 * what it writes.
 *
 *   -plugin file=lines.so,out=FILE
 *
 * A short window is dropped when an interrupt or exception comes within it: what is left is what the program
 * asked the kernel for, and nothing else. A long window leaves out interrupts and other tasks. FILE gets for
 * each run one line of sums:
 *
 *   run NUMBER VCPUS WINDOWS DROPPED INSTRUCTIONS LEAST MOST LOCKED STORES LOADS
 *
 * and one for each instruction that accessed a line which two vCPUs or more accessed and one of them wrote;
 * masks of vCPUs and addresses are hexadecimal:
 *
 *   line ADDRESS ACCESSED-BY WRITTEN-BY PC LOCKED STORES LOADS
 *
 * Each vCPU has its own table, so that nothing is locked while it is counted. The plugin knows an interrupt by
 * the kernel's entry code (cld, then a push or a call), its end by iretq, and a switch of tasks by the load of
 * the next task's stack pointer (__switch_to_asm); it needs no symbols.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

#define MAX_VCPUS 64
#define LINE_SHIFT 6
#define MAX_BYTES 15
/* Accesses in one short window; one cached read has some 700. */
#define MAX_LOG 65536

int qemu_plugin_version = 4;

enum access { LOAD, STORE, LOCKED, NR_ACCESSES };
enum mode { CLOSED, SHORT, LONG };

/* An instruction on a line; pc 0: all of the line's. Free: line 0. */
struct row {
	uint64_t line;
	uint64_t pc;
	uint64_t accessed_by;
	uint64_t written_by;
	uint64_t count[NR_ACCESSES];
};

struct table {
	struct row *rows;
	size_t size;
	size_t used;
};

struct entry {
	uint64_t line;
	uint64_t pc;
	enum access access;
};

struct vcpu {
	enum mode mode;
	bool dropped; /* this window */
	unsigned int depth;
	uint64_t task;
	uint64_t owner; /* the task that opened the window */
	uint64_t resumed; /* the counter when counting went on */
	uint64_t counted; /* before that, in this window */
	struct entry *log;
	size_t nr_log;
	struct table table;
	/* Of the run. */
	uint64_t windows;
	uint64_t nr_dropped;
	uint64_t instructions;
	uint64_t least;
	uint64_t most;
} __attribute__((aligned(64)));

static struct vcpu vcpus[MAX_VCPUS];
static qemu_plugin_u64 executed;
static FILE *output;
static unsigned int nr_runs;

static void *zalloc(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory) {
		fputs("lines.so: out of memory\n", stderr);
		abort();
	}
	return memory;
}

static struct row *slot(const struct table *table, uint64_t line, uint64_t pc)
{
	size_t i = (line * 0x9e3779b97f4a7c15ull ^ pc * 0xc2b2ae3d27d4eb4full) >> 20;

	for (;; i++) {
		struct row *row = &table->rows[i & (table->size - 1)];

		if (!row->line || (row->line == line && row->pc == pc))
			return row;
	}
}

static void grow(struct table *table)
{
	struct table larger = {
		.rows = zalloc(table->size ? 2 * table->size : 4096, sizeof(struct row)),
		.size = table->size ? 2 * table->size : 4096,
		.used = table->used,
	};

	for (size_t i = 0; i < table->size; i++)
		if (table->rows[i].line)
			*slot(&larger, table->rows[i].line, table->rows[i].pc) = table->rows[i];
	free(table->rows);
	*table = larger;
}

static struct row *find(struct table *table, uint64_t line, uint64_t pc)
{
	struct row *row;

	if (4 * table->used >= 3 * table->size)
		grow(table);
	row = slot(table, line, pc);
	if (!row->line) {
		row->line = line;
		row->pc = pc;
		table->used++;
	}
	return row;
}

/* Instructions this vCPU has executed before the one that is behind in its block. */
static uint64_t now(unsigned int cpu, void *behind)
{
	return qemu_plugin_u64_get(executed, cpu) - (uintptr_t)behind;
}

static void open_window(unsigned int cpu, enum mode mode, void *behind)
{
	struct vcpu *vcpu = &vcpus[cpu];

	if (!vcpu->log)
		vcpu->log = zalloc(MAX_LOG, sizeof(*vcpu->log));
	vcpu->dropped = false;
	vcpu->depth = 0;
	vcpu->owner = vcpu->task;
	vcpu->nr_log = 0;
	vcpu->counted = 0;
	vcpu->resumed = now(cpu, behind);
	vcpu->mode = mode;
}

static void opened(unsigned int cpu, void *behind)
{
	open_window(cpu, SHORT, behind);
}

static void opened_long(unsigned int cpu, void *behind)
{
	open_window(cpu, LONG, behind);
}

static void closed(unsigned int cpu, void *behind)
{
	struct vcpu *vcpu = &vcpus[cpu];

	if (vcpu->mode == CLOSED)
		return;
	vcpu->mode = CLOSED;
	if (vcpu->dropped) {
		vcpu->nr_dropped++;
		return;
	}
	vcpu->counted += now(cpu, behind) - vcpu->resumed;
	if (!vcpu->windows || vcpu->counted < vcpu->least)
		vcpu->least = vcpu->counted;
	if (vcpu->counted > vcpu->most)
		vcpu->most = vcpu->counted;
	vcpu->instructions += vcpu->counted;
	vcpu->windows++;
	for (size_t i = 0; i < vcpu->nr_log; i++) {
		const struct entry *entry = &vcpu->log[i];

		find(&vcpu->table, entry->line, entry->pc)->count[entry->access]++;
	}
}

/* Is the vCPU in a long window, and in the task that opened it? */
static bool counts(const struct vcpu *vcpu)
{
	return vcpu->mode == LONG && vcpu->task == vcpu->owner;
}

static void pause_window(struct vcpu *vcpu, unsigned int cpu, void *behind)
{
	vcpu->counted += now(cpu, behind) - vcpu->resumed;
}

static void interrupted(unsigned int cpu, void *behind)
{
	struct vcpu *vcpu = &vcpus[cpu];

	vcpu->dropped |= vcpu->mode == SHORT;
	if (counts(vcpu) && !vcpu->depth++)
		pause_window(vcpu, cpu, behind);
}

static void returned(unsigned int cpu, void *behind)
{
	struct vcpu *vcpu = &vcpus[cpu];

	/* A system call may end with this instruction, too. */
	if (counts(vcpu) && vcpu->depth && !--vcpu->depth)
		vcpu->resumed = now(cpu, behind);
}

static void switched(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *behind)
{
	struct vcpu *vcpu = &vcpus[cpu];

	(void)info;
	if (counts(vcpu) && address != vcpu->owner && !vcpu->depth)
		pause_window(vcpu, cpu, behind);
	vcpu->task = address;
	if (counts(vcpu) && !vcpu->depth)
		vcpu->resumed = now(cpu, behind);
}

/* data: the instruction's address, shifted left, and whether it is a locked one. */
static void accessed(unsigned int cpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
	struct vcpu *vcpu = &vcpus[cpu];
	uintptr_t pc = (uintptr_t)data;
	struct qemu_plugin_hwaddr *hwaddr;
	bool store;

	if (vcpu->mode != SHORT || vcpu->dropped)
		return;
	store = qemu_plugin_mem_is_store(info);
	/* A locked operation is reported as a load and a store. */
	if (!store && (pc & 1))
		return;
	hwaddr = qemu_plugin_get_hwaddr(info, address);
	if (!hwaddr || qemu_plugin_hwaddr_is_io(hwaddr))
		return;
	if (vcpu->nr_log == MAX_LOG) {
		vcpu->dropped = true;
		return;
	}
	vcpu->log[vcpu->nr_log++] = (struct entry){
		.line = (qemu_plugin_hwaddr_phys_addr(hwaddr) >> LINE_SHIFT) + 1,
		.pc = (pc >> 1) | (pc & 1ull << 63),
		.access = !store ? LOAD :
			  pc & 1 ? LOCKED :
				   STORE,
	};
}

static void write_rows(const struct table *rows, struct table *lines)
{
	for (size_t i = 0; i < rows->size; i++) {
		const struct row *row = &rows->rows[i];
		const struct row *line = row->line ? find(lines, row->line, 0) : NULL;

		if (!line || !line->written_by || __builtin_popcountll(line->accessed_by) < 2)
			continue;
		fprintf(output,
			"line %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIu64 " %" PRIu64
			" %" PRIu64 "\n",
			(row->line - 1) << LINE_SHIFT, line->accessed_by, line->written_by, row->pc,
			row->count[LOCKED], row->count[STORE], row->count[LOAD]);
	}
}

/* Adds up what the vCPUs have in their tables, which are empty afterwards. */
static void collect(struct table *rows, struct table *lines, uint64_t sums[NR_ACCESSES])
{
	for (unsigned int cpu = 0; cpu < MAX_VCPUS; cpu++) {
		struct table *table = &vcpus[cpu].table;

		for (size_t i = 0; i < table->size; i++) {
			const struct row *row = &table->rows[i];
			struct row *sum, *line;

			if (!row->line)
				continue;
			line = find(lines, row->line, 0);
			line->accessed_by |= 1ull << cpu;
			if (row->count[STORE] + row->count[LOCKED])
				line->written_by |= 1ull << cpu;
			sum = find(rows, row->line, row->pc);
			for (int kind = 0; kind < NR_ACCESSES; kind++) {
				sum->count[kind] += row->count[kind];
				sums[kind] += row->count[kind];
			}
		}
		free(table->rows);
		*table = (struct table){};
	}
}

static void ended_run(unsigned int cpu, void *data)
{
	struct table rows = {}, lines = {};
	uint64_t sums[NR_ACCESSES] = {}, windows = 0, dropped = 0, instructions = 0;
	uint64_t least = UINT64_MAX, most = 0;
	unsigned int nr_vcpus = 0;

	(void)cpu;
	(void)data;
	for (struct vcpu *vcpu = vcpus; vcpu < vcpus + MAX_VCPUS; vcpu++) {
		if (vcpu->mode != CLOSED)
			fputs("lines.so: a run ended with a window open\n", stderr);
		if (vcpu->windows) {
			nr_vcpus++;
			least = vcpu->least < least ? vcpu->least : least;
			most = vcpu->most > most ? vcpu->most : most;
		}
		windows += vcpu->windows;
		dropped += vcpu->nr_dropped;
		instructions += vcpu->instructions;
		vcpu->windows = vcpu->nr_dropped = vcpu->instructions = vcpu->most = 0;
	}
	collect(&rows, &lines, sums);
	fprintf(output,
		"run %u %u %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		" %" PRIu64 " %" PRIu64 "\n",
		++nr_runs, nr_vcpus, windows, dropped, instructions, windows ? least : 0, most,
		sums[LOCKED], sums[STORE], sums[LOAD]);
	write_rows(&rows, &lines);
	fflush(output);
	free(rows.rows);
	free(lines.rows);
}

/* A LOCK prefix, or xchg with memory, which locks without one. */
static bool is_locked(const uint8_t *bytes, size_t size)
{
	static const uint8_t prefixes[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65,
					    0x66, 0x67, 0xf0, 0xf2, 0xf3 };
	bool lock = false;
	size_t i = 0;

	for (; i < size && memchr(prefixes, bytes[i], sizeof(prefixes)); i++)
		lock |= bytes[i] == 0xf0;
	if (i < size && (bytes[i] & 0xf0) == 0x40)
		i++; /* REX */
	return lock || (i + 1 < size && (bytes[i] & 0xfe) == 0x86 && bytes[i + 1] < 0xc0);
}

static bool is(const uint8_t *bytes, size_t size, const char *wanted, size_t length)
{
	return size >= length && memcmp(bytes, wanted, length) == 0;
}

#define IS(bytes, size, wanted) is(bytes, size, wanted, sizeof(wanted) - 1)

static void of_program(struct qemu_plugin_insn *insn, const uint8_t *bytes, size_t size,
		       void *behind)
{
	void (*call)(unsigned int cpu, void *data) = NULL;

	if (IS(bytes, size, "\x66\x87\xdb"))
		call = opened;
	else if (IS(bytes, size, "\x66\x87\xf6"))
		call = opened_long;
	else if (IS(bytes, size, "\x66\x87\xc9"))
		call = closed;
	else if (IS(bytes, size, "\x66\x87\xd2"))
		call = ended_run;
	if (call)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, call, QEMU_PLUGIN_CB_NO_REGS, behind);
}

/* next: the first byte of the instruction that follows; __memmove() has a cld, too, and a mov behind it. */
static void of_kernel(struct qemu_plugin_insn *insn, const uint8_t *bytes, size_t size,
		      uint8_t next, void *behind)
{
	if (IS(bytes, size, "\xfc") && (next == 0x52 || next == 0x6a || next == 0xe8))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, interrupted, QEMU_PLUGIN_CB_NO_REGS,
						       behind);
	else if (IS(bytes, size, "\x48\xcf"))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, returned, QEMU_PLUGIN_CB_NO_REGS,
						       behind);
	else if (IS(bytes, size, "\x48\x8b\xa6")) /* mov N(%rsi), %rsp */
		qemu_plugin_register_vcpu_mem_cb(insn, switched, QEMU_PLUGIN_CB_NO_REGS,
						 QEMU_PLUGIN_MEM_RW, behind);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t nr = qemu_plugin_tb_n_insns(tb);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(tb, QEMU_PLUGIN_INLINE_ADD_U64, executed,
							  nr);
	for (size_t i = 0; i < nr; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint64_t pc = qemu_plugin_insn_vaddr(insn);
		void *behind = (void *)(uintptr_t)(nr - i);
		uint8_t bytes[MAX_BYTES], next = 0;
		size_t size = qemu_plugin_insn_data(insn, bytes, sizeof(bytes));

		if (i + 1 < nr)
			qemu_plugin_insn_data(qemu_plugin_tb_get_insn(tb, i + 1), &next, 1);
		if (pc >> 63)
			of_kernel(insn, bytes, size, next, behind);
		else
			of_program(insn, bytes, size, behind);
		qemu_plugin_register_vcpu_mem_cb(
			insn, accessed, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW,
			(void *)(uintptr_t)(pc << 1 | is_locked(bytes, size)));
	}
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4) != 0) {
		fputs("lines.so: wants out=FILE\n", stderr);
		return -1;
	}
	output = fopen(argv[0] + 4, "we");
	if (!output) {
		perror(argv[0] + 4);
		return -1;
	}
	executed.score = qemu_plugin_scoreboard_new(sizeof(uint64_t));
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
