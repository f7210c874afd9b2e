/* Certificates in GnuTLS's keeping, counted by the connections that use them. */
#include "shell/http_tls.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

const char http_tls_priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE";

struct http_tls {
    gnutls_certificate_credentials_t credentials;
    bool client_asked, client_required;
    int users;
};

static gnutls_datum_t datum_of(const char *text)
{
    union {
        const char *text;
        unsigned char *bytes; /* GnuTLS takes it so and does not write there */
    } memory = {text};
    return (gnutls_datum_t){memory.bytes, (unsigned)strlen(text)};
}

/* A refused PEM, in words; `what` is tr's. */
static int judge(int result, const char *what, struct findings *findings)
{
    if (result >= 0)
        return 0;
    findings_add(findings, SEV_ERROR, "W001", (struct place){.file = ""},
                 tr("it must be PEM text: -----BEGIN …", "应为 PEM 文本：-----BEGIN …"),
                 tr("%s cannot be used: %s", "%s不可用：%s"), what, gnutls_strerror(result));
    return ERR_INVALID;
}

static int add_client_ca(struct http_tls *tls, const char *ca, const char *revoked,
                         struct findings *findings)
{
    gnutls_datum_t text = datum_of(ca);
    int count = gnutls_certificate_set_x509_trust_mem(tls->credentials, &text, GNUTLS_X509_FMT_PEM);
    int err = judge(count == 0 ? GNUTLS_E_NO_CERTIFICATE_FOUND : count,
                    tr("the CA of clients", "客户端 CA 证书"), findings);
    if (err < 0 || !revoked)
        return err;
    text = datum_of(revoked);
    count = gnutls_certificate_set_x509_crl_mem(tls->credentials, &text, GNUTLS_X509_FMT_PEM);
    return judge(count == 0 ? GNUTLS_E_NO_CERTIFICATE_FOUND : count,
                 tr("the list of revoked certificates", "证书吊销列表"), findings);
}

int http_tls_new(struct http_tls **ret_tls, const char *certificate, const char *key,
                 const char *client_ca, const char *client_revoked, bool client_required,
                 struct findings *findings)
{
    struct http_tls *tls = xcalloc(1, sizeof *tls);
    gnutls_datum_t certificate_text = datum_of(certificate), key_text = datum_of(key);
    tls->users = 1;
    tls->client_asked = client_ca != NULL;
    tls->client_required = client_ca && client_required;
    gnutls_certificate_allocate_credentials(&tls->credentials);
    int err = judge(gnutls_certificate_set_x509_key_mem(tls->credentials, &certificate_text,
                                                        &key_text, GNUTLS_X509_FMT_PEM),
                    tr("the certificate with its key", "服务器证书或其私钥"), findings);
    if (client_ca && add_client_ca(tls, client_ca, client_revoked, findings) < 0)
        err = ERR_INVALID;
    if (err < 0) {
        http_tls_drop(tls);
        return err;
    }
    *ret_tls = tls;
    return 0;
}

struct http_tls *http_tls_keep(struct http_tls *tls)
{
    if (tls)
        tls->users++;
    return tls;
}

void http_tls_drop(struct http_tls *tls)
{
    if (!tls || --tls->users > 0)
        return;
    gnutls_certificate_free_credentials(tls->credentials);
    free(tls);
}

/* Non-zero ends the handshake.  Also called when no certificate came: whether that may be is the
 * session's own setting. */
static int verify_client(gnutls_session_t session)
{
    unsigned count = 0, status = 0;
    if (!gnutls_certificate_get_peers(session, &count) || count == 0)
        return 0;
    gnutls_typed_vdata_st purpose = {
        .type = GNUTLS_DT_KEY_PURPOSE_OID,
        .data = datum_of(GNUTLS_KP_TLS_WWW_CLIENT).data,
    };
    int err = gnutls_certificate_verify_peers(session, &purpose, 1, &status);
    return err < 0 || status != 0 ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

void http_tls_attach(struct http_tls *tls, gnutls_session_t session)
{
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, tls->credentials);
    gnutls_session_set_verify_function(session, verify_client);
    gnutls_certificate_server_set_request(session, tls->client_required ? GNUTLS_CERT_REQUIRE
                                                   : tls->client_asked  ? GNUTLS_CERT_REQUEST
                                                                        : GNUTLS_CERT_IGNORE);
}

char *http_tls_subject(gnutls_session_t session)
{
    unsigned count = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    gnutls_x509_crt_t certificate;
    gnutls_datum_t name;
    char *subject = NULL;
    if (!chain || count == 0 || gnutls_x509_crt_init(&certificate) < 0)
        return NULL;
    if (gnutls_x509_crt_import(certificate, chain, GNUTLS_X509_FMT_DER) == 0 &&
        gnutls_x509_crt_get_dn3(certificate, &name, 0) == 0) {
        subject = xstrndup((const char *)name.data, name.size);
        gnutls_free(name.data);
    }
    gnutls_x509_crt_deinit(certificate);
    return subject;
}
