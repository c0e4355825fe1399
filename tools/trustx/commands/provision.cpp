// SPDX-License-Identifier: Apache-2.0
// trustx provision: chips of a product, one like the other, by a recipe.
#include "chip/chip_objects.hpp"
#include "chip/enrolment_chip.hpp"
#include "cli/output.hpp"
#include "commands/provider.hpp"
#include "commands/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"
#include "pki/command_issuer.hpp"
#include "provisioning/provisioning.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>

#include <nlohmann/json.hpp>

namespace trustx::cli {
namespace {

using provisioning::ActionKind;
using provisioning::Recipe;

constexpr const char* what_provision_does =
    R"(A recipe says what every chip of a product gets: keys, certificates for them, trust anchors, data, conditions and life
cycles; trustx-recipe(5) describes it. The chip is looked at, and what it lacks is done, with a TLS handshake before
anything is permanent. It can be interrupted anywhere and repeated: a chip that is half done is taken up where it is. One
that can never become what the recipe says is scrap, with the reason: exit code 20.

Examples:
  trustx provision --plan gateway.toml
  trustx provision --apply gateway.toml)";

struct ProvisionOptions {
    std::optional<std::string> plan{};
    std::optional<std::string> apply{};
    std::string state = "/var/lib/trustx";
    bool json = false;
};

struct KindName {
    ActionKind kind;
    const char* text;
};

constexpr std::array kind_names{KindName{ActionKind::key, "key"},
                                KindName{ActionKind::usage, "usage"},
                                KindName{ActionKind::content, "content"},
                                KindName{ActionKind::certificate, "certificate"},
                                KindName{ActionKind::proof, "proof"},
                                KindName{ActionKind::conditions, "conditions"},
                                KindName{ActionKind::life_cycle, "life-cycle"},
                                KindName{ActionKind::manifest, "manifest"}};

// NamedHandshake lets the provider find a chip that has a name in trustx.conf.
class NamedHandshake final : public provisioning::HandshakePort {
 public:
    explicit NamedHandshake(std::string device_name) : device_name_{std::move(device_name)} {}

    Result<std::string> prove(const KeyReference& key, const std::vector<x509::Certificate>& chain,
                              const std::vector<x509::Certificate>& trusted) override {
        auto reference = key;
        reference.device = device_name_;
        return provider_.prove(reference, chain, trusted);
    }

 private:
    std::string device_name_;
    provisioning::ProviderHandshake provider_;
};

// ProvisioningRun is everything that one run on one chip has at hand.
class ProvisioningRun {
 public:
    ProvisioningRun(const Context& context, Chip chip, const std::string& state)
        : context_{context},
          chip_{std::move(chip)},
          keys_{context, chip_},
          objects_{chip_},
          handshake_{context.device_name.value_or("")},
          state_{state + "/provision"} {}
    ProvisioningRun(const ProvisioningRun&) = delete;
    ProvisioningRun& operator=(const ProvisioningRun&) = delete;

    // use_authority is for what writes. The key of the authority may be in a chip, too.
    Result<void> use_authority(const Recipe& recipe) {
        if (!recipe.authority) {
            return {};
        }
        const auto& part = *recipe.authority;
        TRYV(load_provider(context_));
        if (!part.command.empty()) {
            issuer_ = std::make_unique<pki::CommandIssuer>(part.command, clock_, part.timeout);
            return {};
        }
        TRY(issuer_,
            pki::open_authority({.certificate = part.certificate, .key = part.key, .validity = part.validity}));
        return {};
    }

    [[nodiscard]] provisioning::Seams seams() {
        return {.chip = keys_,
                .objects = objects_,
                .files = files_,
                .issuer = issuer_.get(),
                .handshake = handshake_,
                .now = [] { return std::time(nullptr); },
                .note = [this](std::string_view text) { context_.note(text); },
                .state = state_};
    }

