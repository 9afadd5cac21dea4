# The targets of the native part. Two files include it: ../binding.gyp in a checkout, binding.gyp beside it in the installed package. They set
# `native`, the path of this folder as they see it. gyp rewrites plain paths of an included file, but not those in commands and flags.
{
  'variables': {
    # 0: the helper is built elsewhere. `npm run build:native` builds it with cmake.
    'helper%': '1',
    'version': '<!(node -p "require(\'./<(native)/../package.json\').version")',
  },
  'target_defaults': {
    'include_dirs': ['.'],
    # Sections: the helper takes only what it calls of the core.
    'cflags': ['-fPIC', '-pthread', '-ffunction-sections', '-fdata-sections'],
    'cflags!': ['-fno-exceptions'],
    'cflags_cc!': ['-fno-exceptions', '-std=gnu++17', '-std=gnu++20'],
    # Without -Wno-sign-conversion, Clang's -Wconversion warns of more than GCC's, also in napi.h.
    'cflags_cc': ['-std=c++17', '-Wall', '-Wextra', '-Wconversion', '-Wno-sign-conversion', '-fvisibility=hidden'],
    'ldflags': ['-pthread', '-Wl,-z,relro', '-Wl,-z,now', '-Wl,--gc-sections'],
    # It would export the symbols of a C++ library that is linked in.
    'ldflags!': ['-rdynamic'],
  },
  'targets': [
    {
      # What talks to the machine: compiled once, for the addon and the helper.
      'target_name': 'brickwork_core',
      'type': 'static_library',
      'sources': ['core.cc'],
    },
    {
      'target_name': 'brickwork',
      'sources': ['addon.cc', 'glue.cc'],
      'dependencies': ['brickwork_core', "<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except_all"],
      'defines': [
        'NAPI_VERSION=9',
        'NODE_ADDON_API_DISABLE_DEPRECATED',
        'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
        'BRICKWORK_VERSION="<(version)"',
      ],
      'ldflags': [
        # A thread that is stuck in the kernel may run this code after the last JavaScript thread has unloaded the addon.
        '-Wl,-z,nodelete',
        # It hides the C++ library when it is linked in: Node.js has another one. The linker runs in the folder build.
        '-Wl,--version-script=../<(native)/addon.map',
      ],
    },
  ],
  'conditions': [
    ['helper==1', {
      'targets': [
        {
          'target_name': 'brickwork-helper',
          'type': 'executable',
          'sources': ['helper/main.cc'],
          'dependencies': ['brickwork_core'],
        },
      ],
    }],
  ],
}
