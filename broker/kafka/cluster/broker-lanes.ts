import { RetriableError } from '../../errors.ts'
import type { Lane, LanePurpose } from '../lane.ts'
import type { BrokerAddress } from '../transport/broker-connection.ts'
import { type LaneSettings, SocketLane } from '../transport/socket-lane.ts'
import type { BrokerNode } from '../wire/metadata.ts'

/**
 * The brokers of the cluster, where they are now, and a lane per broker and purpose.
 */
export class BrokerLanes {
  readonly #settings: LaneSettings
  readonly #onLost: (nodeId: number) => void
  readonly #nodes = new Map<number, BrokerAddress>()
  readonly #shared = new Map<string, { purpose: LanePurpose; lane: SocketLane }>()
  readonly #private = new Set<SocketLane>()

  /** @param onLost a broker cannot be reached, or was lost: what it led may be elsewhere soon */
  constructor(settings: LaneSettings, onLost: (nodeId: number) => void) {
    this.#settings = settings
    this.#onLost = onLost
  }

  get nodeIds(): readonly number[] {
    return [...this.#nodes.keys()]
  }

  /** Takes the brokers of a metadata answer: those it lacks have left the cluster. */
  replace(nodes: readonly BrokerNode[]): void {
    // A broker that is starting knows none yet: better old addresses than no address.
    if (nodes.length === 0) return
    this.#nodes.clear()
    for (const node of nodes) this.add(node)
  }

  add({ nodeId, host, port }: BrokerNode): void {
    this.#nodes.set(nodeId, { host, port })
  }

  lane(nodeId: number, purpose: LanePurpose): SocketLane {
    const key = `${purpose} ${nodeId}`
    const known = this.#shared.get(key)
    if (known !== undefined) return known.lane
    const lane = this.#newLane(nodeId)
    this.#shared.set(key, { purpose, lane })
    return lane
  }

  privateLane(nodeId: number): Lane {
    const lane = this.#newLane(nodeId)
    this.#private.add(lane)
    return {
      call: (api, request, timeoutMs) => lane.call(api, request, timeoutMs),
      close: async () => {
        this.#private.delete(lane)
        await lane.close()
      },
    }
  }

  /** Long polls and private lanes are cut off; other calls under way are waited for. */
  async close(): Promise<void> {
    const lanes = [...this.#shared.values()]
    for (const { purpose, lane } of lanes) if (purpose === 'fetch') await lane.close()
    for (const lane of this.#private) await lane.close()
    await Promise.all(
      lanes.map(async ({ lane }) => {
        await lane.idle()
        await lane.close()
      }),
    )
  }

  #newLane(nodeId: number): SocketLane {
    return new SocketLane(
      () => this.#address(nodeId),
      this.#settings,
      () => this.#onLost(nodeId),
    )
  }

  #address(nodeId: number): BrokerAddress {
    const address = this.#nodes.get(nodeId)
    if (address !== undefined) return address
    throw new RetriableError(`broker ${nodeId} is not in the cluster at the moment`)
  }
}
