/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check: the daemon's own reader and engine check, without daemon, root or kernel support. Here is found out
 * which files are meant and where their drop-ins lie; what is said of them is check-report.c.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "check-object.h"
#include "check-report.h"
#include "ctl.h"
#include "engine.h"
#include "engine_file.h"
#include "file.h"
#include "../lib/mechanism.h"
#include "output.h"
#include "policy.h"
#include "strutil.h"
#include "trust.h"

#define DIRS_MAX 16
#define SYS "/sys"
#define CGROUP_ROOT SYS "/fs/cgroup"
#define DROPIN_DIR_SUFFIX MP_POLICY_SUFFIX ".d"
#define DROPIN_SUFFIX ".conf"

struct check {
	const char *dirs[DIRS_MAX + 1]; /* of policies, NULL-terminated */
	size_t n_dirs;
	const char *cgroup_root; /* NULL: the machine's, if it has one */
	const char *name; /* of the policy on standard input */
	const char *engine_dir; /* of shipped engines */
	bool load; /* show the engines to the kernel's verifier too */
	struct mp_paths cgroups;
	struct ctl_check_report report;
	bool bad;
};

enum {
	OPT_CGROUP_ROOT = 0x100,
	OPT_ENGINE_DIR,
	OPT_JSON,
	OPT_LOAD,
	OPT_NAME,
	OPT_POLICY_DIR,
};

const struct option ctl_check_options[] = {
	{ "policy-dir", required_argument, NULL, OPT_POLICY_DIR },
	{ "cgroup-root", required_argument, NULL, OPT_CGROUP_ROOT },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "engine-dir", required_argument, NULL, OPT_ENGINE_DIR },
	{ "load", no_argument, NULL, OPT_LOAD },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, 'h' },
	{},
};

static void print_help(void)
{
	printf("Usage: mempolctl check [OPTION...] [FILE|DIR|OBJECT.bpf.o...]\n"
	       "       mempolctl check --name NAME -\n\n"
	       "Is a policy file, or an engine's object, right? Without FILE all that is\ninstalled is checked, in\n");
	for (size_t i = 0; mp_policy_dirs[i]; i++)
		printf("%s%s", mp_policy_dirs[i], mp_policy_dirs[i + 1] ? ",\n" : ".\n\n");
	printf("  --policy-dir DIR   look there instead; repeat it, the strongest first\n"
	       "  --cgroup-root DIR  count matches below DIR, default " CGROUP_ROOT "\n"
	       "  --engine-dir DIR   of shipped engines, default " MP_ENGINE_DIR "\n"
	       "  --load             show each engine to the kernel's verifier; attaches\n"
	       "                     nothing, needs root and the module\n"
	       "  --name NAME        of the policy on standard input, which is called -\n"
	       "  --json             print JSON\n"
	       "  -h, --help         this text\n\n"
	       "See mempolctl(1).\n");
}

static int complain(const char *problem, const char *word)
{
	fprintf(stderr, "mempolctl check: %s%s%s\n", problem, word ? " " : "", word ? word : "");
	return -EINVAL;
}

static int take_option(struct check *check, int option, char *argv[])
{
	switch (option) {
	case OPT_POLICY_DIR:
		if (check->n_dirs == DIRS_MAX)
			return complain("there are too many --policy-dir", NULL);
		check->dirs[check->n_dirs++] = optarg;
		return 0;
	case OPT_CGROUP_ROOT:
		check->cgroup_root = optarg;
		return 0;
	case OPT_NAME:
		if (!mp_policy_name_valid(optarg, strlen(optarg)))
			return complain("this is no name for a policy:", optarg);
		check->name = optarg;
		return 0;
	case OPT_ENGINE_DIR:
		check->engine_dir = optarg;
		return 0;
	case OPT_LOAD:
		check->load = true;
		return 0;
	case OPT_JSON:
		check->report.json = true;
		return 0;
	case ':':
		return complain("a value is missing behind", argv[optind - 1]);
	default:
		return complain("see mempolctl check --help, there is no option", argv[optind - 1]);
	}
}

