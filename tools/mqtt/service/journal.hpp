// SPDX-License-Identifier: Apache-2.0
// The journal of systemd as the place where the log goes, with fields that `journalctl FIELD=VALUE` finds
// (systemd.journal-fields(7)):
//   MESSAGE, PRIORITY, SYSLOG_IDENTIFIER    each message has them
//   MESSAGE_ID                              of an incident (session/incident.hpp); the numbers: message_id()
//   TRUSTX_ENDPOINT, TRUSTX_CLIENT_ID       of an incident
//   TRUSTX_REASON_CODE                      "0x8E": of MQTT 5, where the broker gave one
//   TRUSTX_KEY_USES                         how often connections may have used the key so far
#pragma once

#include "session/incident.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace spdlog::sinks {
class sink;
}

namespace trustx::mqtt {

// is_journal compares a descriptor, standard output or error, with JOURNAL_STREAM, as systemd.exec(5) asks for: a
// program that was started by a service may have its own.
bool is_journal(int fd);

// journal_listens: its socket is there. Without it what is sent is lost, and nobody is told (sd_journal_sendv(3)).
bool journal_listens();

// message_id is 32 hexadecimal digits, the same in every version of this program.
const char* message_id(Incident::Kind kind);

// JournalFields are "NAME=value" each.
using JournalFields = std::vector<std::string>;

// journal_sink gives an entry for each message to `send`.
std::shared_ptr<spdlog::sinks::sink> journal_sink(std::function<void(const JournalFields&)> send);

// send_to_journal gives an entry to the journal.
void send_to_journal(const JournalFields& fields);

}  // namespace trustx::mqtt
