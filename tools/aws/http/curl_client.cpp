// SPDX-License-Identifier: Apache-2.0
#include "aws/http/curl_client.hpp"

#include "aws/http/curl_failure.hpp"
#include "common/text/lower_case.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <new>
#include <utility>

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

namespace trustx::aws {
namespace {

struct ReleaseHandle {
    void operator()(CURL* handle) const noexcept { ::curl_easy_cleanup(handle); }
};
struct ReleaseList {
    void operator()(curl_slist* list) const noexcept { ::curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, ReleaseHandle>;
using HeaderList = std::unique_ptr<curl_slist, ReleaseList>;

// set has one way to fail with the options used here: no memory. An option that this libcurl does not know must not be
// overlooked either.
template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
    if (::curl_easy_setopt(handle, option, value) != CURLE_OK) {
        throw std::bad_alloc{};
    }
}

void append(HeaderList& list, const std::string& line) {
    auto* longer = ::curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) {
        throw std::bad_alloc{};
    }
    static_cast<void>(list.release());
    list.reset(longer);
}

// header_list has all of the request, and takes out what libcurl would add: a content type of a form, and a wait for
// leave to send the body. A header without a value ends in a semicolon there.
HeaderList header_list(const HttpRequest& request) {
    HeaderList list;
    bool has_type = false;
    for (const auto& [name, value] : request.headers) {
        has_type = has_type || text::lower_case(name) == "content-type";
        append(list, value.empty() ? name + ";" : name + ": " + value);
    }
    append(list, "Expect:");
    if (!has_type) {
        append(list, "Content-Type:");
    }
    return list;
}

// A line break in a header would begin another one.
bool can_be_sent(const std::vector<Header>& headers) {
    const auto is_plain = [](const std::string& text) {
        return std::all_of(text.begin(), text.end(),
                           [](char letter) { return static_cast<unsigned char>(letter) >= 0x20 && letter != 0x7F; });
    };
    return std::all_of(headers.begin(), headers.end(),
                       [&](const Header& header) { return is_plain(header.name) && is_plain(header.value); });
}

// Transfer is what the callbacks fill.
struct Transfer {
    std::size_t longest;
    std::size_t received = 0;
    bool too_long = false;
    HttpResponse response{};

    [[nodiscard]] bool take(std::size_t size) {
        received += size;
        too_long = too_long || received > longest;
        return !too_long;
    }
};

std::string_view bare(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    const auto last = text.find_last_not_of(" \t\r\n");
    return first == std::string_view::npos ? std::string_view{} : text.substr(first, last - first + 1);
}

// A status line begins another set of headers: the one before was an interim answer.
void take_header(HttpResponse& response, std::string_view line) {
    const auto colon = line.find(':');
    if (line.starts_with("HTTP/")) {
        response.headers.clear();
    } else if (colon != std::string_view::npos) {
        response.headers.push_back(
            {text::lower_case(bare(line.substr(0, colon))), std::string{bare(line.substr(colon + 1))}});
    }
}

// The callbacks are called from C: no exception may pass through it. Any other number than `size` ends the transfer.
std::size_t on_header(char* data, std::size_t one, std::size_t size, void* transfer) noexcept {
    auto& self = *static_cast<Transfer*>(transfer);
    try {
        if (self.take(size * one)) {
            take_header(self.response, {data, size});
            return size;
        }
    } catch (const std::bad_alloc&) {
    }
    return 0;
}

std::size_t on_body(char* data, std::size_t one, std::size_t size, void* transfer) noexcept {
    auto& self = *static_cast<Transfer*>(transfer);
    try {
        if (self.take(size * one)) {
            self.response.body.insert(self.response.body.end(), data, data + size);
            return size;
        }
    } catch (const std::bad_alloc&) {
    }
    return size == 0 ? 1 : 0;
}

long milliseconds(Duration duration) {
    using std::chrono::milliseconds;
    const auto count = std::chrono::ceil<milliseconds>(duration).count();
    return static_cast<long>(std::clamp<std::chrono::milliseconds::rep>(count, 1, 24L * 60 * 60 * 1000));
}

void set_method(CURL* handle, const HttpRequest& request) {
    if (request.method == Method::get) {
        set(handle, CURLOPT_HTTPGET, 1L);
        return;
    }
    // Any method with a body, which may be empty: a length is sent with it.
    set(handle, CURLOPT_POST, 1L);
    set(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(handle, CURLOPT_POSTFIELDS, request.body.data());
    set(handle, CURLOPT_CUSTOMREQUEST, std::string{method_name(request.method)}.c_str());
}

void set_trust(CURL* handle, const std::string& ca_file) {
    if (ca_file.empty()) {
        return;
    }
    std::error_code ignored;
    const bool directory = std::filesystem::is_directory(ca_file, ignored);
    set(handle, CURLOPT_CAINFO, directory ? nullptr : ca_file.c_str());
    set(handle, CURLOPT_CAPATH, directory ? ca_file.c_str() : nullptr);
}

CURLcode without_dates(CURL* /*handle*/, void* context, void* /*data*/) noexcept {
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(static_cast<SSL_CTX*>(context)), X509_V_FLAG_NO_CHECK_TIME);
    return CURLE_OK;
}

long number(CURL* handle, CURLINFO which) {
    long value = 0;
    ::curl_easy_getinfo(handle, which, &value);
    return value;
}

}  // namespace

class CurlClient::Impl {
 public:
    Impl(CurlSettings settings, const Clock& clock) : settings_{std::move(settings)}, clock_{clock} {
        static const auto initialised = ::curl_global_init(CURL_GLOBAL_DEFAULT);
        handle_.reset(initialised == CURLE_OK ? ::curl_easy_init() : nullptr);
        if (!handle_) {
            throw std::bad_alloc{};
        }
    }

