/**
 * `npm run chaos`: the long run with faults, one million observations, instances and brokers that
 * are killed. Not part of `npm test` or CI; its figures are in docs/reliability.md.
 */
import { conclude, runVitest } from './check-runner.js'

conclude([await runVitest(process.execPath, ['test/chaos', ...process.argv.slice(2)])])
