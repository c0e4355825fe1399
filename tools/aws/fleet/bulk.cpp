// SPDX-License-Identifier: Apache-2.0
#include "aws/fleet/bulk.hpp"

#include "aws/account/account_error.hpp"
#include "aws/control/api_error.hpp"
#include "aws/enrolment/error.hpp"
#include "aws/http/http_error.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

namespace trustx::aws {
namespace {

// Entry is a file that is to be worked through, without its content: a folder may have many.
struct Entry {
    MessageKind kind = MessageKind::request;
    DeviceReport report;
};

struct OutcomeName {
    Outcome outcome;
    const char* text;
};

constexpr std::array outcome_names{OutcomeName{Outcome::approved, "approved"},
                                   OutcomeName{Outcome::activated, "activated"}, OutcomeName{Outcome::failed, "failed"},
                                   OutcomeName{Outcome::not_reached, "not reached"}};

// hinders_all says whether the next gateway would fail in the same way: account, network and disk are everybody's.
bool hinders_all(const Error& error) {
    constexpr std::array codes{ApiErrc::unauthorized,        ApiErrc::throttling,         ApiErrc::internal_failure,
                               ApiErrc::service_unavailable, ApiErrc::access_denied,      ApiErrc::expired_token,
                               ApiErrc::unknown_credentials, ApiErrc::signature_mismatch, ApiErrc::wrong_scope,
                               ApiErrc::clock_skew,          ApiErrc::token_missing,      ApiErrc::answer_malformed};
    const auto& category = error.code().category();
    return category == account_category() || category == http_category() || error == InputErrc::unwritable ||
           error == EnrolmentErrc::other_account || error == InputErrc::usage ||
           std::ranges::any_of(codes, [&](ApiErrc code) { return error == code; });
}

class Bulk {
 public:
    Bulk(Approvals& approvals, files::FileStore& files, const BulkDirectories& directories, const Order& wishes)
        : approvals_{approvals}, files_{files}, directories_{directories}, wishes_{wishes} {}

    Result<BulkReport> run(const std::vector<std::string>& names, const BulkProgress& progress);

 private:
    std::optional<Entry> look_at(const std::string& name);
    Result<void> check_no_link(const std::string& path);
    Result<std::string> content(const std::string& name);
    Result<ReceivedRequest> request_in(const std::string& name);
    void index(const Entry& entry, const PublicKey& key);
    void refuse_duplicates();
    void refuse_group(const std::string& what, const std::vector<std::size_t>& group);
    Result<void> work_on(Entry& entry);
    Result<void> approve(DeviceReport& device);
    Result<void> activate(DeviceReport& device);

