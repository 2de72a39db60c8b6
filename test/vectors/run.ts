import type { Mismatch } from './check-result.ts'
import { FAMILIES } from './families.ts'
import { ownVectors } from './vector-files.ts'

/**
 * `npm run vectors`: checks the topology against the reference vectors and prints what was checked.
 *
 * VECTORS_DIR names another folder; families it has no file of are reported as absent. Exit code 1:
 * something differs, or there was nothing to check.
 */
const SHOWN_MAX = 10

const folder = process.env['VECTORS_DIR'] ?? ownVectors()
let failures = 0
let found = 0
for (const { check, name, note } of FAMILIES) {
  const result = await check(folder)
  if (result === null) {
    console.log(`${name}: absent (${note})`)
    continue
  }
  found++
  const { cases, mismatches, prefixes, remarks = [] } = result
  const verdict = mismatches.length === 0 ? 'all agree' : `${mismatches.length} DIFFER`
  console.log(`${name}: ${cases} cases, ${prefixes} prefixes, ${verdict} (${note})`)
  for (const remark of remarks) console.log(`  ${remark}`)
  for (const mismatch of mismatches.slice(0, SHOWN_MAX)) console.log(describe(name, mismatch))
  failures += mismatches.length
}
if (found === 0) console.log(`no vectors in ${folder}`)
if (failures > 0 || found === 0) process.exitCode = 1

function describe(family: string, { caseId, expected, received, step }: Mismatch): string {
  return [
    `  ${family} case ${caseId}, step ${step}`,
    `    expected ${JSON.stringify(expected)}`,
    `    received ${JSON.stringify(received)}`,
  ].join('\n')
}
