import { defineConfig } from 'eslint/config'
import svelte from 'eslint-plugin-svelte'
import globals from 'globals'
import ts from 'typescript-eslint'

const typed = ['**/*.ts', '**/*.svelte']

export default defineConfig(
  { ignores: ['web/dist/', 'data/', 'coverage/', 'scripts/mediasoup-worker/'] },
  ts.configs.strict,
  {
    files: typed,
    extends: [ts.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, extraFileExtensions: ['.svelte'], parser: ts.parser },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // A number in a message reads the same however it is written.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // `await using _ = ...` holds a thing for its disposal alone.
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      // An async method that awaits nothing still turns what it throws into a rejection, as its interface says.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      // noUncheckedIndexedAccess doubts every pixel of a loop whose bounds are plain to see.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  // After the typed rules, whose parser would otherwise be the one for components as well.
  svelte.configs.recommended,
  {
    // expect.any() and its like are any by declaration.
    files: ['test/**'],
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
  {
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportDefaultDeclaration',
          message: 'Export it by name, so that it has one name everywhere.',
        },
      ],
    },
  },
  {
    // Who loads these asks for the default export.
    files: [
      'bridge/**/*driver.ts',
      'bridge/camera/kinds/**/*source.ts',
      '*.config.*',
      'test/support/client.ts',
      '**/*.svelte',
    ],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    languageOptions: { globals: globals.node },
    rules: { 'no-undef': 'error' },
  },
)
