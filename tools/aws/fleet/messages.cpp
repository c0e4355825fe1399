// SPDX-License-Identifier: Apache-2.0
#include "aws/fleet/messages.hpp"

#include "aws/control/arn.hpp"
#include "aws/documents/names.hpp"
#include "aws/documents/policy.hpp"
#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"
#include "common/x509/certificate.hpp"
#include "pki/request.hpp"

#include <trustx/uid.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>

#include <nlohmann/json.hpp>

namespace trustx::aws {
namespace {

using MessageJson = nlohmann::ordered_json;

constexpr int message_version = 1;

struct MessageFormat {
    MessageKind kind;
    std::string_view name;
};

constexpr std::array formats{MessageFormat{MessageKind::request, "trustx aws request"},
                             MessageFormat{MessageKind::answer, "trustx aws answer"},
                             MessageFormat{MessageKind::proof, "trustx aws proof"}};

std::string_view name_of(MessageKind kind) {
    return std::ranges::find(formats, kind, &MessageFormat::kind)->name;
}

MessageJson headed(MessageKind kind, MessageJson members) {
    MessageJson json{{"format", name_of(kind)}, {"version", message_version}};
    json.update(members);
    return json;
}

std::string text_of(const MessageJson& json) {
    return json.dump(2) + "\n";
}

// parsed is the object in a text; anything else: null.
MessageJson parsed(std::string_view text) {
    if (text.size() > longest_message) {
        return {};
    }
    // An object with texts and lists of texts. What is deeper would be copied and written by recursion.
    constexpr int deepest = 4;
    bool is_flat = true;
    auto json = MessageJson::parse(
        text,
        [&is_flat](int depth, auto /*event*/, auto& /*value*/) {
            is_flat = is_flat && depth <= deepest;
            return is_flat;
        },
        false);
    return is_flat && json.is_object() ? json : MessageJson{};
}

// Reader takes the members of a message, by name, and remembers the first thing that is wrong.
class Reader {
 public:
    Reader(std::string_view text, MessageKind kind, const std::string& name)
        : json_(parsed(text)), kind_{kind}, name_{name} {
        if (json_.is_null()) {
            refuse("it is no JSON object of at most " + std::to_string(longest_message) +
                   " bytes; it may have been cut off on its way");
        } else if (json_.value("format", MessageJson{}) != MessageJson(name_of(kind))) {
            refuse("its format is not `" + std::string{name_of(kind)} + "`");
        } else if (json_.value("version", MessageJson{}) != MessageJson(message_version)) {
            const auto version = json_.value("version", MessageJson{});
            refuse((version.is_number() ? "it has the version " + version.dump() : std::string{"it has no version"}) +
                   ", and this program reads " + std::to_string(message_version));
        }
    }

    // text is a member of at least one character and at most so many.
    std::string text(const char* member, std::size_t longest) {
        const auto found = json_.find(member);
        ++taken_;
        if (failed() || found == json_.end() || !found->is_string() || found->get_ref<const std::string&>().empty() ||
            found->get_ref<const std::string&>().size() > longest) {
            refuse("its member `" + std::string{member} + "` is missing, or no text of 1 to " +
                   std::to_string(longest) + " characters");
            return {};
        }
        return found->get<std::string>();
    }

    [[nodiscard]] bool has(const char* member) const { return !failed() && json_.contains(member); }

    // time is a member with seconds since 1970.
    std::int64_t time(const char* member) {
        constexpr std::uint64_t latest = 253'402'300'799;  // the last second of the year 9999
        const auto found = json_.find(member);
        ++taken_;
        if (failed() || found == json_.end() || !found->is_number_unsigned() || found->get<std::uint64_t>() > latest) {
            refuse("its member `" + std::string{member} + "` is missing, or no time");
            return 0;
        }
        return found->get<std::int64_t>();
    }

    // hexadecimal is a text of so many digits.
    std::string hexadecimal(const char* member, std::size_t fewest, std::size_t most, std::string_view digits) {
        auto digits_given = text(member, most);
        const bool good = digits_given.size() >= fewest && digits_given.size() % 2 == 0 &&
                          digits_given.find_first_not_of(digits) == std::string::npos;
        return good ? digits_given : (refuse("its member `" + std::string{member} + "` is malformed"), std::string{});
    }

    // take keeps what a parser made of a member.
    template <class T>
    T take(Result<T> result) {
        if (!result) {
            refuse(result.error().message());
            return T{};
        }
        return *std::move(result);
    }
    void take(const Result<void>& result) {
        if (!result) {
            refuse(result.error().message());
        }
    }

    void refuse(std::string why) {
        if (!failed()) {
            why_ = std::move(why);
        }
    }

    [[nodiscard]] bool failed() const { return !why_.empty(); }

