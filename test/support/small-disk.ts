import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** A disk of a few MiB of its own, which a test fills and empties. */
export class SmallDisk {
  readonly directory: string

  private constructor(directory: string) {
    this.directory = directory
  }

  /** Null where this process may not mount one. */
  static mount(mebibytes: number): SmallDisk | null {
    const directory = mkdtempSync(path.join(tmpdir(), 'attribution-disk-'))
    try {
      const options = ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', directory]
      execFileSync('mount', options, { stdio: 'ignore' })
      return new SmallDisk(directory)
    } catch {
      rmdirSync(directory)
      return null
    }
  }

  /** Takes every byte that is left. */
  fill(): void {
    const file = openSync(this.#ballast, 'a')
    const block = Buffer.alloc(64 * 1024)
    try {
      for (;;) writeSync(file, block)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      closeSync(file)
    }
  }

  /** Gives back what `fill` took. */
  makeRoom(): void {
    rmSync(this.#ballast, { force: true })
  }

  unmount(): void {
    // Lazily, so that a database left open by a failed test does not keep it.
    execFileSync('umount', ['--lazy', this.directory])
    rmdirSync(this.directory)
  }

  get #ballast(): string {
    return path.join(this.directory, 'ballast')
  }
}
