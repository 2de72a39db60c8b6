#!/usr/bin/env -S node --max-semi-space-size=64
/**
 * Starts what `npm run build` has made of cli/main.ts.
 *
 * Records live for one commit, longer than the 16 MiB of young objects that Node has by default:
 * with 64 MiB they are dead before they would be copied (a sixth of all CPU time, for 120 MiB).
 */
import { existsSync } from 'node:fs'

const main = new URL('../dist/cli/main.js', import.meta.url)
if (existsSync(main)) {
  await import(main.href)
} else {
  console.error('attribution-streams is not built: run `npm run build` in its folder first')
  process.exitCode = 1
}
