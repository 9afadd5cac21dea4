# The native part in the installed package: scripts/build.mjs runs node-gyp here. Warnings of other compilers are no errors there.
{
  'variables': { 'native': '.' },
  'includes': ['brickwork.gypi'],
}