    Result<HttpResponse> send(const HttpRequest& request, const Deadline& deadline) {
        const auto service = request.url.scheme + "://" + request.url.authority();
        if (deadline.passed(clock_)) {
            return fail(HttpErrc::connect_timeout, service + ": there was no time left to ask it");
        }
        if (!can_be_sent(request.headers)) {
            return fail(HttpErrc::request_invalid,
                        service +
                            ": a control character, such as a line break, is in what a header of the request is "
                            "made of; check names and credentials");
        }
        Transfer transfer{.longest = settings_.longest_answer};
        const auto headers = header_list(request);
        words_[0] = '\0';
        prepare(request, deadline);
        set(handle_.get(), CURLOPT_HTTPHEADER, headers.get());
        set(handle_.get(), CURLOPT_ERRORBUFFER, words_.data());
        set(handle_.get(), CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
        set(handle_.get(), CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
        const auto code = ::curl_easy_perform(handle_.get());
        if (transfer.too_long) {
            return fail(HttpErrc::answer_too_long, service + ": its answer is longer than " +
                                                       std::to_string(settings_.longest_answer) +
                                                       " bytes; check that it is the address of the service");
        }
        if (code != CURLE_OK) {
            return tl::unexpected{explain_failure(failure(code, transfer), service)};
        }
        transfer.response.status = static_cast<int>(number(handle_.get(), CURLINFO_RESPONSE_CODE));
        return std::move(transfer.response);
    }

 private:
    // prepare leaves nothing of the request before but its connection.
    void prepare(const HttpRequest& request, const Deadline& deadline) {
        auto* handle = handle_.get();
        ::curl_easy_reset(handle);
        set_method(handle, request);
        set(handle, CURLOPT_URL, request.url.text().c_str());
        set(handle, CURLOPT_PATH_AS_IS, 1L);
        set(handle, CURLOPT_PROTOCOLS_STR, "https,http");
        set(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        set(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        set(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
        set(handle, CURLOPT_NOSIGNAL, 1L);
        set(handle, CURLOPT_FRESH_CONNECT, request.sent_once ? 1L : 0L);
        set(handle, CURLOPT_USERAGENT, settings_.user_agent.c_str());
        set(handle, CURLOPT_HEADERFUNCTION, &on_header);
        set(handle, CURLOPT_WRITEFUNCTION, &on_body);
        const auto left = deadline.left(clock_);
        set(handle, CURLOPT_TIMEOUT_MS, milliseconds(left));
        set(handle, CURLOPT_CONNECTTIMEOUT_MS, milliseconds(std::min<Duration>(left, settings_.connect_timeout)));
        set_trust(handle, settings_.ca_file);
        if (settings_.ignore_dates) {
            set(handle, CURLOPT_SSL_CTX_FUNCTION, &without_dates);
        }
        if (!settings_.certificate_file.empty()) {
            set(handle, CURLOPT_SSLCERT, settings_.certificate_file.c_str());
            set(handle, CURLOPT_SSLKEY, settings_.key_file.c_str());
        }
    }

    [[nodiscard]] CurlFailure failure(CURLcode code, const Transfer& transfer) const {
        auto* handle = handle_.get();
        return {.code = static_cast<int>(code),
                .words = words_[0] != '\0' ? words_.data() : ::curl_easy_strerror(code),
                .verify_result = number(handle, CURLINFO_SSL_VERIFYRESULT),
                .proxy_status = number(handle, CURLINFO_HTTP_CONNECTCODE),
                .sent = number(handle, CURLINFO_REQUEST_SIZE) > 0,
                .answered = transfer.received > 0};
    }

    CurlSettings settings_;
    const Clock& clock_;
    std::array<char, CURL_ERROR_SIZE> words_{};  // libcurl may write there until the handle is gone
    Handle handle_;
};

CurlClient::CurlClient(CurlSettings settings, const Clock& clock)
    : impl_{std::make_unique<Impl>(std::move(settings), clock)} {}

CurlClient::~CurlClient() = default;

Result<HttpResponse> CurlClient::send(const HttpRequest& request, const Deadline& deadline) {
    return impl_->send(request, deadline);
}

}  // namespace trustx::aws
