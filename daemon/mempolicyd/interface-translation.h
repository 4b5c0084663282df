/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of io.mempolicy.Manager that is about page tables. Included by interface.c only, which puts the parts
 * together.
 */
#ifndef MP_INTERFACE_TRANSLATION_H
#define MP_INTERFACE_TRANSLATION_H

#include <systemd/sd-varlink-idl.h>

static SD_VARLINK_DEFINE_STRUCT_TYPE(
	PageTableRange, SD_VARLINK_FIELD_COMMENT("Addresses of the mapping"),
	SD_VARLINK_DEFINE_FIELD(start, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD(end, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("heap, stack, anon, shmem, file, hugetlb, dax, special"),
	SD_VARLINK_DEFINE_FIELD(kind, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT("rwxs, - for what it has not"),
	SD_VARLINK_DEFINE_FIELD(rights, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT("Pages of 1 GiB"),
	SD_VARLINK_DEFINE_FIELD(giant, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Windows of 2 MiB: with one page"),
	SD_VARLINK_DEFINE_FIELD(huge, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("With all small pages, with some, with a leaf table and no entry"),
	SD_VARLINK_DEFINE_FIELD(full, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD(partial, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD(empty, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Small pages: mapped, in swap space, mapped by others too"),
	SD_VARLINK_DEFINE_FIELD(present, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD(swapped, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD(shared, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("fork() copies its entries"),
	SD_VARLINK_DEFINE_FIELD(copied, SD_VARLINK_BOOL, 0),
	SD_VARLINK_FIELD_COMMENT("Kind and settings allow transparent huge pages"),
	SD_VARLINK_DEFINE_FIELD(allowed, SD_VARLINK_BOOL, 0),
	SD_VARLINK_FIELD_COMMENT("Why it is not huge, or huge: a word"),
	SD_VARLINK_DEFINE_FIELD(reason, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT("The same as a sentence"),
	SD_VARLINK_DEFINE_FIELD(why, SD_VARLINK_STRING, 0));

#define TRANSLATION_INPUT                                                                       \
	SD_VARLINK_DEFINE_INPUT(pid, SD_VARLINK_INT, 0),                                        \
		SD_VARLINK_FIELD_COMMENT("The address to begin at: next of the reply before"),  \
		SD_VARLINK_DEFINE_INPUT(from, SD_VARLINK_INT, NULLABLE),                        \
		SD_VARLINK_FIELD_COMMENT("Of the reply before: no other process is looked at"), \
		SD_VARLINK_DEFINE_INPUT(began_ns, SD_VARLINK_INT, NULLABLE),                    \
		SD_VARLINK_FIELD_COMMENT("Likewise: nor another program that it executes"),     \
		SD_VARLINK_DEFINE_INPUT(program, SD_VARLINK_INT, NULLABLE)

#define TRANSLATION_PROCESS                                                             \
	SD_VARLINK_DEFINE_OUTPUT(pid, SD_VARLINK_INT, 0),                               \
		SD_VARLINK_DEFINE_OUTPUT(command, SD_VARLINK_STRING, 0),                \
		SD_VARLINK_FIELD_COMMENT("When it began, by the clock of the boot"),    \
		SD_VARLINK_DEFINE_OUTPUT(began_ns, SD_VARLINK_INT, 0),                  \
		SD_VARLINK_FIELD_COMMENT("Which of the programs that it has executed"), \
		SD_VARLINK_DEFINE_OUTPUT(program, SD_VARLINK_INT, 0)

#define TRANSLATION_OUTPUT                                                           \
	TRANSLATION_PROCESS, SD_VARLINK_FIELD_COMMENT("Of its page tables: 4 or 5"), \
		SD_VARLINK_DEFINE_OUTPUT(levels, SD_VARLINK_INT, 0)

#define TRANSLATION_NEXT                                                       \
	SD_VARLINK_FIELD_COMMENT("Where to go on asking; null: this was all"), \
		SD_VARLINK_DEFINE_OUTPUT(next, SD_VARLINK_INT, NULLABLE)

static SD_VARLINK_DEFINE_METHOD(
	TranslationWalk, TRANSLATION_INPUT, TRANSLATION_OUTPUT,
	SD_VARLINK_FIELD_COMMENT("What the kernel counts as VmPTE, now"),
	SD_VARLINK_DEFINE_OUTPUT(vm_pte_bytes, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("The same, found on the walk; of this part, as all that follows"),
	SD_VARLINK_DEFINE_OUTPUT(page_table_bytes, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Tables by level, the leaves first; without the root"),
	SD_VARLINK_DEFINE_OUTPUT(tables, SD_VARLINK_INT, ARRAY),
	SD_VARLINK_FIELD_COMMENT("Leaf tables that the kernel keeps to split huge pages"),
	SD_VARLINK_DEFINE_OUTPUT(spare, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Small pages of the process, in memory and in swap space"),
	SD_VARLINK_DEFINE_OUTPUT(anon_pages, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_OUTPUT(file_pages, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_OUTPUT(shmem_pages, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_OUTPUT(swap_pages, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT(
		"Bytes of leaf tables that would not be with transparent huge pages"),
	SD_VARLINK_DEFINE_OUTPUT(saved_by_huge, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Likewise with hugetlbfs"),
	SD_VARLINK_DEFINE_OUTPUT(saved_by_hugetlb, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Of leaf tables without a page"),
	SD_VARLINK_DEFINE_OUTPUT(empty_bytes, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Transparent huge pages: always, madvise, never"),
	SD_VARLINK_DEFINE_OUTPUT(enabled, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(ranges, PageTableRange, ARRAY), TRANSLATION_NEXT);

static SD_VARLINK_DEFINE_METHOD(
	TranslationTables, TRANSLATION_INPUT, TRANSLATION_OUTPUT,
	SD_VARLINK_FIELD_COMMENT("Physical address of the root table"),
	SD_VARLINK_DEFINE_OUTPUT(root, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT(
		"Six numbers each: level, flags (1 table, 2 accessed, 4 dirty, 8 writable), address, physical address, number of pages or of a table's present entries, node of a table"),
	SD_VARLINK_DEFINE_OUTPUT(entries, SD_VARLINK_INT, ARRAY), TRANSLATION_NEXT);

static SD_VARLINK_DEFINE_STRUCT_TYPE(
	TablesLeft, SD_VARLINK_FIELD_COMMENT("A driver's, or hugetlb"),
	SD_VARLINK_DEFINE_FIELD(special, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Somebody was busy with their pages"),
	SD_VARLINK_DEFINE_FIELD(busy, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("They have too many mappings"),
	SD_VARLINK_DEFINE_FIELD(locks, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Their place was not free yet"),
	SD_VARLINK_DEFINE_FIELD(slot, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("There was no memory for another table"),
	SD_VARLINK_DEFINE_FIELD(memory, SD_VARLINK_INT, 0));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
	TableArea, SD_VARLINK_FIELD_COMMENT("Addresses"),
	SD_VARLINK_DEFINE_FIELD(start, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD(end, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Number of the first frame"),
	SD_VARLINK_DEFINE_FIELD(pfn, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD(node, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Of 2 MiB of addresses"),
	SD_VARLINK_DEFINE_FIELD(windows, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("That it has, of one a window: others were given back"),
	SD_VARLINK_DEFINE_FIELD(frames, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Tables that are where they can be computed"),
	SD_VARLINK_DEFINE_FIELD(placed, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD(elsewhere, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Huge pages in place of tables"),
	SD_VARLINK_DEFINE_FIELD(huge, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Frames that are no table now"),
	SD_VARLINK_DEFINE_FIELD(idle, SD_VARLINK_INT, 0));

#define TRANSLATION_CHANGE                                                                       \
	TRANSLATION_PROCESS, SD_VARLINK_FIELD_COMMENT("Freed, or moved; of this part"),          \
		SD_VARLINK_DEFINE_OUTPUT(tables, SD_VARLINK_INT, 0),                             \
		SD_VARLINK_FIELD_COMMENT(                                                        \
			"The longest time for which the process could not change its mappings"), \
		SD_VARLINK_DEFINE_OUTPUT(held_ns, SD_VARLINK_INT, 0),                            \
		SD_VARLINK_FIELD_COMMENT("Left as they are, and why"),                           \
		SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(refused, TablesLeft, 0), TRANSLATION_NEXT

static SD_VARLINK_DEFINE_METHOD(TranslationTrim, TRANSLATION_INPUT, TRANSLATION_CHANGE);

static SD_VARLINK_DEFINE_METHOD(TranslationMove, TRANSLATION_INPUT,
				SD_VARLINK_FIELD_COMMENT("Where to"),
				SD_VARLINK_DEFINE_INPUT(node, SD_VARLINK_INT, 0),
				TRANSLATION_CHANGE);

static SD_VARLINK_DEFINE_METHOD(TranslationAreas, TRANSLATION_INPUT, TRANSLATION_PROCESS,
				SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(areas, TableArea, ARRAY),
				TRANSLATION_NEXT);

static SD_VARLINK_DEFINE_ERROR(TranslationCannot, SD_VARLINK_FIELD_COMMENT("Why, and what to do"),
			       SD_VARLINK_DEFINE_FIELD(reason, SD_VARLINK_STRING, 0));
static SD_VARLINK_DEFINE_ERROR(TranslationBusy, SD_VARLINK_FIELD_COMMENT("Another try may help"),
			       SD_VARLINK_DEFINE_FIELD(reason, SD_VARLINK_STRING, 0));

#define TRANSLATION_SYMBOLS                                                                                           \
	SD_VARLINK_SYMBOL_COMMENT("A mapping of a process, and what maps it"),                                        \
		&vl_type_PageTableRange,                                                                              \
		SD_VARLINK_SYMBOL_COMMENT(                                                                            \
			"What maps a process' memory, and why it is not huge. For root, and for the process' user."), \
		&vl_method_TranslationWalk,                                                                           \
		SD_VARLINK_SYMBOL_COMMENT("Its tables, and the frames of its pages. Only root."),                     \
		&vl_method_TranslationTables,                                                                         \
		SD_VARLINK_SYMBOL_COMMENT("Leaf tables that were left as they are, and why"),                         \
		&vl_type_TablesLeft,                                                                                  \
		SD_VARLINK_SYMBOL_COMMENT(                                                                            \
			"Frees a process' leaf tables that have no entry. Only root."),                               \
		&vl_method_TranslationTrim,                                                                           \
		SD_VARLINK_SYMBOL_COMMENT("Moves a process' leaf tables to a node. Only root."),                      \
		&vl_method_TranslationMove,                                                                           \
		SD_VARLINK_SYMBOL_COMMENT("A range whose leaf tables have a run of frames"),                          \
		&vl_type_TableArea,                                                                                   \
		SD_VARLINK_SYMBOL_COMMENT(                                                                            \
			"Which of its ranges have their leaf tables in a row. Only root."),                           \
		&vl_method_TranslationAreas, &vl_error_TranslationCannot,                                             \
		&vl_error_TranslationBusy

#endif