static void use_default_dirs(struct check *check)
{
	for (size_t i = 0; mp_policy_dirs[i]; i++)
		check->dirs[check->n_dirs++] = mp_policy_dirs[i];
}

/* 1 when there is nothing more to do. @argv[0] is the verb. */
static int take_options(struct check *check, int argc, char *argv[])
{
	bool input = false;
	int c, r;

	optind = 0;
	while ((c = getopt_long(argc, argv, ":h", ctl_check_options, NULL)) >= 0) {
		if (c == 'h') {
			print_help();
			return 1;
		}
		r = take_option(check, c, argv);
		if (r < 0)
			return r;
	}
	for (int i = optind; i < argc; i++)
		input = input || !strcmp(argv[i], "-");
	if (input && (argc != optind + 1 || !check->name))
		return complain("standard input goes alone and needs a name: "
				"mempolctl check --name NAME -",
				NULL);
	if (check->name && !input)
		return complain("--name goes with standard input: "
				"mempolctl check --name NAME -",
				NULL);
	if (!check->n_dirs)
		use_default_dirs(check);
	return 0;
}

/* Whether a good policy's pattern lines can be given. */
static int read_cgroups(struct check *check)
{
	const char *root = check->cgroup_root ? check->cgroup_root : CGROUP_ROOT;
	int r;

	if (!check->cgroup_root && !mp_cgroup_root_is_real(root)) {
		if (!check->report.json)
			printf("Matches are not counted: " CGROUP_ROOT
			       " is no cgroup2 file system.\n");
		return 0;
	}
	r = mp_cgroup_tree_read(root, &check->cgroups);
	if (r < 0)
		fprintf(stderr, "mempolctl check: cannot read %s: %s\n", root, strerror(-r));
	else
		check->report.cgroups = &check->cgroups;
	return r;
}

