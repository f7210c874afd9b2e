/* YAML: trees with places, and the corpus of traps: what people mistype, and what we say about it.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/shelf.h"
#include "base/yaml.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct arena arena;
static struct findings findings;

static struct yaml *parse_sized(const char *text, size_t size)
{
    return yaml_read(&arena, "p.yaml", text, size, &findings);
}

static struct yaml *parse(const char *text)
{
    return parse_sized(text, strlen(text));
}

static void forget(void)
{
    findings_release(&findings);
    arena_release(&arena);
}

TestSuite(yaml, .fini = forget);

/* The findings as "1:2 E Y009 hint|…", without hints when they are sentences. */
static void found(struct buf *buf)
{
    for (size_t i = 0; i < findings.count; i++) {
        const struct finding *finding = &findings.items[i];
        buf_printf(buf, "%s%d:%d %s%s", i > 0 ? "|" : "", finding->line, finding->col,
                   finding->severity == SEV_WARNING ? "?" : "", finding->code);
    }
}

static void expect_found(const char *text, const char *expected)
{
    struct buf buf = {0};
    parse(text);
    found(&buf);
    cr_expect_str_eq(buf_str(&buf), expected, "%s\n-> %s, not %s", text, buf_str(&buf), expected);
    buf_release(&buf);
    forget();
}

static void expect_hint(const char *text, const char *code, const char *hint)
{
    parse(text);
    cr_assert_geq(findings.count, 1, "%s", text);
    cr_expect_str_eq(findings.items[0].code, code, "%s", text);
    cr_assert_not_null(findings.items[0].hint, "%s", text);
    cr_expect_str_eq(findings.items[0].hint, hint, "%s", text);
    forget();
}

/* ---- Trees ---- */

Test(yaml, nodes_know_where_they_were_written)
{
    const struct yaml *root =
        parse("名称: 沈阳\nlevels:\n  yellow: {above: 150, lasting: \"48h\"}\n"
              "list:\n  - a\n  - |\n    block\n");
    cr_assert_not_null(root);
    cr_expect(root->kind == YAML_MAP && root->count == 3);
    cr_expect_str_eq(root->keys[0]->text, "名称");
    cr_expect(root->items[0]->line == 1 && root->items[0]->col == 5, "columns are characters");

    const struct yaml *yellow = yaml_get(yaml_get(root, "levels"), "yellow");
    const struct yaml *above = yaml_get(yellow, "above");
    cr_assert_not_null(above);
    cr_expect_str_eq(above->text, "150");
    cr_expect(above->line == 3 && above->col == 19 && !above->quoted);
    cr_expect_str_eq(yaml_place(above).file, "p.yaml");
    cr_expect(yaml_get(yellow, "lasting")->quoted);

    const struct yaml *list = yaml_get(root, "list");
    cr_expect(list->kind == YAML_LIST && list->count == 2);
    cr_expect_str_eq(list->items[1]->text, "block\n");
    cr_expect(list->items[1]->quoted);
    cr_expect_eq(findings.count, 0);
}

Test(yaml, looking_up_what_is_not_there_gives_null)
{
    const struct yaml *root = parse("a: {b: 1}\nc: x\n");
    cr_expect_null(yaml_get(root, "z"));
    cr_expect_null(yaml_get(NULL, "z"));
    cr_expect_null(yaml_get(yaml_get(root, "c"), "z"));
    cr_expect_null(yaml_get(root, ""));
    cr_expect_null(yaml_text(root, "a"), "a map has no text");
    cr_expect_str_eq(yaml_text(root, "c"), "x");
    cr_expect_eq(yaml_place(NULL).line, 0);
}

Test(yaml, an_empty_document_is_an_empty_map)
{
    static const char *const empty[] = {"",      "\n\n",       "# only a comment\n",
                                        "---\n", "---\n...\n", "\xef\xbb\xbf"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        const struct yaml *root = parse(empty[i]);
        cr_assert_not_null(root, "case %zu", i);
        cr_expect(root->kind == YAML_MAP && root->count == 0, "case %zu", i);
        cr_expect_eq(findings.count, 0, "case %zu", i);
        forget();
    }
}

Test(yaml, a_byte_order_mark_moves_no_column)
{
    const struct yaml *root = parse("\xef\xbb\xbf"
                                    "a: 1\n");
    cr_expect(root->keys[0]->line == 1 && root->keys[0]->col == 1);
    cr_expect_str_eq(root->keys[0]->text, "a");
}

