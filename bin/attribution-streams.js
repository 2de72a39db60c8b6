#!/usr/bin/env node
/** Starts what `npm run build` has made of cli/main.ts. */
import { existsSync } from 'node:fs'

const main = new URL('../dist/cli/main.js', import.meta.url)
if (existsSync(main)) {
  await import(main.href)
} else {
  console.error('attribution-streams is not built: run `npm run build` in its folder first')
  process.exitCode = 1
}
