// SPDX-License-Identifier: Apache-2.0
// Reads a certificate object and writes each certificate as a file in DER: leaf.der, then issuer-1.der and so on.
//
// usage: read_certificate OBJECT DIRECTORY        for example: read_certificate E0E1 /tmp
#include <trustx/device.hpp>
#include <trustx/objects.hpp>
#include <trustx/settings.hpp>

#include <cstdio>
#include <fstream>
#include <string>

namespace {

trustx::Result<trustx::CertificateObject> read(trustx::ObjectId object) {
    const auto settings = trustx::resolve_settings({});
    if (!settings) {
        return settings.failure();
    }
    const auto device = trustx::Device::open(settings->address, settings->options);
    auto chip = device->lock();
    if (!chip) {
        return chip.failure();
    }
    return trustx::read_certificates(*chip, object);
}

bool write(const std::string& path, const trustx::Bytes& bytes) {
    std::ofstream file{path, std::ios::binary};
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    file.close();
    return file.good();
}

}  // namespace

int main(int argc, char** argv) {
    const auto object = argc == 3 ? trustx::ObjectId::parse(argv[1]) : trustx::ObjectId::parse("");
    if (!object) {
        std::fputs("usage: read_certificate OBJECT DIRECTORY\n", stderr);
        return 2;
    }
    const auto content = read(*object);
    if (!content) {
        std::fprintf(stderr, "read_certificate: %s\n", content.error().message().c_str());
        return 1;
    }
    int number = 0;
    for (const auto& certificate : content->certificates) {
        const std::string name = number == 0 ? "leaf.der" : "issuer-" + std::to_string(number) + ".der";
        if (!write(std::string{argv[2]} + "/" + name, certificate)) {
            std::fprintf(stderr, "read_certificate: cannot write %s in %s\n", name.c_str(), argv[2]);
            return 1;
        }
        std::printf("%s: %zu bytes\n", name.c_str(), certificate.size());
        ++number;
    }
    return 0;
}
