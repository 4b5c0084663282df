/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * An engine as native code: how it says who it is. Included through the native <bpf/bpf_helpers.h> by every
 * engine that is compiled for the simulator, and by mempolctl, which reads the descriptor of a shared object. The
 * first three members of the descriptor never change, so that any version can refuse any other.
 */
#ifndef MEMPOL_NATIVE_H
#define MEMPOL_NATIVE_H

#define MEMPOL_NATIVE_MAGIC { 'M', 'E', 'M', 'P', 'O', 'L', 'E', 'N' }
/* Another number for every change of the structures here, of mempol_cache_ops, or of a function's arguments. */
#define MEMPOL_NATIVE_ABI 1
/* What a shared object exports. */
#define MEMPOL_NATIVE_SYMBOL "mempol_native_engine"

struct mempol_native_tunable {
	const char *source; /* the file that is compiled, as in the descriptor */
	const char *name;
	const char *type;
	const char *range;
	const char *text;
	void *value;
	unsigned int size;
	unsigned char is_bool;
	unsigned char is_signed;
};

struct mempol_native {
	char magic[8];
	unsigned int abi;
	unsigned int size; /* of this structure */
	const char *name;
	const char *source;
	const void *ops; /* struct mempol_cache_ops */
	/* Of all engines that are linked together: those of the same source are this one's. */
	const struct mempol_native_tunable *const *tunables;
	const struct mempol_native_tunable *const *tunables_end;
};

/* The linker's; there are none where no engine has a tunable. */
extern const struct mempol_native_tunable *const __start_mempol_tunables[]
	__attribute__((weak, visibility("hidden")));
extern const struct mempol_native_tunable *const __stop_mempol_tunables[]
	__attribute__((weak, visibility("hidden")));

#define MEMPOL_TUNABLE(type_, name_, value_, range_, text_)            \
	static type_ name_ = value_;                                   \
	static const struct mempol_native_tunable name_##_tunable = {  \
		.source = __BASE_FILE__,                               \
		.name = #name_,                                        \
		.type = #type_,                                        \
		.range = range_,                                       \
		.text = text_,                                         \
		.value = &name_,                                       \
		.size = sizeof(type_),                                 \
		.is_bool = __builtin_types_compatible_p(type_, _Bool), \
		.is_signed = (type_) - 1 < (type_)1,                   \
	};                                                             \
	static const struct mempol_native_tunable *const name_##_entry \
		__attribute__((section("mempol_tunables"), used)) = &name_##_tunable

#ifdef MEMPOL_NATIVE_SHARED
#define MEMPOL_NATIVE_EXPORT(engine)                           \
	extern const struct mempol_native mempol_native_engine \
		__attribute__((alias(#engine "_native"), visibility("default")));
#else
#define MEMPOL_NATIVE_EXPORT(engine)
#endif

#define MEMPOL_CACHE_NATIVE(engine, title)              \
	const struct mempol_native engine##_native = {  \
		.magic = MEMPOL_NATIVE_MAGIC,           \
		.abi = MEMPOL_NATIVE_ABI,               \
		.size = sizeof(struct mempol_native),   \
		.name = title,                          \
		.source = __BASE_FILE__,                \
		.ops = &engine,                         \
		.tunables = __start_mempol_tunables,    \
		.tunables_end = __stop_mempol_tunables, \
	};                                              \
	MEMPOL_NATIVE_EXPORT(engine)

#endif
