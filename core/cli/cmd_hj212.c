/* `yujing hj212`: packets of data loggers, taken apart: one for a person, or line by line for a
 * program. */
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "cli/cmd.h"
#include "cli/filter.h"
#include "cli/hj212_filter.h"
#include "cli/hj212_send.h"
#include "cli/output.h"
#include "model/hj212_reading.h"
#include <string.h>

static const struct example hj212_examples[] = {
    {"yujing hj212 '##0101QN=…&&1C80'",
     {"what one packet says, or what is wrong with it", "解读一条报文，或指出其错误"}},
    {"yujing hj212 --jsonl <packets.jsonl",
     {"a filter: one packet and one answer a line", "过滤器：每行一条报文，逐行解析"}},
    {"yujing hj212 --frames --jsonl <streams.jsonl",
     {"the packets in a stream of bytes", "从字节流中切分报文"}},
    {"yujing hj212 send HOST:PORT --mn MN <hours.jsonl",
     {"behave like a data logger; `yujing hj212 send --help`",
      "模拟数采仪上报，详见 yujing hj212 send --help"}},
    {0},
};
/* clang-format off */
static const struct option hj212_options[] = {
    {0, "jsonl", OPTION_FLAG, NULL, COMPLETE_NOTHING, {"read standard input, one object a line", "从标准输入逐行读取"}, NULL},
    {0, "frames", OPTION_FLAG, NULL, COMPLETE_NOTHING, {"lines are streams in chunks: find the packets", "每行为分块的字节流，从中切分报文"}, NULL},
    {0, "lenient", OPTION_FLAG, NULL, COMPLETE_NOTHING, {"forgive known habits of loggers, and name them", "容忍数采仪的常见偏差并逐项指出"}, NULL},
    OPTION_OUTPUT("text|json"),
    {0},
};
/* clang-format on */
const struct verb verb_hj212 = {
    .name = "hj212",
    .summary = {"take HJ 212 packets apart", "解析 HJ 212 数据传输报文"},
    .synopsis = "[--lenient] PACKET…  |  [--lenient] [--frames] --jsonl  |  send …",
    .examples = hj212_examples,
    .options = hj212_options,
    .operands_max = -1,
    .completion = COMPLETE_NOTHING,
    .description =
        {"A packet is ##, the length of its segment in four digits, the segment, and its CRC "
         "(annex A of HJ 212, in either case). Editions 2005, 2017 and 2025 are read alike. "
         "Strict reading wants frame, length, CRC and a well-formed CP; widths of fields are not "
         "checked. Exit 1 when a packet is refused.\n\n"
         "With --jsonl each line is {\"packet\":\"##…\"}, CR LF optional, and each answer "
         "{\"ok\":true,\"header\":{\"QN\":\"…\"},\"cp\":[[[\"RtdInterval\",\"30\"]]],\"error\":"
         "null}: header keys as sent, cp as groups of pairs, everything as text. A refused packet "
         "is answered by \"ok\":false with its error, a line that cannot be read by "
         "{\"error\":…}.\n\n"
         "With --frames each line is {\"chunks_b64\":[\"…\",\"…\"]}, one stream of bytes in "
         "pieces, and each answer {\"packets\":[\"##…\"]}: the valid ones in order, whatever noise "
         "stands between them.\n\n"
         "With --lenient an answer names in `forgiven` what was forgiven: noise, tail, "
         "length_digits, length, crc_modbus, crc_swapped, gbk, control, header_item, header_comma, "
         "header_twice, header_case, cp_missing, cp_open, item, item_empty. A packet whose CRC no "
         "known routine gives is refused all the same.",
         "报文由 ##、四位数据段长度、数据段和 CRC（HJ 212 附录 A，大小写均可）组成，2005、2017、"
         "2025 三版同样读取。严格模式检查帧结构、长度、CRC 以及 CP 的格式，不检查字段宽度。"
         "有报文被拒时退出码为 1。\n\n"
         "使用 --jsonl 时每行为 {\"packet\":\"##…\"}（CR LF 可省略），逐行回答 "
         "{\"ok\":true,\"header\":{\"QN\":\"…\"},\"cp\":[[[\"RtdInterval\",\"30\"]]],\"error\":"
         "null}：包头按原样列出，cp 为分组的键值对，一律为文本。报文不合格时 ok 为 false "
         "并给出 error；无法读取的行回答 {\"error\":…}。\n\n"
         "使用 --frames 时每行为 {\"chunks_b64\":[\"…\",\"…\"]}，即分块的同一字节流，回答 "
         "{\"packets\":[\"##…\"]}：按顺序列出有效报文，跳过其间的杂字节。\n\n"
         "使用 --lenient 时回答中的 forgiven 列出所容忍的偏差：noise、tail、length_digits、length、"
         "crc_modbus、crc_swapped、gbk、control、header_item、header_comma、header_twice、"
         "header_case、cp_missing、cp_open、item、item_empty。CRC 用任何已知算法都不符的报文仍被"
         "拒绝。"},
    .run = cmd_hj212,
};

