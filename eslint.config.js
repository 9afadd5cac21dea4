import tseslint from 'typescript-eslint'

/** Who may import whom; everything not named here is forbidden. `lib/*.ts` (the public surface) may import any layer but `cli` and `testing`. */
const mayImport = {
  core: [],
  connection: ['core'],
  linux: ['core'],
  attach: ['core', 'connection', 'linux'],
  connectors: ['core', 'connection', 'linux', 'attach'],
  host: ['core'],
  testing: ['core'],
  cli: ['core', 'connection'],
}
const machine = ['fs', 'fs/promises', 'child_process', 'net', 'os', 'timers', 'timers/promises', 'dgram', 'worker_threads'].flatMap(
  (name) => [`node:${name}`, name],
)

const layers = Object.entries(mayImport).map(([layer, allowed]) => {
  const ownsMachine = layer === 'host' || layer === 'cli'
  const forbidden = Object.keys(mayImport).filter((other) => other !== layer && !allowed.includes(other))
  return {
    files: [`lib/${layer}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: ownsMachine ? [] : machine.map((name) => ({ name, message: 'Ask the Host port instead.' })),
          patterns: forbidden.map((other) => ({ group: [`**/${other}/**`], message: `${layer}/ may not import ${other}/.` })),
        },
      ],
      'no-restricted-globals': ownsMachine
        ? 'off'
        : ['error', 'setTimeout', 'setInterval', 'setImmediate', 'Date', 'performance', 'process', 'console'],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Error']", message: 'Throw a BrickworkError with a code.' },
        {
          selector: "MemberExpression[object.name='AbortSignal'][property.name=/^(any|timeout)$/]",
          message: 'Use Deadline: any() leaks on Node 20, timeout() ignores the Clock.',
        },
      ],
    },
  }
})

export default tseslint.config(
  { ignores: ['dist/**', 'build/**', 'build-*/**', 'node_modules/**', 'prebuilds/**', 'coverage/**'] },
  {
    files: ['lib/**/*.ts', 'test/**/*.ts', 'vitest.config.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname } },
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
