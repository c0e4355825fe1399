// SPDX-License-Identifier: Apache-2.0
// Finds the message for which a broker ends connections, so that it does not hold up those behind it. No version of
// MQTT says which one it was: MQTT 5 may give a reason for the end of a connection (MQTT 5.0 section 3.14), MQTT 3.1.1
// just closes. So whatever was on its way is sent again, one at a time; what is alone on its way when that happens
// again is accused. Knows neither connection nor clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>

namespace trustx::mqtt {

class Culprit {
 public:
    using Id = std::uint64_t;  // the application's
    using Ids = std::set<Id>;
    // How many connections in a row have to end with the same message alone on its way, where the broker gives no
    // reason. A network can do that, too.
    static constexpr unsigned series = 8;
    // With so many that are accused, and none delivered meanwhile, the broker takes none at all.
    static constexpr std::size_t too_many = 3;

    // refused: the broker ended the connection for something that was done on it, and said so. closed: without a word,
    // and not because nothing was heard of it. `young`: the connection had hardly begun. Both take what was on its way.
    void refused(const Ids& on_their_way);
    void closed(const Ids& on_their_way, bool young);
    // interrupted: the network was in trouble, which may have closed the last connections as well.
    void interrupted();
    void delivered(Id id);

    // one_at_a_time: no two messages may be on their way now.
    [[nodiscard]] bool one_at_a_time() const { return !suspects_.empty(); }
    [[nodiscard]] bool accuses(Id id) const;
    [[nodiscard]] std::size_t accused() const;
    // by_the_broker: it said itself that something was wrong with it.
    [[nodiscard]] bool by_the_broker(Id id) const;

    // forget: the message has ended. acquit: all that was found so far was wrong.
    void forget(Id id);
    void acquit();

 private:
    struct Charge {
        unsigned connections = 0;  // that it ended, alone on its way
        bool by_the_broker = false;
        [[nodiscard]] bool holds() const { return by_the_broker || connections >= series; }
    };
    Ids suspects_;  // one of them may be the one, and each is sent alone
    std::map<Id, Charge> charges_;
};

}  // namespace trustx::mqtt
