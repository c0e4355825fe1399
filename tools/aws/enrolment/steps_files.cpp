// SPDX-License-Identifier: Apache-2.0
// Steps on the files that services read.
#include "aws/enrolment/identity_sets.hpp"
#include "aws/enrolment/installation.hpp"
#include "aws/enrolment/steps.hpp"
#include "common/keys/key_file.hpp"
#include "common/try.hpp"

#include <trustx/key_reference.hpp>

namespace trustx::aws {
namespace {

Result<KeyReference> key_reference(Run& run) {
    TRY(const auto uid, run.seams.chip.uid());
    return KeyReference{.key = run.order().slot,
                        .public_key = *run.facts().public_key,
                        .coprocessor = uid,
                        .device = run.order().device_name,
                        .label = run.order().thing};
}

Result<std::string> summary(Run& run) {
    TRY(auto endpoint, Endpoint::parse(run.facts().endpoint));
    return Identity{.endpoint = std::move(endpoint),
                    .region = run.facts().region.empty() ? run.order().region : run.facts().region,
                    .account = run.facts().account,
                    .thing = run.order().thing,
                    .certificate_id = run.facts().certificate_id,
                    .slot = run.order().slot,
                    .method = run.order().method}
        .text();
}

// name_set gives this identity's files a name that those in use do not have, and remembers both.
Result<void> name_set(Run& run) {
    auto& facts = run.facts();
    if (!facts.set.empty()) {
        return {};
    }
    TRY(facts.previous_set, set_in_use(run.seams.files, run.directories));
    facts.set = run.order().slot.hex() + "-" + std::to_string(run.journal.begun);
    facts.set += facts.set == *facts.previous_set ? "-2" : "";
    return run.record();
}

// roots_of prefers what this gateway was told to what its operator says.
Result<std::string> roots_of(Run& run) {
    const auto& given = run.facts().roots;
    return run.order().ca_file.empty() && !given.empty() ? Result<std::string>{given}
                                                         : broker_roots(run.seams.files, run.order().ca_file);
}

// prepare_set writes the files of this identity beside those in use, whose name it remembers first.
Result<void> prepare_set(Run& run) {
    auto& store = run.seams.files;
    TRYV(name_set(run));
    TRY(const auto roots, roots_of(run));
    TRY(const auto reference, key_reference(run));
    TRY(const auto text, summary(run));
    return write_set(
        store, run.directories, run.set(),
        {.roots = roots, .key = keys::key_file_text(reference), .chain = run.facts().certificate, .summary = text});
}

Result<void> remove_prepared(Run& run) {
    return run.set().empty() ? Result<void>{} : remove_set(run.seams.files, run.directories, run.set());
}

std::string plan_files(const Order& /*order*/) {
    return "the files that services read: aws.json, identity-key.pem (no secret: it names the slot), "
           "identity-chain.pem, "
           "amazon-roots.pem";
}

Result<void> use_earlier(Run& run) {
    return run.facts().previous_set ? use_set(run.seams.files, run.directories, *run.facts().previous_set)
                                    : Result<void>{};
}

Result<void> restore_files(Run& run) {
    TRYV(use_earlier(run));
    return remove_prepared(run);
}

std::string plan_earlier_files(const Order& /*order*/) {
    return "the files of an identity that was replaced are removed";
}

Result<void> remove_earlier(Run& run) {
    const auto earlier = run.facts().previous_set.value_or(std::string{});
    return earlier.empty() || earlier == run.set() ? Result<void>{}
                                                   : remove_set(run.seams.files, run.directories, earlier);
}

std::string plan_new_files(const Order& /*order*/) {
    return "the files of the new identity, beside those in use";
}

std::string plan_changeover(const Order& /*order*/) {
    return "services find the new identity under the names that they know, key and certificate at one moment";
}

Result<void> change_over(Run& run) {
    TRYV(use_set(run.seams.files, run.directories, run.set()));
    run.note(run.directories.key_file() + " and " + run.directories.chain_file() +
             " are the new identity: services load it when they are restarted, trustx-mqtt when it is reloaded, too; a "
             "connection that there is goes on, "
             "until the broker closes it minutes after the old certificate is taken out of use");
    return {};
}

std::string plan_no_files(const Order& /*order*/) {
    return "aws.json, identity-key.pem, identity-chain.pem and amazon-roots.pem are removed";
}

Result<void> remove_all(Run& run) {
    TRYV(use_set(run.seams.files, run.directories, {}));
    return remove_earlier(run);
}

}  // namespace

Result<void> write_files(Run& run) {
    TRYV(prepare_set(run));
    return run.order().task == Task::rotate ? Result<void>{} : use_set(run.seams.files, run.directories, run.set());
}

const Step steps::files{
    .name = "files", .place = Place::files, .plan = plan_files, .perform = write_files, .undo = restore_files};
const Step steps::new_files{.name = "new-files",
                            .place = Place::files,
                            .plan = plan_new_files,
                            .perform = prepare_set,
                            .undo = remove_prepared};
const Step steps::changeover{
    .name = "changeover", .place = Place::files, .plan = plan_changeover, .perform = change_over, .undo = use_earlier};
const Step steps::no_files{
    .name = "remove-files", .place = Place::files, .plan = plan_no_files, .perform = remove_all, .undo = nullptr};
const Step steps::earlier_files{.name = "earlier-files",
                                .place = Place::files,
                                .plan = plan_earlier_files,
                                .perform = remove_earlier,
                                .undo = nullptr};

}  // namespace trustx::aws
