# The native part in a checkout: `npm run build:native`, `npm run prebuilds`. The package does not contain this file, because package managers
# take a binding.gyp beside package.json for an install script; it has native/binding.gyp.
{
  'variables': { 'native': 'native' },
  'includes': ['native/brickwork.gypi'],
  'target_defaults': { 'cflags_cc': ['-Werror'] },
}
