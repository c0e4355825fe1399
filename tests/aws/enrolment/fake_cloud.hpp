// SPDX-License-Identifier: Apache-2.0
// The control plane of AWS IoT in memory, as far as enrolment uses it (aws-iot.md section 6.2), behind HTTP: requests
// are those that would go over the wire. Signatures are not checked here; the double does that.
#pragma once

#include "aws/http/http_client.hpp"
#include "support/software_key.hpp"
#include "support/trap.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

namespace trustx::test {

// requested_key is the key of a CSR whose signature is good; nothing: it is not.
std::optional<PublicKey> requested_key(const std::string& csr);

class FakeCloud final : public aws::HttpClient {
 public:
    static constexpr const char* account = "123456789012";
    static constexpr const char* region = "eu-central-1";
    static constexpr const char* secret = "secret of AWS";  // the key of a claim

    struct Certificate {
        std::string pem;
        std::string status;
        std::int64_t created = 0;  // seconds since 1970
        std::set<std::string> policies = {};
        std::set<std::string> things = {};
        bool expires = false;     // it goes away by itself unless it is provisioned
        std::string ca_pem = {};  // of the authority that it was registered with
    };

    explicit FakeCloud(Trap& trap) : trap_{trap} {}

    Result<aws::HttpResponse> send(const aws::HttpRequest& request, const Deadline& deadline) override;

    static std::string arn_of(const std::string& id);

    // add puts a certificate, the first in PEM, into the registry, and gives its id.
    std::string add(const std::string& pem, const std::string& status);

    // issue gives the id of a new certificate, which is INACTIVE, for a CSR; empty: the CSR is not good.
    std::string issue(const std::string& csr);

    std::map<std::string, Certificate> certificates;  // by id
    std::map<std::string, nlohmann::json> things;     // by name: attributes
    std::map<std::string, std::string> policies;      // by name: document
    std::set<std::string> others_principals;          // attached to every thing, and nobody's here

    std::string jitp_authority;  // in PEM: registered with a template; empty: none is registered

    bool issue_for_another_key = false;
    std::string issues;  // in PEM: what every request for a certificate is answered with; empty: one that is made
    bool allows_connect = true;
    bool allows_client_beside = true;
    bool another_is_faster = false;  // whenever something is attached to a thing, somebody else's certificate is there
    std::size_t throttled = 0;       // so many requests are throttled before anything is done
    std::string refusal;             // AWS's name of the error with which every request for a certificate is answered

 private:
    struct Call;
    struct Answer {
        int status = 200;
        nlohmann::json body = nlohmann::json::object();
        std::string error = {};
    };

    Answer route(const Call& call);
    Answer on_things(const Call& call);
    Answer on_principals(const Call& call);
    Answer on_certificates(const Call& call);
    Answer on_certificate(const Call& call, const std::string& id);
    Answer on_policies(const Call& call);
    Answer on_target_policies(const Call& call);
    Answer register_thing(const Call& call);
    Answer register_certificate(const Call& call);
    [[nodiscard]] Answer describe_ca(const std::string& id) const;
    Answer test_authorization(const Call& call) const;
    Answer claim();
    Answer authorities(const Call& call) const;
    Certificate* by_arn(const std::string& arn);

    static Answer failed(int status, const std::string& name);

    Trap& trap_;
    SoftwareKey ca_{Curve::p256};
};

}  // namespace trustx::test
