// SPDX-License-Identifier: Apache-2.0
#include "service/journal.hpp"

#include "common/text/printable.hpp"

#include <cstdlib>
#include <mutex>
#include <utility>

#include <spdlog/sinks/base_sink.h>
#include <sys/stat.h>
#include <sys/syslog.h>
#include <sys/uio.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION  // of this file
#include <systemd/sd-journal.h>

namespace trustx::mqtt {
namespace {

int priority_of(spdlog::level::level_enum level) {
    switch (level) {
        case spdlog::level::critical:
        case spdlog::level::err:
            return LOG_ERR;
        case spdlog::level::warn:
            return LOG_WARNING;
        case spdlog::level::info:
            return LOG_INFO;
        default:
            return LOG_DEBUG;
    }
}

void add(JournalFields& fields, const Incident& incident) {
    fields.push_back(std::string{"MESSAGE_ID="} + message_id(incident.kind));
    fields.push_back("TRUSTX_ENDPOINT=" + incident.endpoint);
    fields.push_back("TRUSTX_CLIENT_ID=" + incident.client_id);
    fields.push_back("TRUSTX_KEY_USES=" + std::to_string(incident.key_uses));
    if (incident.reason) {
        fields.push_back(fmt::format("TRUSTX_REASON_CODE=0x{:02X}", static_cast<unsigned>(*incident.reason)));
    }
}

class JournalSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
    explicit JournalSink(std::function<void(const JournalFields&)> send) : send_{std::move(send)} {}

 protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        JournalFields fields{
            "MESSAGE=" + text::printable({message.payload.data(), message.payload.size()}),
            "PRIORITY=" + std::to_string(priority_of(message.level)),
            "SYSLOG_IDENTIFIER=" + std::string{message.logger_name.data(), message.logger_name.size()}};
        if (const auto* incident = reported()) {
            add(fields, *incident);
        }
        send_(fields);
    }
    void flush_() override {}

 private:
    std::function<void(const JournalFields&)> send_;
};

}  // namespace

bool is_journal(int fd) {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (stream == nullptr || ::fstat(fd, &status) != 0) {
        return false;
    }
    return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) == stream;
}

bool journal_listens() {
    return ::access("/run/systemd/journal/socket", W_OK) == 0;
}

const char* message_id(Incident::Kind kind) {
    switch (kind) {
        case Incident::Kind::connected:
            return "fd4a0c4490c348718fc50d33a36bef49";
        case Incident::Kind::attempt_failed:
            return "bebf8f8b304b463abd841c66ceb495cb";
        case Incident::Kind::refused:
            return "10a6056bb1b9449ca7955cbfe700a917";
        case Incident::Kind::taken_over:
            return "ef58f9405a454cf68badf7735ad52c96";
        default:
            return "34d51cea1d814665b0268d20688c0a87";
    }
}

std::shared_ptr<spdlog::sinks::sink> journal_sink(std::function<void(const JournalFields&)> send) {
    return std::make_shared<JournalSink>(std::move(send));
}

void send_to_journal(const JournalFields& fields) {
    std::vector<iovec> parts;
    for (const auto& field : fields) {
        // sendmsg(2) only reads; iovec knows no const.
        parts.push_back(
            {const_cast<char*>(field.data()), field.size()});  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    }
    static_cast<void>(::sd_journal_sendv(parts.data(), static_cast<int>(parts.size())));
}

}  // namespace trustx::mqtt
