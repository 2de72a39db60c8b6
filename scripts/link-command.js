/**
 * Last step of `prepare`: makes `npx attribution-streams` run this clone's program.
 *
 * A `bin` in package.json would do for an installed package; of the package in the current folder
 * npx makes a copy by link in its cache, running `prepare` again: seconds at each call with npm 10,
 * and with npm 11 a cache that stays broken when the first call is interrupted. A link where npx
 * looks next has neither fault.
 */
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'

const root = path.resolve(import.meta.dirname, '..')
const links = path.join(root, 'node_modules/.bin')
const link = path.join(links, 'attribution-streams')

mkdirSync(links, { recursive: true })
rmSync(link, { force: true })
symlinkSync('../../bin/attribution-streams.js', link)
chmodSync(path.join(root, 'bin/attribution-streams.js'), 0o755)
