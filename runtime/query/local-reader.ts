import { TaskNotHereError } from '../../state/errors.ts'
import type {
  PeerGet,
  PeerRead,
  PeerRows,
  PeerScan,
  PeerService,
  PeerValue,
} from '../../state/peer-port.ts'
import type { LabelledPosition, StoreRow } from '../../state/query-port.ts'
import type { StateView } from '../../state/state-view.ts'
import type { EndOffsets } from './end-offsets.ts'
import type { LocalTasks, QueryableTask } from './local-tasks.ts'
import type { OwnershipLease } from './ownership-lease.ts'
import { asNotReady } from './passing-failures.ts'
import type { TaskRead } from './task-read.ts'

/** Bytes of rows after which an answer to a peer ends early. */
const PAGE_BYTES_TARGET = 4 * 1024 * 1024

/**
 * Reads of this instance's own tasks: for itself, and for its peers (state/peer-port.ts).
 *
 * R1. The position is read before the data: what the answer holds is at least that.
 * R2. A task that was taken away or set back meanwhile gives {@link TaskNotHereError}: what was
 *     read may be less than the position says.
 * R3. An owner's answer is given while the group says that it is the owner.
 */
export class LocalReader implements PeerService {
  readonly #tasks: LocalTasks
  readonly #ends: EndOffsets
  readonly #lease: OwnershipLease

  constructor(tasks: LocalTasks, ends: EndOffsets, lease: OwnershipLease) {
    this.#tasks = tasks
    this.#ends = ends
    this.#lease = lease
  }

  async get(request: PeerGet): Promise<PeerValue> {
    const { key, store } = request
    const task = this.#task(request)
    return asNotReady(this.read(task, (view) => view.getEncoded(store, key)))
  }

  async scan(request: PeerScan): Promise<PeerRows> {
    const { after, limit, prefix, store } = request
    const range = { prefix, limit, ...(after === undefined ? {} : { after }) }
    const task = this.#task(request)
    const read = this.read(task, (view) => view.scanEncoded(store, range))
    const { position, value } = await asNotReady(read)
    const end = endOfPage(value)
    return { rows: value.slice(0, end), hasMore: end < value.length, position }
  }

  /** @throws {TaskNotHereError} @throws {BrokerError} @throws {StateError} */
  async read<T>(task: QueryableTask, from: (view: StateView) => Promise<T>): Promise<TaskRead<T>> {
    const position = await this.#positionOf(task)
    const value = await from(task.view)
    if (task.role === 'active') await this.#lease.hold()
    if (!this.#tasks.stillHolds(task, position)) {
      throw new TaskNotHereError(this.#tasks.reason(task.id))
    }
    return { value, position }
  }

  /** Where the task stands, counted to the ends of its inputs as they are now. */
  async #positionOf(task: QueryableTask): Promise<LabelledPosition> {
    const { role, stalenessMs } = task
    const { inputs, taskId } = task.position()
    const ends = await this.#ends.of(inputs)
    const lag = inputs.reduce((sum, { offset }, i) => sum + Math.max(0, ends[i]! - offset), 0)
    return { taskId, inputs, lag, role, stale: role !== 'active', stalenessMs }
  }

  /** @throws {TaskNotHereError} */
  #task({ accepts, taskId }: PeerRead): QueryableTask {
    const active = this.#tasks.active(taskId)
    const task = active ?? (accepts === 'any' ? this.#tasks.standby(taskId) : null)
    if (task === null) throw new TaskNotHereError(this.#tasks.reason(taskId))
    return task
  }
}

/** At least one row, so that who asks gets on. */
function endOfPage(rows: readonly StoreRow<Buffer>[]): number {
  let bytes = 0
  for (let i = 0; i < rows.length; i++) {
    const [key, value] = rows[i]!
    bytes += key.length + value.length
    if (bytes > PAGE_BYTES_TARGET) return Math.max(1, i)
  }
  return rows.length
}
