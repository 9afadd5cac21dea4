{
  'variables': {
    # 0: the helper is built elsewhere. The repository's own builds use cmake (scripts/build-native.mjs).
    'helper%': '1',
    'version': '<!(node -p "require(\'./package.json\').version")',
  },
  'target_defaults': {
    'include_dirs': ['native'],
    'cflags!': ['-fno-exceptions'],
    'cflags_cc!': ['-fno-exceptions', '-std=gnu++17', '-std=gnu++20'],
    'cflags_cc': ['-std=c++17', '-Wall', '-Wextra', '-Wconversion', '-Werror', '-fvisibility=hidden'],
  },
  'targets': [
    {
      'target_name': 'brickwork',
      'sources': [
        'native/addon.cc',
        '<!@(sed s,^,native/, native/core.sources)',
        'native/glue/arguments.cc',
        'native/glue/device_exports.cc',
        'native/glue/environment.cc',
        'native/glue/event_box.cc',
        'native/glue/file_exports.cc',
        'native/glue/js_error.cc',
        'native/glue/listen_exports.cc',
        'native/glue/lock_exports.cc',
        'native/glue/mailbox.cc',
        'native/glue/plan_argument.cc',
        'native/glue/promise_job.cc',
        'native/glue/socket_exports.cc',
        'native/glue/stats_export.cc',
        'native/glue/values.cc',
      ],
      'dependencies': ["<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except_all"],
      'defines': [
        'NAPI_VERSION=9',
        'NODE_ADDON_API_DISABLE_DEPRECATED',
        'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
        'BRICKWORK_VERSION="<(version)"',
      ],
      # A thread that is stuck in the kernel may run this code after the last JavaScript thread has unloaded the addon.
      'ldflags': ['-Wl,-z,nodelete'],
    },
  ],
  'conditions': [
    ['helper==1', {
      'targets': [
        {
          # The program that native/CMakeLists.txt builds, for machines that build from the published package.
          'target_name': 'brickwork-helper',
          'type': 'executable',
          'sources': ['native/helper/main.cc', '<!@(sed s,^,native/, native/core.sources)'],
          'ldflags': ['-pthread'],
        },
      ],
    }],
  ],
}
