import { FatalBrokerError } from '../../errors.ts'
import type { BrokerAddress } from '../transport/broker-connection.ts'

const SERVER = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/

/** @param text `host:port`, an IPv6 address in brackets @throws {FatalBrokerError} it is neither */
export function bootstrapServer(text: string): BrokerAddress {
  const [, ipv6, name, port] = SERVER.exec(text.trim()) ?? []
  const host = ipv6 ?? name
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw new FatalBrokerError(
      `BOOTSTRAP_SERVERS: ${JSON.stringify(text)} is not host:port, as in localhost:9092`,
    )
  }
  return { host, port: Number(port) }
}
