import { readFile } from 'node:fs/promises'

/** What a process has used since it started, as the operating system counts it. */
export interface ProcessCost {
  /** User and system time of all its threads. */
  readonly cpuSeconds: number
  readonly peakMiB: number
}

/** Linux's clock ticks a second, as user programs see them. */
const TICKS_PER_SECOND = 100

/** @throws the process is gone, or the system has no /proc */
export async function costOf(pid: number): Promise<ProcessCost> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ])
  // The name in parentheses may hold spaces: fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  const peakKiB = Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0)
  return { cpuSeconds: ticks / TICKS_PER_SECOND, peakMiB: peakKiB / 1024 }
}
