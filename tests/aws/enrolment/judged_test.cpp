// SPDX-License-Identifier: Apache-2.0
// The last file of its program, so that its case runs after all others.
#include "aws_double.hpp"
#include "support/catch.hpp"

using namespace trustx::test;

TEST_CASE("every request of the others is one that AWS's model allows", "[aws]") {
    auto* cloud = AwsDouble::shared();
    if (cloud == nullptr) {
        return;
    }
    constexpr int no_botocore = 77;
    const auto outcome = cloud->judged();
    INFO(outcome.both());
    CHECK((outcome.status == 0 || outcome.status == no_botocore));
}
