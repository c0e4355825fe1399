// SPDX-License-Identifier: Apache-2.0
// A DTLS 1.2 server of Mbed TLS that speaks ECDHE-ECDSA-AES128-CCM-8 alone, as a device's cloud does, and sends back
// what it gets. It uses the library as its documentation says, for one client after the other, until it is killed.
//
// usage: consumer_mbedtls_server PORT CERTIFICATE KEY CA none|optional|required
// A PORT of 0 is one that the kernel chooses: "listening on PORT" is the first line on standard output. Then each
// handshake is a line: "handshake done: SUITE, client NAME" or "handshake failed: CODE"; and so is each datagram that
// went back: "echo NUMBER". After the line "bye" the server ends the connection.
#include <arpa/inet.h>
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <mbedtls/ssl_cookie.h>
#include <mbedtls/timing.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#if MBEDTLS_VERSION_MAJOR >= 3
#include <psa/crypto.h>
#endif

struct server {
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    mbedtls_x509_crt certificate;
    mbedtls_x509_crt authority;
    mbedtls_pk_context key;
    mbedtls_ssl_config config;
    mbedtls_ssl_cookie_ctx cookies;
    mbedtls_timing_delay_context timer;
    mbedtls_ssl_context ssl;
    mbedtls_net_context listening;
    mbedtls_net_context client;
};

static void must(int result, const char* what) {
    if (result != 0) {
        fprintf(stderr, "%s: -0x%04x\n", what, (unsigned)-result);
        exit(1);
    }
}

static int read_key(struct server* server, const char* file) {
#if MBEDTLS_VERSION_MAJOR >= 3
    return mbedtls_pk_parse_keyfile(&server->key, file, NULL, mbedtls_ctr_drbg_random, &server->random);
#else
    return mbedtls_pk_parse_keyfile(&server->key, file, NULL);
#endif
}

static void load(struct server* server, char** files) {
    mbedtls_entropy_init(&server->entropy);
    mbedtls_ctr_drbg_init(&server->random);
    mbedtls_x509_crt_init(&server->certificate);
    mbedtls_x509_crt_init(&server->authority);
    mbedtls_pk_init(&server->key);
#if MBEDTLS_VERSION_MAJOR >= 3
    must(psa_crypto_init(), "psa_crypto_init");
#endif
    must(mbedtls_ctr_drbg_seed(&server->random, mbedtls_entropy_func, &server->entropy, NULL, 0), "seed");
    must(mbedtls_x509_crt_parse_file(&server->certificate, files[0]), files[0]);
    must(read_key(server, files[1]), files[1]);
    must(mbedtls_x509_crt_parse_file(&server->authority, files[2]), files[2]);
}

static int authentication(const char* word) {
    return strcmp(word, "required") == 0   ? MBEDTLS_SSL_VERIFY_REQUIRED
           : strcmp(word, "optional") == 0 ? MBEDTLS_SSL_VERIFY_OPTIONAL
                                           : MBEDTLS_SSL_VERIFY_NONE;
}

static void configure(struct server* server, const char* clients) {
    static const int suites[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8, 0};
    mbedtls_ssl_config_init(&server->config);
    mbedtls_ssl_cookie_init(&server->cookies);
    mbedtls_ssl_init(&server->ssl);
    must(mbedtls_ssl_config_defaults(&server->config, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_DATAGRAM,
                                     MBEDTLS_SSL_PRESET_DEFAULT),
         "defaults");
    mbedtls_ssl_conf_rng(&server->config, mbedtls_ctr_drbg_random, &server->random);
    mbedtls_ssl_conf_ciphersuites(&server->config, suites);
    mbedtls_ssl_conf_authmode(&server->config, authentication(clients));
    mbedtls_ssl_conf_ca_chain(&server->config, &server->authority, NULL);
    must(mbedtls_ssl_conf_own_cert(&server->config, &server->certificate, &server->key), "certificate");
    must(mbedtls_ssl_cookie_setup(&server->cookies, mbedtls_ctr_drbg_random, &server->random), "cookies");
    mbedtls_ssl_conf_dtls_cookies(&server->config, mbedtls_ssl_cookie_write, mbedtls_ssl_cookie_check,
                                  &server->cookies);
    must(mbedtls_ssl_setup(&server->ssl, &server->config), "setup");
    mbedtls_ssl_set_timer_cb(&server->ssl, &server->timer, mbedtls_timing_set_delay, mbedtls_timing_get_delay);
}

