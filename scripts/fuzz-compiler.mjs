// The compiler that the fuzzers of native/fuzz need: a Clang with libFuzzer, which comes in a package of its own.
import { spawnSync } from 'node:child_process'

/** Debian's and Ubuntu's packages, by names without a version. */
export const FUZZ_PACKAGES = ['clang', 'libclang-rt-dev']
const NAMES = ['clang++', 'clang++-19', 'clang++-18', 'clang++-16', 'clang++-14']
const SMALLEST = 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, unsigned long) { return 0; }'

/** Its name, or `undefined`: what there is has to link a fuzzer, not only to be there. */
export function fuzzCompiler() {
  const args = ['-fsanitize=fuzzer,address', '-x', 'c++', '-', '-o', '/dev/null']
  return NAMES.find((name) => spawnSync(name, args, { input: SMALLEST }).status === 0)
}