/* For a person --------------------------------------------------------------------------------- */

static void print_field(struct hj212_filter *filter, const struct hj212_pair *pair, int columns)
{
    print_padded(stdout, hj212_utf8(filter, pair->key), columns);
    putchar(' ');
    print_harmless(stdout, hj212_utf8(filter, pair->value));
    putchar('\n');
}

static void print_values(struct hj212_filter *filter, const struct hj212_reading *reading)
{
    static const struct table_column columns[] = {{{"code", "因子"}, false},
                                                  {{"kind", "类别"}, false},
                                                  {{"value", "数值"}, true},
                                                  {{"flag", "标记"}, false}};
    struct table *table = table_new(columns, 4);
    for (uint32_t i = 0; i < reading->item_count; i++) {
        const struct hj212_item *item = &reading->items[i];
        table_cell(table, INK_NONE, "%s", hj212_utf8(filter, item->code));
        table_cell(table, INK_NONE, "%s", hj212_kind_word(item->kind));
        table_cell(table, INK_NONE, "%s", hj212_utf8(filter, item->value));
        table_cell(table, INK_NONE, "%s", hj212_utf8(filter, item->flag));
    }
    table_print(stdout, table, 0);
    table_free(table);
}

static void print_forgiven(unsigned forgiven)
{
    for (int bit = 0; bit < HJ212_FORGIVEN_COUNT; bit++)
        if (forgiven >> bit & 1)
            printf(tr("forgiven: %s\n", "已容忍：%s\n"), hj212_forgiven_word(bit));
}

static void print_packet(struct hj212_filter *filter, const struct hj212_packet *packet)
{
    struct hj212_reading reading;
    for (uint32_t i = 0; i < packet->header_count; i++)
        print_field(filter, &packet->header[i], 5);
    putchar('\n');
    if (hj212_reading_read(&filter->arena, packet, 0, &reading) == 0) {
        struct hj212_text time = hj212_value(packet, "DataTime");
        printf("DataTime %s\n", hj212_utf8(filter, time));
        print_values(filter, &reading);
    } else {
        for (uint32_t i = 0; i < packet->pair_count; i++)
            print_field(filter, &packet->pairs[i], 12);
    }
    print_forgiven(packet->forgiven);
}

static bool answer_operand(struct hj212_filter *filter, const char *text, enum form form)
{
    struct hj212_packet packet;
    struct hj212_problem problem;
    struct buf out = {0};
    bool sound;
    if (form != FORM_TEXT) {
        sound = hj212_answer(filter, text, strlen(text), &out);
        puts(buf_str(&out));
    } else {
        sound =
            hj212_parse(&filter->arena, filter->mode, text, strlen(text), &packet, &problem) == 0;
        if (sound) {
            print_packet(filter, &packet);
        } else {
            hj212_problem_print(&out, &problem);
            verb_complain(&verb_hj212, "%s", buf_str(&out));
        }
    }
    buf_release(&out);
    arena_reset(&filter->arena);
    return sound;
}

static int answer_operands(struct hj212_filter *filter, const struct options *options)
{
    bool sound = true;
    if (option_given(options, "frames") || options->operand_count == 0)
        return verb_misuse(
            &verb_hj212, tr("add --jsonl, or give a packet", "请加 --jsonl，或给出报文"),
            option_given(options, "frames") ? tr("--frames reads standard input, one stream a line",
                                                 "--frames 从标准输入逐行读取字节流")
                                            : tr("no packet was given", "没有给出报文"));
    for (int i = 0; i < options->operand_count; i++) {
        if (i > 0 && options_form(options) == FORM_TEXT)
            putchar('\n');
        sound &= answer_operand(filter, options->operands[i], options_form(options));
    }
    return sound ? EXIT_OK : EXIT_FOUND;
}

int cmd_hj212(int argc, char **argv)
{
    struct options options;
    struct hj212_filter filter = {0};
    int exit_code;
    if (argc > 1 && str_equal(argv[1], "send"))
        return hj212_send(argc - 1, argv + 1);
    if (!options_parse(&verb_hj212, argc, argv, &options, &exit_code))
        return exit_code;
    filter.mode = option_given(&options, "lenient") ? HJ212_LENIENT : HJ212_STRICT;
    if (!option_given(&options, "jsonl"))
        exit_code = answer_operands(&filter, &options);
    else if (options.operand_count > 0)
        exit_code = verb_misuse(&verb_hj212, NULL,
                                tr("--jsonl reads standard input: %s is one too many",
                                   "--jsonl 从标准输入读取，多了一个参数：%s"),
                                options.operands[0]);
    else
        exit_code = filter_run(
            &verb_hj212,
            option_given(&options, "frames") ? hj212_answer_frames : hj212_answer_packet, &filter);
    arena_release(&filter.arena);
    options_release(&options);
    return exit_code;
}