static void listen_on(struct server* server, const char* port) {
    struct sockaddr_in bound;
    socklen_t size = sizeof bound;
    mbedtls_net_init(&server->listening);
    mbedtls_net_init(&server->client);
    must(mbedtls_net_bind(&server->listening, "127.0.0.1", port, MBEDTLS_NET_PROTO_UDP), "bind");
    must(getsockname(server->listening.fd, (struct sockaddr*)&bound, &size), "getsockname");
    printf("listening on %u\n", ntohs(bound.sin_port));
    fflush(stdout);
}

// shake_hands gives 0, or what ended it: the first ClientHello of a client has no cookie, and is answered with one.
static int shake_hands(struct server* server) {
    unsigned char address[16];
    size_t length = 0;
    int result = 0;
    mbedtls_net_free(&server->client);
    must(mbedtls_ssl_session_reset(&server->ssl), "reset");
    result = mbedtls_net_accept(&server->listening, &server->client, address, sizeof address, &length);
    if (result != 0) {
        return result;
    }
    must(mbedtls_ssl_set_client_transport_id(&server->ssl, address, length), "client's address");
    mbedtls_ssl_set_bio(&server->ssl, &server->client, mbedtls_net_send, mbedtls_net_recv, mbedtls_net_recv_timeout);
    do {
        result = mbedtls_ssl_handshake(&server->ssl);
    } while (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE);
    return result;
}

static void tell(struct server* server) {
    char name[256] = "nobody";
    const mbedtls_x509_crt* client = mbedtls_ssl_get_peer_cert(&server->ssl);
    if (client != NULL) {
        mbedtls_x509_dn_gets(name, sizeof name, &client->subject);
    }
    printf("handshake done: %s, client %s\n", mbedtls_ssl_get_ciphersuite(&server->ssl), name);
    fflush(stdout);
}

static void echo(struct server* server) {
    static const char last[] = "bye\n";
    unsigned char text[2048];
    int count = 0;
    for (;;) {
        const int got = mbedtls_ssl_read(&server->ssl, text, sizeof text);
        if (got == MBEDTLS_ERR_SSL_WANT_READ || got == MBEDTLS_ERR_SSL_WANT_WRITE) {
            continue;
        }
        if (got <= 0 || mbedtls_ssl_write(&server->ssl, text, (size_t)got) != got) {
            printf(got == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY ? "closed by the client\n" : "connection lost\n");
            fflush(stdout);
            (void)mbedtls_ssl_close_notify(&server->ssl);
            return;
        }
        printf("echo %d\n", ++count);
        fflush(stdout);
        if (got == sizeof last - 1 && memcmp(text, last, sizeof last - 1) == 0) {
            (void)mbedtls_ssl_close_notify(&server->ssl);
            return;
        }
    }
}

int main(int argc, char** argv) {
    static struct server server;
    if (argc != 6) {
        fprintf(stderr, "usage: consumer_mbedtls_server PORT CERTIFICATE KEY CA none|optional|required\n");
        return 2;
    }
    load(&server, argv + 2);
    configure(&server, argv[5]);
    listen_on(&server, argv[1]);
    for (;;) {
        const int result = shake_hands(&server);
        if (result == 0) {
            tell(&server);
            echo(&server);
        } else if (result != MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED) {
            printf("handshake failed: -0x%04x\n", (unsigned)-result);
            fflush(stdout);
        }
    }
}
