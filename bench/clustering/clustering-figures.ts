import type { StageShares } from './stage-share.ts'

/** What more attackers cost where there are some already, each with one profile. */
export interface CostFigures {
  /** That there were before. */
  readonly attackers: number
  readonly profilesPerSecond: number
  /** Of all threads of the process, RocksDB's own among them, until all is committed. */
  readonly cpuMicrosPerProfile: number
  /** A profile: records, passes and batch ends that ran again since memory lacked a row. */
  readonly identifyMisses: number
  /** A profile: keys and groups read from disk. */
  readonly identifyDiskReads: number
  readonly campaignMisses: number
  readonly campaignDiskReads: number
  /** Empty unless profiled. */
  readonly shares: StageShares
}

/** Of a run from nothing. */
export interface ClusteringFigures {
  readonly costs: readonly CostFigures[]
  readonly profiles: number
  /** On the whole; the workload is made meanwhile. */
  readonly profilesPerSecond: number
  /** Of all that the process did: with the workload, the start, and until all is on disk. */
  readonly cpuMicrosPerProfile: number
  readonly peakMiB: number
  /** Source records of all sub-topologies. */
  readonly records: number
  readonly deadLetters: number
  readonly stepsFailed: number
}

/** Of a start with all of it on disk. */
export interface RestartFigures {
  readonly readyMs: number
  /** Changelog offsets passed: of each the marker of its last commit, if all else is on disk. */
  readonly restoredOffsets: number
  /** Source records: 0, nothing is computed anew. */
  readonly processedRecords: number
  readonly identities: number
  /** Attackers of the largest identity. */
  readonly largest: number
  /** How often the common HASSH was reported as generic. */
  readonly genericReports: number
  /** Attackers that are in another component than one computed from scratch. */
  readonly misplaced: number
}
