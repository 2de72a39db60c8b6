/**
 * `npm run test:crash`: the long runs against crashes. Over a thousand seeded schedules of the
 * simulation, then real kills of the running program. A failure names its seed.
 */
import { conclude, runVitest } from './check-runner.js'

process.env['SIMULATION_SCHEDULES'] ??= '1200'

conclude([
  await runVitest(process.execPath, ['test/simulation', 'test/crash', ...process.argv.slice(2)]),
])
