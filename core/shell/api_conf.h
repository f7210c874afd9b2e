/* The configuration of the API: `http:` and `accounts:`. */
#ifndef SHELL_API_CONF_H
#define SHELL_API_CONF_H

#include "base/address.h"
#include "base/arena.h"
#include "shell/http.h"

struct conf;
struct findings;

enum { API_PROXIES_MAX = 16 };

struct api_conf {
    bool present; /* there is an `http:` */
    const char *address;
    int port;
    const char *cert_file, *key_file, *client_ca_file;
    bool client_required;
    const char *public_url; /* without the '/' at its end; or NULL */
    const char *receipt_key_file;
    int receipt_days;
    int body_mib;
    struct address_rules proxies; /* whose X-Forwarded-For we believe */
    struct {                      /* names of members in what an SMS gateway reports */
        const char *phone, *text;
    } sms;
    const char *accounts; /* file, or NULL */
};
/* Paths are made relative to the configuration's file; all of it belongs to the arena.  ERR_INVALID
 * with findings (U02x). */
int api_conf_read(struct api_conf *ret_conf, struct arena *arena, const struct conf *conf,
                  struct findings *findings);

#endif