/* What is before the last slash. */
static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, slash - path);
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_same_directory(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Index in the directories of policies, or -1. */
static int find_dir(const struct check *check, const char *dir)
{
	for (size_t i = 0; i < check->n_dirs; i++)
		if (is_same_directory(check->dirs[i], dir))
			return i;
	return -1;
}

static int warn_if_masked(const struct check *check, const char *path, int rank,
			  struct mp_errors *warnings)
{
	for (int i = 0; i < rank; i++) {
		_cleanup_free_ char *other = NULL;
		struct stat st;

		if (asprintf(&other, "%s/%s", check->dirs[i], base_of(path)) < 0) {
			other = NULL;
			return -ENOMEM;
		}
		if (lstat(other, &st) == 0)
			return mp_errors_add(warnings, path, 1,
					     "warning: this file is not read, %s masks it", other);
	}
	return 0;
}

/* A drop-in has been asked for: is it one of those that were applied? */
static int warn_if_unused(const struct mp_policy *policy, const char *dropin,
			  struct mp_errors *warnings)
{
	struct stat wanted, st;

	if (stat(dropin, &wanted) < 0)
		return 0;
	for (size_t i = 0; i < policy->n_files; i++)
		if (stat(policy->files[i], &st) == 0 && st.st_dev == wanted.st_dev &&
		    st.st_ino == wanted.st_ino)
			return 0;
	return mp_errors_add(warnings, dropin, 1,
			     "warning: this drop-in is not read, one of the same name masks it");
}

struct subject {
	const char *path; /* of the main file */
	const char *dropin; /* what was asked for, if it is one */
	const char *dir; /* of policies, to be judged as well; may be NULL */
	const char *const *dirs; /* of drop-ins; NULL: beside the file */
	int rank; /* among the directories, -1: in none of them */
};

static int check_engine(const struct check *check, const struct mp_policy *policy,
			struct mp_errors *errors)
{
	int r = mp_policy_check_engines(policy, check->engine_dir, errors);

	return r < 0 || !check->load ? r : ctl_check_load(policy, check->engine_dir, errors);
}

/* What does not go with this machine, or with the other policies of @dirs. */
static int check_others(const struct mp_policy *policy, const char *const dirs[],
			struct mp_errors *errors)
{
	const struct mp_mechanism *mechanism = mp_policy_mechanism(policy);
	_cleanup_policy_set_ struct mp_policy_set set = {};
	size_t before = errors->total;
	int r = 0;

	if (mechanism->check_machine)
		r = mechanism->check_machine(policy, SYS, errors);
	if (r >= 0 && mechanism->check_pair && errors->total == before) {
		r = mp_policy_set_read(dirs, &set);
		if (r >= 0)
			r = mp_policy_set_check(&set, set.count, policy, errors);
	}
	return r < 0 ? r : errors->total > before ? -EBADMSG : 0;
}

/* 0 for a good policy, -EBADMSG with entries, -ERFKILL for a mask, -ENOMEM. */
static int read_policy(const struct check *check, const struct subject *subject,
		       struct mp_errors *errors, struct mp_policy **ret)
{
	_cleanup_policy_ struct mp_policy *policy = NULL;
	struct stat st;
	int r = 0;

	if (subject->dir && stat(subject->dir, &st) == 0)
		r = mp_trust_complain(&st, subject->dir, errors);
	if (r)
		return r < 0 ? r : -EBADMSG;
	r = mp_policy_read(subject->path, subject->dirs, errors, &policy);
	if (r == -ENOENT) {
		r = subject->dropin ?
			    mp_errors_add(errors, subject->dropin, 1,
					  "there is no %s that this drop-in could belong to",
					  subject->path) :
			    mp_errors_add(errors, subject->path, 1, "there is no such file");
		return r < 0 ? r : -EBADMSG;
	}
	if (r < 0)
		return r;
	r = check_engine(check, policy, errors);
	if (r >= 0)
		r = check_others(policy, subject->dirs ?: check->dirs, errors);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(policy);
	return 0;
}

/* Without root, files that root will own once they are installed may still be somebody's. */
static struct mp_errors *lenient(struct mp_errors *warnings)
{
	return geteuid() ? warnings : NULL;
}

/* What a mechanism has to say of the machine as it is now; the policy of a file that is bad is not looked at. */
static int look(const struct mp_policy *policy, size_t **ret_hits, struct mp_errors *errors,
		struct mp_errors *warnings)
{
	const struct mp_mechanism *mechanism = policy ? mp_policy_mechanism(policy) : NULL;

	if (!mechanism || !mechanism->look || errors->count)
		return 0;
	*ret_hits = calloc(mechanism->list(policy)->count + 1, sizeof(**ret_hits));
	return *ret_hits ? mechanism->look(policy, *ret_hits, errors, warnings) : -ENOMEM;
}

static int finish(struct check *check, const char *path, const struct mp_policy *policy,
		  struct mp_errors *errors, struct mp_errors *warnings)
{
	_cleanup_free_ size_t *hits = NULL;
	int r = look(policy, &hits, errors, warnings);

	if (r < 0)
		return r;
	check->bad = check->bad || errors->count;
	return ctl_check_report(&check->report, path, policy, hits, errors, warnings);
}

static int check_subject(struct check *check, const struct subject *subject)
{
	_cleanup_errors_ struct mp_errors warnings = {};
	_cleanup_errors_ struct mp_errors errors = { .warnings = lenient(&warnings) };
	_cleanup_policy_ struct mp_policy *policy = NULL;
	int r = read_policy(check, subject, &errors, &policy);

	/* A mask says nothing wrong. */
	if (r < 0 && r != -EBADMSG && r != -ERFKILL)
		return r;
	r = warn_if_masked(check, subject->path, subject->rank, &warnings);
	if (r == 0 && policy && subject->dropin)
		r = warn_if_unused(policy, subject->dropin, &warnings);
	if (r < 0)
		return r;
	return finish(check, subject->dropin ? subject->dropin : subject->path, policy, &errors,
		      &warnings);
}

static int check_file(struct check *check, const char *path)
{
	_cleanup_free_ char *dir = mp_owned(parent_of(path));
	struct subject subject = { .path = path };

	if (!dir)
		return -ENOMEM;
	subject.rank = find_dir(check, dir);
	if (subject.rank >= 0) {
		subject.dir = dir;
		subject.dirs = check->dirs;
	}
	return check_subject(check, &subject);
}

/* The main file for drop-ins in @dropin_dir: from the strongest directory that has it, or from beside. */
static int find_main(const struct check *check, const char *dropin_dir, int *ret_rank, char **ret)
{
	_cleanup_free_ char *above = mp_owned(parent_of(dropin_dir));
	const char *base = base_of(dropin_dir);
	int length = strlen(base) - strlen(".d");
	struct stat st;

	if (!above)
		return -ENOMEM;
	*ret_rank = find_dir(check, above);
	for (size_t i = 0; *ret_rank >= 0 && i < check->n_dirs; i++) {
		_cleanup_free_ char *path = NULL;

		if (asprintf(&path, "%s/%.*s", check->dirs[i], length, base) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		if (lstat(path, &st) < 0)
			continue;
		*ret_rank = i;
		*ret = TAKE_PTR(path);
		return 0;
	}
	return asprintf(ret, "%s/%.*s", above, length, base) < 0 ? -ENOMEM : 0;
}

static int check_dropin(struct check *check, const char *path)
{
	_cleanup_free_ char *dir = mp_owned(parent_of(path)), *file = NULL;
	struct subject subject = { .dropin = path };
	int r;

	if (!dir)
		return -ENOMEM;
	r = find_main(check, dir, &subject.rank, &file);
	if (r < 0)
		return r;
	subject.path = file;
	subject.dirs = subject.rank < 0 ? NULL : check->dirs;
	return check_subject(check, &subject);
}

/* All drop-ins of one policy, which is what their directory is named after. */
static int check_dropin_dir(struct check *check, const char *path)
{
	_cleanup_free_ char *file = NULL;
	struct subject subject = {};
	int r = find_main(check, path, &subject.rank, &file);

	if (r < 0)
		return r;
	subject.path = file;
	subject.dirs = subject.rank < 0 ? NULL : check->dirs;
	return check_subject(check, &subject);
}

static int check_object(struct check *check, const char *path)
{
	_cleanup_errors_ struct mp_errors errors = {}, warnings = {};
	int r = ctl_check_object(path, check->load, &errors);

	return r < 0 && r != -EBADMSG ? r : finish(check, path, NULL, &errors, &warnings);
}

static int complain_of_absence(struct check *check, const char *path)
{
	_cleanup_errors_ struct mp_errors errors = {}, warnings = {};
	int r = mp_errors_add(&errors, path, 1, "there is no such file or directory");

	return r < 0 ? r : finish(check, path, NULL, &errors, &warnings);
}

/* Every policy of @dirs; the drop-ins lie in @dropin_dirs. */
static int check_dirs(struct check *check, const char *const dirs[],
		      const char *const dropin_dirs[], int rank)
{
	_cleanup_errors_ struct mp_errors warnings = {};
	_cleanup_policy_set_ struct mp_policy_set set = {};
	int r = mp_policy_set_list(dirs, lenient(&warnings), &set);

	if (r == 0 && (set.errors.count || warnings.count))
		r = finish(check, dirs[0], NULL, &set.errors, &warnings);
	for (size_t i = 0; r == 0 && i < set.count; i++)
		r = check_subject(check, &(struct subject){ .path = set.items[i].path,
							    .dirs = dropin_dirs,
							    .rank = rank });
	if (r == 0 && !set.count && !set.errors.count && !check->report.json)
		for (size_t i = 0; dirs[i]; i++)
			printf("%s: there are no policy files\n", dirs[i]);
	return r;
}

static int check_directory(struct check *check, const char *path)
{
	const char *const dirs[] = { path, NULL };
	int rank = find_dir(check, path);

	return check_dirs(check, dirs, rank < 0 ? dirs : check->dirs, rank);
}

static int check_input(struct check *check)
{
	_cleanup_free_ char *path = NULL, *text = mp_owned(malloc(MP_POLICY_FILE_MAX + 1));
	_cleanup_errors_ struct mp_errors warnings = {};
	_cleanup_errors_ struct mp_errors errors = { .warnings = lenient(&warnings) };
	_cleanup_policy_ struct mp_policy *policy = NULL;
	size_t size;
	int r;

	if (!text)
		return -ENOMEM;
	if (asprintf(&path, "%s" MP_POLICY_SUFFIX, check->name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	size = fread(text, 1, MP_POLICY_FILE_MAX + 1, stdin);
	if (ferror(stdin))
		return -EIO;
	r = mp_policy_parse_in(path, check->dirs, text, size, &errors, &policy);
	if (r == 0)
		r = check_engine(check, policy, &errors);
	if (r == 0)
		r = check_others(policy, check->dirs, &errors);
	return r < 0 && r != -EBADMSG ? r : finish(check, path, policy, &errors, &warnings);
}

static bool is_dropin(const char *path)
{
	_cleanup_free_ char *dir = mp_owned(parent_of(path));

	return dir && mp_ends_with(path, DROPIN_SUFFIX) && mp_ends_with(dir, DROPIN_DIR_SUFFIX);
}

static bool names_object(const char *path)
{
	struct stat st;

	return ctl_is_object(path) && (stat(path, &st) < 0 || !S_ISDIR(st.st_mode));
}

/* Objects have no patterns, so nothing is said of what cannot be counted. */
static bool names_policies(int argc, char *argv[])
{
	for (int i = 0; i < argc; i++)
		if (!names_object(argv[i]))
			return true;
	return !argc;
}

static int check_argument(struct check *check, const char *path)
{
	struct stat st;

	if (!strcmp(path, "-"))
		return check_input(check);
	if (names_object(path))
		return check_object(check, path);
	/* A file that has the name of a policy may be one with drop-ins only, which the reader says. */
	if (lstat(path, &st) < 0 && errno == ENOENT && !is_dropin(path) &&
	    !mp_ends_with(path, MP_POLICY_SUFFIX))
		return complain_of_absence(check, path);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode) && mp_ends_with(path, DROPIN_DIR_SUFFIX))
		return check_dropin_dir(check, path);
	/* One that is called like a policy is a mistake, which the reader names. */
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode) && !mp_ends_with(path, MP_POLICY_SUFFIX))
		return check_directory(check, path);
	return is_dropin(path) ? check_dropin(check, path) : check_file(check, path);
}

