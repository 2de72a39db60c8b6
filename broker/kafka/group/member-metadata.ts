const ROUND_BYTES = 4

/**
 * What a member publishes at a join: the round it asked for itself, then its subscription.
 *
 * Why the round: to a follower of a stable group that joins again with the bytes that it joined
 * with, the coordinator answers the present generation and begins no rebalance, so a member that
 * asks for one has to bring something new.
 */
export function encodeMetadata(round: number, subscription: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(ROUND_BYTES + subscription.length)
  bytes.writeUInt32BE(round >>> 0)
  bytes.set(subscription, ROUND_BYTES)
  return bytes
}

/** The subscription. */
export function decodeMetadata(metadata: Buffer): Buffer {
  return metadata.subarray(ROUND_BYTES)
}
