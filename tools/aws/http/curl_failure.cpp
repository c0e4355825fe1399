// SPDX-License-Identifier: Apache-2.0
#include "aws/http/curl_failure.hpp"

#include "common/text/time_text.hpp"

#include <ctime>

#include <curl/curl.h>
#include <openssl/x509_vfy.h>

namespace trustx::aws {
namespace {

struct Explanation {
    HttpErrc code;
    std::string what;
    std::string remedy;
};

std::string check_the_clock() {
    return "this computer's clock says " + text::time_text(std::time(nullptr)) + ": set it if that is wrong";
}

Explanation of_certificate(long verify_result, const std::string& words) {
    const std::string reason = ::X509_verify_cert_error_string(verify_result);
    switch (verify_result) {
        // libcurl looks at the name itself, before it takes over OpenSSL's verdict.
        case X509_V_ERR_UNSPECIFIED:
        case X509_V_OK:
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return {HttpErrc::server_name_mismatch, "its certificate is for another name: " + words,
                    "check the address, and whether something in between answers in its place"};
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return {HttpErrc::server_not_yet_valid, reason, check_the_clock()};
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return {HttpErrc::server_expired, reason, check_the_clock() + ", otherwise its operator has to renew it"};
        default:
            return {HttpErrc::server_untrusted, "its certificate is not trusted: " + reason,
                    "name the file of its CA in AWS_CA_BUNDLE, or install ca-certificates"};
    }
}

Explanation of_lost_connection(const CurlFailure& failure) {
    if (failure.proxy_status >= 300) {
        return {HttpErrc::proxy_failed, failure.words, "check https_proxy and no_proxy"};
    }
    if (!failure.sent) {
        return {HttpErrc::tls_failed, failure.words, "check that it is the address of a service with TLS"};
    }
    return failure.answered
               ? Explanation{HttpErrc::answer_truncated, "its answer is not complete: " + failure.words, "try again"}
               : Explanation{HttpErrc::connection_lost, "it closed the connection without an answer: " + failure.words,
                             "try again"};
}

Explanation of_timeout(const CurlFailure& failure) {
    if (!failure.sent) {
        return {HttpErrc::connect_timeout, "no connection in time: " + failure.words,
                "check network and firewall: the way to its port must be open"};
    }
    return {HttpErrc::timeout, "no complete answer in time: " + failure.words, "try again, with more time"};
}

Explanation explanation_of(const CurlFailure& failure) {
    switch (failure.code) {
        case CURLE_COULDNT_RESOLVE_HOST:
            return {HttpErrc::name_not_found, failure.words, "check network and DNS, and the region in its name"};
        case CURLE_COULDNT_CONNECT:
            return {HttpErrc::connect_failed, failure.words, "check network and firewall, and the port"};
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_PROXY:
            return {HttpErrc::proxy_failed, failure.words, "check https_proxy and no_proxy"};
        case CURLE_PEER_FAILED_VERIFICATION:
            return of_certificate(failure.verify_result, failure.words);
        case CURLE_SSL_CACERT_BADFILE:
            return {HttpErrc::ca_bundle_unusable, "the file of trusted certificates cannot be used: " + failure.words,
                    "check AWS_CA_BUNDLE: a PEM file that can be read"};
        case CURLE_SSL_CERTPROBLEM:
            return {HttpErrc::identity_unusable, "certificate or key cannot be used: " + failure.words,
                    "check that they are PEM files that belong together, and that OpenSSL's configuration loads the "
                    "provider of the key"};
        case CURLE_OPERATION_TIMEDOUT:
            return of_timeout(failure);
        case CURLE_PARTIAL_FILE:
            return {HttpErrc::answer_truncated, "its answer is not complete: " + failure.words, "try again"};
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CIPHER:
            return {HttpErrc::tls_failed, "TLS failed: " + failure.words,
                    "check that it is the address of a service with TLS 1.2 or later"};
        case CURLE_GOT_NOTHING:
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
            return of_lost_connection(failure);
        case CURLE_OUT_OF_MEMORY:  // what libcurl calls a line that is longer than it takes
            return {HttpErrc::answer_malformed,
                    "its answer has a header line without end, or there is no memory for it",
                    "check that it is the address of the service"};
        default:
            return {HttpErrc::answer_malformed, "its answer is not HTTP: " + failure.words,
                    "check that it is the address of the service"};
    }
}

}  // namespace

Error explain_failure(const CurlFailure& failure, const std::string& service) {
    const auto [code, what, remedy] = explanation_of(failure);
    return Error{code, service + ": " + what + "; " + remedy};
}

}  // namespace trustx::aws
