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
      'packages/client/dist/',
      'packages/client/src/api-types.ts',
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
    files: ['web/**/*.{ts,tsx}'],
    rules: { '@typescript-eslint/no-unsafe-enum-assignment': 'off' },
  },
  {
    files: ['**/*.js'],
    ...tseslint.configs.disableTypeChecked,
    rules: { ...tseslint.configs.disableTypeChecked.rules, 'no-restricted-syntax': 'off' },
  },
  ...rooms(),
);

/**
 * Which folder may import which: domain ← ports ← jobs inside the engine, and nothing outside the engine; the back ends know
 * neither the front end nor the configuration. Tests and test suites may import anything.
 */
function rooms() {
  const jobs = ['download', 'sellers', 'recording', 'recovery', 'reconcile', 'live', 'feed', 'holds'];
  const otherJobs = (job) => jobs.filter((other) => other !== job && other !== 'recovery').join('|');
  return [
    room('src/engine/domain', '^(?!\\./)', 'domain/ imports nothing outside itself.'),
    room('src/engine/ports', '^(?!\\./|\\.\\./domain/)', 'ports/ import the domain and nothing else.'),
    ...jobs.map((job) =>
      room(
        `src/engine/${job}`,
        `^(?!\\./|\\.\\./)|^\\.\\./\\.\\./|^\\.\\./(${otherJobs(job)})/`,
        'A job imports domain/, ports/ and recovery/, no other job and nothing outside engine/.',
      ),
    ),
    room('src/webhooks', '/(http|persist|config|cli|server)/', 'webhooks/ imports only the engine.'),
    room('src/accounts', '/(http|persist|config|cli|server)/', 'accounts/ import only the engine.'),
    room(
      'src/persist',
      '/(http|config|cli|server)/',
      'A back end knows neither the front end nor the configuration.',
    ),
    room(
      'src/http',
      '/(persist|config|cli|server)/',
      'The front end knows neither the back ends nor the configuration.',
    ),
  ];
}

function room(folder, regex, message) {
  return {
    files: [`${folder}/**/*.ts`],
    ignores: ['**/*.test.ts', '**/testing/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ regex, message }] }] },
  };
}
