// SPDX-License-Identifier: Apache-2.0
// trustx aws make allow-list, jitr and provisioning-hook: who may register.
#include "aws/documents/delivery_manifest.hpp"
#include "aws/documents/deployment.hpp"
#include "cli/context.hpp"
#include "commands/aws/make.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/files/output_file.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"

#include <memory>

namespace trustx::cli {
namespace {

constexpr const char* what_make_allow_list_does =
    R"(FILE is a delivery manifest, a JSON object in each line, as `trustx provision` writes it, or certificates in PEM. A line
has "certificate" or "certificateId", and may have "serial", "uid", "slot" and "thing". A device becomes the thing that
its line names, or the prefix and its serial number.

The list is for `make jitr`. With --claims it is for `make provisioning-hook`, where each chip's own certificate is its
claim; with --claim FILE one claim is for all of them. Their new certificates have the serial number as common name.

Examples:
  trustx aws make allow-list delivery.jsonl --prefix gw- --out allowed.json
  trustx aws make allow-list delivery.jsonl --claim lot-7.pem --out claims.json)";

constexpr const char* what_make_jitr_does =
    R"(Just-in-time registration with an allow-list, for an authority that is registered with --jitr. Certificates of the
list become things and ACTIVE when they connect for the first time; all others of the authority become INACTIVE. Function,
role and rule are written, and the program `deploy`, which puts them into the account with the program aws; when the list
has changed, `deploy --update` uploads the function alone.
The list is in the function: Lambda takes a zip file of 50 MB, which has room for about 400 000 devices.

Examples:
  trustx aws make jitr --ca-id 8b3a... --allow-list allowed.json --account 123456789012 --out jitr
  jitr/deploy)";

constexpr const char* what_make_hook_does =
    R"(The hook of a fleet provisioning template: which claim may become which thing, whatever the device asks for. Function
and role are written, and the program `deploy`, which puts them into the account with the program aws; when the list has
changed, `deploy --update` uploads the function alone.
The list is in the function, as in that of `make jitr`.

Examples:
  trustx aws make provisioning-hook --template fleet --allow-list claims.json --account 123456789012 --out hook
  hook/deploy)";

// read_list reads what has a line for each of many devices, or a certificate.
Result<std::string> read_list(const std::string& path) {
    constexpr std::size_t longest_list = std::size_t{256} * 1024 * 1024;
    std::string content;
    TRYV(files::for_each_piece(path, [&](ByteView piece) -> Result<void> {
        content += text::as_text(piece);
        return content.size() <= longest_list
                   ? Result<void>{}
                   : fail(InputErrc::malformed, files::input_name(path) +
                                                    " is longer than 256 MiB: make lists of parts of it, each for an "
                                                    "authority or a template of its own");
    }));
    return content;
}

struct AllowListOptions {
    std::string file;
    std::string prefix;
    std::string claim;
    bool claims = false;
    std::string out = "-";
};

// claims_of turns devices, by the certificate that they have, into claims.
Result<aws::AllowedClaims> claims_of(const aws::AllowedDevices& devices, const std::string& claim_file) {
    aws::AllowedClaims claims;
    std::string shared;
    if (!claim_file.empty()) {
        TRY(const auto content, read_list(claim_file));
        TRY(const auto claim, aws::parse_delivery(content, claim_file));
        shared = claim.front().certificate_id;
    }
    for (const auto& [id, device] : devices) {
        claims[shared.empty() ? id : shared].push_back(device);
    }
    return claims;
}

Result<void> make_allow_list(const Context& context, const AllowListOptions& options) {
    TRY(const auto content, read_list(options.file));
    TRY(const auto chips, aws::parse_delivery(content, options.file));
    TRY(const auto devices, aws::named_devices(chips, options.prefix));
    const bool for_hook = options.claims || !options.claim.empty();
    TRY(const auto claims, for_hook ? claims_of(devices, options.claim) : Result<aws::AllowedClaims>{});
    // What is refused is refused now, not when the function is made.
    TRYV(for_hook ? aws::provisioning_hook(claims) : aws::jitr_function(devices, "any"));
    TRYV(files::write_file(options.out, for_hook ? aws::text_of(claims) : aws::text_of(devices)));
    context.note(std::to_string(devices.size()) + " device(s)");
    return {};
}

