// SPDX-License-Identifier: Apache-2.0
// Where a chip's non-volatile memory is between runs.
#pragma once

#include "model/base/result.hpp"

#include <memory>
#include <optional>
#include <string>

namespace trustx::sim {

// Nvm holds one image (chip/state_image.hpp). An error is a sentence for the log.
class Nvm {
 public:
    virtual ~Nvm() = default;
    // image is what was there at the start; empty for a new chip.
    [[nodiscard]] virtual std::optional<std::string> image() const = 0;
    // replace stores an image durably, or changes nothing and says why.
    [[nodiscard]] virtual Result<void> replace(const std::string& image) = 0;
    // name says what this is, for messages.
    [[nodiscard]] virtual std::string name() const = 0;
};

// MemoryNvm is lost at the end of the program.
class MemoryNvm final : public Nvm {
 public:
    MemoryNvm() = default;
    explicit MemoryNvm(std::string image) : image_{std::move(image)} {}

    [[nodiscard]] std::optional<std::string> image() const override { return image_; }
    [[nodiscard]] Result<void> replace(const std::string& image) override {
        image_ = image;
        return {};
    }
    [[nodiscard]] std::string name() const override { return "memory"; }

 private:
    std::optional<std::string> image_;
};

}  // namespace trustx::sim