    Approvals& approvals_;
    files::FileStore& files_;
    const BulkDirectories& directories_;
    const Order& wishes_;
    std::vector<Entry> entries_;
    std::map<std::string, std::vector<std::size_t>> by_feature_;  // what only one gateway may have: its requests
};

// check_no_link: files come from gateways, by whatever way, and a link would let who sends them choose what is read and
// replaced elsewhere.
Result<void> Bulk::check_no_link(const std::string& path) {
    TRY(const auto target, files_.link_target(path));
    return target ? fail(InputErrc::check_failed, path + " is a symbolic link (to " + *target +
                                                      "), and a folder of gateways has none: remove it")
                  : Result<void>{};
}

Result<std::string> Bulk::content(const std::string& name) {
    const auto path = directories_.folder + "/" + name;
    TRYV(check_no_link(path));
    TRY(auto read, files_.read(path));
    return read ? Result<std::string>{*std::move(read)}
                : fail(InputErrc::unreadable, name + " is not in the folder any more");
}

Result<ReceivedRequest> Bulk::request_in(const std::string& name) {
    TRY(const auto text, content(name));
    return parse_request(text, name);
}

// look_at tells what is in a file; nothing: it is no concern of this.
std::optional<Entry> Bulk::look_at(const std::string& name) {
    Entry entry;
    entry.report.file = name;
    const auto text = content(name);
    const auto kind = text ? kind_of(*text) : std::nullopt;
    if (kind == MessageKind::answer) {
        return std::nullopt;
    }
    entry.kind = kind.value_or(MessageKind::request);
    const auto taken = [&entry](const auto& message) {
        entry.report.thing = message.thing;
        entry.report.chip = message.chip;
    };
    if (entry.kind == MessageKind::proof) {
        const auto proof = parse_proof(*text, name);
        proof ? taken(proof->message) : static_cast<void>(entry.report.failure = proof.error());
        return entry;
    }
    const auto received = text ? parse_request(*text, name) : Result<ReceivedRequest>{text.failure()};
    if (!received) {
        entry.report.failure = received.error();
        return entry;
    }
    taken(received->request);
    index(entry, received->key);
    return entry;
}

void Bulk::index(const Entry& entry, const PublicKey& key) {
    const auto number = entries_.size();
    by_feature_["the thing " + entry.report.thing].push_back(number);
    by_feature_["the chip " + entry.report.chip].push_back(number);
    by_feature_["the key " + to_hex(key.point)].push_back(number);
}

// refuse_group fails all requests of a group unless they are copies of one: which of them is right is not for a program
// to guess.
void Bulk::refuse_group(const std::string& what, const std::vector<std::size_t>& group) {
    const auto first = request_in(entries_[group.front()].report.file);
    const bool copies = std::ranges::all_of(group, [&](std::size_t number) {
        const auto other = request_in(entries_[number].report.file);
        return first && other && first->request == other->request;
    });
    for (const auto number : copies ? std::vector<std::size_t>{} : group) {
        entries_[number].report.failure =
            Error{InputErrc::check_failed, what + " is in " + std::to_string(group.size()) + " requests, such as " +
                                               entries_[group.front()].report.file + " and " +
                                               entries_[group.back()].report.file +
                                               ": take away those that are wrong, and run it again"};
    }
}

void Bulk::refuse_duplicates() {
    for (const auto& [what, group] : by_feature_) {
        if (group.size() > 1) {
            refuse_group(what, group);
        }
    }
    by_feature_.clear();
}

// approve writes the answer last: a record whose answer was not written gives it without the cloud.
Result<void> Bulk::approve(DeviceReport& device) {
    TRY(const auto received, request_in(device.file));
    TRY(const auto record, approvals_.record(device.thing));
    device.before = record && is_approved(*record) && is_of(*record, received);
    TRY(const auto answer, approvals_.approve(received, wishes_));
    const auto path = directories_.answer_file(device.thing);
    const auto text = answer_text(answer);
    TRYV(check_no_link(path));
    TRY(const auto present, files_.read(path));
    if (present != text) {
        TRYV(files_.write(path, text, files::Access::owner));
    }
    device.outcome = Outcome::approved;
    return {};
}

// activate looks at the certificate also where a record says that it was done: it may be out of use since.
Result<void> Bulk::activate(DeviceReport& device) {
    TRY(const auto text, content(device.file));
    TRY(const auto proof, parse_proof(text, device.file));
    TRY(const auto record, approvals_.record(device.thing));
    device.before = record && record->phase == Phase::done;
    TRYV(approvals_.activate(proof));
    device.outcome = Outcome::activated;
    return {};
}

// work_on gives an Error for what hinders all.
Result<void> Bulk::work_on(Entry& entry) {
    auto& device = entry.report;
    if (!device.failure) {
        const auto done = entry.kind == MessageKind::request ? approve(device) : activate(device);
        if (done) {
            return {};
        }
        if (hinders_all(done.error())) {
            return done.failure();
        }
        device.failure = done.error();
    }
    device.outcome = Outcome::failed;
    return {};
}

Result<BulkReport> Bulk::run(const std::vector<std::string>& names, const BulkProgress& progress) {
    for (const auto& path : {directories_.answers(), directories_.records(), directories_.report_file()}) {
        TRYV(check_no_link(path));
    }
    for (const auto& name : names) {
        if (auto entry = look_at(name)) {
            entries_.push_back(*std::move(entry));
        }
    }
    refuse_duplicates();
    std::ranges::stable_sort(entries_, {}, &Entry::kind);
    TRYV(files_.make_directory(directories_.answers(), files::Access::owner));
    BulkReport report;
    for (auto& entry : entries_) {
        const auto worked = report.stopped ? Result<void>{} : work_on(entry);
        if (!worked) {
            report.stopped = worked.error();
        }
        report.devices.push_back(std::move(entry.report));
        if (!report.stopped) {
            progress(report.devices.back(), report.devices.size(), entries_.size());
        }
    }
    TRYV(files_.write(directories_.report_file(), report.text(), files::Access::owner));
    return report;
}

nlohmann::ordered_json device_json(const DeviceReport& device) {
    nlohmann::ordered_json json{{"file", device.file}, {"thing", device.thing}, {"chip", device.chip}};
    json["outcome"] = std::ranges::find(outcome_names, device.outcome, &OutcomeName::outcome)->text;
    if (device.before) {
        json["before"] = true;
    }
    if (device.failure) {
        json["error"] = device.failure->message();
    }
    return json;
}

}  // namespace

std::size_t BulkReport::count(Outcome outcome) const {
    std::set<std::string> counted;
    for (const auto& device : devices) {
        if (device.outcome == outcome) {
            const bool is_done = outcome == Outcome::approved || outcome == Outcome::activated;
            counted.insert(is_done ? device.thing : device.file);
        }
    }
    return counted.size();
}

std::string BulkReport::text() const {
    nlohmann::ordered_json json{{"format", "trustx aws report"}, {"version", 1}};
    for (const auto& [outcome, name] : outcome_names) {
        json[name] = count(outcome);
    }
    if (stopped) {
        json["stopped"] = stopped->message();
    }
    json["devices"] = nlohmann::ordered_json::array();
    for (const auto& device : devices) {
        json["devices"].push_back(device_json(device));
    }
    return json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Result<BulkReport> bulk(Approvals& approvals, files::FileStore& files, const BulkDirectories& directories,
                        const std::vector<std::string>& names, const Order& wishes, const BulkProgress& progress) {
    return Bulk{approvals, files, directories, wishes}.run(names, progress);
}

}  // namespace trustx::aws
