/* The signatures, against the worked examples of those who check them. */
#include "base/buf.h"
#include "shell/sign.h"
#include <criterion/criterion.h>
#include <string.h>

TestSuite(sign);

/* Alibaba Cloud, "V3 request structure and signature": the example with fixed values. */
Test(sign, aliyun_as_in_its_manual)
{
    struct sign_key key = {"YourAccessKeyId", "YourAccessKeySecret"};
    struct sign_request request = {
        .method = "POST",
        .host = "ecs.cn-shanghai.aliyuncs.com",
        .path = "/",
        .query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai",
        .content_type = "application/x-www-form-urlencoded",
        .body = "",
        .action = "RunInstances",
        .version = "2014-05-26",
        .nonce = "3156853299f313e23d1673dc12e1703d",
        .now_s = 1698315752, /* 2023-10-26T10:22:32Z */
    };
    struct sign_lines lines;
    sign_aliyun(&lines, &key, &request);
    cr_assert_eq(lines.count, 6);
    cr_expect_str_eq(lines.items[2], "x-acs-date: 2023-10-26T10:22:32Z");
    cr_expect_str_eq(
        lines.items[5],
        "Authorization: ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;"
        "x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0");
    sign_lines_release(&lines);
}

/* Tencent Cloud, "Signature v3": the example with fixed values. */
Test(sign, tencent_as_in_its_manual)
{
    static const char body[] =
        "{\"Limit\": 1, \"Filters\": [{\"Values\": [\"\\u672a\\u547d\\u540d\"], "
        "\"Name\": \"instance-name\"}]}";
    struct sign_key key = {"AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
                           "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"};
    struct sign_request request = {
        .method = "POST",
        .host = "cvm.tencentcloudapi.com",
        .path = "/",
        .query = "",
        .content_type = "application/json; charset=utf-8",
        .body = body,
        .size = strlen(body),
        .action = "DescribeInstances",
        .version = "2017-03-12",
        .region = "ap-guangzhou",
        .service = "cvm",
        .now_s = 1551113065,
    };
    struct sign_lines lines;
    sign_tencent(&lines, &key, &request);
    cr_assert_eq(lines.count, 5);
    cr_expect_str_eq(lines.items[3], "X-TC-Region: ap-guangzhou");
    cr_expect_str_eq(
        lines.items[4],
        "Authorization: TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/"
        "2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, "
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168");
    sign_lines_release(&lines);
}

/* Figures made with Python's hmac, base64 and hashlib. */
Test(sign, robots)
{
    struct buf sign = {0};
    sign_dingtalk(&sign, "SEC000000000000000000000", 1577262236757);
    cr_expect_str_eq(buf_str(&sign), "xOJIB8eNoYWeLy26EMZOlc2RjOJbtPv9HYjm+E3uALU=");
    buf_clear(&sign);
    sign_feishu(&sign, "demo", 1599360473);
    cr_expect_str_eq(buf_str(&sign), "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=");
    buf_release(&sign);
}
