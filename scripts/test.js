/**
 * `npm test`: types, lint, format, then every test but those of `npm run test:crash`,
 * `npm run test:cluster` and `npm run chaos`. The last line is `N passed, N failed, N skipped`; types, lint and format
 * count as one test each.
 *
 * Arguments go to vitest: `npm test -- test/state`.
 */
import { conclude, root, runChecks, runVitest } from './check-runner.js'
import path from 'node:path'

const tool = (/** @type {string} */ file) => path.join(root, 'node_modules', file)

const checks = await runChecks([
  { name: 'types', script: tool('typescript/bin/tsc'), args: ['-p', 'tsconfig.json', '--noEmit'] },
  { name: 'lint', script: tool('eslint/bin/eslint.js'), args: ['.'] },
  {
    name: 'format',
    script: tool('prettier/bin/prettier.cjs'),
    args: ['--check', '--log-level', 'warn', '.'],
  },
])
const elsewhere = ['test/crash/**', 'test/cluster/**', 'test/chaos/**'].flatMap((files) => [
  '--exclude',
  files,
])
const args = [...elsewhere, ...process.argv.slice(2)]
conclude([checks, await runVitest(process.execPath, args)])
