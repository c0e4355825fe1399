// SPDX-License-Identifier: Apache-2.0
// Servers that load the key and then give up their root directory and their user, by Debian's defaults: HAProxy,
// Dovecot and Postfix. Only root can start them so; what needs a port has a network of its own.
#include "host.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <unistd.h>

using namespace trustx::test;

namespace {

// Where the key's bus is opened: at the first use, or with the key.
enum class Open { first_use, load };

Environment environment_of(const Host& host, Open open) {
    auto environment = host.environment(Arrangement::default_first);
    if (open == Open::load) {
        const auto file = host.path("openssl-open.cnf");
        write_file(file, read_file(environment["OPENSSL_CONF"]) + "open = load\n");
        environment["OPENSSL_CONF"] = file;
    }
    return environment;
}

// make_reachable lets the users that the programs become look up what is theirs; the chip stays root's.
void make_reachable(const Host& host) {
    std::filesystem::permissions(host.path(""), std::filesystem::perms{0755});
}

bool installed(const std::filesystem::path& program) {
    return std::filesystem::exists(program);
}

// Server runs in a network namespace with a loopback interface. Its processes, some of which leave its group, end with
// the namespace of their numbers.
class Server {
 public:
    Server(const Environment& environment, const std::string& command)
        : process_{"unshare",
                   {"--net", "--pid", "--fork", "--kill-child", "sh", "-c", "ip link set lo up && exec " + command},
                   {.environment = environment}} {}

    Process& process() { return process_; }

    // connect makes a TLS connection and sends a farewell of the protocol.
    [[nodiscard]] Outcome connect(const Host& host, const std::string& port, const std::string& farewell) const {
        return run("nsenter",
                   {"--target", std::to_string(process_.pid()), "--net", "openssl", "s_client", "-connect",
                    "127.0.0.1:" + port, "-CAfile", host.ca(), "-verify_return_error", "-brief"},
                   {.environment = host.plain_environment(), .input = farewell});
    }

 private:
    Process process_;
};

// Dovecot 2.4 begins its configuration with a version, and names several settings differently.
std::string dovecot_2_3_settings(const Host& host) {
    return "ssl_cert = <" + host.server().certificate.string() + "\nssl_key = <" + host.server().key.string() +
           "\nimport_environment = $import_environment OPENSSL_CONF\n"
           "passdb {\n  driver = static\n  args = nopassword=y\n}\n"
           "userdb {\n  driver = static\n  args = uid=65534 gid=65534 home=/nonexistent\n}\n";
}

std::string dovecot_2_4_settings(const Host& host) {
    return "ssl_server_cert_file = " + host.server().certificate.string() +
           "\nssl_server_key_file = " + host.server().key.string() +
           "\nimport_environment/OPENSSL_CONF = %{env:OPENSSL_CONF}\n"
           "passdb static {\n  password = unused\n}\n"
           "userdb static {\n  fields {\n    uid = 65534\n    gid = 65534\n    home = /nonexistent\n  }\n}\n";
}

std::string dovecot_configuration(const Host& host) {
    const bool is_2_3 = Host::must_run(host.plain_environment(), "dovecot", {"--version"}).out.starts_with("2.3.");
    const auto base = host.path("dovecot").string();
    return (is_2_3 ? "" : "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n") +
           ("base_dir = " + base + "/run\nstate_dir = " + base +
            "/state\nlog_path = /dev/stderr\nprotocols = imap\nlisten = 127.0.0.1\nssl = required\n"
            "service imap-login {\n  inet_listener imap {\n    port = 0\n  }\n"
            "  inet_listener imaps {\n    port = 993\n    ssl = yes\n  }\n}\n") +
           (is_2_3 ? dovecot_2_3_settings(host) : dovecot_2_4_settings(host));
}

void write_postfix_configuration(const Host& host) {
    const auto base = host.path("postfix");
    std::filesystem::create_directories(base / "conf");
    std::filesystem::create_directories(base / "spool");
    std::filesystem::create_directories(base / "data");
    Host::must_run({}, "chown", {"postfix", (base / "data").string()});
    write_file(base / "conf" / "main.cf",
               "compatibility_level = 3.6\nqueue_directory = " + (base / "spool").string() +
                   "\ndata_directory = " + (base / "data").string() +
                   "\nmyhostname = localhost\nmydestination =\nalias_maps =\nlocal_recipient_maps =\n"
                   "inet_protocols = ipv4\nsmtpd_tls_security_level = may\nsmtpd_relay_restrictions = reject\n"
                   "smtpd_tls_cert_file = " +
                   host.server().certificate.string() + "\nsmtpd_tls_key_file = " + host.server().key.string() +
                   "\nmaillog_file = " + (base / "log").string() + "\nmaillog_file_prefixes = " + base.string() +
                   "\nimport_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C "
                   "POSTLOG_SERVICE POSTLOG_HOSTNAME OPENSSL_CONF\n");
    // The fifth column is chroot.
    write_file(base / "conf" / "master.cf",
               "127.0.0.1:465 inet n - y - - smtpd\n  -o smtpd_tls_wrappermode=yes\n"
               "tlsmgr unix - - y 1000? 1 tlsmgr\nanvil unix - - y - 1 anvil\nrewrite unix - - y - - "
               "trivial-rewrite\nproxymap unix - - n - - proxymap\npostlog unix-dgram n - n - 1 postlogd\n");
}

}  // namespace

