// SPDX-License-Identifier: Apache-2.0
// A program whose threads make TLS connections at the same time, all with the same SSL_CTX and so with the same key,
// to a server in the same process, through memory. It knows of no provider.
// usage: threads THREADS HANDSHAKES CA CLIENT-CERTIFICATE CLIENT-KEY SERVER-CERTIFICATE SERVER-KEY
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace {

struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* connection) const { SSL_free(connection); }
};
using Context = std::unique_ptr<SSL_CTX, Free>;
using Connection = std::unique_ptr<SSL, Free>;

Context make_context(const SSL_METHOD* method, const char* ca, const char* certificate, const char* key) {
    Context context{SSL_CTX_new(method)};
    if (context == nullptr || SSL_CTX_load_verify_locations(context.get(), ca, nullptr) != 1 ||
        SSL_CTX_use_certificate_chain_file(context.get(), certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(context.get(), key, SSL_FILETYPE_PEM) != 1) {
        return nullptr;
    }
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    return context;
}

// step returns whether the connection is not at fault; done says whether its handshake is complete.
bool step(SSL* connection, bool& done) {
    const int result = SSL_do_handshake(connection);
    done = result == 1;
    return done || SSL_get_error(connection, result) == SSL_ERROR_WANT_READ;
}

bool shake_hands(SSL_CTX* client_context, SSL_CTX* server_context, std::string& version) {
    const Connection client{SSL_new(client_context)};
    const Connection server{SSL_new(server_context)};
    BIO* client_end = nullptr;
    BIO* server_end = nullptr;
    if (client == nullptr || server == nullptr || BIO_new_bio_pair(&client_end, 0, &server_end, 0) != 1) {
        return false;
    }
    SSL_set_bio(client.get(), client_end, client_end);
    SSL_set_bio(server.get(), server_end, server_end);
    SSL_set_connect_state(client.get());
    SSL_set_accept_state(server.get());
    bool client_done = false;
    bool server_done = false;
    for (int round = 0; round < 20 && !(client_done && server_done); ++round) {
        if (!step(client.get(), client_done) || !step(server.get(), server_done)) {
            return false;
        }
    }
    version = SSL_get_version(client.get());
    return client_done && server_done;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 8) {
        std::fprintf(stderr, "usage: %s THREADS HANDSHAKES CA CERTIFICATE KEY CERTIFICATE KEY\n", argv[0]);
        return 2;
    }
    const auto client = make_context(TLS_client_method(), argv[3], argv[4], argv[5]);
    const auto server = make_context(TLS_server_method(), argv[3], argv[6], argv[7]);
    if (client == nullptr || server == nullptr) {
        ERR_print_errors_fp(stderr);
        return EXIT_FAILURE;
    }
    const auto threads = static_cast<std::size_t>(std::atoi(argv[1]));
    const int handshakes = std::atoi(argv[2]);
    std::atomic<int> done{0};
    std::vector<std::string> versions(threads);
    std::vector<std::thread> running;
    for (std::size_t i = 0; i < threads; ++i) {
        running.emplace_back([&, i] {
            for (int n = 0; n < handshakes; ++n) {
                if (!shake_hands(client.get(), server.get(), versions[i])) {
                    ERR_print_errors_fp(stderr);
                    return;
                }
                ++done;
            }
        });
    }
    for (auto& thread : running) {
        thread.join();
    }
    std::printf("%d handshakes, %s\n", done.load(), versions.front().c_str());
    return EXIT_SUCCESS;
}
