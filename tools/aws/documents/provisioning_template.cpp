// SPDX-License-Identifier: Apache-2.0
#include "aws/documents/provisioning_template.hpp"

#include "aws/documents/names.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"

#include <nlohmann/json.hpp>

namespace trustx::aws {
namespace {

using Template = nlohmann::ordered_json;

constexpr const char* certificate_id = "AWS::IoT::Certificate::Id";
constexpr const char* subject_name = "AWS::IoT::Certificate::CommonName";
constexpr const char* thing_name = "ThingName";
constexpr const char* serial_number = "SerialNumber";

Template reference(const char* parameter) {
    return {{"Ref", parameter}};
}

bool is_jitp(const ProvisioningTemplate& wanted) {
    return wanted.use == TemplateUse::jitp;
}

const char* name_source(const ProvisioningTemplate& wanted) {
    return wanted.jitp_name == JitpName::common_name ? subject_name : certificate_id;
}

// parameters are all that the template refers to, and no more: JITP fails for one that the subject lacks.
Template parameters(const ProvisioningTemplate& wanted) {
    std::vector<const char*> names;
    switch (wanted.use) {
        case TemplateUse::register_csr:
            names = {thing_name, serial_number, "CSR"};
            break;
        case TemplateUse::register_certificate:
            names = {thing_name, serial_number, "Certificate", "CACertificate"};
            break;
        case TemplateUse::fleet:
            names = {thing_name, serial_number, certificate_id};
            break;
        case TemplateUse::jitp:
            names = {name_source(wanted), certificate_id};
            break;
    }
    auto declared = Template::object();
    for (const char* name : names) {
        declared[name] = {{"Type", "String"}};
    }
    return declared;
}

Template thing(const ProvisioningTemplate& wanted) {
    Template attributes{{"secureElement", "optiga-trust-x"}};
    if (!is_jitp(wanted)) {
        attributes["serialNumber"] = reference(serial_number);
    }
    Template properties{{"ThingName", reference(is_jitp(wanted) ? name_source(wanted) : thing_name)},
                        {"AttributePayload", attributes}};
    if (!wanted.thing_type.empty()) {
        properties["ThingTypeName"] = wanted.thing_type;
    }
    if (!wanted.thing_groups.empty()) {
        properties["ThingGroups"] = wanted.thing_groups;
    }
    return {{"Type", "AWS::IoT::Thing"},
            {"Properties", properties},
            {"OverrideSettings",
             {{"AttributePayload", "MERGE"}, {"ThingTypeName", "REPLACE"}, {"ThingGroups", "DO_NOTHING"}}}};
}

Template certificate(const ProvisioningTemplate& wanted) {
    auto properties = Template::object();
    switch (wanted.use) {
        case TemplateUse::register_csr:
            properties["CertificateSigningRequest"] = reference("CSR");
            break;
        case TemplateUse::register_certificate:
            properties["CertificatePem"] = reference("Certificate");
            properties["CACertificatePem"] = reference("CACertificate");
            break;
        case TemplateUse::fleet:
        case TemplateUse::jitp:
            properties["CertificateId"] = reference(certificate_id);
            break;
    }
    const bool by_service = wanted.use == TemplateUse::fleet || is_jitp(wanted);
    properties["Status"] = by_service ? "ACTIVE" : "INACTIVE";
    if (wanted.exclusive && !is_jitp(wanted)) {
        properties["ThingPrincipalType"] = "EXCLUSIVE_THING";
    }
    Template resource{{"Type", "AWS::IoT::Certificate"}, {"Properties", properties}};
    // A certificate that was revoked stays revoked.
    if (is_jitp(wanted)) {
        resource["OverrideSettings"] = {{"Status", "DO_NOTHING"}};
    }
    return resource;
}

Result<void> check_template_names(const ProvisioningTemplate& wanted) {
    TRYV(check_name(NameOf::policy, wanted.policy));
    if (!wanted.thing_type.empty()) {
        TRYV(check_name(NameOf::thing, wanted.thing_type));
    }
    for (const auto& group : wanted.thing_groups) {
        TRYV(check_name(NameOf::thing, group));
    }
    return {};
}

}  // namespace

Result<std::string> provisioning_template(const ProvisioningTemplate& wanted) {
    TRYV(check_template_names(wanted));
    const Template policy{{"Type", "AWS::IoT::Policy"}, {"Properties", {{"PolicyName", wanted.policy}}}};
    const Template whole{
        {"Parameters", parameters(wanted)},
        {"Resources", {{"thing", thing(wanted)}, {"certificate", certificate(wanted)}, {"policy", policy}}}};
    auto text = whole.dump(1) + "\n";
    if (text.size() > longest_template) {
        return fail(InputErrc::usage, "the template has " + std::to_string(text.size()) +
                                          " characters, and AWS IoT takes " + std::to_string(longest_template) +
                                          "; name fewer groups");
    }
    return text;
}

}  // namespace trustx::aws
