import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eventually } from '../support/broker-records.ts'
import { compileProgram, type CompiledProgram } from '../support/compiled-program.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'

const sleeper = `public class Sleeper {
  public static void main(String[] args) throws Exception {
    System.out.println("asleep");
    Thread.sleep(600_000);
  }
}
`

await describeKafka('a JVM of the tests', () => {
  let program: CompiledProgram
  beforeAll(async () => {
    program = await compileProgram('test/support/kafka/sleeping-java.ts')
  })
  afterAll(async () => {
    await program.dispose()
  })

  it.each(['awake', 'frozen'])(
    'ends with a test process that is killed, its folder too, when %s',
    async (state) => {
      const directory = await mkdtemp(path.join(tmpdir(), 'java-process-'))
      await writeFile(path.join(directory, 'Sleeper.java'), sleeper)
      const parent = spawn(process.execPath, [program.file, directory, state], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let output = ''
      parent.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
      await eventually(() => Promise.resolve(output.endsWith('\n')))
      const pid = Number(output)
      expect(isAlive(pid)).toBe(true)
      parent.kill('SIGKILL')
      await eventually(() => Promise.resolve(!isAlive(pid) && !existsSync(directory)))
    },
  )
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
