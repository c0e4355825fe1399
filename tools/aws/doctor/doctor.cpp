// SPDX-License-Identifier: Apache-2.0
#include "aws/doctor/doctor.hpp"

#include "aws/doctor/exam.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace trustx::aws::doctor {
namespace {

struct StageOfExam {
    Stage stage;
    Judged (*examine)(Exam&);
};

constexpr std::array way_to_the_broker{
    StageOfExam{Stage::chip, &examine_settings},  // they say where the files are, too
    StageOfExam{Stage::identity, &examine_files}, StageOfExam{Stage::provider, &examine_provider},
    StageOfExam{Stage::chip, &examine_chip},      StageOfExam{Stage::key, &examine_key},
    StageOfExam{Stage::clock, &examine_clock},    StageOfExam{Stage::certificate, &examine_dates},
    StageOfExam{Stage::name, &examine_name},      StageOfExam{Stage::tcp, &examine_tcp},
    StageOfExam{Stage::tls, &examine_tls},
};

// conclude adds what a stage found; false: it is the cause.
bool conclude(Exam& exam, Stage stage, const Judged& judged) {
    if (!judged) {
        exam.add(Verdict::failed, judged.error());
        return false;
    }
    if (!judged->empty()) {
        exam.add(stage, Verdict::ok, *judged);
    }
    return true;
}

void skip_cloud(Exam& exam) {
    const auto why = exam.seams.cloud ? std::string{} : ": " + exam.seams.cloud.error().operation();
    exam.add(Stage::cloud, Verdict::skipped, "not asked: there are no credentials of an operator" + why);
}

// explain_refusal turns a refusal of the broker into its cause, as far as the cloud knows it.
void explain_refusal(Exam& exam) {
    const auto refusal = *exam.refusal;
    const auto cloud = examine_cloud(exam);
    if (!cloud) {
        exam.add(Verdict::failed, refusal);
        skip_cloud(exam);
    } else if (!*cloud && info_of(cloud->error().cause).stage == Stage::account) {
        exam.add(Verdict::failed, refusal);
        exam.add(Verdict::warning, cloud->error());
    } else {
        exam.add(info_of(refusal.cause).stage, Verdict::note, refusal.text);
        exam.add(Verdict::failed, *cloud ? Trouble{Cause::policy_propagating,
                                                   "the broker refuses, although by the cloud's records " + **cloud}
                                         : cloud->error());
    }
}

// conclude_connected is for a gateway that the broker accepts: what the cloud misses keeps it from nothing today.
bool conclude_connected(Exam& exam) {
    const auto cloud = examine_cloud(exam);
    if (!cloud) {
        skip_cloud(exam);
        return true;
    }
    if (!*cloud && info_of(cloud->error().cause).stage == Stage::account) {
        return conclude(exam, Stage::account, *cloud);
    }
    if (!*cloud) {
        exam.add(Verdict::warning, cloud->error());
    } else {
        exam.add(Stage::cloud, Verdict::ok, **cloud);
    }
    return conclude(exam, Stage::cloud, examine_presence(exam));
}

// conclude_journal: while a rotation goes on, services have an identity that works.
void conclude_journal(Exam& exam) {
    if (exam.unfinished && exam.unfinished->order.task == Task::rotate) {
        exam.add(Stage::identity, Verdict::note,
                 "a rotation has not ended, it is at the step " + exam.unfinished->step +
                     ": `trustx aws status` names the command that carries on");
    } else if (exam.unfinished) {
        exam.add(Verdict::failed,
                 {Cause::enrolment_unfinished,
                  "the broker accepts the gateway, but its enrolment has not ended: it is at the step " +
                      exam.unfinished->step});
    }
}

}  // namespace

Report examine(const Seams& seams, const Options& options) {
    Exam exam{.seams = seams, .options = options};
    for (const auto& [stage, examine] : way_to_the_broker) {
        if (!conclude(exam, stage, examine(exam))) {
            return std::move(exam.report);
        }
    }
    ask_presence(exam);
    if (!exam.refusal && !conclude(exam, Stage::mqtt, examine_mqtt(exam))) {
        return std::move(exam.report);
    }
    if (exam.refusal) {
        explain_refusal(exam);
    } else if (conclude_connected(exam)) {
        conclude_journal(exam);
    }
    return std::move(exam.report);
}

}  // namespace trustx::aws::doctor