    // done says what is wrong, also members that nobody has asked for.
    Result<void> done() {
        constexpr std::size_t head = 2;
        if (json_.size() > taken_ + head) {
            refuse("it has members that do not belong there");
        }
        return failed() ? fail(InputErrc::malformed, name_ + " is no " + std::string{name_of(kind_)} + ": " + why_)
                        : Result<void>{};
    }

 private:
    MessageJson json_;
    MessageKind kind_;
    const std::string& name_;
    std::size_t taken_ = 0;
    std::string why_;
};

constexpr std::string_view upper_case = "0123456789ABCDEF";
constexpr std::string_view lower_case = "0123456789abcdef";
constexpr std::size_t longest_name = 128;
constexpr std::size_t longest_csr = 4096;  // aws-iot.md section 1.4
constexpr std::size_t longest_chain = 8192;
constexpr std::size_t longest_roots = 16384;
constexpr std::size_t longest_host = 300;

std::string thing_in(Reader& reader) {
    auto thing = reader.text("thing", longest_name);
    reader.take(check_name(NameOf::thing, thing));
    return thing;
}

std::string chip_in(Reader& reader) {
    return reader.hexadecimal("chip", 2 * Uid::size, 2 * Uid::size, upper_case);
}

ObjectId slot_in(Reader& reader) {
    const auto slot = reader.take(ObjectId::parse(reader.text("slot", 4)));
    if (!paired_certificate(slot)) {
        reader.refuse("its member `slot` is no key slot");
    }
    return slot;
}

Endpoint endpoint_in(Reader& reader) {
    const auto text = reader.text("endpoint", longest_host);
    const bool good = std::ranges::all_of(text, [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
               (letter >= '0' && letter <= ':') || letter == '.' || letter == '-' || letter == '[' || letter == ']';
    });
    return good ? reader.take(Endpoint::parse(text))
                : (reader.refuse("its member `endpoint` is malformed"), Endpoint{});
}

std::string account_in(Reader& reader) {
    auto account = reader.text("account", 12);
    reader.take(check_account(account));
    return account;
}

std::string region_in(Reader& reader) {
    constexpr std::size_t longest_region = 32;
    auto region = reader.text("region", longest_region);
    if (region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos) {
        reader.refuse("its member `region` is malformed");
    }
    return region;
}

// signature_in: a signature on P-384 in DER has at most 104 bytes.
std::string signature_in(Reader& reader, const char* member = "signature") {
    return reader.hexadecimal(member, 2 * 8, 2 * 104, upper_case);
}

std::string certificate_id_in(Reader& reader, const char* member) {
    constexpr std::size_t id_digits = 64;
    return reader.hexadecimal(member, id_digits, id_digits, lower_case);
}

std::string challenge_in(Reader& reader) {
    return reader.hexadecimal("challenge", pki::challenge_digits, pki::challenge_digits, upper_case);
}

constexpr const char* replaced = "replaces";
constexpr const char* by_replaced = "signatureOfReplaced";

// client_in: the thing's name, or the one that a rotation connects with beside it.
std::string client_in(Reader& reader, const std::string& thing) {
    const auto beside = client_beside(thing);
    auto client = reader.text("clientId", std::max(longest_name, beside.size()));
    if (client != thing && client != beside) {
        reader.refuse("its member `clientId` is not the thing's");
    }
    return client;
}

// certificates_in reads certificates, and gives them as libcrypto writes them: without what stands around them.
std::string certificates_in(Reader& reader, const char* member, std::size_t longest) {
    const auto given = reader.text(member, longest);
    if (reader.failed()) {
        return {};
    }
    const auto certificates =
        x509::parse_certificate_file(text::as_bytes(given), "its member `" + std::string{member} + "`");
    std::string pem;
    if (!certificates) {
        reader.refuse(certificates.error().message());
        return pem;
    }
    for (const auto& certificate : *certificates) {
        pem += certificate.pem();
    }
    return pem;
}

// check_arn wants the parts of an answer to be about one certificate.
void check_arn(Reader& reader, const OperatorAnswer& answer) {
    const auto arn = parse_arn(answer.certificate_arn);
    if (!arn || arn->service != "iot" || arn->region != answer.region || arn->account != answer.account ||
        !arn->resource.starts_with("cert/")) {
        reader.refuse("its certificate is not of its account and region");
    }
}

}  // namespace

std::string Request::words() const {
    return "trustx aws request 1\nthing " + thing + "\nchip " + chip + "\nslot " + slot.hex() + "\nmade " +
           std::to_string(made) + "\n" + (replaces.empty() ? "" : "replaces " + replaces + "\n") + csr;
}

std::string Proof::words() const {
    return "trustx aws proof 1\nthing " + thing + "\nchip " + chip + "\nslot " + slot.hex() + "\nregion " + region +
           "\naccount " + account + "\ncertificate " + certificate_id + "\nchallenge " + challenge + "\n";
}

Result<Signed<Request>> signed_by_chip(pki::ChipPort& chip, const PublicKey& key, Request request) {
    TRY(auto signature, pki::sign_text(chip, request.slot, key, request.words()));
    return Signed<Request>{.message = std::move(request), .signature = std::move(signature)};
}

Result<Signed<Proof>> signed_by_chip(pki::ChipPort& chip, const PublicKey& key, Proof proof) {
    TRY(auto signature, pki::sign_text(chip, proof.slot, key, proof.words()));
    return Signed<Proof>{.message = std::move(proof), .signature = std::move(signature)};
}

std::string request_text(const Signed<Request>& request) {
    const auto& asked = request.message;
    auto json = headed(MessageKind::request, {{"thing", asked.thing},
                                              {"chip", asked.chip},
                                              {"slot", asked.slot.hex()},
                                              {"made", asked.made},
                                              {"csr", asked.csr},
                                              {"signature", request.signature}});
    if (!asked.replaces.empty()) {
        json[replaced] = asked.replaces;
        json[by_replaced] = request.by_replaced;
    }
    return text_of(json);
}

std::string answer_text(const OperatorAnswer& answer) {
    return text_of(headed(MessageKind::answer, {{"thing", answer.thing},
                                                {"chip", answer.chip},
                                                {"slot", answer.slot.hex()},
                                                {"endpoint", answer.endpoint.text()},
                                                {"region", answer.region},
                                                {"account", answer.account},
                                                {"challenge", answer.challenge},
                                                {"clientId", answer.client_id},
                                                {"certificateArn", answer.certificate_arn},
                                                {"certificate", answer.certificate},
                                                {"roots", answer.roots}}));
}

std::string proof_text(const Signed<Proof>& proof) {
    const auto& said = proof.message;
    return text_of(headed(MessageKind::proof, {{"thing", said.thing},
                                               {"chip", said.chip},
                                               {"slot", said.slot.hex()},
                                               {"region", said.region},
                                               {"account", said.account},
                                               {"certificateId", said.certificate_id},
                                               {"challenge", said.challenge},
                                               {"signature", proof.signature}}));
}

Result<ReceivedRequest> parse_request(std::string_view text, const std::string& name) {
    Reader reader{text, MessageKind::request, name};
    Request request{.thing = thing_in(reader),
                    .chip = chip_in(reader),
                    .slot = slot_in(reader),
                    .made = reader.time("made"),
                    .csr = reader.text("csr", longest_csr)};
    const auto signature = signature_in(reader);
    std::string signature_of_replaced;
    if (reader.has(replaced)) {
        request.replaces = certificate_id_in(reader, replaced);
        signature_of_replaced = signature_in(reader, by_replaced);
    }
    TRYV(reader.done());
    TRY(auto key, pki::key_of_request(request.csr, name));
    if (!pki::is_signed(key, request.words(), signature)) {
        return fail(InputErrc::malformed, name +
                                              " is not signed by the key that it asks a certificate for: it was "
                                              "changed on its way; have the gateway write it again");
    }
    return ReceivedRequest{
        .request = std::move(request), .key = std::move(key), .by_replaced = std::move(signature_of_replaced)};
}

Result<OperatorAnswer> parse_answer(std::string_view text, const std::string& name) {
    Reader reader{text, MessageKind::answer, name};
    OperatorAnswer answer{.thing = thing_in(reader),
                          .chip = chip_in(reader),
                          .slot = slot_in(reader),
                          .endpoint = endpoint_in(reader),
                          .region = region_in(reader),
                          .account = account_in(reader),
                          .challenge = challenge_in(reader),
                          .client_id = {},
                          .certificate_arn = reader.text("certificateArn", longest_host),
                          .certificate = certificates_in(reader, "certificate", longest_chain),
                          .roots = certificates_in(reader, "roots", longest_roots)};
    check_arn(reader, answer);
    answer.client_id = client_in(reader, answer.thing);
    TRYV(reader.done());
    return answer;
}

Result<Signed<Proof>> parse_proof(std::string_view text, const std::string& name) {
    Reader reader{text, MessageKind::proof, name};
    Signed<Proof> proof{.message = {.thing = thing_in(reader),
                                    .chip = chip_in(reader),
                                    .slot = slot_in(reader),
                                    .region = region_in(reader),
                                    .account = account_in(reader),
                                    .certificate_id = certificate_id_in(reader, "certificateId"),
                                    .challenge = challenge_in(reader)},
                        .signature = signature_in(reader)};
    TRYV(reader.done());
    return proof;
}

std::optional<MessageKind> kind_of(std::string_view text) {
    const auto json = parsed(text);
    const auto format = json.is_object() ? json.value("format", MessageJson{}) : MessageJson{};
    const auto* const found =
        std::ranges::find_if(formats, [&](const MessageFormat& known) { return format == MessageJson(known.name); });
    return found == formats.end() ? std::nullopt : std::optional{found->kind};
}

}  // namespace trustx::aws
