// SPDX-License-Identifier: GPL-2.0-only
/*
 * io.mempolicy.Manager as sd-varlink wants it; see interface.h. sd-varlink checks every call against
 * it before a method sees the parameters. Nothing but definitions belongs here.
 */
#include "interface.h"

#define NULLABLE SD_VARLINK_NULLABLE
#define ARRAY SD_VARLINK_ARRAY
/* {"governed_pages": 12, ...}: the names are those of abi.h. */
#define FIGURES(name) \
	SD_VARLINK_DEFINE_FIELD(name, SD_VARLINK_INT, SD_VARLINK_MAP | SD_VARLINK_NULLABLE)

static SD_VARLINK_DEFINE_STRUCT_TYPE(
	PolicyRow, SD_VARLINK_FIELD_COMMENT("Name of the policy, its file's without .mempolicy"),
	SD_VARLINK_DEFINE_FIELD(name, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT("Empty when the file never could be read"),
	SD_VARLINK_DEFINE_FIELD(mechanism, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_FIELD(engine, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_FIELD(mode, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT(
		"loaded, waiting, active, degraded, ejected, failed, quarantined, unavailable"),
	SD_VARLINK_DEFINE_FIELD(state, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT(
		"Path below the cgroup root with leading slash; null: none yet, or the machine"),
	SD_VARLINK_DEFINE_FIELD(cgroup, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(reason, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_FIELD_COMMENT("Only in the reply of Stats; null: cannot be read now"),
	FIGURES(counters), SD_VARLINK_FIELD_COMMENT("Likewise: the refused requests by reason"),
	FIGURES(refusals));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
	Attachment, SD_VARLINK_DEFINE_FIELD(mechanism, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_FIELD(engine, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_FIELD(state, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_FIELD(cgroup, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(reason, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_FIELD_COMMENT("When the state began, microseconds since 1970"),
	SD_VARLINK_DEFINE_FIELD(since_usec, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Why it left the kernel: none, detached, stalled, error, ..."),
	SD_VARLINK_DEFINE_FIELD(exit_kind, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(dump, SD_VARLINK_STRING, NULLABLE), FIGURES(refusals),
	FIGURES(counters));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
	Event, SD_VARLINK_DEFINE_FIELD(version, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD(type, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_FIELD(policy, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(cgroup, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(cgroup_id, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Microseconds since 1970"),
	SD_VARLINK_DEFINE_FIELD(time_usec, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD(message, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_FIELD(reason, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_FIELD_COMMENT("What belongs to some types only"),
	SD_VARLINK_DEFINE_FIELD(pages, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(cgroups, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(exit_kind, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(count, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(refusal, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(held_pages, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(target_pages, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(host_pages, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(pool_pages, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(wanted_pages, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(used_pages, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_FIELD_COMMENT(
		"Of translation, since the last such event: runs of page tables that were made, of these larger ones in place of smaller ones, given up, not to be had; page tables moved"),
	SD_VARLINK_DEFINE_FIELD(created, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(grown, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(freed, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(failed, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(moved, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_FIELD_COMMENT("And now: how many runs, of how many frames"),
	SD_VARLINK_DEFINE_FIELD(teas, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(tea_pages, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_FIELD_COMMENT(
		"Of a balloon: engine, request, host, oom, pressure, guard, device; of a pool: claim, offline, oom; of a file: policy, sample, review, eviction, request, guard"),
	SD_VARLINK_DEFINE_FIELD(cause, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_FIELD_COMMENT("The end of a file's path, ... before it if it was cut"),
	SD_VARLINK_DEFINE_FIELD(file, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_FIELD_COMMENT("As the kernel has it: major * 256 + minor for small minors"),
	SD_VARLINK_DEFINE_FIELD(device, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(inode, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_FIELD_COMMENT("It went in; else out"),
	SD_VARLINK_DEFINE_FIELD(on, SD_VARLINK_BOOL, NULLABLE));

static SD_VARLINK_DEFINE_STRUCT_TYPE(Engine, SD_VARLINK_DEFINE_FIELD(name, SD_VARLINK_STRING, 0),
				     SD_VARLINK_DEFINE_FIELD(mechanism, SD_VARLINK_STRING, 0),
				     SD_VARLINK_DEFINE_FIELD(path, SD_VARLINK_STRING, 0),
				     SD_VARLINK_DEFINE_FIELD(description, SD_VARLINK_STRING, 0),
				     SD_VARLINK_DEFINE_FIELD(available, SD_VARLINK_BOOL, 0),
				     SD_VARLINK_DEFINE_FIELD(reason, SD_VARLINK_STRING, NULLABLE));

static SD_VARLINK_DEFINE_STRUCT_TYPE(Feature, SD_VARLINK_DEFINE_FIELD(name, SD_VARLINK_STRING, 0),
				     SD_VARLINK_DEFINE_FIELD(available, SD_VARLINK_BOOL, 0),
				     SD_VARLINK_DEFINE_FIELD(reason, SD_VARLINK_STRING, NULLABLE));

static SD_VARLINK_DEFINE_STRUCT_TYPE(Tunable, SD_VARLINK_DEFINE_FIELD(key, SD_VARLINK_STRING, 0),
				     SD_VARLINK_FIELD_COMMENT("Of the engine's variable"),
				     SD_VARLINK_DEFINE_FIELD(type, SD_VARLINK_STRING, 0),
				     SD_VARLINK_DEFINE_FIELD(value, SD_VARLINK_STRING, 0),
				     SD_VARLINK_DEFINE_FIELD(default, SD_VARLINK_STRING, 0),
				     SD_VARLINK_DEFINE_FIELD(range, SD_VARLINK_STRING, 0),
				     SD_VARLINK_DEFINE_FIELD(description, SD_VARLINK_STRING, 0));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
	MatchedFile, SD_VARLINK_DEFINE_FIELD(path, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT("The value of FilePath= that matches it"),
	SD_VARLINK_DEFINE_FIELD(glob, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT("Its cached reads are counted in cells of the CPUs"),
	SD_VARLINK_DEFINE_FIELD(in, SD_VARLINK_BOOL, 0),
	SD_VARLINK_FIELD_COMMENT("Why it is not in"),
	SD_VARLINK_DEFINE_FIELD(reason, SD_VARLINK_STRING, NULLABLE));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
	Explanation, SD_VARLINK_DEFINE_FIELD(policy, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT("Empty when the file never could be read"),
	SD_VARLINK_DEFINE_FIELD(mechanism, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_FIELD(engine, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_FIELD(priority, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("governs, excludes, would-govern, stands-back, no-match"),
	SD_VARLINK_DEFINE_FIELD(verdict, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_FIELD(reason, SD_VARLINK_STRING, NULLABLE));

static SD_VARLINK_DEFINE_METHOD(
	Status, SD_VARLINK_DEFINE_OUTPUT(version, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_OUTPUT(kernel, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT("running; degraded: this kernel cannot, the message says why"),
	SD_VARLINK_DEFINE_OUTPUT(state, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_OUTPUT(policies, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_OUTPUT(active, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_OUTPUT(failed, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_OUTPUT(lost_events, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_OUTPUT(message, SD_VARLINK_STRING, 0));

static SD_VARLINK_DEFINE_METHOD(List, SD_VARLINK_DEFINE_INPUT(name, SD_VARLINK_STRING, NULLABLE),
				SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(policies, PolicyRow, ARRAY));

static SD_VARLINK_DEFINE_METHOD(Stats, SD_VARLINK_DEFINE_INPUT(name, SD_VARLINK_STRING, NULLABLE),
				SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(policies, PolicyRow, ARRAY));

static SD_VARLINK_DEFINE_METHOD(
	Show, SD_VARLINK_DEFINE_INPUT(name, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_OUTPUT(name, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_OUTPUT(path, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_OUTPUT(description, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_DEFINE_OUTPUT(priority, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_OUTPUT(mode, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT("Of the policy as a whole; null while it has attachments"),
	SD_VARLINK_DEFINE_OUTPUT(state, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_DEFINE_OUTPUT(reason, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_FIELD_COMMENT("The policy file and its drop-ins"),
	SD_VARLINK_DEFINE_OUTPUT(files, SD_VARLINK_STRING, ARRAY),
	SD_VARLINK_FIELD_COMMENT("What the engine lets be set, with the values of the policy"),
	SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(tunables, Tunable, ARRAY),
	SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(attachments, Attachment, ARRAY),
	SD_VARLINK_FIELD_COMMENT("What is wrong with the files as they are now"),
	SD_VARLINK_DEFINE_OUTPUT(errors, SD_VARLINK_STRING, ARRAY),
	SD_VARLINK_FIELD_COMMENT("What the verifier said of the last engine it refused"),
	SD_VARLINK_DEFINE_OUTPUT(log, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_FIELD_COMMENT("What FilePath= matches; null: nobody has looked yet"),
	SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(ref_files, MatchedFile, ARRAY | NULLABLE));

static SD_VARLINK_DEFINE_METHOD(
	Explain, SD_VARLINK_FIELD_COMMENT("Path below the cgroup root"),
	SD_VARLINK_DEFINE_INPUT(cgroup, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_OUTPUT(cgroup, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(policies, Explanation, ARRAY),
	SD_VARLINK_FIELD_COMMENT("What keeps every policy from running; null: nothing"),
	SD_VARLINK_DEFINE_OUTPUT(missing, SD_VARLINK_STRING, NULLABLE));

static SD_VARLINK_DEFINE_METHOD_FULL(
	Events, SD_VARLINK_SUPPORTS_MORE,
	SD_VARLINK_FIELD_COMMENT("With the more flag: go on with new events as they come"),
	SD_VARLINK_DEFINE_INPUT(follow, SD_VARLINK_BOOL, NULLABLE),
	SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(events, Event, ARRAY));

static SD_VARLINK_DEFINE_METHOD(
	Reload, SD_VARLINK_FIELD_COMMENT("How many policies are new, different or gone"),
	SD_VARLINK_DEFINE_OUTPUT(changed, SD_VARLINK_INT, 0));

static SD_VARLINK_DEFINE_METHOD(
	Reset, SD_VARLINK_DEFINE_INPUT(name, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT("At how many cgroups it had been ejected or had failed"),
	SD_VARLINK_DEFINE_OUTPUT(changed, SD_VARLINK_INT, 0));

static SD_VARLINK_DEFINE_METHOD(Engines, SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(engines, Engine, ARRAY));

static SD_VARLINK_DEFINE_METHOD(Features, SD_VARLINK_DEFINE_OUTPUT(kernel, SD_VARLINK_STRING, 0),
				SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(features, Feature, ARRAY));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
	PlacementPool, SD_VARLINK_DEFINE_FIELD(policy, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_FIELD(engine, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT("As in the reply of List"),
	SD_VARLINK_DEFINE_FIELD(state, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_FIELD(reason, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_DEFINE_FIELD(cgroup, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_FIELD_COMMENT("Name of the pool; policies of one name share it"),
	SD_VARLINK_DEFINE_FIELD(pool, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT("Bytes of a page"),
	SD_VARLINK_DEFINE_FIELD(page_size, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT(
		"As in the reply of Stats; null, like what follows: it has no pool now"),
	FIGURES(counters), SD_VARLINK_FIELD_COMMENT("That give the memory"),
	SD_VARLINK_DEFINE_FIELD(nodes, SD_VARLINK_INT, ARRAY | NULLABLE),
	SD_VARLINK_FIELD_COMMENT("Attachments that share the pool"),
	SD_VARLINK_DEFINE_FIELD(policies, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_FIELD_COMMENT("It is complete, and pages are placed"),
	SD_VARLINK_DEFINE_FIELD(ready, SD_VARLINK_BOOL, NULLABLE));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
	PlacementGeometry, SD_VARLINK_FIELD_COMMENT("Frames of a bucket, of 64"),
	SD_VARLINK_DEFINE_FIELD(front, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD(back, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Back yards of a page"),
	SD_VARLINK_DEFINE_FIELD(choices, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Of the hashes, hexadecimal with 0x"),
	SD_VARLINK_DEFINE_FIELD(seed, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT(
		"Pages are hashed by their index; else by their virtual page number"),
	SD_VARLINK_DEFINE_FIELD(by_object, SD_VARLINK_BOOL, 0));

static SD_VARLINK_DEFINE_STRUCT_TYPE(PlacementSegment,
				     SD_VARLINK_DEFINE_FIELD(node, SD_VARLINK_INT, 0),
				     SD_VARLINK_FIELD_COMMENT("A bucket is 64 frames"),
				     SD_VARLINK_DEFINE_FIELD(first_bucket, SD_VARLINK_INT, 0),
				     SD_VARLINK_DEFINE_FIELD(buckets, SD_VARLINK_INT, 0));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
	PlacedPage, SD_VARLINK_DEFINE_FIELD(frame, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("The frame's number in the machine"),
	SD_VARLINK_DEFINE_FIELD(pfn, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT(
		"The address space as the engine knows it; 0: nothing maps the page"),
	SD_VARLINK_DEFINE_FIELD(space, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Virtual page number there"),
	SD_VARLINK_DEFINE_FIELD(vpn, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Linear page index, which mremap leaves as it was"),
	SD_VARLINK_DEFINE_FIELD(index, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("In ticks, since it was placed or found in use"),
	SD_VARLINK_DEFINE_FIELD(age, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("How many page tables map it"),
	SD_VARLINK_DEFINE_FIELD(mapped, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("shared, inherited, swap-cache, moved, ksm, huge, other"),
	SD_VARLINK_DEFINE_FIELD(flags, SD_VARLINK_STRING, ARRAY));

static SD_VARLINK_DEFINE_METHOD(PlacementStatus, SD_VARLINK_FIELD_COMMENT("Of this policy only"),
				SD_VARLINK_DEFINE_INPUT(name, SD_VARLINK_STRING, NULLABLE),
				SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(pools, PlacementPool, ARRAY));

static SD_VARLINK_DEFINE_METHOD(
	PlacementFrames, SD_VARLINK_DEFINE_INPUT(name, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT("Where the policy is attached; null: the first such place"),
	SD_VARLINK_DEFINE_INPUT(cgroup, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_FIELD_COMMENT("Frame to begin at, from 0"),
	SD_VARLINK_DEFINE_INPUT(first, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_OUTPUT(policy, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_OUTPUT(engine, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_OUTPUT(cgroup, SD_VARLINK_STRING, NULLABLE),
	SD_VARLINK_FIELD_COMMENT("That the pool has in all"),
	SD_VARLINK_DEFINE_OUTPUT(frames, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(segments, PlacementSegment, ARRAY),
	SD_VARLINK_FIELD_COMMENT(
		"Null: the engine has no such keys, or what runs is not what the file says"),
	SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(geometry, PlacementGeometry, NULLABLE),
	SD_VARLINK_FIELD_COMMENT("Those that are in use"),
	SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(pages, PlacedPage, ARRAY),
	SD_VARLINK_FIELD_COMMENT("In use, and their page could not be looked at"),
	SD_VARLINK_DEFINE_OUTPUT(busy, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Lost, or gone with memory that went offline"),
	SD_VARLINK_DEFINE_OUTPUT(absent, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Where to go on asking; null: this was all"),
	SD_VARLINK_DEFINE_OUTPUT(next, SD_VARLINK_INT, NULLABLE));

static SD_VARLINK_DEFINE_METHOD(PlacementReset, SD_VARLINK_FIELD_COMMENT("Of this policy only"),
				SD_VARLINK_DEFINE_INPUT(name, SD_VARLINK_STRING, NULLABLE),
				SD_VARLINK_FIELD_COMMENT("At how many cgroups"),
				SD_VARLINK_DEFINE_OUTPUT(changed, SD_VARLINK_INT, 0));

/* How the balloon is; the reply of all four. */
#define BALLOON_OUTPUT                                                                          \
	SD_VARLINK_FIELD_COMMENT("Of the policy in charge"),                                    \
		SD_VARLINK_DEFINE_OUTPUT(policy, SD_VARLINK_STRING, 0),                         \
		SD_VARLINK_DEFINE_OUTPUT(engine, SD_VARLINK_STRING, 0),                         \
		SD_VARLINK_DEFINE_OUTPUT(state, SD_VARLINK_STRING, 0),                          \
		SD_VARLINK_DEFINE_OUTPUT(reason, SD_VARLINK_STRING, NULLABLE),                  \
		SD_VARLINK_FIELD_COMMENT("A size was asked for, and the engine is not"),        \
		SD_VARLINK_DEFINE_OUTPUT(manual, SD_VARLINK_BOOL, 0),                           \
		SD_VARLINK_DEFINE_OUTPUT(request_pages, SD_VARLINK_INT, NULLABLE),              \
		SD_VARLINK_FIELD_COMMENT("Bytes of a page"),                                    \
		SD_VARLINK_DEFINE_OUTPUT(page_size, SD_VARLINK_INT, 0),                         \
		SD_VARLINK_FIELD_COMMENT("As in the reply of Stats; null: cannot be read now"), \
		SD_VARLINK_DEFINE_OUTPUT(counters, SD_VARLINK_INT,                              \
					 SD_VARLINK_MAP | SD_VARLINK_NULLABLE)

static SD_VARLINK_DEFINE_METHOD(BalloonStatus, BALLOON_OUTPUT);

static SD_VARLINK_DEFINE_METHOD(BalloonInflate,
				SD_VARLINK_FIELD_COMMENT("To be held in all, rounded up to pages"),
				SD_VARLINK_DEFINE_INPUT(bytes, SD_VARLINK_INT, 0), BALLOON_OUTPUT);

static SD_VARLINK_DEFINE_METHOD(BalloonDeflate,
				SD_VARLINK_FIELD_COMMENT("To be held less than now, likewise"),
				SD_VARLINK_DEFINE_INPUT(bytes, SD_VARLINK_INT, 0), BALLOON_OUTPUT);

static SD_VARLINK_DEFINE_METHOD(BalloonAuto, BALLOON_OUTPUT);

static SD_VARLINK_DEFINE_STRUCT_TYPE(
	PageRefs,
	SD_VARLINK_FIELD_COMMENT("Of the first page: in the file, or its page frame number"),
	SD_VARLINK_DEFINE_FIELD(index, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("How many there are; what follows is of each of them"),
	SD_VARLINK_DEFINE_FIELD(folios, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD(pages, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD(refs, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD(mapped, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT(
		"What page cache, private data and page tables account for; null: the kernel's own memory"),
	SD_VARLINK_DEFINE_FIELD(expected, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_FIELD_COMMENT("The rest; likewise"),
	SD_VARLINK_DEFINE_FIELD(extra, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_FIELD_COMMENT("Reads that are counted in cells"),
	SD_VARLINK_DEFINE_FIELD(hidden, SD_VARLINK_INT, 0),
	SD_VARLINK_DEFINE_FIELD(flags, SD_VARLINK_STRING, ARRAY),
	SD_VARLINK_FIELD_COMMENT("null: there is no memory"),
	SD_VARLINK_DEFINE_FIELD(node, SD_VARLINK_INT, NULLABLE),
	SD_VARLINK_FIELD_COMMENT("The first that holds: frozen, locked, writeback, ..., go or move"),
	SD_VARLINK_DEFINE_FIELD(reason, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT("The same in words"),
	SD_VARLINK_DEFINE_FIELD(why, SD_VARLINK_STRING, 0));

static SD_VARLINK_DEFINE_STRUCT_TYPE(
	RefFile, SD_VARLINK_FIELD_COMMENT("Empty when it has just left"),
	SD_VARLINK_DEFINE_FIELD(policy, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT(
		"The end of its path when it was opted in, ... before it if it was cut"),
	SD_VARLINK_DEFINE_FIELD(name, SD_VARLINK_STRING, 0),
	SD_VARLINK_FIELD_COMMENT("Major and minor number, as in 8:1"),
	SD_VARLINK_DEFINE_FIELD(device, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_FIELD(inode, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("policy, sample, review, eviction, request, guard"),
	SD_VARLINK_DEFINE_FIELD(cause, SD_VARLINK_STRING, 0),
	SD_VARLINK_DEFINE_FIELD(age_ms, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Estimated from samples"),
	SD_VARLINK_DEFINE_FIELD(reads, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Likewise: not counted in cells"),
	SD_VARLINK_DEFINE_FIELD(fell_back, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Times a page could not go because it was being read"),
	SD_VARLINK_DEFINE_FIELD(busy, SD_VARLINK_INT, 0));

/* A part of the answer; the reply of both. */
#define REFS_OUTPUT                                                                    \
	SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(pages, PageRefs, ARRAY),                      \
		SD_VARLINK_FIELD_COMMENT("Where to go on asking; null: this was all"), \
		SD_VARLINK_DEFINE_OUTPUT(next, SD_VARLINK_INT, NULLABLE)

static SD_VARLINK_DEFINE_METHOD(
	RefsFile, SD_VARLINK_FIELD_COMMENT("The descriptor that comes with the call: 0, the first"),
	SD_VARLINK_DEFINE_INPUT(file, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("In pages, from 0"),
	SD_VARLINK_DEFINE_INPUT(first, SD_VARLINK_INT, 0), SD_VARLINK_FIELD_COMMENT("Inclusive"),
	SD_VARLINK_DEFINE_INPUT(last, SD_VARLINK_INT, 0),
	SD_VARLINK_FIELD_COMMENT("Empty the batches of the LRU lists first. Only root."),
	SD_VARLINK_DEFINE_INPUT(drain, SD_VARLINK_BOOL, NULLABLE), REFS_OUTPUT);

static SD_VARLINK_DEFINE_METHOD(RefsMemory, SD_VARLINK_FIELD_COMMENT("Page frame number"),
				SD_VARLINK_DEFINE_INPUT(first, SD_VARLINK_INT, 0),
				SD_VARLINK_FIELD_COMMENT("Inclusive"),
				SD_VARLINK_DEFINE_INPUT(last, SD_VARLINK_INT, 0),
				SD_VARLINK_FIELD_COMMENT("As with RefsFile"),
				SD_VARLINK_DEFINE_INPUT(drain, SD_VARLINK_BOOL, NULLABLE),
				REFS_OUTPUT);

static SD_VARLINK_DEFINE_METHOD(RefsFiles, SD_VARLINK_DEFINE_OUTPUT_BY_TYPE(files, RefFile, ARRAY));

static SD_VARLINK_DEFINE_METHOD(RefsOn, SD_VARLINK_FIELD_COMMENT("As with RefsFile"),
				SD_VARLINK_DEFINE_INPUT(file, SD_VARLINK_INT, 0),
				SD_VARLINK_FIELD_COMMENT("Whose file it is now"),
				SD_VARLINK_DEFINE_OUTPUT(policy, SD_VARLINK_STRING, 0));

static SD_VARLINK_DEFINE_METHOD(RefsOff, SD_VARLINK_FIELD_COMMENT("As with RefsFile"),
				SD_VARLINK_DEFINE_INPUT(file, SD_VARLINK_INT, 0),
				SD_VARLINK_FIELD_COMMENT("Whose file it was"),
				SD_VARLINK_DEFINE_OUTPUT(policy, SD_VARLINK_STRING, 0));

/* Behind the macros, which they use. */
#include "interface-hints.h"
#include "interface-translation.h"

static SD_VARLINK_DEFINE_ERROR(NoSuchPolicy, SD_VARLINK_DEFINE_FIELD(name, SD_VARLINK_STRING, 0));
static SD_VARLINK_DEFINE_ERROR(NoSuchCgroup, SD_VARLINK_DEFINE_FIELD(cgroup, SD_VARLINK_STRING, 0));
static SD_VARLINK_DEFINE_ERROR(TooManyConnections,
			       SD_VARLINK_FIELD_COMMENT("Which connections are too many"),
			       SD_VARLINK_DEFINE_FIELD(reason, SD_VARLINK_STRING, 0));
static SD_VARLINK_DEFINE_ERROR(InvalidPolicies,
			       SD_VARLINK_FIELD_COMMENT("Each one is FILE:LINE: message"),
			       SD_VARLINK_DEFINE_FIELD(errors, SD_VARLINK_STRING, ARRAY));
static SD_VARLINK_DEFINE_ERROR(KernelCannot, SD_VARLINK_DEFINE_FIELD(reason, SD_VARLINK_STRING, 0));

static SD_VARLINK_DEFINE_ERROR(PlacementCannot, SD_VARLINK_FIELD_COMMENT("Why, and what to do"),
			       SD_VARLINK_DEFINE_FIELD(reason, SD_VARLINK_STRING, 0));

static SD_VARLINK_DEFINE_ERROR(BalloonCannot, SD_VARLINK_FIELD_COMMENT("Why, and what to do"),
			       SD_VARLINK_DEFINE_FIELD(reason, SD_VARLINK_STRING, 0));

static SD_VARLINK_DEFINE_ERROR(RefsCannot, SD_VARLINK_FIELD_COMMENT("Why, and what to do"),
			       SD_VARLINK_DEFINE_FIELD(reason, SD_VARLINK_STRING, 0));

SD_VARLINK_DEFINE_INTERFACE(
	io_mempolicy_Manager, MP_INTERFACE,
	SD_VARLINK_INTERFACE_COMMENT(
		"Asks and steers mempolicyd. Members of group mempolicy may read, only root may change."),
	SD_VARLINK_SYMBOL_COMMENT("A policy at one cgroup, or without one"), &vl_type_PolicyRow,
	SD_VARLINK_SYMBOL_COMMENT("A policy at one cgroup, in full"), &vl_type_Attachment,
	SD_VARLINK_SYMBOL_COMMENT("What happened, and why"), &vl_type_Event, &vl_type_Engine,
	&vl_type_Feature,
	SD_VARLINK_SYMBOL_COMMENT("A key of the policy's section that is the engine's own"),
	&vl_type_Tunable, SD_VARLINK_SYMBOL_COMMENT("A file of a policy of reference counts"),
	&vl_type_MatchedFile, SD_VARLINK_SYMBOL_COMMENT("What one policy says of a cgroup"),
	&vl_type_Explanation, SD_VARLINK_SYMBOL_COMMENT("The daemon in one line"),
	&vl_method_Status, SD_VARLINK_SYMBOL_COMMENT("One row per policy, mechanism and cgroup"),
	&vl_method_List, SD_VARLINK_SYMBOL_COMMENT("The same with the kernel's counters"),
	&vl_method_Stats, SD_VARLINK_SYMBOL_COMMENT("All there is about one policy"),
	&vl_method_Show, SD_VARLINK_SYMBOL_COMMENT("Why a cgroup is governed as it is"),
	&vl_method_Explain, SD_VARLINK_SYMBOL_COMMENT("The last 1,000 events, oldest first"),
	&vl_method_Events,
	SD_VARLINK_SYMBOL_COMMENT("Reads all policy files as one transaction. Only root."),
	&vl_method_Reload,
	SD_VARLINK_SYMBOL_COMMENT(
		"Lets a policy that was ejected or has failed try again at once. Only root."),
	&vl_method_Reset, SD_VARLINK_SYMBOL_COMMENT("The engines the project knows"),
	&vl_method_Engines, SD_VARLINK_SYMBOL_COMMENT("What this kernel can, and why not"),
	&vl_method_Features,
	SD_VARLINK_SYMBOL_COMMENT("A policy of placement at a cgroup, and its pool"),
	&vl_type_PlacementPool, SD_VARLINK_SYMBOL_COMMENT("Where mosaic may put a page"),
	&vl_type_PlacementGeometry,
	SD_VARLINK_SYMBOL_COMMENT("The buckets that a node has in a pool"),
	&vl_type_PlacementSegment,
	SD_VARLINK_SYMBOL_COMMENT("A frame that is in use, and its page"), &vl_type_PlacedPage,
	SD_VARLINK_SYMBOL_COMMENT("How full the pools of placement are"),
	&vl_method_PlacementStatus,
	SD_VARLINK_SYMBOL_COMMENT("Which pages the frames of a pool have, in parts. Only root."),
	&vl_method_PlacementFrames,
	SD_VARLINK_SYMBOL_COMMENT(
		"Forgets when pools had their first conflict; the next one is told again. Only root."),
	&vl_method_PlacementReset, SD_VARLINK_SYMBOL_COMMENT("How the balloon of this machine is"),
	&vl_method_BalloonStatus,
	SD_VARLINK_SYMBOL_COMMENT(
		"Holds so much for the host until told otherwise; while the counter moving is 1 it is on its way. Only root."),
	&vl_method_BalloonInflate,
	SD_VARLINK_SYMBOL_COMMENT("Holds so much less for the host, likewise. Only root."),
	&vl_method_BalloonDeflate,
	SD_VARLINK_SYMBOL_COMMENT("Lets the engine decide again. Only root."),
	&vl_method_BalloonAuto,
	SD_VARLINK_SYMBOL_COMMENT("Folios that are alike, one behind the other"), &vl_type_PageRefs,
	SD_VARLINK_SYMBOL_COMMENT("A file whose reads are counted in cells"), &vl_type_RefFile,
	SD_VARLINK_SYMBOL_COMMENT(
		"Which references pages of a file have, and why they cannot go. The descriptor is open for reading. For root, the owner of the file, and if the descriptor is open for writing as well."),
	&vl_method_RefsFile,
	SD_VARLINK_SYMBOL_COMMENT(
		"Which references pages of memory have, and why they cannot move. Only root."),
	&vl_method_RefsMemory,
	SD_VARLINK_SYMBOL_COMMENT("The files whose reads are counted in cells"),
	&vl_method_RefsFiles,
	SD_VARLINK_SYMBOL_COMMENT("Counts the reads of a file in cells. Only root."),
	&vl_method_RefsOn, SD_VARLINK_SYMBOL_COMMENT("No longer. Only root."), &vl_method_RefsOff,
	TRANSLATION_SYMBOLS, HINTS_SYMBOLS, &vl_error_NoSuchPolicy, &vl_error_NoSuchCgroup,
	&vl_error_TooManyConnections, &vl_error_InvalidPolicies, &vl_error_KernelCannot,
	&vl_error_PlacementCannot, &vl_error_BalloonCannot, &vl_error_RefsCannot,
	&vl_error_HintsCannot, &vl_error_NoSuchSession, &vl_error_NoSuchPinSet);
