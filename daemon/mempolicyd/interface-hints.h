/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of io.mempolicy.Manager that is about what programs say of cached pages. Included by interface.c only, which
 * has the macros and puts the parts together.
 */
#ifndef MP_INTERFACE_HINTS_H
#define MP_INTERFACE_HINTS_H

#include <systemd/sd-varlink-idl.h>

static SD_VARLINK_DEFINE_STRUCT_TYPE(
	HintRange, SD_VARLINK_FIELD_COMMENT("activate, deactivate, pin, unpin, evict, prefetch"),
	SD_VARLINK_DEFINE_FIELD(verb, SD_VARLINK_STRING, 0), SD_VARLINK_FIELD_COMMENT("Bytes"),
	SD_VARLINK_DEFINE_FIELD(offset, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD(length, SD_VARLINK_INT, 0));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
	HintResult, SD_VARLINK_FIELD_COMMENT("Bytes that were gone through"),
	SD_VARLINK_DEFINE_FIELD(done, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT(
		"Pages, as all that follows; 0 if they are not the caller's to know"),
	SD_VARLINK_DEFINE_FIELD(applied, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD(already, SD_VARLINK_INT, 0), SD_VARLINK_FIELD_COMMENT("Not cached"),
	SD_VARLINK_DEFINE_FIELD(absent, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Charged to a cgroup that is neither the caller's nor below it"),
	SD_VARLINK_DEFINE_FIELD(foreign, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("More may not be pinned"),
	SD_VARLINK_DEFINE_FIELD(capped, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD(unevictable, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD(busy, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Nothing of which this can be said"),
	SD_VARLINK_DEFINE_FIELD(other, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT(
		"errno, or 0; EAGAIN: there is more than one call does, go on behind what is done"),
	SD_VARLINK_DEFINE_FIELD(error, SD_VARLINK_INT, 0));

static SD_VARLINK_DEFINE_STRUCT_TYPE(PinnedRange, SD_VARLINK_FIELD_COMMENT("Bytes"),
				     SD_VARLINK_DEFINE_FIELD(offset, SD_VARLINK_INT, 0),
				     SD_VARLINK_DEFINE_FIELD(length, SD_VARLINK_INT, 0));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
	PinnedFile, SD_VARLINK_FIELD_COMMENT("When it was pinned"),
	SD_VARLINK_DEFINE_FIELD(path, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT("Of all ranges, whether their pages are cached or not"),
	SD_VARLINK_DEFINE_FIELD(bytes, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD_BY_TYPE(ranges, PinnedRange, ARRAY));

static SD_VARLINK_DEFINE_STRUCT_TYPE(PinSet, SD_VARLINK_DEFINE_FIELD(name, SD_VARLINK_STRING, 0),
				     SD_VARLINK_DEFINE_FIELD_BY_TYPE(files, PinnedFile, ARRAY));

static SD_VARLINK_DEFINE_METHOD(
	OpenHints, SD_VARLINK_FIELD_COMMENT("Which of the descriptors that come with the reply"),
	SD_VARLINK_DEFINE_OUTPUT(program, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT(
		"Likewise, of the program that tells where the pages of a file are: struct mempol_residency"),
	SD_VARLINK_DEFINE_OUTPUT(residency, SD_VARLINK_INT, NULLABLE));

static SD_VARLINK_DEFINE_METHOD(HintSession,
				SD_VARLINK_DEFINE_OUTPUT(session, SD_VARLINK_STRING, 0));

static SD_VARLINK_DEFINE_METHOD(
	Hint, SD_VARLINK_FIELD_COMMENT("The descriptor that comes with the call: 0, the first"),
	SD_VARLINK_DEFINE_INPUT(file, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("For pin and unpin: of HintSession, on a connection that lasts"),
	SD_VARLINK_DEFINE_INPUT(session, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_FIELD_COMMENT("At most 32"),
	SD_VARLINK_DEFINE_INPUT_BY_TYPE(ranges, HintRange, ARRAY),
	SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(ranges, HintResult, ARRAY));

#define PIN_INPUT                                                   \
	SD_VARLINK_FIELD_COMMENT("Name of the set"),                \
		SD_VARLINK_DEFINE_INPUT(set, SD_VARLINK_STRING, 0), \
		SD_VARLINK_FIELD_COMMENT("As with Hint"),           \
		SD_VARLINK_DEFINE_INPUT(file, SD_VARLINK_INT, 0),   \
		SD_VARLINK_FIELD_COMMENT("Bytes"),                  \
		SD_VARLINK_DEFINE_INPUT(offset, SD_VARLINK_INT, 0), \
		SD_VARLINK_DEFINE_INPUT(length, SD_VARLINK_INT, 0), \
		SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(result, HintResult, 0)

static SD_VARLINK_DEFINE_METHOD(Pin, PIN_INPUT);
static SD_VARLINK_DEFINE_METHOD(Unpin, PIN_INPUT);
static SD_VARLINK_DEFINE_METHOD(UnpinSet, SD_VARLINK_DEFINE_INPUT(set, SD_VARLINK_STRING, 0));
static SD_VARLINK_DEFINE_METHOD(Pins, SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(sets, PinSet, ARRAY));

static SD_VARLINK_DEFINE_ERROR(HintsCannot, SD_VARLINK_FIELD_COMMENT("Why, and what to do"),
			       SD_VARLINK_DEFINE_FIELD(reason, SD_VARLINK_STRING, 0));
static SD_VARLINK_DEFINE_ERROR(NoSuchSession);
static SD_VARLINK_DEFINE_ERROR(NoSuchPinSet, SD_VARLINK_DEFINE_FIELD(set, SD_VARLINK_STRING, 0));

#define HINTS_SYMBOLS                                                                                                                                          \
	SD_VARLINK_SYMBOL_COMMENT("A range of a file, and what becomes of its cached pages"),                                                                  \
		&vl_type_HintRange, SD_VARLINK_SYMBOL_COMMENT("What has become of them"),                                                                      \
		&vl_type_HintResult, &vl_type_PinnedRange, &vl_type_PinnedFile,                                                                                \
		SD_VARLINK_SYMBOL_COMMENT("Ranges of files that the daemon keeps pinned"),                                                                     \
		&vl_type_PinSet,                                                                                                                               \
		SD_VARLINK_SYMBOL_COMMENT(                                                                                                                     \
			"The program by which a caller says for itself what becomes of cached pages: struct mempol_hint of <mempol/abi.h>, for BPF_PROG_RUN"), \
		&vl_method_OpenHints,                                                                                                                          \
		SD_VARLINK_SYMBOL_COMMENT(                                                                                                                     \
			"An owner of pins, which lasts as long as this connection does"),                                                                      \
		&vl_method_HintSession,                                                                                                                        \
		SD_VARLINK_SYMBOL_COMMENT(                                                                                                                     \
			"Says it for the caller, of pages of the caller's cgroup: where bpf(2) is forbidden"),                                                 \
		&vl_method_Hint,                                                                                                                               \
		SD_VARLINK_SYMBOL_COMMENT(                                                                                                                     \
			"Pins a range, whoever's pages they are, until it is unpinned, the daemon ends or the last policy goes. Only root."),                  \
		&vl_method_Pin, SD_VARLINK_SYMBOL_COMMENT("No longer. Only root."),                                                                            \
		&vl_method_Unpin,                                                                                                                              \
		SD_VARLINK_SYMBOL_COMMENT("The same for all of a set. Only root."),                                                                            \
		&vl_method_UnpinSet, SD_VARLINK_SYMBOL_COMMENT("What the daemon keeps pinned"),                                                                \
		&vl_method_Pins

#endif
