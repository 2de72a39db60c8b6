/**
 * Runs checks as child processes and adds up what they found.
 *
 * C1. A tool that fails without naming a failure (a crash, an import error) counts as one.
 * C2. Tests that run the program run what the sources say: it is built before them, which takes
 *     seconds when nothing changed. Types that do not hold are the check's to tell, not the build's.
 * C3. Output carries colours only when the terminal shows them: tools take a CI for a terminal.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Totals
 * @typedef {{ name: string, script: string, args: string[] }} Check
 */

export const root = path.resolve(import.meta.dirname, '..')

/** A fresh child environment: NO_COLOR where output is not a terminal. */
function childEnvironment() {
  const env = { ...process.env }
  if (!process.stdout.isTTY) {
    delete env['FORCE_COLOR']
    env['NO_COLOR'] = '1'
  }
  return env
}

/**
 * Runs a node script of this package; resolves with its exit code (1 when a signal ended it).
 *
 * @param {string} nodePath
 * @param {string[]} args
 * @param {'inherit' | 'pipe'} stdio
 * @returns {Promise<{ code: number, output: string }>}
 */
function runNode(nodePath, args, stdio) {
  return new Promise((resolve, reject) => {
    const child = spawn(nodePath, args, {
      cwd: root,
      env: childEnvironment(),
      stdio: stdio === 'pipe' ? ['ignore', 'pipe', 'pipe'] : 'inherit',
    })
    let output = ''
    const collect = (/** @type {Buffer} */ chunk) => (output += chunk.toString())
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/**
 * Runs the checks side by side; each prints when it is done, so that outputs do not mix.
 *
 * @param {Check[]} checks
 * @returns {Promise<Totals>}
 */
export async function runChecks(checks) {
  const started = Date.now()
  const outcomes = await Promise.all(
    checks.map(async ({ name, script, args }) => {
      const { code, output } = await runNode(process.execPath, [script, ...args], 'pipe')
      const seconds = ((Date.now() - started) / 1000).toFixed(1)
      console.log(`${name}: ${code === 0 ? 'passed' : 'FAILED'} (${seconds} s)`)
      if (code !== 0) console.log(output)
      return code === 0
    }),
  )
  const passed = outcomes.filter(Boolean).length
  return { passed, failed: outcomes.length - passed, skipped: 0 }
}

async function build() {
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  await runNode(process.execPath, [tsc, '-p', 'tsconfig.build.json'], 'pipe')
  await runNode(process.execPath, [path.join(root, 'schemas/copy-into-dist.js')], 'pipe')
}

/**
 * Runs vitest on the node given and reads its totals from the JSON report.
 *
 * @param {string} nodePath
 * @param {string[]} args
 * @returns {Promise<Totals>}
 */
export async function runVitest(nodePath, args) {
  await build()
  const folder = await mkdtemp(path.join(tmpdir(), 'attribution-tests-'))
  const report = path.join(folder, 'report.json')
  try {
    const { code } = await runNode(
      nodePath,
      [
        path.join(root, 'node_modules/vitest/vitest.mjs'),
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
        ...args,
      ],
      'inherit',
    )
    return totalsOf(await readFile(report, 'utf8').catch(() => null), code)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * @param {string | null} report
 * @param {number} exitCode
 * @returns {Totals}
 */
function totalsOf(report, exitCode) {
  if (report === null) return { passed: 0, failed: 1, skipped: 0 }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } =
    JSON.parse(report)
  const unloadable = testResults.filter(
    (/** @type {{ status: string, assertionResults: unknown[] }} */ file) =>
      file.status === 'failed' && file.assertionResults.length === 0,
  ).length
  const failed = numFailedTests + unloadable
  return {
    passed: numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: numPendingTests + numTodoTests,
  }
}

/**
 * Prints the totals as the last line and sets the exit code.
 *
 * @param {Totals[]} parts
 */
export function conclude(parts) {
  const sum = (/** @type {keyof Totals} */ key) => parts.reduce((n, part) => n + part[key], 0)
  process.exitCode = sum('failed') === 0 ? 0 : 1
  console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`)
}