Test(yaml, null_is_what_is_unquoted_and_empty)
{
    const struct yaml *root = parse("a:\nb: ~\nc: null\nd: \"\"\ne: 'null'\nf: []\n");
    cr_expect(yaml_is_null(NULL));
    cr_expect(yaml_is_null(yaml_get(root, "a")));
    cr_expect(yaml_is_null(yaml_get(root, "b")));
    cr_expect(yaml_is_null(yaml_get(root, "c")));
    cr_expect_not(yaml_is_null(yaml_get(root, "d")));
    cr_expect_not(yaml_is_null(yaml_get(root, "e")));
    cr_expect_not(yaml_is_null(yaml_get(root, "f")));
}

Test(yaml, windows_line_ends_are_fine)
{
    const struct yaml *root = parse("a: 1\r\nb:\r\n  - 2\r\n");
    cr_expect_eq(findings.count, 0);
    cr_expect_eq(yaml_get(root, "b")->items[0]->line, 3);
    cr_expect_str_eq(yaml_text(root, "a"), "1");
}

/* ---- Traps ---- */

Test(yaml, honest_files_give_no_finding)
{
    expect_found("name: 沈阳示例铸造有限公司（1号）：“老厂”\nphone: \"024-1\"\nurl: https://a.b/c\n"
                 "room: 1#中频炉\nhost: localhost:8080\ntime: 12:30\nratio: 1:2\n"
                 "emits: [pm, vocs]\nday: {so2: 0.01} # t/d\nempty:\n",
                 "");
    expect_found("- {id: L1, name: 1#炉, 保温: 不低于20%，停炉后：检修}\n", "");
    expect_found("text: a long sentence that\n  runs over two lines\n", "");
    expect_found("q: 'a:1'\nr: \"１２\"\ns: 'yes'\nt: 'a #b'\n", "");
}

Test(yaml, duplicate_keys)
{
    expect_found("a: 1\nb: 2\na: 3\n", "3:1 Y002");
    expect_found("m: {x: 1, y: 2, x: 3}\n", "1:17 Y002");
    expect_found("a: 1\n'a': 3\n", "2:1 Y002");
    expect_found("a: {x: 1}\nb: {x: 1}\n", "");
}

Test(yaml, duplicate_keys_in_a_big_map)
{
    struct buf buf = {0};
    for (int i = 0; i < 50000; i++)
        buf_printf(&buf, "k%d: 1\n", i);
    buf_puts(&buf, "k7: 2\nk49999: 3\n");
    expect_found(buf_str(&buf), "50001:1 Y002|50002:1 Y002");
    buf_release(&buf);
}

Test(yaml, anchors_aliases_tags_and_documents)
{
    expect_found("a: &x 1\nb: *x\n", "1:4 Y003|2:4 Y003");
    expect_found("a: &x [1]\nb: &y {c: 1}\n", "1:4 Y003|2:4 Y003");
    expect_found("a: {<<: {b: 1}}\n", "1:5 Y003");
    expect_found("a: !!int 1\nb: !x [1]\nc: !y {}\n", "1:4 Y004|2:4 Y004|3:4 Y004");
    expect_found("a: 1\n---\nb: 2\n", "2:1 Y005");
}

Test(yaml, billion_laughs_are_not_funny)
{
    expect_found("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
                 "1:4 Y003|2:4 Y003|2:8 Y003|2:12 Y003|3:5 Y003|3:9 Y003");
}

Test(yaml, depth_is_bounded, .timeout = 5)
{
    char text[2 * 20000 + 1];
    memset(text, '[', 20000);
    memset(text + 20000, ']', 20000);
    text[2 * 20000] = 0;
    expect_found(text, "1:33 Y006");
    memset(text, ' ', sizeof text - 1);
    memset(text, '[', YAML_DEPTH_MAX);
    memset(text + YAML_DEPTH_MAX, ']', YAML_DEPTH_MAX);
    expect_found(text, "");
}

Test(yaml, a_key_without_end_is_refused)
{
    struct buf buf = {0};
    for (int i = 0; i < 300; i++)
        buf_putc(&buf, 'k');
    buf_puts(&buf, ": 1\n");
    expect_found(buf_str(&buf), "1:1 Y006");
    buf_release(&buf);
}

Test(yaml, tabs_in_the_indentation)
{
    expect_found("a:\n\tb: 1\n  \tc: 2\n", "2:1 Y007|3:3 Y007");
    expect_found("a: 1\n \t\n\t# comment\nb:\t2\t# comment\n", "2:2 Y007|3:1 Y007");
    expect_found("b:\t2\t# comment\n", "");
}

