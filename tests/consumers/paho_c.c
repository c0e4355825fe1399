/* SPDX-License-Identifier: Apache-2.0
 * A program with Paho C as its documentation shows it: connects, publishes one message, waits until the broker has
 * it, and leaves. It knows of no provider. usage: consumer_paho_c URI CA CERTIFICATE KEY */
#include <MQTTClient.h>
#include <stdio.h>
#include <stdlib.h>

static int print_tls_error(const char* text, size_t length, void* context) {
    (void)context;
    return fprintf(stderr, "%.*s", (int)length, text);
}

int main(int argc, char** argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: %s URI CA CERTIFICATE KEY\n", argv[0]);
        return 2;
    }
    MQTTClient_SSLOptions ssl = MQTTClient_SSLOptions_initializer;
    ssl.trustStore = argv[2];
    ssl.keyStore = argv[3];
    ssl.privateKey = argv[4];
    ssl.enableServerCertAuth = 1;
    ssl.verify = 1;
    ssl.ssl_error_cb = print_tls_error;
    MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
    options.ssl = &ssl;
    options.connectTimeout = 60;

    MQTTClient client = NULL;
    MQTTClient_deliveryToken token = 0;
    int result = MQTTClient_create(&client, argv[1], "paho-c", MQTTCLIENT_PERSISTENCE_NONE, NULL);
    if (result == MQTTCLIENT_SUCCESS) {
        result = MQTTClient_connect(client, &options);
    }
    if (result == MQTTCLIENT_SUCCESS) {
        result = MQTTClient_publish(client, "topic", 5, "hello", 1, 0, &token);
    }
    if (result == MQTTCLIENT_SUCCESS) {
        result = MQTTClient_waitForCompletion(client, token, 60000);
    }
    if (result != MQTTCLIENT_SUCCESS) {
        fprintf(stderr, "%s: %s\n", argv[0], MQTTClient_strerror(result));
        return EXIT_FAILURE;
    }
    MQTTClient_disconnect(client, 10000);
    MQTTClient_destroy(&client);
    return EXIT_SUCCESS;
}
