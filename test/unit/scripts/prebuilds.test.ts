import { describe, expect, test } from 'vitest'

import { complaints, parseNeeds } from '../../../scripts/prebuilds/elf.mjs'
import { TARGETS } from '../../../scripts/prebuilds/targets.mjs'

const target = (name: string) => {
  const found = TARGETS.find((each) => each.name === name)
  if (found === undefined) throw new Error(name)
  return found
}

/** Of `readelf -W -h -d -V --dyn-syms`, shortened. */
const PRINTED = `
  Machine:                           Advanced Micro Devices X86-64
  Entry point address:               0x0
 0x0000000000000001 (NEEDED)             Shared library: [libc.so.6]
 0x0000000000000001 (NEEDED)             Shared library: [libstdc++.so.6]
  0x0010:   Name: GLIBC_2.2.5  Flags: none  Version: 5
  0x0020:   Name: GLIBC_2.28  Flags: none  Version: 4
  0x0030:   Name: GLIBC_2.34  Flags: none  Version: 3
  0x0040:   Name: GLIBCXX_3.4.30  Flags: none  Version: 2
     5: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND pthread_create@GLIBC_2.34 (3)
   120: 00000000000213e0   161 FUNC    GLOBAL DEFAULT   14 napi_register_module_v1
   121: 0000000000021990    12 FUNC    WEAK   DEFAULT   14 _ZnwmSt11align_val_t
   122: 0000000000021990    12 FUNC    LOCAL  DEFAULT   14 hidden
`
const FIT = {
  machine: 'Advanced Micro Devices X86-64',
  libraries: ['libc.so.6', 'libm.so.6', 'ld-linux-x86-64.so.2'],
  versions: ['GLIBC_2.2.5', 'GLIBC_2.28'],
  exported: ['napi_register_module_v1', 'node_api_module_get_api_version_v1'],
}

test('what a file needs is read from readelf', () => {
  expect(parseNeeds(PRINTED)).toEqual({
    machine: 'Advanced Micro Devices X86-64',
    libraries: ['libc.so.6', 'libstdc++.so.6'],
    versions: ['GLIBC_2.2.5', 'GLIBC_2.28', 'GLIBC_2.34', 'GLIBCXX_3.4.30'],
    exported: ['napi_register_module_v1', '_ZnwmSt11align_val_t'],
  })
})

test('a program may export symbols, because no other program loads it', () => {
  const program = PRINTED.replace('0x0\n', '0x36a0\n')
  expect(parseNeeds(program).exported).toEqual([])
})

describe('a prebuild', () => {
  test('for glibc fits with libraries and symbols of glibc 2.28', () => {
    expect(complaints(FIT, target('linux-x64-glibc'))).toEqual([])
  })
  test('for musl fits with its libc.so, or with nothing', () => {
    const musl = { ...FIT, libraries: ['libc.so'], versions: [] }
    expect(complaints(musl, target('linux-x64-musl'))).toEqual([])
    expect(complaints({ ...musl, libraries: [], machine: 'AArch64' }, target('linux-arm64-musl'))).toEqual([])
  })
  test('does not fit with newer symbols, a C++ library, other exports, or for another machine', () => {
    expect(complaints(parseNeeds(PRINTED), target('linux-arm64-glibc'))).toEqual([
      'is for Advanced Micro Devices X86-64, not for AArch64',
      'needs libstdc++.so.6',
      'needs symbols of GLIBC_2.34',
      'needs symbols of GLIBCXX_3.4.30',
      'exports _ZnwmSt11align_val_t',
    ])
    expect(complaints(FIT, target('linux-x64-musl'))).toEqual([
      'needs libc.so.6',
      'needs libm.so.6',
      'needs ld-linux-x86-64.so.2',
      'needs symbols of GLIBC_2.2.5',
      'needs symbols of GLIBC_2.28',
    ])
    expect(complaints(parseNeeds(''), target('linux-x64-glibc'))).toContain('is for no machine, not for Advanced Micro Devices X86-64')
  })
})
