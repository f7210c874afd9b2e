/* The server's half of TLS: its certificate, and whom it believes.
 *
 * TLS 1.2 or 1.3.  A client's certificate is judged inside the handshake, so that a bad one never
 * gets as far as a request: expired, revoked, not yet valid, of another CA, or not meant for
 * clients. One http_tls serves the connections that began with it; new certificates make a new one.
 */
#ifndef SHELL_HTTP_TLS_H
#define SHELL_HTTP_TLS_H

#include <gnutls/gnutls.h>
#include <stdbool.h>

struct findings;
struct http_tls;

extern const char http_tls_priorities[]; /* GnuTLS's word for the versions and ciphers */

/* PEM texts; the last two may be NULL.  ERR_INVALID with findings (W…) for each that is no good. */
int http_tls_new(struct http_tls **ret_tls, const char *certificate, const char *key,
                 const char *client_ca, const char *client_revoked, bool client_required,
                 struct findings *findings);
/* One more, one less user; the last one's leaving frees it.  NULL is fine. */
struct http_tls *http_tls_keep(struct http_tls *tls);
void http_tls_drop(struct http_tls *tls);
/* Before the session's handshake; tls must outlive the session. */
void http_tls_attach(struct http_tls *tls, gnutls_session_t session);
/* The subject of the client's certificate (RFC 4514); caller frees; NULL when it gave none. */
char *http_tls_subject(gnutls_session_t session);

#endif
