// SPDX-License-Identifier: Apache-2.0
// Another process in words, for messages.
#pragma once

#include <string>

#include <sys/types.h>

namespace trustx {

// describe_process gives "process 4711 (mosquitto)", without the name where it cannot be learnt. 0 stands for a process
// of another container. The name is what the process chose, made printable.
std::string describe_process(pid_t pid);

}  // namespace trustx
