/* SPDX-License-Identifier: Apache-2.0
 * A program with libmosquitto that loses patience: it has the library's thread connect, cancels that thread
 * (mosquitto_loop_stop(m, true)), then connects again and publishes a message. It does each step at SIGUSR1.
 * usage: consumer_mosquitto_cancel PORT CA CERTIFICATE KEY */
#include <mosquitto.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void publish(struct mosquitto* client, void* data, int result) {
    (void)data;
    if (result != 0 || mosquitto_publish(client, NULL, "topic", 5, "hello", 1, false) != MOSQ_ERR_SUCCESS) {
        exit(EXIT_FAILURE);
    }
}

static void leave(struct mosquitto* client, void* data, int message) {
    (void)data;
    (void)message;
    mosquitto_disconnect(client);
}

static void wait_for_signal(void) {
    sigset_t wanted;
    int number = 0;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGUSR1);
    if (sigwait(&wanted, &number) != 0) {
        exit(EXIT_FAILURE);
    }
}

static struct mosquitto* make_client(const char* name, char** argv) {
    struct mosquitto* client = mosquitto_new(name, true, NULL);
    if (client == NULL || mosquitto_tls_set(client, argv[2], NULL, argv[3], argv[4], NULL) != MOSQ_ERR_SUCCESS) {
        fprintf(stderr, "%s: no client\n", argv[0]);
        exit(EXIT_FAILURE);
    }
    return client;
}

int main(int argc, char** argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: %s PORT CA CERTIFICATE KEY\n", argv[0]);
        return 2;
    }
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    const int port = atoi(argv[1]);
    mosquitto_lib_init();

    struct mosquitto* impatient = make_client("impatient", argv);
    mosquitto_connect_async(impatient, "127.0.0.1", port, 60);
    mosquitto_loop_start(impatient);
    wait_for_signal();
    mosquitto_loop_stop(impatient, true);
    puts("stopped");
    fflush(stdout);

    wait_for_signal();
    struct mosquitto* client = make_client("patient", argv);
    mosquitto_connect_callback_set(client, publish);
    mosquitto_publish_callback_set(client, leave);
    int result = mosquitto_connect(client, "127.0.0.1", port, 60);
    if (result == MOSQ_ERR_SUCCESS) {
        result = mosquitto_loop_forever(client, -1, 1);
    }
    if (result != MOSQ_ERR_SUCCESS) {
        fprintf(stderr, "%s: %s\n", argv[0], mosquitto_strerror(result));
        return EXIT_FAILURE;
    }
    puts("published");
    return EXIT_SUCCESS;
}
