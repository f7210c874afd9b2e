/* Loading what the verbs work on. */
#include "cli/load.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "cli/cmd.h"
#include "cli/output.h"
#include "engine/rule.h"
#include "model/bundle.h"
#include "model/feed_review.h"
#include "shell/past.h"
#include "shell/replay.h"
#include <stdlib.h>
#include <string.h>

/* Tells what was found and turns a failure into an exit code. */
static int settle(struct findings *findings, int err)
{
    findings_tell(findings);
    bool failed = err < 0 || findings->errors > 0;
    findings_release(findings);
    return failed ? EXIT_MISUSE : EXIT_OK;
}

int load_bundle(struct loaded *loaded, const char *folder, const char *with_json)
{
    struct findings findings = {0};
    int err = bundle_load(&loaded->bundle, folder, with_json, &findings);
    if (err >= 0)
        err = program_new(&loaded->program, loaded->bundle, &findings);
    if (err >= 0)
        loaded->policy = program_policy(loaded->program);
    /* Warnings about a policy are told by `check`; here they would stand before every result. */
    if (err < 0 || findings.errors > 0)
        return settle(&findings, err);
    findings_release(&findings);
    return EXIT_OK;
}

int load_policies(struct loaded *loaded, const struct options *options, const char *with_json)
{
    const char *folder = option_value(options, "policies");
    if (!folder)
        return verb_misuse(
            options->verb,
            tr("for example --policies policies/shenyang", "例如 --policies policies/shenyang"),
            tr("--policies DIR is missing", "缺少 --policies 政策包文件夹"));
    return load_bundle(loaded, folder, with_json);
}

int load_feed(struct loaded *loaded, const char *const *paths, int count)
{
    struct findings findings = {0};
    int err = feed_new(&loaded->feed, loaded->policy->zone, loaded->policy);
    int first_err = err;
    for (int i = 0; err >= 0 && i < count; i++) {
        err = feed_add_file(loaded->feed, paths[i], 0, &findings);
        first_err = first_err < 0 ? first_err : err;
        err = 0; /* all files are read, so that all complaints are told */
    }
    feed_sort(loaded->feed, &findings);
    feed_review(loaded->feed, &findings);
    return settle(&findings, first_err);
}

int load_facts(struct loaded *loaded, const struct options *options, int skip)
{
    size_t room = (size_t)options->operand_count + (size_t)option_count(options, "facts");
    const char **paths = xcalloc(room + 1, sizeof *paths);
    int count = 0, position = 0;
    const char *path;
    while ((path = option_next(options, "facts", &position)))
        paths[count++] = path;
    for (int i = skip; i < options->operand_count; i++)
        paths[count++] = options->operands[i];
    int exit_code = 0;
    if (count == 0)
        exit_code = verb_misuse(options->verb,
                                tr("for example --facts winter.csv", "例如 --facts winter.csv"),
                                tr("no file of facts is given", "没有给出事实文件"));
    path = option_value(options, "approvals");
    if (path)
        paths[count++] = path;
    if (exit_code == 0)
        exit_code = load_feed(loaded, paths, count);
    free(paths);
    return exit_code;
}

/* Under another policy than its own, the store's facts answer "what if"; under its own, they are
 * its history. */
static int load_store(struct loaded *loaded, const struct options *options, const char *with_json)
{
    struct past *past = &loaded->past;
    struct findings findings = {0};
    int err = past_read(past, option_value(options, "store"), &findings);
    struct bundle *bundle = past->bundle;
    loaded->feed = past->feed;
    past->feed = NULL;
    past->bundle = NULL;
    loaded->by_fact = past->approvals == APPROVALS_BY_FACT;
    loaded->drill = past->drill;
    if (option_given(options, "policies")) {
        loaded->recorded = bundle;
        return err < 0 ? settle(&findings, err) : load_policies(loaded, options, with_json);
    }
    loaded->bundle = bundle;
    loaded->own = true;
    if (err >= 0)
        err = program_new(&loaded->program, loaded->bundle, &findings);
    if (err < 0 || findings.errors > 0)
        return settle(&findings, err);
    loaded->policy = program_policy(loaded->program);
    findings_release(&findings);
    return EXIT_OK;
}

