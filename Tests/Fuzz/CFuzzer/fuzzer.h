// What clang's libFuzzer (libclang_rt.fuzzer_no_main) offers to a program with a main of its own; it ships no header.
#pragma once
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*one_input)(const uint8_t *data, size_t size));
