import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      'dist/',
      '.bench-dist/',
      '.sim-dist/',
      'data/',
      'data-image-*/',
      '.tap/',
      'node_modules/',
      'web/dist/',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Numbers in messages are the normal case here (coupon 42, 17 rows).
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only: one name everywhere.' },
      ],
    },
  },
  {
    files: ['**/*.test.ts', 'src/**/testing/**', 'test/**'],
    rules: {
      // tap runs a subtest whether or not its promise is awaited, and reports what it threw.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', name: ['test', 'rejects', 'resolves'], package: '@tapjs/test' },
            { from: 'package', name: ['test', 'rejects', 'resolves'], package: '@tapjs/core' },
            { from: 'package', name: ['test', 'rejects', 'resolves'], package: '@tapjs/asserts' },
          ],
        },
      ],
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    // The chart library declares ambient const enums, which isolated modules cannot import: their numbers are the way.
    files: ['web/**/*.ts'],
    rules: { '@typescript-eslint/no-unsafe-enum-assignment': 'off' },
  },
  {
    files: ['**/*.js'],
    ...tseslint.configs.disableTypeChecked,
    rules: { ...tseslint.configs.disableTypeChecked.rules, 'no-restricted-syntax': 'off' },
  },
  {
    // The domain knows no infrastructure: whatever it needs from outside is a port declared inside it.
    files: ['src/engine/**/*.ts'],
    ignores: ['src/engine/**/*.test.ts', 'src/engine/testing/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ regex: '^(?!\\./)', message: 'engine/ imports nothing outside engine/.' }] },
      ],
    },
  },
);