Test(yaml, encodings_and_invisible_characters)
{
    expect_found("a: 1\nb: \xc9\xf2\xd1\xf4\n", "2:4 Y008");
    expect_found("a: x\x01y\n", "1:5 Y008");
    expect_found("a: 沈\xe2\x80\x8b阳\n", "1:5 Y008"); /* zero width space */
    expect_found("a: x \xe2\x80\xae y\n", "1:6 Y008"); /* right-to-left override */
    expect_found("a:\xc2\xa0"
                 "1\n",
                 "1:3 Y008"); /* no-break space */
    expect_found("a: \"x\\0y\"\n", "1:4 Y008");
    expect_found("a: —…\n", "");
    parse_sized("a: 1\0b", 6);
    cr_expect_str_eq(findings.items[0].code, "Y008");
}

Test(yaml, a_binary_file_is_soon_given_up)
{
    char text[5000];
    memset(text, 1, sizeof text);
    cr_expect_null(parse_sized(text, sizeof text));
    cr_expect_leq(findings.count, 25);
}

Test(yaml, full_width_habits)
{
    expect_hint("a: １６８．５\n", "Y009", "168.5");
    expect_hint("a: 2015－11－08\n", "Y009", "2015-11-08");
    expect_hint("a: 09：00\n", "Y009", "09:00");
    expect_hint("a: 48ｈ\n", "Y009", "48h");
    expect_hint("a: [1，2]\n", "Y009", "1,2");
    expect_hint("ｌｅｖｅｌ: 3\n", "Y009", "level");
    expect_hint("级别：黄色\n时间: 3\n", "Y009", "级别: 黄色");
    expect_hint("a: 1\nlevel：yellow\n", "Y009", "level: yellow");
    expect_found("a: １号炉，备用\nb: 涉气（1、2）\n铸造（含熔炼）: 3\n", "");
    expect_found("emits: [pm，vocs]\ngrade: B＋\n", "1:9 ?Y009|2:8 ?Y009");
}

Test(yaml, yes_and_no_are_not_true_and_false)
{
    expect_found("a: yes\nb: No\nc: on\nd: OFF\ne: y\nf: true\ng: 'no'\n",
                 "1:4 ?Y010|2:4 ?Y010|3:4 ?Y010|4:4 ?Y010");
    expect_found("on: 1\n", "");
}

Test(yaml, keys_that_are_none)
{
    expect_found("? [a]\n: 1\n", "1:3 Y017");
    expect_found("~: 1\n", "1:1 Y017");
    expect_found("a: 1\n: 2\n", "2:1 Y017");
    expect_found("{a: 1, {b: 2}: 3}\n", "1:8 Y017");
}

Test(yaml, a_missing_space_after_a_colon)
{
    expect_hint("a:1\n", "Y018", "a: 1");
    expect_hint("a:1\nb: 2\n", "Y018", "a: 1");
    expect_hint("b: 2\na:1\nc: 3\n", "Y018", "a: 1");
    expect_hint("name: foo\n  level:3\n", "Y018", "level: 3");
    expect_hint("- id:5\n", "Y018", "id: 5");
    expect_hint("{a:1, b: 2}\n", "Y018", "a: 1");
    expect_found("- http://a\n- C:\\x\n- 12:30\n- a::b\n", "");
}

Test(yaml, lines_that_vanish)
{
    expect_found("a:\n- b\n - c\n", "2:3 ?Y019");
    expect_found("a: 锅炉 #2\nb: \"锅炉 #2\"\nc: 1 # note\n#d\n  #e\n", "1:7 ?Y020");
}

Test(yaml, syntax_errors_are_placed_and_explained)
{
    expect_found("a: [1, 2\nb: 3\n", "2:2 Y001");
    expect_found("a: {b: 1\n", "2:1 Y001");
    expect_found("a: \"abc\nb: c\n", "1:4 Y001");
    expect_found("name: foo\n  level: 3\n", "2:8 Y001");
    expect_found("a: b: c\n", "1:5 Y001");
    expect_found("a:\n  b: 1\n c: 2\n", "3:2 Y001");
    expect_found("a: 1\nbroken\nc: 2\n", "2:1 Y001");
    expect_found("a: @x\n", "1:4 Y001");
    expect_found("a: \"x\\q\"\n", "1:6 Y001");
    expect_found("\"a\": \"b\" c\n", "1:10 Y001");
}

Test(yaml, syntax_errors_give_no_tree_and_speak_chinese)
{
    lang_set(LANG_ZH);
    cr_expect_null(parse("a: [1, 2\n"));
    cr_expect_str_eq(findings.items[0].message, "缺少逗号或右方括号 ]");
}

Test(yaml, every_cut_of_a_file_is_survived)
{
    static const char text[] =
        "# 注释\na: {b: [1, \"二\\n\", 'x'], c: ~}\nd:\n  - |\n    e\n  - >-\n    f\n"
        "g: &h !i j\n? k\n: l：m\n";
    for (size_t size = 0; size < sizeof text; size++) {
        parse_sized(text, size);
        forget();
    }
}

/* ---- item by item ---- */

