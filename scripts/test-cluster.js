/**
 * `npm run test:cluster`: three brokers, access control, TLS and SASL, the older transaction
 * protocol, the schema registry. One file after the other: each starts JVMs of its own.
 */
import { conclude, runVitest } from './check-runner.js'

conclude([
  await runVitest(process.execPath, [
    'test/cluster',
    '--no-file-parallelism',
    ...process.argv.slice(2),
  ]),
])
