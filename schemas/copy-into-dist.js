// Second half of the build: tsc copies no .avsc, and schema-files.ts reads them beside itself.
import { copyFileSync, readdirSync } from 'node:fs'

const from = new URL('./', import.meta.url)
const into = new URL('../dist/schemas/', import.meta.url)
for (const name of readdirSync(from)) {
  if (name.endsWith('.avsc')) copyFileSync(new URL(name, from), new URL(name, into))
}