static void print_node(struct buf *buf, const struct yaml *node, bool places)
{
    if (places)
        buf_printf(buf, "@%d:%d ", node->line, node->col);
    if (node->kind == YAML_SCALAR) {
        buf_printf(buf, node->quoted ? "'%s'" : "%s", node->text);
        return;
    }
    buf_putc(buf, node->kind == YAML_LIST ? '[' : '{');
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == YAML_MAP)
            print_node(buf, node->keys[i], places);
        buf_putc(buf, node->kind == YAML_MAP ? '=' : ' ');
        print_node(buf, node->items[i], places);
        buf_putc(buf, ';');
    }
    buf_putc(buf, node->kind == YAML_LIST ? ']' : '}');
}

struct taking {
    struct shelf shelf;
    struct buf taken, plain; /* with places, without */
    const struct yaml *kept[8];
    size_t count;
};

static void take(void *arg, const struct yaml *item)
{
    struct taking *taking = arg;
    print_node(&taking->taken, item, true);
    print_node(&taking->plain, item, false);
    if (taking->count < 8)
        taking->kept[taking->count++] = yaml_keep(&taking->shelf, item);
}

static struct yaml *parse_items(const char *text, struct taking *taking)
{
    struct yaml_items items = {take, taking, &taking->shelf};
    *taking = (struct taking){0};
    shelf_init(&taking->shelf, &arena);
    struct yaml *root = yaml_read_items(&arena, "p.yaml", text, strlen(text), &items, &findings);
    shelf_release(&taking->shelf);
    return root;
}

static void release_taking(struct taking *taking)
{
    buf_release(&taking->taken);
    buf_release(&taking->plain);
}

static const char list_text[] = "- {id: a, n: [1, '1', {x: 二}]}\n- text\n-\n  id: a\n  n: yes\n"
                                "- {id: a, id: b}\n- {id: a, n: [1, '1', {x: 二}]}\n";

Test(yaml, items_are_taken_as_the_whole_tree_has_them)
{
    struct buf whole = {0}, told = {0};
    struct taking taking;
    const struct yaml *root = parse(list_text);
    for (size_t i = 0; i < root->count; i++)
        print_node(&whole, root->items[i], true);
    found(&told);
    findings_release(&findings);
    size_t count = root->count;
    root = parse_items(list_text, &taking);
    cr_expect_str_eq(buf_str(&taking.taken), buf_str(&whole));
    buf_clear(&whole);
    found(&whole);
    cr_expect_str_eq(buf_str(&whole), buf_str(&told));
    cr_expect(root->kind == YAML_LIST && root->count == count && root->items == NULL);
    release_taking(&taking);
    buf_release(&whole);
    buf_release(&told);
}

/* The shelf forgets what another thing displaces, and which those are lies in the addresses: so
 * equal parts are one nearly always. */
Test(yaml, equal_parts_of_kept_items_are_one)
{
    enum { TIMES = 32 };
    int whole = 0, part = 0;
    for (int i = 0; i < TIMES; i++) {
        struct taking taking;
        parse_items(list_text, &taking);
        whole += taking.kept[0] == taking.kept[4];
        part += taking.kept[0]->items[0] == taking.kept[2]->items[0]; /* “a” */
        cr_expect_neq(taking.kept[0], taking.kept[2]);
        release_taking(&taking);
    }
    cr_expect_gt(whole, TIMES / 2);
    cr_expect_gt(part, TIMES / 2);
}

Test(yaml, what_is_kept_of_an_item_outlives_it)
{
    struct taking taking;
    struct buf kept = {0};
    parse_items(list_text, &taking);
    for (size_t i = 0; i < taking.count; i++)
        print_node(&kept, taking.kept[i], false);
    cr_expect_str_eq(buf_str(&kept), buf_str(&taking.plain));
    const struct yaml *list = yaml_get(taking.kept[0], "n");
    cr_expect_neq(list->items[0], list->items[1], "1 is a number, '1' is none");
    cr_expect(yaml_place(list).file == NULL && yaml_place(list).line == 0);
    release_taking(&taking);
    buf_release(&kept);
}

Test(yaml, what_is_no_list_is_read_whole_and_a_list_that_breaks_off_gives_no_tree)
{
    struct taking taking;
    const struct yaml *root = parse_items("a: [1, 2]\n", &taking);
    cr_expect(yaml_get(root, "a")->count == 2 && taking.count == 0);
    release_taking(&taking);
    cr_expect_null(parse_items("- a\n- b\n- [c\n", &taking));
    cr_expect_eq(taking.count, 2);
    release_taking(&taking);
    root = parse_items("# nothing\n", &taking);
    cr_expect(root->kind == YAML_MAP && root->count == 0);
    release_taking(&taking);
}
