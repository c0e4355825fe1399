/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PORT_H
#define PORT_H

extern struct port_counters {
    unsigned long transfers;
    unsigned long address_naks;
} port_counters;

#endif