struct MakeJitrOptions {
    std::string out;
    std::string allow_list;
    ScopeOptions scope;
    aws::JitrDeployment wanted;
};

Result<void> make_jitr(const Context& context, const MakeJitrOptions& options) {
    auto wanted = options.wanted;
    TRY(const auto content, read_list(options.allow_list));
    TRY(wanted.devices, aws::parse_allowed_devices(content, options.allow_list));
    TRY(wanted.scope, scope_of(context, options.scope));
    TRY(const auto documents, aws::jitr_documents(wanted));
    TRYV(deliver_documents(options.out, documents));
    context.note("for " + std::to_string(wanted.devices.size()) + " device(s); " + options.out +
                 "/deploy puts it into the account " + wanted.scope.account);
    return {};
}

struct MakeHookOptions {
    std::string out;
    std::string allow_list;
    ScopeOptions scope;
    aws::HookDeployment wanted;
};

Result<void> make_hook(const Context& context, const MakeHookOptions& options) {
    auto wanted = options.wanted;
    TRY(const auto content, read_list(options.allow_list));
    TRY(wanted.claims, aws::parse_allowed_claims(content, options.allow_list));
    TRY(wanted.scope, scope_of(context, options.scope));
    TRY(const auto documents, aws::hook_documents(wanted));
    TRYV(deliver_documents(options.out, documents));
    context.note("for " + std::to_string(wanted.claims.size()) + " claim(s); " + options.out +
                 "/deploy puts it into the account " + wanted.scope.account);
    return {};
}

void add_function_options(Command& command, std::string& allow_list, std::string& out) {
    command.option("--allow-list", allow_list, "Who may register, from `make allow-list`", "FILE").required();
    command.option("-o,--out", out, "The directory that the files go to", "DIRECTORY").required();
}

}  // namespace

void add_make_allow_list(Command& make) {
    const auto options = std::make_shared<AllowListOptions>();
    auto command = make.subcommand("allow-list", "Make the list of who may register", what_make_allow_list_does);
    command.argument("FILE", options->file, "The delivery manifest, or certificates; - is standard input").required();
    command.option("--prefix", options->prefix, "How names of things begin that the list does not name", "TEXT");
    const auto claims = command.flag("--claims", options->claims, "For claims: the chip's certificate is its claim");
    command.option("--claim", options->claim, "For claims: this certificate is the claim of all", "FILE")
        .excludes(claims);
    add_out_file(command, options->out);
    command.on_run([options](const Context& context) { return make_allow_list(context, *options); });
}

void add_make_jitr(Command& make) {
    const auto options = std::make_shared<MakeJitrOptions>();
    options->wanted.policy = "trustx-gateway";
    auto command = make.subcommand("jitr", "Make a function that admits known chips of a vendor", what_make_jitr_does);
    command.option("--ca-id", options->wanted.ca_certificate_id, "The authority, as `ca register` answers", "ID")
        .required();
    command.option("--policy", options->wanted.policy, "The policy for the certificates; default: trustx-gateway",
                   "NAME");
    command.option("--name", options->wanted.name, "The name of function, role and rule; default: trustx_jitr", "NAME");
    add_function_options(command, options->allow_list, options->out);
    add_scope_options(command, options->scope);
    command.on_run([options](const Context& context) { return make_jitr(context, *options); });
}

void add_make_provisioning_hook(Command& make) {
    const auto options = std::make_shared<MakeHookOptions>();
    auto command =
        make.subcommand("provisioning-hook", "Make a function that admits known claims", what_make_hook_does);
    command.option("--template", options->wanted.template_name, "The template whose hook it is", "NAME").required();
    command.option("--name", options->wanted.name, "The name of function and role; default: trustx_provisioning_hook",
                   "NAME");
    add_function_options(command, options->allow_list, options->out);
    add_scope_options(command, options->scope);
    command.on_run([options](const Context& context) { return make_hook(context, *options); });
}

}  // namespace trustx::cli
