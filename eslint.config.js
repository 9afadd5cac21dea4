import tseslint from 'typescript-eslint'

/**
 * The folders of lib that each folder may import; all others are forbidden. `lib/*.ts`, the public entry, may import any but `cli` and
 * `testing`.
 */
const mayImport = {
  core: [],
  api: ['core'],
  host: ['core'],
  testing: ['core'],
  linux: ['core', 'api'],
  connection: ['core', 'api'],
  operation: ['core', 'api', 'connection', 'linux'],
  multipath: ['core', 'api', 'connection', 'linux', 'operation'],
  scsi: ['core', 'api', 'connection', 'linux', 'operation', 'multipath'],
  connectors: ['core', 'api', 'connection', 'linux', 'operation', 'multipath', 'scsi'],
  attach: ['core', 'api', 'connection', 'linux', 'operation', 'doctor'],
  doctor: ['core', 'api', 'connection', 'linux', 'operation'],
  cli: ['core', 'connection', 'host'],
}
const machine = ['fs', 'fs/promises', 'child_process', 'net', 'os', 'timers', 'timers/promises', 'dgram', 'worker_threads'].flatMap(
  (name) => [`node:${name}`, name],
)

/** Forbidden imports of a file `depth` folders below lib, by path, because `linux/scsi` is another folder than `scsi`. */
const forbiddenAt = (depth, folder, allowed) => {
  const up = '\\.\\./'.repeat(depth)
  const others = Object.keys(mayImport).filter((other) => other !== folder && !allowed.includes(other))
  const entry = folder === 'cli' ? '(?!(index|forms)\\.js$)' : ''
  return [
    { regex: `^${up}(${others.join('|')})/`, message: `${folder}/ may import only ${allowed.join(', ')} (CONTRIBUTING.md).` },
    { regex: `^${up}${entry}[^/]+\\.js$`, message: `${folder}/ may not import the public entry.` },
    ...(folder === 'connectors' && depth > 1
      ? [{ regex: `^${'\\.\\./'.repeat(depth - 1)}[^.]`, message: 'A connector may not import another one.' }]
      : []),
  ]
}
const DEPTHS = [1, 2, 3]

const layers = Object.entries(mayImport).flatMap(([layer, allowed]) => {
  const ownsMachine = layer === 'host' || layer === 'cli'
  return DEPTHS.map((depth) => ({
    files: [`lib/${layer}/${'*/'.repeat(depth - 1)}*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: ownsMachine ? [] : machine.map((name) => ({ name, message: 'Ask the Host port instead.' })),
          patterns: forbiddenAt(depth, layer, allowed),
        },
      ],
      'no-restricted-globals': ownsMachine
        ? 'off'
        : ['error', 'setTimeout', 'setInterval', 'setImmediate', 'Date', 'performance', 'process', 'console'],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Error']", message: 'Throw a BrickworkError with a code.' },
        {
          selector: "ImportDeclaration[importKind='value'][source.value='zod']",
          message: 'Import z of connection/zod.ts, which loads zod late, and only types of zod.',
        },
        {
          selector: "MemberExpression[object.name='AbortSignal'][property.name=/^(any|timeout)$/]",
          message: 'Use Deadline: any() leaks on Node 20, timeout() ignores the Clock.',
        },
      ],
    },
  }))
})

export default tseslint.config(
  { ignores: ['dist/**', 'build/**', 'build-*/**', 'node_modules/**', 'prebuilds/**', 'coverage/**'] },
  {
    files: ['lib/**/*.ts', 'test/**/*.ts', 'vitest.config.ts', 'scripts/**/*.mjs'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: ['./tsconfig.test.json', './tsconfig.scripts.json'], tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  ...layers,
)
