/**
 * `npm run test:node24`: the unit, contract, vector and integration tests on Node 24.
 *
 * Node 24 comes from npm into a folder of its own. As a dependency of this package it would put
 * its `node` into node_modules/.bin, and npm would run every script of the project with it.
 * NODE24=<path> takes another binary, where npm has none for the platform.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { conclude, root, runVitest } from './check-runner.js'

/**
 * Tests of the repository's text and long runs do not depend on Node's version. Of those on a real
 * broker the contract and the regressions run: what sockets and codecs do may depend on it.
 */
const notHere = [
  ...['tidy', 'simulation', 'crash', 'cluster', 'chaos'].map((room) => `test/${room}/**`),
  ...['chaos', 'instances-*', 'queries', 'surroundings-*'].map(
    (name) => `test/kafka/${name}.test.ts`,
  ),
  'test/integration/scenarios.test.ts',
]

function installedNode24() {
  const folder = path.join(root, 'test/node24')
  execFileSync('npm', ['ci', '--prefix', folder, '--no-audit', '--no-fund'], { stdio: 'inherit' })
  const name = `node-${process.platform}-${process.arch}`
  const binary = path.join(folder, 'node_modules', name, 'bin/node')
  if (!existsSync(binary)) {
    throw new Error(`npm has no ${name} of this version; set NODE24=<path of a Node 24 binary>`)
  }
  return binary
}

const node24 = process.env['NODE24'] ?? installedNode24()
const version = execFileSync(node24, ['--version'], { encoding: 'utf8' }).trim()
if (!version.startsWith('v24.')) throw new Error(`${node24} is Node ${version}, not 24`)
console.log(`Node ${version}`)

const excluded = notHere.flatMap((pattern) => ['--exclude', pattern])
conclude([await runVitest(node24, [...excluded, ...process.argv.slice(2)])])
