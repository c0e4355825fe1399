/* SPDX-License-Identifier: Apache-2.0
 * A program that loads a key, signs and verifies, and leaves without OpenSSL's cleanup, as programs do that cannot
 * afford it or that die, or with it. Linked a second time with libcrypto inside.
 * usage: no_atexit KEY return|_exit|cleanup */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const unsigned char message[] = "message";

static EVP_PKEY* load(const char* name) {
    FILE* file = fopen(name, "r");
    EVP_PKEY* key = file == NULL ? NULL : PEM_read_PrivateKey(file, NULL, NULL, NULL);
    if (file != NULL) {
        fclose(file);
    }
    return key;
}

static int sign_and_verify(EVP_PKEY* key) {
    unsigned char signature[256];
    size_t length = sizeof signature;
    EVP_MD_CTX* signer = EVP_MD_CTX_new();
    EVP_MD_CTX* verifier = EVP_MD_CTX_new();
    return EVP_DigestSignInit(signer, NULL, EVP_sha256(), NULL, key) == 1 &&
           EVP_DigestSign(signer, signature, &length, message, sizeof message) == 1 &&
           EVP_DigestVerifyInit(verifier, NULL, EVP_sha256(), NULL, key) == 1 &&
           EVP_DigestVerify(verifier, signature, length, message, sizeof message) == 1;
    /* Nothing is freed: the key and both contexts are in use when the program ends. */
}

int main(int argc, char** argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s KEY return|_exit|cleanup\n", argv[0]);
        return 2;
    }
    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG | (strcmp(argv[2], "cleanup") == 0 ? 0 : OPENSSL_INIT_NO_ATEXIT),
                        NULL);
    EVP_PKEY* key = load(argv[1]);
    if (key == NULL || !sign_and_verify(key)) {
        ERR_print_errors_fp(stderr);
        return EXIT_FAILURE;
    }
    puts("signed and verified");
    fflush(stdout);
    if (strcmp(argv[2], "_exit") == 0) {
        _exit(EXIT_SUCCESS);
    }
    return EXIT_SUCCESS;
}
