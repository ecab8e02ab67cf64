// Why: the rules that a machine can hold better than a reader: promises that nobody awaits, variants that a switch
// forgot, files that grow, words outside the catalogue, secrets that become strings.
import tseslint from 'typescript-eslint'
import { noSecretString } from './build/checks/eslint-rules/no-secret-string.ts'
import { noTextInJsx } from './build/checks/eslint-rules/no-text-in-jsx.ts'
import { whyComment } from './build/checks/eslint-rules/why-comment.ts'

const latchkey = { rules: { 'why-comment': whyComment, 'no-secret-string': noSecretString, 'no-text-in-jsx': noTextInJsx } }
const tests = ['**/*.test.{ts,tsx}', '**/*.testkit.ts', '**/testkit*.ts', '**/*.fake.ts', 'e2e/**']

export default tseslint.config(
  { ignores: ['node_modules/', '.build/', 'dist/', 'release/', 'demo-report/', '**/*.d.ts', '**/playwright-report/', '**/test-results/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['{shared,electron,renderer,embedded,build,e2e}/**/*.{ts,tsx}'],
    plugins: { '@typescript-eslint': tseslint.plugin, latchkey },
    languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true, allowThrowingAny: false }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports', disallowTypeAnnotations: false }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unsafe-assignment': 'error',
      '@typescript-eslint/no-unsafe-call': 'error',
      '@typescript-eslint/no-unsafe-member-access': 'error',
      '@typescript-eslint/no-unsafe-return': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: false, skipComments: false }],
      'no-console': 'error',
      'no-debugger': 'error',
      eqeqeq: 'error',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-new-func': 'error',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'] }],
    },
  },
  {
    files: ['{shared,electron,renderer,embedded}/**/*.{ts,tsx}'],
    // A test's reason to exist is the file beside it.
    ignores: ['**/*.test.{ts,tsx}'],
    rules: { 'latchkey/why-comment': 'error' },
  },
  {
    files: ['{shared,electron,renderer,embedded}/**/*.{ts,tsx}'],
    // Where a secret has to become a string for a library or a wire format. Secret itself clones through one.
    ignores: ['electron/adapters/**', 'electron/core/credentials/**', 'electron/core/secret.ts', 'electron/core/spice/**', 'electron/drivers/libvirt/tickets.ts', ...tests],
    rules: { 'latchkey/no-secret-string': 'error' },
  },
  { files: ['renderer/**/*.tsx'], ignores: tests, rules: { 'latchkey/no-text-in-jsx': 'error' } },
  // What the page warns of reaches the log, bounded (electron/adapters/log/console-intake.ts); nothing else does.
  { files: ['renderer/**'], rules: { 'no-console': ['error', { allow: ['warn', 'error'] }] } },
  { files: ['build/**', 'e2e/**', 'electron/main/cli*.ts'], rules: { 'no-console': 'off' } },
  {
    files: tests,
    rules: {
      // A test reads untyped answers of the outside on purpose, and checks them right after.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      // Page scripts are tried out by making functions of them.
      'no-new-func': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    rules: { 'max-lines': ['error', { max: 400, skipBlankLines: false, skipComments: false }], eqeqeq: 'error', 'no-var': 'error', 'prefer-const': 'error' },
  },
)
