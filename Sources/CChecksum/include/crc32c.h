#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether this processor has an instruction for CRC-32C.
bool crc32c_has_instruction(void);
/// Goes on from `state`, which is the complement of a checksum. Only where there is the instruction.
uint32_t crc32c_by_instruction(uint32_t state, const void *bytes, size_t count);
