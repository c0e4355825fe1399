// SPDX-License-Identifier: Apache-2.0
#include <trustx/uid.hpp>

#include <algorithm>
#include <string_view>

namespace trustx {
namespace {

// The version in front of the build number is not in the UID; Infineon's own tools keep the same list.
struct Release {
    std::string_view build;
    std::string_view version;
};
constexpr std::array releases{Release{"1048", "1.2.1048"}, Release{"1112", "1.30.1112"}, Release{"1118", "1.40.1118"}};

}  // namespace

Result<Uid> Uid::from_bytes(ByteView bytes) {
    if (bytes.size() != size) {
        return fail(Errc::response_malformed,
                    "UID of " + std::to_string(bytes.size()) + " bytes instead of " + std::to_string(size));
    }
    Uid uid;
    std::ranges::copy(bytes, uid.bytes.begin());
    return uid;
}

std::string Uid::firmware_build() const {
    // Two bytes in binary coded decimal: their hexadecimal digits are the number.
    const std::string build = to_hex(ByteView{bytes}.subspan(25, 2));
    const auto* release = std::ranges::find(releases, build, &Release::build);
    return release != releases.end() ? std::string{release->version} : build;
}

}  // namespace trustx
