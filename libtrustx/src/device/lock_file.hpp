// SPDX-License-Identifier: Apache-2.0
// The files that the locks of processes are on: one for each chip, in one directory.
#pragma once

#include "common/io/unique_fd.hpp"

#include <trustx/bus_address.hpp>
#include <trustx/result.hpp>

#include <string>

#include <sys/types.h>

namespace trustx {

// device_path is the path that a character device has without further rules: of an I2C adapter /dev/i2c-N, of another
// one that in /dev/char.
std::string device_path(dev_t number);

// lock_file_name is derived from where the chip really is, so that every way to name it leads to one file: from the
// device number of an adapter, whatever its path, and from the path of a socket without symbolic links.
std::string lock_file_name(const BusAddress& address);

// open_lock_file opens a file in the directory; both are made where they do not exist. No link is followed, and the
// directory must be root's or the caller's: in one of another user that user could replace files at any time. It waits
// for nothing, whatever there is under that name.
// Errors: Errc::lock_directory_missing, _refused and _denied, errno codes, among them EMLINK for a file with a second
// name and EAGAIN for one on which a process has a lease (F_SETLEASE in fcntl(2)); they name the path.
Result<UniqueFd> open_lock_file(const std::string& directory, const std::string& name);

}  // namespace trustx