/* The store is the whole input; what would be ignored beside it is refused. */
static int refuse_beside_store(const struct options *options, int skip)
{
    static const char *const others[] = {"facts", "approvals"};
    const char *other = options->operand_count > skip ? options->operands[skip] : NULL;
    for (size_t i = 0; i < sizeof others / sizeof *others && !other; i++)
        if (option_given(options, others[i]))
            other = option_value(options, others[i]);
    if (!other && option_given(options, "with") && !option_given(options, "policies"))
        other = "--with";
    if (!other)
        return 0;
    return verb_misuse(
        options->verb,
        tr("to ask what if, add --policies DIR", "如需假设另一政策包，请加 --policies DIR"),
        tr("--store brings its own facts and policy; leave out %s",
           "--store 自带事实和政策包，请去掉 %s"),
        other);
}

int load_all(struct loaded *loaded, const struct options *options, int skip)
{
    char *with = NULL;
    bool stored = option_given(options, "store");
    int exit_code = stored ? refuse_beside_store(options, skip) : 0;
    if (exit_code == 0)
        exit_code = options_with(options, &with);
    if (exit_code == 0)
        exit_code =
            stored ? load_store(loaded, options, with) : load_policies(loaded, options, with);
    if (exit_code == 0 && !stored)
        exit_code = load_facts(loaded, options, skip);
    if (!stored)
        loaded->by_fact = option_given(options, "approvals");
    free(with);
    return exit_code;
}

int loaded_replay(struct loaded *loaded, const struct verb *verb,
                  const struct engine_options *options, instant_ms until,
                  const struct replay_observer *observer,
                  void (*in_force)(void *arg, const struct policy *policy),
                  struct engine **ret_engine)
{
    struct findings findings = {0};
    int err;
    *ret_engine = NULL;
    if (loaded->own) {
        err = past_replay(&loaded->past, options, until, observer, in_force, ret_engine, &findings);
    } else {
        err = engine_new(ret_engine, loaded->program, options);
        if (err >= 0)
            err = replay_run(*ret_engine, loaded->feed, until, observer);
    }
    if (findings.errors > 0)
        return settle(&findings, err);
    findings_release(&findings);
    if (err < 0)
        verb_complain(verb, "%s", err_str(err));
    return err < 0 ? EXIT_RUNTIME : EXIT_OK;
}

void loaded_engine_free(const struct loaded *loaded, struct engine *engine)
{
    if (!loaded->own)
        engine_free(engine);
}

const struct policy *loaded_policy_at(const struct loaded *loaded, instant_ms at)
{
    const struct policy *policy = loaded->own ? past_policy_at(&loaded->past, at) : NULL;
    return policy ? policy : loaded->policy;
}

void loaded_release(struct loaded *loaded)
{
    past_release(&loaded->past);
    feed_free(loaded->feed);
    program_free(loaded->program);
    bundle_free(loaded->bundle);
    bundle_free(loaded->recorded);
    *loaded = (struct loaded){0};
}

/* KEY=JSON; a bare word stands for itself, because quoting twice in a shell is a nuisance. */
static int read_with(const struct options *options, const char *text, json_t *object)
{
    const char *equal = strchr(text, '=');
    if (!equal || equal == text)
        return verb_misuse(options->verb,
                           tr("--with 'required=[\"pm25\"]'", "如 --with 'required=[\"pm25\"]'"),
                           tr("--with: “%s” is not KEY=JSON", "--with：“%s”不是 键=JSON"), text);
    json_t *value = json_loads(equal + 1, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    if (!value && equal[1] && !strpbrk(equal + 1, "[]{}\", "))
        value = json_string(equal + 1);
    if (!value)
        return verb_misuse(
            options->verb,
            tr("mind the shell's quotes: --with 'required=[\"pm25\"]'",
               "注意命令行引号：--with 'required=[\"pm25\"]'"),
            tr("--with: the value of “%.*s” is not JSON", "--with：“%.*s”的值不是 JSON"),
            (int)(equal - text), text);
    char *key = xstrndup(text, (size_t)(equal - text));
    json_object_set_new(object, key, value);
    free(key);
    return 0;
}

int options_with(const struct options *options, char **ret_json)
{
    *ret_json = NULL;
    if (!option_given(options, "with"))
        return 0;
    json_t *object = json_object();
    int exit_code = 0, position = 0;
    const char *text;
    while (exit_code == 0 && (text = option_next(options, "with", &position)))
        exit_code = read_with(options, text, object);
    if (exit_code == 0) {
        struct buf buf = {0};
        json_canonical(&buf, object);
        *ret_json = buf_detach(&buf);
    }
    json_decref(object);
    return exit_code;
}
