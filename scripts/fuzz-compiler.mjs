// The compiler for the fuzzers of native/fuzz: Clang with libFuzzer, which is in a separate package.
import { spawnSync } from 'node:child_process'

/** Package names in Debian and Ubuntu, without a version. */
export const FUZZ_PACKAGES = ['clang', 'libclang-rt-dev']
const NAMES = ['clang++', 'clang++-19', 'clang++-18', 'clang++-16', 'clang++-14']
const SMALLEST = 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }'

/** The compiler's name, or `undefined`. It must be able to link a fuzzer; that it exists is not enough. */
export function fuzzCompiler() {
  const args = ['-fsanitize=fuzzer,address', '-x', 'c++', '-', '-o', '/dev/null']
  return NAMES.find((name) => spawnSync(name, args, { input: SMALLEST }).status === 0)
}
