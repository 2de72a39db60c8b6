/** A test process that starts a JVM which sleeps, freezes it, says its number, and waits. */
import path from 'node:path'
import { JavaProcess } from './java-process.ts'

const directory = process.argv[2]!
const sleeper = new JavaProcess({
  args: [path.join(directory, 'Sleeper.java')],
  logFile: path.join(directory, 'log'),
  directory,
})
await sleeper.untilReady(async () => (await sleeper.log()).includes('asleep'), 20_000)
if (process.argv[3] === 'frozen') sleeper.freeze()
console.log(sleeper.pid)
setInterval(() => undefined, 60_000)