 private:
    const Context& context_;
    Chip chip_;
    SystemClock clock_;
    EnrolmentChip keys_;
    ChipObjects objects_;
    files::DiskStore files_;
    NamedHandshake handshake_;
    std::unique_ptr<pki::Issuer> issuer_;
    std::string state_;
};

std::string plan_text(const provisioning::Plan& plan) {
    std::string text;
    std::size_t number = 0;
    for (const auto& action : plan.actions) {
        text += std::to_string(++number) + ". " + (action.permanent ? "PERMANENT: " : "") + action.words + "\n";
    }
    for (const auto& warning : plan.warnings) {
        text += "warning: " + warning + "\n";
    }
    for (const auto& obstacle : plan.obstacles) {
        text += "refused: " + obstacle + "\n";
    }
    for (const auto& reason : plan.scrap) {
        text += "scrap: " + reason + "\n";
    }
    const bool done = plan.actions.empty() && plan.obstacles.empty() && plan.scrap.empty();
    return (done ? "nothing to do: the chip is what the recipe says\n" : std::string{}) + text;
}

std::string plan_json(const Recipe& recipe, const provisioning::Plan& plan) {
    auto actions = nlohmann::ordered_json::array();
    for (const auto& action : plan.actions) {
        actions.push_back({{"kind", std::ranges::find(kind_names, action.kind, &KindName::kind)->text},
                           {"object", action.object.value == 0 ? "" : action.object.hex()},
                           {"what", action.words},
                           {"permanent", action.permanent}});
    }
    return json_text({{"recipe", recipe.name},
                      {"actions", actions},
                      {"warnings", plan.warnings},
                      {"refused", plan.obstacles},
                      {"scrap", plan.scrap}});
}

Result<void> show_plan(const Context& context, const ProvisionOptions& options) {
    TRY(const auto recipe, Recipe::read(*options.plan));
    TRY(auto chip, open_chip(context));
    ProvisioningRun line{context, std::move(chip), options.state};
    TRY(const auto plan, provisioning::plan(recipe, line.seams()));
    TRYV(answer(options.json ? plan_json(recipe, plan) : plan_text(plan)));
    return provisioning::check_plan(plan);
}

// tell_warnings leaves the words to the plan: they are the same for every chip of a recipe.
void tell_warnings(const Context& context, const Recipe& recipe, const std::string& file) {
    const auto count = provisioning::expiry_warnings(recipe, std::time(nullptr)).size();
    if (count != 0) {
        context.note("the plan warns of " + std::to_string(count) + " dates: trustx provision --plan " + file);
    }
}

Result<void> apply_recipe(const Context& context, const ProvisionOptions& options) {
    TRY(const auto recipe, Recipe::read(*options.apply));
    TRY(auto chip, open_chip(context));
    ProvisioningRun line{context, std::move(chip), options.state};
    tell_warnings(context, recipe, *options.apply);
    TRYV(line.use_authority(recipe));
    TRYV(provisioning::provision(recipe, line.seams()));
    context.note("the chip is what the recipe `" + recipe.name + "` says");
    return {};
}

Result<void> provision(const Context& context, const ProvisionOptions& options) {
    if (options.plan.has_value() == options.apply.has_value()) {
        return fail(InputErrc::usage, "give --plan RECIPE or --apply RECIPE");
    }
    return options.plan ? show_plan(context, options) : apply_recipe(context, options);
}

}  // namespace

void add_provision(Command& program) {
    const auto options = std::make_shared<ProvisionOptions>();
    auto command = program.subcommand("provision", "Make a chip what a recipe says", what_provision_does);
    const auto apply =
        command.option("--apply", options->apply, "Do it; what cannot be undone is in the plan", "RECIPE");
    command.option("--plan", options->plan, "Print what would be done to this chip, and do nothing", "RECIPE")
        .excludes(apply);
    command.option("--state-dir", options->state, "Where the journals are, in `provision`; default: /var/lib/trustx",
                   "DIRECTORY");
    command.flag("--json", options->json, "The plan for programs").excludes(apply);
    command.on_run([options](const Context& context) { return provision(context, *options); });
}

}  // namespace trustx::cli
