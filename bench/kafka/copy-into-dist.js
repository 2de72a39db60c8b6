// The broker's archive is built from files beside the code, which tsc does not copy.
import { cpSync, readdirSync } from 'node:fs'

const from = new URL('../../test/support/kafka/', import.meta.url)
const into = new URL('../../dist/test/support/kafka/', import.meta.url)
for (const name of readdirSync(from)) {
  if (name.endsWith('.ts')) continue
  cpSync(new URL(name, from), new URL(name, into), { recursive: true })
}
