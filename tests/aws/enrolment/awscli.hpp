// SPDX-License-Identifier: Apache-2.0
// Debian's awscli for tests that run many of its commands.
#pragma once

#include "aws_double.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace trustx::test {

class Awscli {
 public:
    // shared asks the double, and is ready when it is returned. nullptr: it is not installed, which is said on standard
    // output.
    static Awscli* shared(const AwsDouble& cloud);

    // directory has the program `aws`, for PATH. Where DescribeEndpoint answers, it gives names without ports, as the
    // service does. Calls of other services than AWS IoT's are checked against AWS's model, and not sent.
    [[nodiscard]] const std::filesystem::path& directory() const { return files_.path(); }

    // iot runs `aws iot ARGUMENTS`, which must succeed.
    void iot(const std::vector<std::string>& arguments) const;

 private:
    explicit Awscli(const AwsDouble& cloud);

    TempDir files_;
    Process server_;
};

}  // namespace trustx::test