static enum ctl_exit print_files(struct ctl_check_report *report)
{
	_cleanup_json_ sd_json_variant *reply = NULL;
	int r = 0;

	if (!report->files)
		r = sd_json_variant_new_array(&report->files, NULL, 0);
	if (r >= 0)
		r = sd_json_buildo(
			&reply, SD_JSON_BUILD_PAIR("files", SD_JSON_BUILD_VARIANT(report->files)));
	if (r >= 0)
		return ctl_print_json(reply);
	fprintf(stderr, "Failed to print the result: %s\n", strerror(-r));
	return CTL_FAILED;
}

static enum ctl_exit run(struct check *check, int argc, char *argv[])
{
	int r = 0;

	if ((check->cgroup_root || names_policies(argc, argv)) && read_cgroups(check) < 0)
		return CTL_FAILED;
	if (!argc)
		r = check_dirs(check, check->dirs, check->dirs, -1);
	for (int i = 0; r == 0 && i < argc; i++)
		r = check_argument(check, argv[i]);
	if (r < 0) {
		fprintf(stderr, "mempolctl check: failed: %s\n", strerror(-r));
		return CTL_FAILED;
	}
	if (check->report.json && print_files(&check->report) != CTL_OK)
		return CTL_FAILED;
	return check->bad ? CTL_FAILED : CTL_OK;
}

enum ctl_exit ctl_check(const struct ctl *ctl, int argc, char *argv[])
{
	struct check check = { .report.json = ctl->json, .engine_dir = MP_ENGINE_DIR };
	enum ctl_exit result;
	int r = take_options(&check, argc + 1, argv - 1);

	if (r)
		return r == 1 ? CTL_OK : CTL_USAGE;
	/* Every line on stderr is FILE:LINE: message; libbpf's own words are not. */
	libbpf_set_print(NULL);
	result = run(&check, argc + 1 - optind, argv - 1 + optind);
	mp_paths_done(&check.cgroups);
	sd_json_variant_unref(check.report.files);
	return result;
}
