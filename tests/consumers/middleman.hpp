// SPDX-License-Identifier: Apache-2.0
// Somebody between a DTLS client and its server who passes every datagram on, and can add some of his own.
#pragma once

#include "common/io/unique_fd.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include <netinet/in.h>

namespace trustx::test {

class Middleman {
 public:
    explicit Middleman(const std::string& server_port);
    ~Middleman();
    Middleman(const Middleman&) = delete;
    Middleman& operator=(const Middleman&) = delete;

    // port is where the client finds him.
    [[nodiscard]] std::string port() const;
    // forge sends the client records that look as if they were the server's application data. It has to have sent
    // something before.
    void forge(int count);

 private:
    void pass_on();

    UniqueFd front_;
    UniqueFd back_;
    UniqueFd stop_;
    std::atomic<std::uint32_t> client_{0};  // its port, in the network's order
    std::thread thread_;
};

}  // namespace trustx::test
