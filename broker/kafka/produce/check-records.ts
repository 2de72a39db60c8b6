import type { PartitionRecords } from '../../port.ts'

/** @throws {RangeError} a builder holds no record; nothing has been sent */
export function checkRecords(records: readonly PartitionRecords[]): void {
  for (const { topic, partition, records: builder } of records) {
    if (builder.count === 0) throw new RangeError(`no records for ${topic}-${partition}`)
  }
}
