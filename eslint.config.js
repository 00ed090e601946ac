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
  const outerOfHttp = 'node|presence|door|download|api|console|cors|metrics|openapi';
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
    room('src/mail', '^\\.\\./', 'mail/ imports nothing of the program.'),
    room('src/seeding', '^\\.\\./', 'seeding/ plans rows and imports nothing of the program.'),
    room(
      'src/persist',
      `/(http|config|cli|server|mail)/|/engine/(${jobs.join('|')})/`,
      'A back end imports domain/, ports/, accounts/ and seeding/: neither the front end, the configuration nor a job.',
    ),
    room(
      'src/http',
      '/(persist|config|cli|server|mail|seeding)/',
      'The front end knows neither the back ends nor the configuration.',
    ),
    room(
      'src/http/wire',
      `/(persist|config|cli|server|mail|seeding)/|^\\.\\./(auth|limits|${outerOfHttp})/`,
      'wire/ imports no guard and no route.',
    ),
    room(
      'src/http/node',
      '^\\.\\./(?!wire/)',
      'node/ serves what is registered on it: it imports wire/ and nothing else.',
    ),
    room(
      'src/http/auth',
      `/(persist|config|cli|server|mail|seeding)/|^\\.\\./(${outerOfHttp})/`,
      'auth/ imports wire/ and limits/, no other guard and no route.',
    ),
    {
      files: ['web/src/**/*.{ts,tsx}'],
      rules: {
        'no-restricted-imports': [
          'error',
          {
            patterns: [
              {
                regex: '^(\\.\\./)+src/(?!cli/member-lines\\.js$|engine/domain/subject\\.js$)',
                message: 'The console imports only what imports nothing itself: no code of the server.',
              },
            ],
          },
        ],
      },
    },
    // Settings are described by those who use them, so the configuration imports their types, and no code.
    {
      ...room('src/config', '', ''),
      rules: {
        '@typescript-eslint/no-restricted-imports': [
          'error',
          {
            patterns: [
              {
                regex: '/(http|persist|mail|accounts)/',
                allowTypeImports: true,
                message: 'The configuration imports only types of what it configures.',
              },
              { regex: '/(cli|server|demo|seeding)/', message: 'The configuration is read by these.' },
            ],
          },
        ],
      },
    },
  ];
}

function room(folder, regex, message) {
  return {
    files: [`${folder}/**/*.ts`],
    ignores: ['**/*.test.ts', '**/testing/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ regex, message }] }] },
  };
}