TEST_CASE("HAProxy signs in its chroot with what it opened before", "[.][root]") {
    REQUIRE(::geteuid() == 0);
    if (!installed("/usr/sbin/haproxy")) {
        SUCCEED("haproxy is not installed");
        return;
    }
    const Host host{"P-256"};
    make_reachable(host);
    std::filesystem::create_directory(host.path("jail"));
    write_file(host.path("combined.pem"), read_file(host.server().certificate) + read_file(host.server().key));
    write_file(host.path("haproxy.cfg"),
               "global\nchroot " + host.path("jail").string() +
                   "\nuser haproxy\ngroup haproxy\ndefaults\nmode http\ntimeout client 60s\ntimeout server 60s\n"
                   "timeout connect 60s\nfrontend front\nbind unix@" +
                   host.path("front").string() + " ssl crt " + host.path("combined.pem").string() +
                   "\nhttp-request return status 200 content-type text/plain string hello\n");
    // A master and a worker, as Debian's unit has it.
    Process haproxy{
        "/usr/sbin/haproxy", {"-W", "-f", host.path("haproxy.cfg")}, {.environment = environment_of(host, Open::load)}};
    REQUIRE(wait_for_socket(host.path("front")));
    static_cast<void>(host.counters());
    for (int i = 0; i < 3; ++i) {
        const auto answer =
            Host::must_run(host.plain_environment(), "curl",
                           {"--silent", "--show-error", "--fail", "--max-time", "60", "--cacert", host.ca(),
                            "--no-sessionid", "--unix-socket", host.path("front"), "https://localhost/"});
        CHECK(answer.out == "hello");
    }
    CHECK(host.key_uses() == 3);
}

TEST_CASE("Dovecot's login process signs in its chroot, and otherwise its log names the reason", "[.][root]") {
    REQUIRE(::geteuid() == 0);
    if (!installed("/usr/sbin/dovecot")) {
        SUCCEED("dovecot is not installed");
        return;
    }
    const Host host{"P-256"};
    make_reachable(host);
    write_file(host.path("dovecot.conf"), dovecot_configuration(host));
    for (const auto open : {Open::load, Open::first_use}) {
        std::filesystem::create_directories(host.path("dovecot"));
        Server dovecot{environment_of(host, open), "dovecot -F -c " + host.path("dovecot.conf").string()};
        dovecot.process().wait_for_error_line("starting up");
        static_cast<void>(host.counters());
        const auto connected = dovecot.connect(host, "993", "a logout\r\n");
        INFO(connected.both() << dovecot.process().err());
        CHECK(connected.ok() == (open == Open::load));
        CHECK(host.key_uses() == (open == Open::load ? 1 : 0));
        if (open == Open::first_use) {
            dovecot.process().wait_for_error_line("chroot");
        }
    }
}

TEST_CASE("Postfix's server signs in its chroot with what it opened before", "[.][root]") {
    REQUIRE(::geteuid() == 0);
    if (!installed("/usr/sbin/postfix")) {
        SUCCEED("postfix is not installed");
        return;
    }
    const Host host{"P-256"};
    make_reachable(host);
    write_postfix_configuration(host);
    Server postfix{environment_of(host, Open::load),
                   "postfix -c " + (host.path("postfix") / "conf").string() + " start-fg"};
    const auto log = host.path("postfix") / "log";
    Process follower{"tail", {"--follow=name", "--retry", "--lines=+1", log.string()}};
    follower.wait_for_line("daemon started");
    static_cast<void>(host.counters());
    const auto connected = postfix.connect(host, "465", "QUIT\r\n");
    INFO(connected.both() << follower.out());
    CHECK(connected.ok());
    CHECK(host.key_uses() == 1);
}
